import { bearer } from '../core/http'
import type { Link } from '../core/freshness'
import { noCalls, readCalls, type Calls } from '../core/calls'
import { follow, type LiveEvent } from '../core/live'
import { newestAnnouncer } from '../core/notice'
import { Problem, problemFrom } from '../core/problem'
import { displayFits } from '../core/screen'
import { deviceApi, publicApi, type DeviceApi, type Token } from '../core/server'
import { deviceToken } from '../core/session'
import { loadDeviceKey } from '../store/device'
import type { TenantInfo } from '../core/wire'
import type { TenantRecord } from '../store/records'
import type { Deps } from './deps'
import { Phones } from './phones'
import type { Prepares } from './preparer'

export interface CompanyEvents {
  changed: () => void
  /** Policies, proving key or the company's texts are now these; or they could not be asked for. */
  refreshed: (company: Company) => void
  request: (company: Company, verification: string) => void
  ended: (company: Company, verification: string, state: string) => void
  /** Waits before a reconnection; ends early when the network or the page comes back. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
}

/** Policies are asked for again when the stream opens, when the page wakes, and at least this often. */
const REFRESH_EVERY_MS = 60 * 60_000
/** But not more often than this: a bad line opens streams by the dozen. */
const REFRESH_AT_MOST_MS = 60_000
/** Calls whose list did not come are asked for again after this. */
const ASK_CALLS_AGAIN_MS = 3_000

/** One enrolled company: its session, its stream, what it asks for. */
export class Company implements Prepares {
  record: TenantRecord
  link: Link = { heardAt: null, refused: false }
  calls: Calls
  readonly since: number
  readonly api: DeviceApi
  readonly phones: Phones
  #deps: Deps
  #events: CompanyEvents
  #token: Token
  #stop = new AbortController()
  /** Server's clock minus this machine's, ms. */
  #offset = 0
  #refreshedAt = -Infinity
  #refreshing: Promise<void> | null = null
  #callsAskedAt = -Infinity
  #callsTurn = 0

  constructor(deps: Deps, record: TenantRecord, events: CompanyEvents) {
    this.#deps = deps
    this.record = record
    this.#events = events
    this.since = deps.now()
    this.calls = noCalls(this.since)
    this.#token = this.#lazyToken()
    this.api = deviceApi(deps.fetch, record.server, this.#token)
    this.phones = new Phones(record.tenant, this.api, deps.records, () => events.changed())
  }

  /** Listens until stopped. */
  async run(): Promise<void> {
    await follow(
      {
        open: (signal) => this.#open(signal),
        on: (event) => this.#heard(event),
        wait: this.#events.wait,
        later: (ms, then) => {
          const timer = setTimeout(then, ms)
          return () => clearTimeout(timer)
        },
        random: () => Number(this.#deps.crypto.getRandomValues(new Uint32Array(1))[0]) / 2 ** 32,
      },
      this.#stop.signal,
    )
    this.#events.changed()
  }

  /** The server's time, as far as this phone knows. */
  now(): number {
    return this.#deps.now() + this.#offset
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  /** Brings policies and proving key up to date; a failure leaves them as they were. `force`: even if just done. */
  refresh(force = false): Promise<void> {
    if (!force && this.#deps.now() - this.#refreshedAt < REFRESH_AT_MOST_MS) return Promise.resolve()
    this.#refreshedAt = this.#deps.now()
    this.#refreshing ??= this.#ask()
      .catch(() => undefined)
      .finally(() => {
        this.#refreshing = null
        this.#events.refreshed(this)
      })
    return this.#refreshing
  }

  /** Once a second. */
  tick(): void {
    const now = this.#deps.now()
    if (now - this.#refreshedAt >= REFRESH_EVERY_MS) void this.refresh()
    const listening = this.link.heardAt !== null && !this.link.refused
    if (this.calls.staleSince !== null && listening && now - this.#callsAskedAt >= ASK_CALLS_AGAIN_MS) void this.askCalls()
  }

  /** What this company has with the customer now and soon. Until the answer is here, nothing is read from the old list. */
  async askCalls(): Promise<void> {
    const turn = ++this.#callsTurn
    this.#callsAskedAt = this.#deps.now()
    this.calls = { ...this.calls, staleSince: this.calls.staleSince ?? this.#callsAskedAt }
    const list = readCalls(await this.api.calls().catch(() => null))
    // Something changed again in the meantime: that question's answer counts.
    if (turn !== this.#callsTurn || list === null) return
    this.calls = { list, staleSince: null }
    this.#events.changed()
  }

  stop(): void {
    this.#stop.abort()
  }

  async #ask(): Promise<void> {
    const info = await publicApi(this.#deps.fetch, this.record.server).tenant(this.record.tenant)
    if (Number.isFinite(info.now)) this.#offset = info.now - this.#deps.now()
    const next: TenantRecord = {
      ...this.record,
      // Texts unfit for a screen do not replace those shown so far.
      display: displayFits(info.display) ? info.display : this.record.display,
      timeZone: info.time_zone, policies: info.policies,
      enrolmentPolicy: info.enrolment_policy, provingKey: info.circuit.proving_key, announcer: await this.#announcer(info),
    }
    if (JSON.stringify(next) === JSON.stringify(this.record)) return
    Object.assign(this.record, next)
    // In a turn of its own: an enrolment accepted in the meantime is not overwritten with the record before it.
    await this.#deps.workshop.run(true, this.#stop.signal, async () => {
      const kept = await this.#deps.records.tenant(this.record.tenant)
      if (kept?.device === this.record.device && kept.credential === this.record.credential) await this.#deps.records.saveTenant(this.record)
    })
  }

  /** The pinned key, or where its signed successors lead; a chain that does not hold together leads nowhere. */
  async #announcer(info: TenantInfo): Promise<TenantRecord['announcer']> {
    const { announcer, tenant } = this.record
    return announcer && newestAnnouncer(this.#deps.crypto, announcer, tenant, info.announcement_chain).catch(() => announcer)
  }

  #lazyToken(): Token {
    let made: Promise<Token> | null = null
    return async (renew) => {
      made ??= this.#makeToken()
      return (await made)(renew)
    }
  }

  async #makeToken(): Promise<Token> {
    const { db, crypto, fetch, now } = this.#deps
    const { prospect, tenant } = this.record
    const key = await (prospect ? loadDeviceKey(db, crypto, 'prospect', prospect.key) : loadDeviceKey(db, crypto, 'device', tenant))
    // A browser that lost the key cannot be this device any more.
    if (!key || !this.record.device) throw new Problem('not-found', 404)
    return deviceToken(publicApi(fetch, this.record.server), this.record.device, key.sign, now)
  }

  async #open(signal: AbortSignal): Promise<Response> {
    const open = async (renew: boolean) => {
      const headers = { accept: 'text/event-stream', ...bearer(await this.#token(renew)) }
      return this.#deps.fetch(`${this.record.server}/v1/device/stream`, { headers, signal, cache: 'no-store', credentials: 'omit' })
    }
    let response = await open(false)
    if (response.status === 401) response = await open(true)
    if (!response.ok) throw await problemFrom(response)
    return response
  }

  #heard(event: LiveEvent): void {
    if (event.type === 'refused') this.link = { ...this.link, refused: true }
    else this.link = { heardAt: this.#deps.now(), refused: false }
    if (event.type === 'connected') void this.#catchUp()
    if (!this.record.prospect) this.#keepUp(event)
    if (event.type === 'request') this.#events.request(this, event.verification)
    if (event.type === 'ended') this.#events.ended(this, event.verification, event.state)
    this.#events.changed()
  }

  /** What an enrolled phone keeps up to date; whoever was invited to one request has none of it. */
  #keepUp(event: LiveEvent): void {
    if (event.type === 'connected' || event.type === 'calls') void this.askCalls()
    if (event.type === 'connected' || event.type === 'devices') void this.phones.ask()
    if (event.type === 'connected') void this.refresh()
  }

  /** What came while nobody listened. */
  async #catchUp(): Promise<void> {
    const open = await this.api.requests().catch(() => null)
    for (const r of open?.requests ?? []) this.#events.request(this, r.verification)
  }
}
