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
  ['a payment without its terms', { payment: { amount: 1 } as unknown as null }, 'statement-unsupported'],
  ['a recipient without a name', { recipient: {} as unknown as null }, 'statement-unsupported'],
  ['no word on a call', { call: undefined as unknown as null }, 'statement-unsupported'],
  ['a number that the agent says and that is not there', { match: { mode: 'say' } as unknown as { mode: 'none' } }, 'statement-unsupported'],
  ['a number that the phone should not know', { match: { mode: 'enter', code: '47' } }, 'statement-unsupported'],
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

test('refuses a policy that discloses, where nobody is named to whom', () => {
  expect(check(statement(), policy({ disclose: ['name'] }))).toThrow('statement-mismatch')
})

const window = { from: NOW + 60_000, until: NOW + 120_000 }
const call = { id: 'c_1', number: '03-1234-5678', ...window, offered: [] as (typeof window)[] }
const announce = (change: object = {}, also: Partial<Statement> = {}) =>
  statement({ direction: 'outbound', match: { mode: 'none' }, call: { ...call, ...change }, expires_at: window.until, ...also })

test('a sound announced call passes, and a number that the agent says', () => {
  expect(check(announce({ offered: [window, window, window] }))).not.toThrow()
  expect(check(statement({ direction: 'outbound', match: { mode: 'say', code: '47' } }))).not.toThrow()
})

test.each<[string, Statement]>([
  ['as a call that the customer made', announce({}, { direction: 'inbound' })],
  ['with a further member', announce({ also: 1 })],
  ['of no time', announce({ until: window.from })],
  ['from a number with letters', announce({ number: '0120-CALL-ME' })],
  ['from a number of full-width digits', announce({ number: '０３-1234-5678' })],
  ['with a number turned around', announce({ number: '03-1234\u202e-5678' })],
  ['with too many windows to choose from', announce({ offered: [window, window, window, window] })],
  ['with a window that ends before it starts', announce({ offered: [{ from: 2, until: 1 }] })],
  ['that also pays', announce({}, { payment: { amount: 1, currency: 'JPY', payee: 'a', order: 'b', instrument: 'c' } })],
])('refuses a call %s', (_, s) => {
  expect(check(s)).toThrow('statement-unsupported')
})

const payment = { amount: 48_000, currency: 'JPY', payee: '△△株式会社', order: 'A-2210', instrument: 'みどりカード' }
const recipient = { id: 'r_1', name: { ja: 'ひかり決済', en: 'Hikari Pay' }, key: 'k'.repeat(43), slots: ['payment_token' as const] }
const paid = policy({ disclose: ['payment_token'], predicates: [...policy().predicates, { slot: 'limit', op: 'GE', value: 'amount' }] })
const pay = (change: object = {}, to: object | null = {}) =>
  statement({ payment: { ...payment, ...change }, recipient: to && { ...recipient, ...to } })

test('a sound payment passes', () => {
  expect(check(pay(), paid)).not.toThrow()
  expect(check(pay({ amount: 1250, currency: 'USD' }), paid)).not.toThrow()
})

test.each<[string, Statement, string]>([
  ['of nothing', pay({ amount: 0 }), 'statement-unsupported'],
  ['of less than nothing', pay({ amount: -1 }), 'statement-unsupported'],
  ['of half a yen', pay({ amount: 0.5 }), 'statement-unsupported'],
  ['of more than a screen shows', pay({ amount: 10 ** 12 }), 'statement-unsupported'],
  ['beyond what a number holds', pay({ amount: 2 ** 53 }), 'statement-unsupported'],
  ['of an amount in words', pay({ amount: '48000' }), 'statement-unsupported'],
  ['in no currency', pay({ currency: 'ZZZ' }), 'statement-unsupported'],
  ['in small letters', pay({ currency: 'jpy' }), 'statement-unsupported'],
  ['to a payee turned around', pay({ payee: 'abc\u202e' }), 'statement-unsupported'],
  ['to a payee of mixed scripts', pay({ payee: 'P\u0430ypal' }), 'statement-unsupported'],
  ['with an instrument that draws nothing', pay({ instrument: '\u3164' }), 'statement-unsupported'],
  ['with a further member', pay({ tip: 1 }), 'statement-unsupported'],
  ['that nobody captures', pay({}, null), 'statement-unsupported'],
  ['to a recipient without a key', pay({}, { key: 'k' }), 'statement-unsupported'],
  ['to a recipient that asks for nothing', pay({}, { slots: [] }), 'statement-unsupported'],
  ['to a recipient that asks twice', pay({}, { slots: ['payment_token', 'payment_token'] }), 'statement-unsupported'],
  ['to a recipient that asks for a birth date', pay({}, { slots: ['birth'] }), 'statement-unsupported'],
  ['to a recipient that asks for more than the policy', pay({}, { slots: ['name', 'payment_token'] }), 'statement-mismatch'],
])('refuses a payment %s', (_, s, code) => {
  expect(check(s, paid)).toThrow(code)
})

test('refuses a policy on an amount where nothing is paid, and a recipient that no policy allows', () => {
  expect(check(statement({ recipient }), paid)).toThrow('statement-mismatch')
  expect(check(pay(), policy())).toThrow('statement-mismatch')
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
