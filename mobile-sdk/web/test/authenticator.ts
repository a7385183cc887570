import type { BackupPasskeys, Evaluated } from '../src/app/backup'
import { toB64u, type Bytes } from '../src/core/bytes'

type Made = { id: string; seed: CryptoKey; user: string; name: string }

/** An authenticator with a PRF, as far as a page sees one: HMAC-SHA-256 under a secret of each passkey, over the salt. */
export class PlayedAuthenticator implements BackupPasskeys {
  /** What it holds; platforms carry these over to the next phone. */
  made: Made[] = []
  prf = true
  /** Answers the PRF while it makes a passkey, or only when it is asked afterwards. */
  atOnce = true
  fail: DOMException | null = null
  /** Answers with this passkey, whichever was asked for. */
  wrong: string | null = null
  asked: string[] = []
  /** What the page did with the secrets that it got. */
  handed: Bytes[] = []

  async create({ user, name, salt }: { user: Bytes; name: string; salt: Bytes }): Promise<Evaluated & { able: boolean }> {
    this.asked.push('create')
    if (this.fail) throw this.fail
    const seed = await crypto.subtle.importKey('raw', crypto.getRandomValues(new Uint8Array(32)), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
    const one: Made = { id: toB64u(crypto.getRandomValues(new Uint8Array(16))), seed, user: toB64u(user), name }
    this.made.push(one)
    return { id: one.id, secret: this.prf && this.atOnce ? await this.#evaluate(one, salt) : null, able: this.prf }
  }

  async get({ id, salt }: { id: string; salt: Bytes }): Promise<Evaluated> {
    this.asked.push(`get ${id}`)
    if (this.fail) throw this.fail
    const one = this.made.find((m) => m.id === (this.wrong ?? id))
    if (!one) throw new DOMException('none', 'NotAllowedError')
    return { id: one.id, secret: this.prf ? await this.#evaluate(one, salt) : null }
  }

  async #evaluate(one: Made, salt: Bytes): Promise<Bytes> {
    const secret = new Uint8Array(await crypto.subtle.sign('HMAC', one.seed, salt))
    this.handed.push(secret)
    return secret
  }
}
