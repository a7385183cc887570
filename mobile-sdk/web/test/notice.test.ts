import { beforeAll, expect, test } from 'vitest'
import vectors from '../../../tests/vectors/statement.json'
import { canonical } from '../src/core/jcs'
import { checkNotice, isForged, newestAnnouncer, thumbprint, type Noticed } from '../src/core/notice'
import { NOW, statement } from './fixtures'
import { jws, key, next, payloadOf, type Key } from './signer'

let company: Key
let stranger: Key
let sound: object
const asked = statement({ direction: 'outbound', call: { id: 'c_1', number: '03-1234-5678', from: NOW, until: NOW + 1, offered: [] } })
const about = (change: Partial<Noticed> = {}): Noticed => ({ key: company.jwk, tenant: 'midori', device: 'd_1', statement: asked, now: NOW, ...change })

beforeAll(async () => {
  company = await key()
  stranger = await key()
  sound = { ...(await payloadOf(asked)), exp: NOW / 1000 + 3600 }
})

test('a notice by the pinned key, for this phone, about these bytes, in time', async () => {
  await expect(checkNotice(crypto, await jws(company, sound), about())).resolves.toBeUndefined()
})

test.each<[string, () => Promise<string | null>, () => Partial<Noticed>, string]>([
  ['that is not there', async () => null, () => ({}), 'notice-missing'],
  ['with no key pinned', () => jws(company, sound), () => ({ key: null }), 'notice-unpinned'],
  ['for a phone that is not enrolled', () => jws(company, sound), () => ({ device: null }), 'notice-unpinned'],
  ['by another key', () => jws(stranger, sound), () => ({}), 'notice-key'],
  ["by another key in the company's name", async () => jws(stranger, sound, { kid: await thumbprint(crypto, company.jwk) }), () => ({}), 'notice-signature'],
  ['of another company', () => jws(company, { ...sound, iss: 'sakura' }), () => ({}), 'notice-company'],
  ['for another phone', () => jws(company, { ...sound, device: 'd_2' }), () => ({}), 'notice-device'],
  ['for no phone', () => jws(company, { ...sound, device: undefined }), () => ({}), 'notice-device'],
  ['about other bytes', () => jws(company, sound), () => ({ statement: { ...asked, call: { ...asked.call!, number: '03-1234-5679' } } }), 'notice-statement'],
  ['whose time is over', () => jws(company, sound), () => ({ now: NOW + 3_600_000 }), 'notice-time'],
  ['whose time has not come', () => jws(company, sound), () => ({ now: NOW - 120_000 }), 'notice-time'],
  ['without an end', () => jws(company, { ...sound, exp: undefined }), () => ({}), 'notice-time'],
  ['that ends in words', () => jws(company, { ...sound, exp: 'never' }), () => ({}), 'notice-time'],
  ['of another type', () => jws(company, sound, { typ: 'honnin-number+jwt' }), () => ({}), 'notice-malformed'],
  ['with no algorithm', () => jws(company, sound, { alg: 'none' }), () => ({}), 'notice-malformed'],
  ['with critical members', () => jws(company, sound, { crit: ['b64'] }), () => ({}), 'notice-malformed'],
  ['of four parts', async () => `${await jws(company, sound)}.x`, () => ({}), 'notice-malformed'],
  ['that is no JWS', async () => 'hello', () => ({}), 'notice-malformed'],
  ['that is far too long', async () => `${await jws(company, sound)}${'A'.repeat(5000)}`, () => ({}), 'notice-malformed'],
])('a notice %s is refused', async (_, notice, change, code) => {
  await expect(checkNotice(crypto, await notice(), about(change()))).rejects.toMatchObject({ code })
  expect(isForged(code)).toBe(true)
})

test('successors are followed from the pinned key, link by link, and only where the one before signed', async () => {
  const [second, third] = [await key(), await key()]
  const chain = [await next(company, second), await next(second, third)]
  expect(await newestAnnouncer(crypto, company.jwk, 'midori', [])).toEqual(company.jwk)
  expect(await newestAnnouncer(crypto, company.jwk, 'midori', chain)).toEqual(third.jwk)
  // A phone that enrolled later has pinned a later key: what came before it says nothing.
  expect(await newestAnnouncer(crypto, second.jwk, 'midori', chain)).toEqual(third.jwk)
  expect(await newestAnnouncer(crypto, third.jwk, 'midori', chain)).toEqual(third.jwk)
  // A stranger's link leads nowhere; one in the pinned key's name is a forgery.
  expect(await newestAnnouncer(crypto, company.jwk, 'midori', [await next(stranger, third)])).toEqual(company.jwk)
  const posing = await jws(stranger, { iss: 'midori', key: stranger.jwk, iat: 1 }, { typ: 'honnin-announcer+jwt', kid: await thumbprint(crypto, company.jwk) })
  for (const bad of [posing, await next(company, second, 'sakura'), await jws(company, { iss: 'midori', key: { kty: 'RSA' } }, { typ: 'honnin-announcer+jwt' })]) {
    await expect(newestAnnouncer(crypto, company.jwk, 'midori', [bad])).rejects.toMatchObject({ code: 'notice-chain' })
  }
  expect(await newestAnnouncer(crypto, company.jwk, 'midori', 'no list')).toEqual(company.jwk)
})

test('a key off the curve verifies nothing', async () => {
  const off = { ...company.jwk, y: 'A'.repeat(43) }
  const notice = await jws(company, sound, { kid: await thumbprint(crypto, off) })
  await expect(checkNotice(crypto, notice, about({ key: off }))).rejects.toMatchObject({ code: 'notice-signature' })
})

test('canonical JSON is the one that the server signs', () => {
  expect(canonical({ b: [1, null, true, 'é"\\\n'], a: { z: '', y: -0 }, '\u20ac': 1, '\r': 2 })).toBe('{"\\r":2,"a":{"y":0,"z":""},"b":[1,null,true,"é\\"\\\\\\n"],"€":1}')
  expect(() => canonical({ a: 0.5 })).toThrow(TypeError)
  expect(vectors.statements.length).toBeGreaterThan(0)
  for (const { statement: of, canonical: text } of vectors.statements) expect(canonical(of)).toBe(text)
})
