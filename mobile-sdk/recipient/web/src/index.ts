import { generate_key, initSync, open, public_key } from './gen/honnin_recipient.js'

/** What a phone may send sealed. */
export type Attribute = 'name' | 'address' | 'phone' | 'payment_token'

/** What the proof committed to: `approval.disclosure` of a receipt that was checked. */
export interface Disclosed {
  slots: Attribute[]
  /** 64 hex digits. */
  commitment: string
}

/** A box as the webhook delivers it. */
export interface SealedBox {
  v: 1
  key: string
  ctx: string
  enc: string
  ct: string
}

/** A P-256 key as JWK; `d` only in a private one. */
export interface Jwk {
  kty: 'EC'
  crv: 'P-256'
  x: string
  y: string
  d?: string
}

/** What a box must be of. */
export interface Session {
  /** The session statement of the receipt, as it stands there. */
  statement: unknown
  disclosed: Disclosed
}

/** Why a box gives nothing; `code` is stable. */
export class RecipientError extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.name = 'RecipientError'
    this.code = code
  }
}

function refused<T>(run: () => T): T {
  try {
    return run()
  } catch (e) {
    throw new RecipientError(e instanceof Error ? e.message : 'failed')
  }
}

/** Opens boxes; made by `load`. */
export interface Recipient {
  /**
   * The values, if they are what the proof committed to. Throws `RecipientError` with `other-recipient`,
   * `disclosure-mismatch`, `other-key`, `other-session`, `altered`, `malformed-contents`, `slots-mismatch`,
   * `commitment-mismatch`, `key-malformed`, `key-curve`, `key-mismatch` or `malformed-…`.
   */
  open(box: SealedBox, session: Session, privateKey: Jwk): Partial<Record<Attribute, string>>
  /** A fresh private key. */
  generateKey(): Jwk
  /** The public half: what the tenant registers. */
  publicKey(privateKey: Jwk): Jwk
}

/**
 * Makes a recipient of the module's bytes, or of the compiled module: `honnin_recipient_bg.wasm`, read from disk in
 * Node, fetched in a browser.
 */
export function load(wasm: BufferSource | WebAssembly.Module): Recipient {
  initSync({ module: wasm })
  return {
    open: (box, session, privateKey) =>
      refused(() =>
        JSON.parse(
          open(JSON.stringify(session.statement), JSON.stringify(session.disclosed), JSON.stringify(box), JSON.stringify(privateKey)),
        ),
      ),
    generateKey: () => refused(() => JSON.parse(generate_key(crypto.getRandomValues(new Uint8Array(32))))),
    publicKey: (privateKey) => refused(() => JSON.parse(public_key(JSON.stringify(privateKey)))),
  }
}
