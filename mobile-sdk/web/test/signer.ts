import { toB64u, utf8 } from '../src/core/bytes'
import { noticeDigest, thumbprint } from '../src/core/notice'
import type { DeviceJwk, Statement } from '../src/core/wire'
import { NOW } from './fixtures'

/** A company's announcement key, or a stranger's. */
export interface Key {
  jwk: DeviceJwk
  secret: CryptoKey
}

export async function key(): Promise<Key> {
  const pair = (await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])) as CryptoKeyPair
  const { kty, crv, x, y } = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as DeviceJwk
  return { jwk: { kty, crv, x, y }, secret: pair.privateKey }
}

/** A compact JWS; a notice's header, unless told otherwise. */
export async function jws(by: Key, payload: object, header: object = {}): Promise<string> {
  const head = { alg: 'ES256', typ: 'honnin-notice+jwt', kid: await thumbprint(crypto, by.jwk), ...header }
  const input = [head, payload].map((part) => toB64u(utf8(JSON.stringify(part)))).join('.')
  const signature = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, by.secret, utf8(input))
  return `${input}.${toB64u(signature)}`
}

/** What a sound notice says of a statement. */
export const payloadOf = async (statement: Statement, device = 'd_1', iss = 'midori') => ({
  iss, device, statement: await noticeDigest(crypto, statement), iat: NOW / 1000 - 5, exp: NOW / 1000 + 7_200,
})

export const next = (by: Key, to: Key, iss = 'midori') => jws(by, { iss, key: to.jwk, iat: 1 }, { typ: 'honnin-announcer+jwt' })
