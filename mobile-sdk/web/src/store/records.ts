import { utf8, type Bytes } from '../core/bytes'
import type { KnownPhones } from '../core/devices'
import type { Both, DeviceJwk, Display, EndState, PaymentPart, Policy, ProvingKeyInfo } from '../core/wire'
import type { Change } from './db'
import type { Vault } from './vault'

/** One company on this phone. `device` is null until the server accepted the enrolment. */
export interface TenantRecord {
  tenant: string
  server: string
  issuer: string
  display: Display
  timeZone: string
  handle: string
  credential: string
  /** b64u: the holder secret. */
  holder: string
  issuerCertificate: string
  policies: Policy[]
  enrolmentPolicy: Policy
  provingKey: ProvingKeyInfo
  /** The key that signs the company's notices: pinned at enrolment, moved on only along its own signed successors. */
  announcer: DeviceJwk | null
  device: string | null
  enrolledAt: number | null
  /** Comes from a backup: the phone that it was made on stops working once this one is enrolled. */
  restored?: true
  /** For one request alone, by a company that this phone has no account with. */
  prospect?: Prospect
}

export interface Prospect {
  verification: string
  /** Name of the device key in its store. */
  key: string
  /** The company whose credential proves it. */
  source: string
  expiresAt: number
}

/** What the phone itself saw of a request, kept for the history page. */
export interface PastRequest {
  verification: string
  tenant: string
  company: Both
  purpose: Both
  number: string
  outcome: EndState
  reference: string | null
  decidedAt: number
  reported: boolean
  /** What was to be paid, where it was a payment. */
  payment?: PaymentPart
}

/** What a prepared state serves for: one policy on one date, made with one proving key (by its SHA-256, hex). */
export interface PreparedKey {
  tenant: string
  digest: string
  asOf: number
  provingKey: string
}

const KEPT_HISTORY = 200

/** Typed records over the vault. */
export function records(vault: Vault) {
  const json = async <T>(id: string): Promise<T | null> => {
    const bytes = await vault.read(id)
    return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as T) : null
  }
  const all = async <T>(prefix: string): Promise<T[]> => {
    const found = await Promise.all((await vault.ids(prefix)).map((id) => json<T>(id)))
    return found.filter((x) => x !== null) as T[]
  }
  const preparedId = (k: PreparedKey) => `prepared:${k.tenant}:${k.digest}:${k.asOf}:${k.provingKey.slice(0, 16)}`

  return {
    tenants: () => all<TenantRecord>('tenant:'),
    tenant: (tenant: string) => json<TenantRecord>(`tenant:${tenant}`),
    saveTenant: (record: TenantRecord) => vault.write(`tenant:${record.tenant}`, utf8(JSON.stringify(record))),

    /** An enrolment that has its credential but was not accepted yet: kept apart, so that it harms no older one. */
    pending: () => all<TenantRecord>('pending:'),
    savePending: (record: TenantRecord) => vault.write(`pending:${record.tenant}`, utf8(JSON.stringify(record))),
    removePending: (tenant: string) => vault.remove(`pending:${tenant}`),
    /** The pending record becomes the company's, with `others` (its key's changes), in one transaction. */
    acceptTenant: (record: TenantRecord, others: Change[]) =>
      vault.write(`tenant:${record.tenant}`, utf8(JSON.stringify(record)), [{ store: 'sealed', key: `pending:${record.tenant}` }, ...others]),

    /** Invitations that were accepted and are not over. */
    prospects: () => all<TenantRecord & { prospect: Prospect }>('prospect:'),
    saveProspect: (record: TenantRecord & { prospect: Prospect }) => vault.write(`prospect:${record.prospect.verification}`, utf8(JSON.stringify(record))),
    removeProspect: (verification: string) => vault.remove(`prospect:${verification}`),

    /** b64u: the passkey that the last backup was sealed with. */
    backupPasskey: () => json<string>('backup:passkey'),
    saveBackupPasskey: (id: string) => vault.write('backup:passkey', utf8(JSON.stringify(id))),
    removeBackupPasskey: () => vault.remove('backup:passkey'),

    /** What only this phone knows of the customer's phones: it never leaves the vault. */
    phones: (tenant: string) => json<KnownPhones>(`phones:${tenant}`),
    savePhones: (tenant: string, known: KnownPhones) => vault.write(`phones:${tenant}`, utf8(JSON.stringify(known))),

    prepared: (key: PreparedKey): Promise<Bytes | null> => vault.read(preparedId(key)),
    savePrepared: (key: PreparedKey, state: Bytes) => vault.write(preparedId(key), state),
    async hasPrepared(key: PreparedKey): Promise<boolean> {
      const id = preparedId(key)
      return (await vault.ids(id)).includes(id)
    },
    /** Drops the prepared states of a company that are not among `keep`. */
    async dropPrepared(tenant: string, keep: PreparedKey[]): Promise<void> {
      const wanted = new Set(keep.map(preparedId))
      for (const id of await vault.ids(`prepared:${tenant}:`)) if (!wanted.has(id)) await vault.remove(id)
    },

    async history(): Promise<PastRequest[]> {
      return (await all<PastRequest>('history:')).sort((a, b) => b.decidedAt - a.decidedAt)
    },
    async saveHistory(entry: PastRequest): Promise<void> {
      await vault.write(`history:${entry.verification}`, utf8(JSON.stringify(entry)))
      const old = (await this.history()).slice(KEPT_HISTORY)
      for (const e of old) await vault.remove(`history:${e.verification}`)
    },

    /** Forgets everything kept for a company except what the caller holds in `keys`. */
    async removeTenant(tenant: string): Promise<void> {
      for (const id of await vault.ids(`prepared:${tenant}:`)) await vault.remove(id)
      for (const e of await this.history()) if (e.tenant === tenant) await vault.remove(`history:${e.verification}`)
      await vault.remove(`phones:${tenant}`)
      await vault.remove(`tenant:${tenant}`)
    },
  }
}

export type Records = ReturnType<typeof records>
