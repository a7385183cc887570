import { expect, test } from 'vitest'
import { checkStatement } from '../src/core/statement'
import type { Statement } from '../src/core/wire'
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
  ['a payment that this version cannot show', { payment: { amount: 1 } as unknown as null }, 'statement-unsupported'],
  ['a recipient that this version cannot show', { recipient: {} as unknown as null }, 'statement-unsupported'],
  ['an unknown member', { extra: 1 } as Partial<Statement>, 'statement-unsupported'],
  ['a name turned around', { operator: { ja: '佐\u202e藤', en: 'Sato' } }, 'statement-unsafe'],
  ['a control character', { purpose: { code: 'x', ja: 'a\u0007', en: 'b' } }, 'statement-unsafe'],
  ['an empty name', { operator: { ja: '', en: 'Sato' } }, 'statement-unsafe'],
  ['time over', { expires_at: NOW }, 'expired'],
])('refuses %s', (_, change, code) => {
  expect(check(statement(change))).toThrow(code)
})

test('refuses a policy that discloses, as this version could not say so', () => {
  expect(check(statement(), policy({ disclose: ['name'] }))).toThrow('statement-unsupported')
})
