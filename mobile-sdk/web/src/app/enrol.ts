import { fromB64u, toB64u } from '../core/bytes'
import { dateIn } from '../core/dates'
import type { EnrolEvent, Offering } from '../core/enrolment'
import * as issuer from '../core/issuer'
import { proofJwt } from '../core/jwt'
import { p256Of } from '../core/notice'
import { parseOffer } from '../core/offer'
import { codeOf, Problem } from '../core/problem'
import { publicApi } from '../core/server'
import { checkDisplay, checkEnrolmentPolicy, checkStatement } from '../core/statement'
import { consentFits } from '../core/screen'
import type { EnrolmentStart, Lang, Others, TenantInfo } from '../core/wire'
import { createDeviceKey, loadDeviceKey, promotion, removePendingKey, type DeviceKey } from '../store/device'
import type { TenantRecord } from '../store/records'
import { probe } from '../store/vault'
import { randomBytes, type Deps } from './deps'
import { digestOf, loadKey, prepare, provable } from './prepare'

/** Prepared up to the tap that makes the passkey. */
interface Ready {
  record: TenantRecord
  key: DeviceKey
  start: EnrolmentStart
  /** Name of the prepared state in the quick worker. */
  held: string
}

/** One enrolment, from the link to "enrolled". Tells each step to `on`. */
export class Enrolment {
  #deps: Deps
  #on: (event: EnrolEvent) => void
  #offer: issuer.Offer | null = null
  #info: TenantInfo | null = null
  #ready: Ready | null = null
  /** Set once the credential is kept: the offer is spent then, and not needed again. */
  #kept: TenantRecord | null = null

  constructor(deps: Deps, on: (event: EnrolEvent) => void) {
    this.#deps = deps
    this.#on = on
  }

  /** Reads who offers; nothing is spent yet. */
  async read(link: string): Promise<void> {
    await this.#guard(async () => {
      const offer = await issuer.readOffer(this.#deps.fetch, parseOffer(link).url)
      const { server, tenant } = offer.metadata.honnin
      if (new URL(server).origin !== this.#deps.origin) throw new Problem('other-server')
      const info = await publicApi(this.#deps.fetch, this.#deps.origin).tenant(tenant).catch((error: unknown) => {
        throw error instanceof Problem && error.status === 404 ? new Problem('issuer-unknown') : error
      })
      if (info.tenant !== tenant) throw new Problem('issuer-unknown')
      checkInfo(info)
      this.#offer = offer
      this.#info = info
      const offering: Offering = { tenant, company: info.display.name, issuerHost: new URL(offer.issuer).host, restored: false }
      this.#on({ type: 'offered', offering })
    })
  }

  /** Takes up an enrolment that was left after its credential had come. */
  async resume(record: TenantRecord): Promise<void> {
    await this.#guard(async () => {
      const info = await publicApi(this.#deps.fetch, this.#deps.origin).tenant(record.tenant)
      checkInfo(info)
      this.#info = info
      this.#kept = record
      const offering: Offering = { tenant: record.tenant, company: info.display.name, issuerHost: new URL(record.issuer).host, restored: record.restored === true }
      this.#on({ type: 'offered', offering })
    })
  }

  /** Everything up to the passkey's tap. Called again after a failure it goes on from the kept credential. */
  async start(): Promise<void> {
    this.#on({ type: 'start' })
    await this.#guard(async () => {
      const info = this.#info
      if (!info) throw new Problem('offer-malformed')
      const { deps, on } = { deps: this.#deps, on: this.#on }
      on({ type: 'step', step: 'storage' })
      if (!deps.passkeys.available()) throw new Problem('no-passkey')
      await probe(deps.db, deps.vault, deps.crypto)
      on({ type: 'step', step: 'credential' })
      const { record, key } = await this.#credential(info)
      on({ type: 'step', step: 'key' })
      const asOf = dateIn(record.timeZone, deps.now())
      const held = `enrol:${record.tenant}`
      await deps.workshop.run(true, undefined, async (bench) => {
        await loadKey(deps, bench, record, (progress) => on({ type: 'progress', progress }))
        if (!(await provable(deps, record, info.enrolment_policy, asOf))) throw new Problem('credential-unfit')
        on({ type: 'step', step: 'prepare' })
        const state = await prepare(bench, record, info.enrolment_policy, asOf)
        await deps.prover.call('hold', [held, state]).finally(() => state.fill(0))
      })
      const start = await this.#begin(record, info)
      this.#ready = { record, key, start, held }
      on({ type: 'await-passkey', consent: start.consent.text })
    })
  }

  /**
   * From the customer's tap, which agrees to the words on the screen, in that language. The options are here already:
   * no wait may come between tap and passkey.
   */
  async passkey(language: Lang, others: Others = 'keep'): Promise<void> {
    const ready = this.#ready
    if (!ready) return
    const made = this.#deps.passkeys.create(ready.start.passkey)
    this.#on({ type: 'tap-passkey' })
    let passkey: unknown
    try {
      passkey = await made
    } catch (error) {
      this.#on({ type: 'passkey-error', code: passkeyCode(error) })
      return
    }
    await this.#guard(() => this.#complete(ready, passkey, language, others))
  }

  /** Left by the customer: the prepared state is wiped. */
  leave(): void {
    if (this.#ready) void this.#deps.prover.call('drop', [this.#ready.held]).catch(() => undefined)
    this.#ready = null
  }

  async #credential(info: TenantInfo): Promise<{ record: TenantRecord; key: DeviceKey }> {
    const deps = this.#deps
    const kept = this.#kept && (await loadDeviceKey(deps.db, deps.crypto, 'pending', info.tenant))
    if (kept && this.#kept) {
      await this.#sameCustomer(info.tenant, this.#kept.handle)
      return { record: this.#kept, key: kept }
    }
    const offer = this.#offer
    if (!offer) throw new Problem('offer-used')
    const token = await issuer.redeem(deps.fetch, offer)
    const holder = await deps.prover.call('holderNew', [randomBytes(deps.crypto, 32)])
    const key = await createDeviceKey(deps.db, deps.crypto, info.tenant)
    const claims = {
      aud: offer.issuer,
      iat: Math.floor(deps.now() / 1000),
      nonce: await issuer.nonce(deps.fetch, offer),
      holder: await deps.prover.call('holderCommitment', [holder]),
    }
    const credential = await issuer.credential(deps.fetch, offer, token, await proofJwt(key.jwk, claims, key.sign))
    const root = JSON.stringify(offer.metadata.honnin.root)
    const checked = await deps.prover.call('credentialCheck', [credential, holder, root, claims.iat])
    if (checked.tenant !== info.tenant) throw new Problem('issuer-unknown')
    await this.#sameCustomer(info.tenant, checked.subject)
    const record: TenantRecord = {
      tenant: info.tenant, server: deps.origin, issuer: offer.issuer, display: info.display, timeZone: info.time_zone,
      handle: checked.subject, credential, holder: toB64u(holder), issuerCertificate: certificateOf(credential),
      policies: info.policies, enrolmentPolicy: info.enrolment_policy, provingKey: info.circuit.proving_key,
      announcer: p256Of(info.announcement_key), device: null, enrolledAt: null,
    }
    await deps.records.savePending(record)
    this.#kept = record
    return { record, key }
  }

  /** Somebody else's offer, opened by mistake or by design, must not take the place of this customer's enrolment. */
  async #sameCustomer(tenant: string, handle: string): Promise<void> {
    const { db, records } = this.#deps
    const held = await records.tenant(tenant)
    if (!held || held.device === null || held.handle === handle) return
    // An enrolment left unfinished still needs its key.
    if (!(await records.pending()).some((r) => r.tenant === tenant)) await removePendingKey(db, tenant)
    throw new Problem('other-customer')
  }

  async #begin(record: TenantRecord, info: TenantInfo): Promise<EnrolmentStart> {
    const start = await publicApi(this.#deps.fetch, record.server).enrol(record.tenant, record.handle)
    const digest = await digestOf(this.#deps, info.enrolment_policy)
    // The server's answer must be about the policy that was prepared.
    if ((await digestOf(this.#deps, start.policy)) !== digest) throw new Problem('statement-mismatch')
    if (!consentFits(start.consent)) throw new Problem('statement-unsafe')
    const now = this.#deps.now()
    checkStatement(start.statement, start.policy, { kind: 'enrolment', tenant: record.tenant, verification: null, digest, now })
    return start
  }

  async #complete({ record, key, start, held }: Ready, passkey: unknown, language: Lang, others: Others): Promise<void> {
    const deps = this.#deps
    this.#on({ type: 'step', step: 'confirm' })
    // Another tab may have enrolled in the meantime.
    await this.#sameCustomer(record.tenant, record.handle)
    const done = await deps.prover.call('finish', [held, JSON.stringify(start.statement), randomBytes(deps.crypto, 32)])
    const { device, others: more } = await publicApi(deps.fetch, record.server).complete(start.enrolment, {
      proof: done.proof,
      as_of: done.as_of,
      pseudonym: done.pseudonym,
      issuer_certificate: record.issuerCertificate,
      device_key: key.jwk,
      device_signature: toB64u(await key.sign(fromB64u(done.approval))),
      passkey,
      label: deps.deviceLabel(),
      others,
      consent: { wording: start.consent.wording, language },
    })
    // States prepared with an older credential would prove another pseudonym: they go while nothing is being prepared.
    await deps.workshop.run(true, undefined, async () => {
      await deps.records.dropPrepared(record.tenant, [])
      const { restored: _done, ...kept } = record
      await deps.records.acceptTenant({ ...kept, device, enrolledAt: deps.now() }, await promotion(deps.db, record.tenant))
    })
    await deps.prover.call('drop', [held])
    this.#on({ type: 'enrolled', others: Number.isSafeInteger(more) ? (more as number) : 0 })
  }

  async #guard(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      const code = codeOf(error)
      this.#on({ type: 'failed', code, resumable: code !== 'other-customer' && (this.#kept !== null || code === 'offline') })
    }
  }
}

/** What went wrong at the platform's passkey window. */
export function passkeyCode(error: unknown): string {
  const name = (error as { name?: string } | null)?.name
  if (name === 'NotAllowedError' || name === 'AbortError') return 'passkey-cancelled'
  if (name === 'InvalidStateError') return 'passkey-exists'
  if (name === 'NotSupportedError' || name === 'SecurityError' || name === 'ConstraintError') return 'no-passkey'
  return codeOf(error)
}

/** What a company says of itself, before any of it is shown or agreed to. */
export function checkInfo(info: TenantInfo): void {
  checkDisplay(info.display)
  checkEnrolmentPolicy(info.enrolment_policy)
}

function certificateOf(credential: string): string {
  const certificate = (JSON.parse(credential) as { issuer_certificate?: unknown }).issuer_certificate
  if (typeof certificate !== 'string') throw new Problem('malformed-answer')
  return certificate
}
