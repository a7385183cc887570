import { concat, fromB64u, toB64u, utf8, type Bytes } from './bytes'
import { canonical } from './jcs'
import { p256Of } from './notice'
import { Problem } from './problem'
import type { DeviceJwk } from './wire'

/** Domain of everything below: the passkey's salt is its hash, the key's derivation and the sealed bytes name it. */
const DOMAIN = 'honnin/backup/v1'
const MOST_CHARS = 1024 * 1024
const MOST_COMPANIES = 64
/** What is sealed is filled up to a multiple of this, bytes: its length tells less of how many companies there are. */
const BLOCK = 4096

/** One company's enrolment, without what belongs to the old phone: no device key, no prepared state. */
export interface BackedUp {
  tenant: string
  server: string
  issuer: string
  handle: string
  credential: string
  /** b64u: the holder secret. */
  holder: string
  issuer_certificate: string
  announcer: DeviceJwk | null
}

/** The file as it lies anywhere: nothing in it says whose it is or which companies it holds. */
export interface BackupFile {
  honnin: 'backup'
  v: 1
  /** b64u: the passkey that opens it. */
  passkey: string
  /** b64u, 32 bytes, for the key's derivation. */
  salt: string
  /** b64u, 12 bytes. */
  nonce: string
  /** b64u: AES-256-GCM of the companies; the other members are authenticated with it. */
  sealed: string
}

/** What the passkey's PRF is asked for: 32 bytes. */
export const prfSalt = async (crypto: Crypto): Promise<Bytes> => new Uint8Array(await crypto.subtle.digest('SHA-256', utf8(DOMAIN)))

async function keyOf(crypto: Crypto, prf: Bytes, salt: Bytes): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey('raw', prf, 'HKDF', false, ['deriveKey'])
  return crypto.subtle.deriveKey({ name: 'HKDF', hash: 'SHA-256', salt, info: utf8(DOMAIN) }, secret, { name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
}

const authenticated = ({ sealed: _, ...rest }: BackupFile): Bytes => utf8(`${DOMAIN}\0${canonical(rest)}`)

/** Seals companies under a passkey's secret (32 bytes), as the file's text. */
export async function seal(crypto: Crypto, prf: Bytes, passkey: string, companies: BackedUp[]): Promise<string> {
  const random = (n: number) => crypto.getRandomValues(new Uint8Array(n))
  const [salt, nonce] = [random(32), random(12)]
  const file: BackupFile = { honnin: 'backup', v: 1, passkey, salt: toB64u(salt), nonce: toB64u(nonce), sealed: '' }
  const bare = utf8(JSON.stringify({ v: 1, companies }))
  const plain = concat(bare, new Uint8Array(BLOCK - (bare.length % BLOCK)).fill(0x20))
  bare.fill(0)
  try {
    const key = await keyOf(crypto, prf, salt)
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: nonce, additionalData: authenticated(file) }, key, plain)
    return `${JSON.stringify({ ...file, sealed: toB64u(sealed) })}\n`
  } finally {
    plain.fill(0)
  }
}

/** Reads the file's outside. Throws `backup-unreadable`, or `backup-newer` for a version that this app does not know. */
export function readBackup(text: string): BackupFile {
  const it = parsed(text)
  if (it?.['honnin'] !== 'backup' || !Number.isSafeInteger(it['v'])) throw new Problem('backup-unreadable')
  if ((it['v'] as number) > 1) throw new Problem('backup-newer')
  const { passkey, salt, nonce, sealed } = it
  const exact = Object.keys(it).sort().join() === 'honnin,nonce,passkey,salt,sealed,v'
  if (!exact || !b64u(passkey, 1, 1024) || !b64u(salt, 32, 32) || !b64u(nonce, 12, 12) || !b64u(sealed, 17, MOST_CHARS)) throw new Problem('backup-unreadable')
  return { honnin: 'backup', v: 1, passkey, salt, nonce, sealed }
}

function parsed(text: string): Record<string, unknown> | null {
  if (text.length > MOST_CHARS) return null
  try {
    const it = JSON.parse(text) as Record<string, unknown> | null
    return typeof it === 'object' && !Array.isArray(it) ? it : null
  } catch {
    return null
  }
}

function b64u(text: unknown, least: number, most: number): text is string {
  if (typeof text !== 'string') return false
  try {
    const { length } = fromB64u(text)
    return length >= least && length <= most
  } catch {
    return false
  }
}

/**
 * Opens a file with the secret of the passkey `id`. Throws `backup-wrong-passkey` where it is another's, and
 * `backup-altered` where any byte of the file is not as it was made.
 */
export async function unseal(crypto: Crypto, prf: Bytes, id: string, file: BackupFile): Promise<BackedUp[]> {
  if (id !== file.passkey) throw new Problem('backup-wrong-passkey')
  const key = await keyOf(crypto, prf, fromB64u(file.salt))
  let plain: Bytes
  try {
    plain = new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: fromB64u(file.nonce), additionalData: authenticated(file) }, key, fromB64u(file.sealed)))
  } catch {
    throw new Problem('backup-altered')
  }
  try {
    const it = parsed(new TextDecoder().decode(plain))
    const companies = it?.['companies']
    if (it?.['v'] !== 1 || !Array.isArray(companies) || companies.length > MOST_COMPANIES || !companies.every(fits)) throw new Problem('backup-unreadable')
    return companies as BackedUp[]
  } finally {
    plain.fill(0)
  }
}

const TEXTS = ['tenant', 'server', 'issuer', 'handle', 'credential', 'holder', 'issuer_certificate'] as const

function fits(it: Partial<BackedUp> | null): boolean {
  if (typeof it !== 'object' || it === null || !TEXTS.every((name) => typeof it[name] === 'string' && it[name] !== '')) return false
  return b64u(it.holder, 1, 256) && (it.announcer === null || p256Of(it.announcer) !== null)
}
