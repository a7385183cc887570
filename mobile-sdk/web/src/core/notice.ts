import { fromB64u, toB64u, utf8, type Bytes } from './bytes'
import { canonical } from './jcs'
import { Problem } from './problem'
import type { DeviceJwk, Statement } from './wire'

/** Longest compact JWS, and most successors of a key, that are looked at. */
const MOST_CHARS = 4096
const MOST_LINKS = 32
/** What two clocks may differ, s. */
const SKEW_S = 60
const DOMAIN = 'honnin/notice/v1\0'
const NOTICE = 'honnin-notice+jwt'
const SUCCESSOR = 'honnin-announcer+jwt'
const P256 = { name: 'ECDSA', namedCurve: 'P-256' } as const

export interface Jws {
  kid: string
  payload: Record<string, unknown>
  signed: Bytes
  signature: Bytes
}

/** Takes a compact JWS apart; null when it is none of this type. Nothing of it is believed yet. */
export function readJws(text: unknown, typ: string): Jws | null {
  if (typeof text !== 'string' || text.length > MOST_CHARS) return null
  const [head = '', body = '', signature = '', ...more] = text.split('.')
  if (more.length > 0) return null
  try {
    const json = (part: string) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(fromB64u(part))) as Record<string, unknown> | null
    const [header, payload] = [json(head), json(body)]
    if (header?.['alg'] !== 'ES256' || header['typ'] !== typ || typeof header['kid'] !== 'string' || 'crit' in header) return null
    if (typeof payload !== 'object' || payload === null) return null
    return { kid: header['kid'], payload, signed: utf8(`${head}.${body}`), signature: fromB64u(signature) }
  } catch {
    return null
  }
}

/** RFC 7638. */
export async function thumbprint(crypto: Crypto, key: DeviceJwk): Promise<string> {
  return toB64u(await crypto.subtle.digest('SHA-256', utf8(canonical({ crv: key.crv, kty: key.kty, x: key.x, y: key.y }))))
}

/** A P-256 key's four members, or null. */
export function p256Of(key: unknown): DeviceJwk | null {
  const { kty, crv, x, y } = (key ?? {}) as Record<string, unknown>
  const coordinate = (c: unknown): c is string => typeof c === 'string' && /^[A-Za-z0-9_-]{43}$/.test(c)
  return kty === 'EC' && crv === 'P-256' && coordinate(x) && coordinate(y) ? { kty, crv, x, y } : null
}

async function signedBy(crypto: Crypto, { signed, signature }: Jws, key: DeviceJwk): Promise<boolean> {
  try {
    const imported = await crypto.subtle.importKey('jwk', key, P256, false, ['verify'])
    return await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, imported, signature, signed)
  } catch {
    // Coordinates off the curve.
    return false
  }
}

/**
 * The key that signs a company's notices now: from the one this phone pinned along the signed successors, as far as they
 * lead. Links before the pinned key are passed over; a link that claims the key and is not signed by it throws `notice-chain`.
 */
export async function newestAnnouncer(crypto: Crypto, pinned: DeviceJwk, tenant: string, chain: unknown): Promise<DeviceJwk> {
  let current = pinned
  for (const text of Array.isArray(chain) ? chain.slice(-MOST_LINKS) : []) {
    const link = readJws(text, SUCCESSOR)
    if (link?.kid !== (await thumbprint(crypto, current))) continue
    const next = p256Of(link.payload['key'])
    if (!next || link.payload['iss'] !== tenant || !(await signedBy(crypto, link, current))) throw new Problem('notice-chain')
    current = next
  }
  return current
}

export interface Noticed {
  /** The company's announcement key, pinned at enrolment or a proven successor; null where none was pinned. */
  key: DeviceJwk | null
  tenant: string
  /** This phone's name at the server. */
  device: string | null
  /** As this phone received it. */
  statement: Statement
  /** The server's clock, ms. */
  now: number
}

/** What the company signs of a statement. */
export async function noticeDigest(crypto: Crypto, statement: Statement): Promise<string> {
  return toB64u(await crypto.subtle.digest('SHA-256', utf8(DOMAIN + canonical(statement))))
}

/**
 * Refuses an announced call that the company itself did not sign, for this phone, about these very bytes, now. Throws
 * `notice-missing`, `notice-unpinned`, `notice-malformed`, `notice-key`, `notice-signature`, `notice-company`,
 * `notice-device`, `notice-statement` or `notice-time`.
 */
export async function checkNotice(crypto: Crypto, notice: string | null, it: Noticed): Promise<void> {
  if (!notice) throw new Problem('notice-missing')
  if (!it.key || !it.device) throw new Problem('notice-unpinned')
  const jws = readJws(notice, NOTICE)
  if (!jws) throw new Problem('notice-malformed')
  if (jws.kid !== (await thumbprint(crypto, it.key))) throw new Problem('notice-key')
  if (!(await signedBy(crypto, jws, it.key))) throw new Problem('notice-signature')
  const { iss, device, statement, iat, exp } = jws.payload
  if (iss !== it.tenant) throw new Problem('notice-company')
  if (device !== it.device) throw new Problem('notice-device')
  if (statement !== (await noticeDigest(crypto, it.statement))) throw new Problem('notice-statement')
  const now = it.now / 1000
  if (!Number.isSafeInteger(iat) || !Number.isSafeInteger(exp) || now < (iat as number) - SKEW_S || now >= (exp as number)) throw new Problem('notice-time')
}

/** Whether a code is one of these refusals: shown as a warning, never as a mere fault. */
export const isForged = (code: string): boolean => code.startsWith('notice-')
