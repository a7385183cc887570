import type { OpenRequest } from '../src/core/request'
import type { Policy, Statement } from '../src/core/wire'

export const NOW = 1_795_000_000_000

export const policy = (change: Partial<Policy> = {}): Policy => ({
  v: 1, id: 'standard', version: 1, schema: 'honnin-jp-1', name: { ja: '標準', en: 'Standard' },
  predicates: [{ slot: 'subject', op: 'EQ', value: 'handle' }], disclose: [], user_verification: true, number_match: true, ttl_s: 120, valid_s: 600, ...change,
})

export const statement = (change: Partial<Statement> = {}): Statement => ({
  v: 1, kind: 'verification', tenant: 'midori', verification: 'v_1', nonce: 'n', direction: 'inbound',
  purpose: { code: 'address-change', ja: '住所変更', en: 'Address change' },
  policy: { id: 'standard', version: 1, digest: 'digest:standard' },
  display: { name: { ja: 'みどり銀行', en: 'Midori Bank' }, desk: { ja: 'センター', en: 'Centre' }, number: '0120-000-123' },
  operator: { ja: '佐藤', en: 'Sato' }, match: { mode: 'enter' }, call: null, payment: null, recipient: null,
  not_before: NOW - 1000, expires_at: NOW + 119_000, ...change,
})

export function openRequest(change: Partial<Statement> = {}): OpenRequest {
  const words = { proves: [{ ja: '契約者本人', en: 'the account holder' }], not_sent: { ja: ['氏名'], en: ['name'] } }
  return { words, view: { statement: statement(change), policy: policy(), words, state: 'delivered', passkey: { rpId: 'localhost' }, notice: null, recipient_key: null, now: NOW } }
}
