import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import vector from '../../../../tests/vectors/sealed.json'
import { type Disclosed, type Jwk, load, RecipientError, type SealedBox } from '../src/index'

const recipient = load(readFileSync(new URL('../src/gen/honnin_recipient_bg.wasm', import.meta.url)))
const key = vector.key as Jwk
const disclosed = vector.disclosed as Disclosed
const box = vector.box as SealedBox
const open = (change: { box?: Partial<SealedBox>; statement?: object; disclosed?: Partial<Disclosed>; key?: Jwk } = {}) =>
  recipient.open(
    { ...box, ...change.box },
    { statement: { ...vector.statement, ...change.statement }, disclosed: { ...disclosed, ...change.disclosed } },
    change.key ?? key,
  )
const code = (run: () => unknown) => {
  try {
    run()
  } catch (e) {
    if (e instanceof RecipientError) return e.code
    throw e
  }
  return 'opened'
}

test('opens what was sealed', () => {
  expect(open()).toEqual(vector.values)
})

test.each<[string, Parameters<typeof open>[0], string]>([
  ['altered', { box: { ct: `${box.ct.slice(0, -4)}AAAA` } }, 'altered'],
  ['relabelled for another session', { box: { ctx: '0'.repeat(64) } }, 'other-session'],
  ['of a session that was edited', { statement: { verification: 'v_BBBBBBBBBBBBBBBBBBBBBB' } }, 'other-session'],
  ['beside another commitment', { disclosed: { commitment: '0'.repeat(64) } }, 'altered'],
  ['beside other attributes', { disclosed: { slots: ['name'] } }, 'slots-mismatch'],
  ['beside an attribute that was not asked for', { disclosed: { slots: ['payment_token'] } }, 'disclosure-mismatch'],
  ['with an unknown member', { box: { extra: 1 } as Partial<SealedBox> }, 'malformed-box'],
  ['with a key of another curve', { key: { ...key, crv: 'P-384' as 'P-256' } }, 'key-curve'],
])('refuses a box %s', (_, change, why) => {
  expect(code(() => open(change))).toBe(why)
})

test('a fresh key opens nothing of another recipient', () => {
  const mine = recipient.generateKey()
  expect(mine.d).toBeTruthy()
  expect(recipient.publicKey(mine)).toEqual({ kty: 'EC', crv: 'P-256', x: mine.x, y: mine.y })
  expect(code(() => open({ key: mine }))).toBe('other-recipient')
  expect(recipient.generateKey().d).not.toBe(mine.d)
})
