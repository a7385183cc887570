import { expect, test } from 'vitest'
import { checkEnrolmentPolicy, checkStatement } from '../src/core/statement'
import type { Policy, Statement } from '../src/core/wire'
import { NOW, policy, statement } from './fixtures'

const expected = { kind: 'verification', tenant: 'midori', verification: 'v_1', digest: 'digest:standard', now: NOW } as const
const check = (s: Statement, p = policy()) => () => checkStatement(s, p, expected)

test('a sound statement passes', () => {
  expect(check(statement())).not.toThrow()
})

test.each<[string, Partial<Statement>, string]>([
  ['another tenant', { tenant: 'sakura' }, 'statement-mismatch'],
  ['another request', { verification: 'v_2' }, 'statement-mismatch'],
  ['another kind', { kind: 'enrolment' }, 'statement-mismatch'],
  ['another policy', { policy: { id: 'standard', version: 1, digest: 'other' } }, 'statement-mismatch'],
  ['another policy version', { policy: { id: 'standard', version: 2, digest: 'digest:standard' } }, 'statement-mismatch'],
  ['nobody asking', { operator: null }, 'statement-mismatch'],
  ['an unknown direction', { direction: 'sideways' as 'inbound' }, 'statement-unsupported'],
  ['a call that this version cannot show', { call: {} as unknown as null }, 'statement-unsupported'],
  ['a payment that this version cannot show', { payment: { amount: 1 } as unknown as null }, 'statement-unsupported'],
  ['a recipient that this version cannot show', { recipient: {} as unknown as null }, 'statement-unsupported'],
  ['an unknown member', { extra: 1 } as Partial<Statement>, 'statement-unsupported'],
  ['a name turned around', { operator: { ja: '佐\u202e藤', en: 'Sato' } }, 'statement-unsafe'],
  ['a control character', { purpose: { code: 'x', ja: 'a\u0007', en: 'b' } }, 'statement-unsafe'],
  ['an invisible letter', { purpose: { code: 'x', ja: '住所\u3164変更', en: 'b' } }, 'statement-unsafe'],
  ['a hidden tag in the desk', { display: { ...statement().display, desk: { ja: 'センター', en: 'Centre\u{e0041}' } } }, 'statement-unsafe'],
  ['an empty name', { operator: { ja: '', en: 'Sato' } }, 'statement-unsafe'],
  ['time over', { expires_at: NOW }, 'expired'],
])('refuses %s', (_, change, code) => {
  expect(check(statement(change))).toThrow(code)
})

test('refuses a policy that discloses, as this version could not say so', () => {
  expect(check(statement(), policy({ disclose: ['name'] }))).toThrow('statement-unsupported')
})

const handle = { slot: 'subject', op: 'EQ', value: 'handle' }
test.each<[string, unknown]>([
  ['a further condition', { predicates: [handle, { slot: 'birth', op: 'LE', value: { years_before: 20 } }] }],
  ['the same condition twice', { predicates: [handle, handle] }],
  ['another slot', { predicates: [{ ...handle, slot: 'region' }] }],
  ['another comparison', { predicates: [{ ...handle, op: 'GE' }] }],
  ['another value', { predicates: [{ ...handle, value: 'C-20481' }] }],
  ['a further member', { predicates: [{ ...handle, also: 1 }] }],
  ['no condition', { predicates: [] }],
  ['no list of conditions', { predicates: undefined }],
  ['a disclosure', { disclose: ['name'] }],
])('refuses an enrolment policy with %s', (_, change) => {
  const asked = policy(change as Partial<Policy>)
  expect(() => checkEnrolmentPolicy(asked)).toThrow('statement-unsupported')
  if (asked.predicates) {
    const enrolment = statement({ kind: 'enrolment', operator: null })
    expect(() => checkStatement(enrolment, asked, { ...expected, kind: 'enrolment', verification: null })).toThrow('statement-unsupported')
  }
})

test('accepts the enrolment policy that asks for the customer number alone', () => {
  expect(() => checkEnrolmentPolicy(policy())).not.toThrow()
})
