import type { BackupPasskeys } from './backup'
import type { Fetch } from '../core/http'
import type { Proving } from '../prover/bridge'
import type { Workshop } from '../prover/workshop'
import type { Db } from '../store/db'
import type { Records } from '../store/records'
import type { Vault } from '../store/vault'

/** Everything that touches the outside, passed in. */
export interface Deps {
  fetch: Fetch
  crypto: Crypto
  /** Milliseconds since the epoch, this machine's clock. */
  now: () => number
  db: Db
  vault: Vault
  records: Records
  /** Quick calls: describing, checking, finishing. */
  prover: Proving
  /** Preparing, in a worker of its own. */
  workshop: Workshop
  passkeys: Passkeys
  /** The backup's own, with their PRF. */
  backup: { passkeys: BackupPasskeys }
  /** The origin that serves the app: the only verification server it talks to. */
  origin: string
  /** Shares a file where the platform can, else saves it; false when the person called it off. */
  handOver: (name: string, text: string) => Promise<boolean>
  /** How this phone is named at the server. */
  deviceLabel: () => string
}

export interface Passkeys {
  available: () => boolean
  create: (options: unknown) => Promise<unknown>
  get: (options: unknown) => Promise<unknown>
}

export const randomBytes = (crypto: Crypto, n: number) => crypto.getRandomValues(new Uint8Array(n))
