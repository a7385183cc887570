import type { Bytes } from '../core/bytes'
import { prfSalt, readBackup, seal, unseal, type BackedUp, type BackupFile } from '../core/backup'
import { p256Of } from '../core/notice'
import { codeOf, Problem } from '../core/problem'
import { publicApi } from '../core/server'
import { createDeviceKey } from '../store/device'
import type { TenantRecord } from '../store/records'
import { probe } from '../store/vault'
import { idleBackup, type BackupState, type Restored } from './backupState'
import { randomBytes, type Deps } from './deps'
import { checkInfo, passkeyCode } from './enrol'

/** A passkey that was asked, and its PRF's answer where it has one. The secret is wiped once used. */
export interface Evaluated {
  /** b64u */
  id: string
  secret: Bytes | null
}

/** The platform's passkeys with their PRF, passed in. Rejects as `navigator.credentials` does. */
export interface BackupPasskeys {
  /** `able`: it has a PRF, even if it answers only when asked again. */
  create(options: { user: Bytes; name: string; salt: Bytes; challenge: Bytes }): Promise<Evaluated & { able: boolean }>
  get(options: { id: string; salt: Bytes; challenge: Bytes }): Promise<Evaluated>
}

/** The backup file: sealed from the settings, opened on the first screen of another phone. */
export class Backup {
  #state: BackupState = idleBackup
  #deps: Deps
  #changed: (state: BackupState) => void
  /** What a tap needs at once: after a wait the platform may not take it for one. */
  #salt: Promise<Bytes>
  #ready: { salt: Bytes; passkey: string | null } | null = null
  #file: BackupFile | null = null
  /** Records that the customer goes on with were put down. */
  #restored: () => Promise<void>

  constructor(deps: Deps, changed: (state: BackupState) => void, restored: () => Promise<void>) {
    this.#deps = deps
    this.#changed = changed
    this.#restored = restored
    this.#salt = prfSalt(deps.crypto)
  }

  /** Before its page is shown: reads what the tap will need. */
  async prepare(): Promise<void> {
    this.#ready = { salt: await this.#salt, passkey: await this.#deps.records.backupPasskey().catch(() => null) }
    this.#set(idleBackup)
  }

  /** From a tap: the passkey that sealed the last file again, else a new one. */
  async make(): Promise<void> {
    const ready = this.#ready
    const { at } = this.#state.make
    if (!ready || at === 'passkey' || at === 'ready') return
    const { salt, passkey } = ready
    const challenge = this.#random(32)
    const { passkeys } = this.#deps.backup
    // A new file after a passkey was lost: whoever called the prompt off may make another.
    const anew = passkey === null
    const asked = anew ? passkeys.create({ user: this.#random(16), name: 'Honnin backup', salt, challenge }) : passkeys.get({ id: passkey, salt, challenge }).then((got) => ({ ...got, able: got.secret !== null }))
    this.#set({ make: { at: 'passkey' } })
    try {
      const { id, secret, able } = await asked
      if (!able) throw new Problem('backup-no-prf')
      if (anew) await this.#deps.records.saveBackupPasskey(id)
      this.#ready = { salt, passkey: id }
      if (secret === null) return this.#set({ make: { at: 'again', error: null } })
      const text = await this.#sealed(secret, id)
      this.#set({ make: { at: 'ready', name: `honnin-backup-${new Date(this.#deps.now()).toISOString().slice(0, 10)}.json`, text, handed: false } })
    } catch (error) {
      const code = passkeyCode(error)
      this.#set({ make: at === 'again' ? { at, error: code } : { at: 'idle', error: code } })
    }
  }

  /** The passkey of the last file is gone: the next tap makes another. Files sealed with the old one stay closed without it. */
  async forgetPasskey(): Promise<void> {
    await this.#deps.records.removeBackupPasskey()
    if (this.#ready) this.#ready = { ...this.#ready, passkey: null }
    this.#set({ make: { at: 'idle', error: null } })
  }

  /** From a tap of its own: sharing needs the gesture. */
  async hand(): Promise<void> {
    const { make } = this.#state
    if (make.at !== 'ready') return
    const handed = await this.#deps.handOver(make.name, make.text)
    if (this.#state.make === make) this.#set({ make: { ...make, handed } })
  }

  /** Takes the chosen file; nothing of it is opened yet. */
  async choose(name: string, read: () => Promise<string>): Promise<void> {
    this.#file = null
    try {
      this.#file = readBackup(await read())
      this.#set({ restore: { at: 'chosen', name, busy: false, error: null } })
    } catch (error) {
      this.#set({ restore: { at: 'choose', error: error instanceof Problem ? error.code : 'backup-unreadable' } })
    }
  }

  /** From a tap: opens the file with its passkey and puts each company's enrolment down, to be gone on with. */
  async open(): Promise<void> {
    const file = this.#file
    const { restore } = this.#state
    if (!file || !this.#ready || restore.at !== 'chosen' || restore.busy) return
    const asked = this.#deps.backup.passkeys.get({ id: file.passkey, salt: this.#ready.salt, challenge: this.#random(32) })
    this.#set({ restore: { ...restore, busy: true, error: null } })
    try {
      const { id, secret } = await asked
      if (id !== file.passkey) throw new Problem('backup-wrong-passkey')
      if (secret === null) throw new Problem('backup-no-prf')
      const entries = await unseal(this.#deps.crypto, secret, id, file).finally(() => secret.fill(0))
      await probe(this.#deps.db, this.#deps.vault, this.#deps.crypto)
      const companies: Restored[] = []
      for (const entry of entries) companies.push(await this.#putDown(entry))
      // The next file of this phone is sealed with the same passkey, so that one of them is enough to keep.
      await this.#deps.records.saveBackupPasskey(id)
      this.#ready = { ...this.#ready, passkey: id }
      await this.#restored()
      this.#set({ restore: { at: 'opened', companies } })
    } catch (error) {
      this.#set({ restore: { ...restore, busy: false, error: passkeyCode(error) } })
    }
  }

  async #sealed(secret: Bytes, id: string): Promise<string> {
    try {
      const records = (await this.#deps.records.tenants()).filter((r) => r.device !== null)
      return await seal(this.#deps.crypto, secret, id, records.map(backedUp))
    } finally {
      secret.fill(0)
    }
  }

  /** As an enrolment whose credential has come: it is gone on with like one, with a device key and a passkey of its own. */
  async #putDown(entry: BackedUp): Promise<Restored> {
    const { deps } = { deps: this.#deps }
    const { tenant } = entry
    const failed = (code: string): Restored => ({ tenant, name: null, outcome: 'failed', code })
    try {
      const held = await deps.records.tenant(tenant)
      if (held?.device) return { tenant, name: held.display.name, outcome: held.handle === entry.handle ? 'here' : 'failed', code: held.handle === entry.handle ? null : 'other-customer' }
      if (new URL(entry.server).origin !== deps.origin) return failed('other-server')
      const info = await publicApi(deps.fetch, deps.origin).tenant(tenant)
      if (info.tenant !== tenant) return failed('issuer-unknown')
      checkInfo(info)
      const record: TenantRecord = {
        tenant, server: deps.origin, issuer: entry.issuer, display: info.display, timeZone: info.time_zone, handle: entry.handle,
        credential: entry.credential, holder: entry.holder, issuerCertificate: entry.issuer_certificate, policies: info.policies,
        enrolmentPolicy: info.enrolment_policy, provingKey: info.circuit.proving_key,
        // The key that was pinned, not whichever is named now: its successors are followed as ever.
        announcer: p256Of(entry.announcer), device: null, enrolledAt: null, restored: true,
      }
      await createDeviceKey(deps.db, deps.crypto, tenant)
      await deps.records.savePending(record)
      return { tenant, name: info.display.name, outcome: 'waiting', code: null }
    } catch (error) {
      return failed(codeOf(error))
    }
  }

  #random(n: number): Bytes {
    return randomBytes(this.#deps.crypto, n)
  }

  #set(change: Partial<BackupState>): void {
    this.#state = { ...this.#state, ...change }
    this.#changed(this.#state)
  }
}

const backedUp = (r: TenantRecord): BackedUp => ({
  tenant: r.tenant, server: r.server, issuer: r.issuer, handle: r.handle, credential: r.credential, holder: r.holder, issuer_certificate: r.issuerCertificate, announcer: r.announcer,
})
