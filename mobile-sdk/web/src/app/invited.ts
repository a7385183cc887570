import { concat, fromB64u, toB64u, toHex, utf8, type Bytes } from '../core/bytes'
import { dateIn } from '../core/dates'
import { certifiedFor, checkInvitation, type Invitation } from '../core/invitation'
import { codeOf, Problem } from '../core/problem'
import { publicApi } from '../core/server'
import type { Both, Display, Lang, Words } from '../core/wire'
import { createDeviceKey, removeProspectKey, type DeviceKey } from '../store/device'
import type { Prospect, TenantRecord } from '../store/records'
import { probe } from '../store/vault'
import { randomBytes, type Deps } from './deps'
import { passkeyCode } from './enrol'
import { eligible, ensureKey } from './prepare'

/** What an invitation asks, as the screen shows it: words computed on this phone. */
export interface Ask {
  tenant: string
  display: Display
  purpose: Both
  words: Words
  consent: Both
  expiresAt: number
}

/** A company whose credential on this phone proves it. */
export interface Source {
  tenant: string
  name: Both
  issuerHost: string
}

export type InvitedState =
  | { at: 'reading' }
  | { at: 'asked'; ask: Ask; sources: Source[]; chosen: string; busy: null | 'passkey' | 'sending'; error: string | null }
  /** No credential here proves it. Why not, not even this screen says. */
  | { at: 'none'; ask: Ask }
  | { at: 'failed'; code: string }

/** An accepted invitation's record. */
export type ProspectRecord = TenantRecord & { prospect: Prospect }

const DOMAIN = utf8('honnin/prospect/v1\0')
const CODES: Record<number, string> = { 404: 'invitation-unknown', 409: 'invitation-used', 410: 'invitation-lapsed' }

/** One invitation, from its link to the ordinary request. Tells each state to `on`, an accepted one to `accepted`. */
export class Invited {
  #deps: Deps
  #token: string
  #on: (state: InvitedState) => void
  #accepted: (record: ProspectRecord) => void
  #state: InvitedState = { at: 'reading' }
  #it: Invitation | null = null
  #records: TenantRecord[] = []
  #left = false

  constructor(deps: Deps, token: string, on: (state: InvitedState) => void, accepted: (record: ProspectRecord) => void) {
    this.#deps = deps
    this.#token = token
    this.#on = on
    this.#accepted = accepted
  }

  /** Who asks, what for, and which credential here proves it. Nothing is used up, and the server learns nothing. */
  async read(): Promise<void> {
    this.#set({ at: 'reading' })
    try {
      const { deps } = { deps: this.#deps }
      const it = await publicApi(deps.fetch, deps.origin).invitation(this.#token).catch(refused)
      checkInvitation(it)
      const { proves, not_sent } = await deps.prover.call('describePolicy', [JSON.stringify(it.policy)])
      const { tenant, display } = it.tenant
      const ask: Ask = { tenant, display, purpose: it.purpose, words: { proves, not_sent }, consent: it.consent.text, expiresAt: it.expires_at + deps.now() - it.now }
      this.#it = it
      this.#records = await this.#fitting(it)
      const sources = this.#records.map((r) => ({ tenant: r.tenant, name: r.display.name, issuerHost: new URL(r.issuer).host }))
      const [first] = sources
      this.#set(first ? { at: 'asked', ask, sources, chosen: first.tenant, busy: null, error: null } : { at: 'none', ask })
    } catch (error) {
      this.#set({ at: 'failed', code: codeOf(error) })
    }
  }

  choose(tenant: string): void {
    const s = this.#state
    if (s.at === 'asked' && s.busy === null && s.sources.some((c) => c.tenant === tenant)) this.#set({ ...s, chosen: tenant })
  }

  /** From the tap that agrees: no wait may come between it and the passkey. */
  async accept(language: Lang): Promise<void> {
    const s = this.#state
    const it = this.#it
    const source = s.at === 'asked' ? this.#records.find((r) => r.tenant === s.chosen) : undefined
    if (s.at !== 'asked' || s.busy !== null || !it || !source) return
    const made = this.#deps.passkeys.create(it.passkey)
    this.#set({ ...s, busy: 'passkey', error: null })
    let passkey: unknown
    try {
      passkey = await made
    } catch (error) {
      this.#set({ ...s, busy: null, error: passkeyCode(error) })
      return
    }
    this.#set({ ...s, busy: 'sending', error: null })
    try {
      const record = await this.#handIn(it, source, passkey, language)
      // Left in the meantime: the request is this phone's all the same, and is shown.
      this.#accepted(record)
    } catch (error) {
      const code = codeOf(error)
      // The wording is another by now: it is read again before anybody agrees.
      if (code === 'changed-meanwhile') return this.read()
      const over = code === 'already-decided' || code === 'expired' || code === 'not-found'
      this.#set(over ? { at: 'failed', code: CODES[error instanceof Problem ? error.status : 0] ?? code } : { ...s, busy: null, error: code })
    }
  }

  leave(): void {
    this.#left = true
  }

  /**
   * The records whose credential serves: of an issuer that the invitation names, and meeting its policy. The proving key is
   * fetched first, so that what goes over the network does not depend on it.
   */
  async #fitting(it: Invitation): Promise<TenantRecord[]> {
    const records = (await this.#deps.records.tenants()).filter((r) => r.device !== null)
    if (records.length === 0) return []
    const now = this.#deps.now()
    await ensureKey(this.#deps, { ...(records[0] as TenantRecord), server: this.#deps.origin, provingKey: it.tenant.circuit.proving_key })
    const asOf = dateIn(it.tenant.time_zone, it.now)
    const fits = await Promise.all(
      records.map(async (r) => certifiedFor(r.issuerCertificate, it.issuers, Math.floor((it.now || now) / 1000)) && (await eligible(this.#deps, r, it.policy, it.tenant.tenant, asOf))),
    )
    return records.filter((_, i) => fits[i])
  }

  async #handIn(it: Invitation, source: TenantRecord, passkey: unknown, language: Lang): Promise<ProspectRecord> {
    const { db, vault, crypto, prover, records, fetch, origin, now } = this.#deps
    await probe(db, vault, crypto)
    const name = toHex(randomBytes(crypto, 16))
    const key = await createDeviceKey(db, crypto, name, 'prospect')
    try {
      const holder = fromB64u(source.holder)
      const pseudonym = await prover.call('prospectPseudonym', [holder, it.tenant.tenant]).finally(() => holder.fill(0))
      const { device, verification } = await publicApi(fetch, origin).accept({
        token: this.#token,
        challenge: it.challenge,
        pseudonym,
        issuer_certificate: source.issuerCertificate,
        device_key: key.jwk,
        device_signature: await sign(crypto, key, it.challenge, pseudonym),
        passkey,
        label: this.#deps.deviceLabel(),
        consent: { wording: it.consent.wording, language },
      })
      const { tenant } = it
      const record: ProspectRecord = {
        ...source, tenant: tenant.tenant, server: origin, display: tenant.display, timeZone: tenant.time_zone, handle: '',
        policies: [it.policy], enrolmentPolicy: tenant.enrolment_policy, provingKey: tenant.circuit.proving_key, announcer: null,
        device, enrolledAt: now(), prospect: { verification, key: name, source: source.tenant, expiresAt: it.expires_at + now() - it.now },
      }
      await records.saveProspect(record)
      return record
    } catch (error) {
      await removeProspectKey(db, name)
      throw error
    }
  }

  #set(state: InvitedState): void {
    this.#state = state
    if (!this.#left) this.#on(state)
  }
}

/** By the device key, over SHA-256 of the domain, the invitation's challenge and the pseudonym, 32 bytes big-endian. */
async function sign(crypto: Crypto, key: DeviceKey, challenge: string, pseudonym: string): Promise<string> {
  const message = concat(DOMAIN, fromB64u(challenge), fromHex(pseudonym))
  return toB64u(await key.sign(new Uint8Array(await crypto.subtle.digest('SHA-256', message))))
}

function fromHex(text: string): Bytes {
  if (!/^[0-9a-f]{64}$/.test(text)) throw new Problem('malformed-pseudonym')
  return new Uint8Array((text.match(/../g) ?? []).map((pair) => parseInt(pair, 16)))
}

function refused(error: unknown): never {
  const code = error instanceof Problem ? CODES[error.status] : undefined
  throw code === undefined ? error : new Problem(code)
}
