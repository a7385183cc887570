import { datesToPrepare, usableDates } from '../core/dates'
import type { Policy } from '../core/wire'
import type { PreparedKey, TenantRecord } from '../store/records'
import { digestOf, ensureKey, keyFor, needsTerms, order, type Needed } from './prepare'

/** Prepared ahead for one company; what goes beyond is made when a request asks for it. */
export const MOST_POLICIES = 16
const SHORTEST_RETRY_MS = 15_000
const LONGEST_RETRY_MS = 30 * 60_000

/** A company whose policies are prepared. */
export interface Prepares {
  readonly record: TenantRecord
  /** The server's time as far as this phone knows, ms: the day is the server's, not that of a clock set wrong. */
  now(): number
  /** Aborted when the company is removed. */
  readonly signal: AbortSignal
}

export type Progress = 'working' | 'ready' | 'failed'

export interface PreparerOptions {
  /** Some company's progress changed. */
  changed: () => void
  /** While true nothing more is begun: a customer has a request before them. `look` when that is over. */
  paused: () => boolean
  /** 0 to 1, for jitter. */
  random: () => number
}

interface Job {
  company: Prepares
  policy: Policy
  digest: string
  asOf: number
  id: string
  /** 0: today's; 1: tomorrow's. */
  rank: number
}

/**
 * Prepares in the background whatever the enrolled companies' policies lack: for today, and before the day turns for
 * tomorrow; one state after the other, of all companies, today's first. What fails is tried again, later each time, and
 * keeps nothing else waiting. Has no timer: `tick` is called once a second, `wake` when the phone was asleep or offline.
 */
export class Preparer {
  readonly #deps: Needed & { now: () => number }
  readonly #options: PreparerOptions
  #companies = new Map<string, Prepares>()
  #progress = new Map<string, Progress>()
  /** By job, or by company where not even its jobs could be told. */
  #failed = new Map<string, { times: number; retryAt: number }>()
  #running: Promise<void> | null = null
  #again = false
  #days = ''

  constructor(deps: Needed & { now: () => number }, options: PreparerOptions) {
    this.#deps = deps
    this.#options = options
  }

  /** Takes up a company, or its newer enrolment. */
  add(company: Prepares): void {
    this.#forget(company.record.tenant)
    this.#companies.set(company.record.tenant, company)
    this.#progress.set(company.record.tenant, 'working')
    this.look()
  }

  remove(tenant: string): void {
    this.#companies.delete(tenant)
    this.#progress.delete(tenant)
    this.#forget(tenant)
  }

  progress(tenant: string): Progress {
    return this.#progress.get(tenant) ?? 'working'
  }

  /** Looks for what is lacking: after new policies, a new company, a request that ended. */
  look(): void {
    this.#again = true
    this.#running ??= this.#run().finally(() => {
      this.#running = null
      // Asked for while the last look was ending.
      if (this.#again && !this.#options.paused()) this.look()
    })
  }

  /** The phone was asleep, offline or out of sight: what failed is tried at once. */
  wake(): void {
    for (const failure of this.#failed.values()) failure.retryAt = 0
    this.look()
  }

  /** The day's turn, the hours before it, and the time for another try. */
  tick(): void {
    const now = this.#deps.now()
    if (this.#daysNow() !== this.#days || [...this.#failed.values()].some((f) => f.retryAt <= now)) this.look()
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  /** The dates that are to be prepared by now, of every company: when they change, there is work. */
  #daysNow(): string {
    return [...this.#companies.values()].map((c) => datesToPrepare(c.record.timeZone, c.now()).join('+')).join()
  }

  async #run(): Promise<void> {
    while (this.#again && !this.#options.paused()) {
      this.#again = false
      this.#days = this.#daysNow()
      // Looked for anew after each state: meanwhile a request may have made one, a policy have come, the day have turned.
      for (let job = await this.#next(); job && !this.#options.paused(); job = await this.#next()) await this.#make(job)
      if (this.#options.paused()) this.#again = true
    }
  }

  /** What is lacking most; tells each company's progress on the way. */
  async #next(): Promise<Job | null> {
    const due: Job[] = []
    for (const company of [...this.#companies.values()]) {
      const { tenant } = company.record
      if (this.#waits(tenant)) continue
      try {
        const lacking = await this.#lacking(company)
        const jobs = lacking.filter((job) => !this.#waits(job.id))
        due.push(...jobs)
        this.#failed.delete(tenant)
        this.#tell(company, lacking.length === 0 ? 'ready' : jobs.length === 0 ? 'failed' : 'working')
      } catch {
        this.#fail(company, tenant)
      }
    }
    return due.sort((a, b) => a.rank - b.rank)[0] ?? null
  }

  /** The states that a company lacks; those that no day needs any more are dropped. */
  async #lacking(company: Prepares): Promise<Job[]> {
    const { record } = company
    const now = company.now()
    const dates = datesToPrepare(record.timeZone, now)
    const lacking: Job[] = []
    const keep: PreparedKey[] = []
    await ensureKey(this.#deps, record)
    for (const policy of record.policies.filter((p) => !needsTerms(p)).slice(0, MOST_POLICIES)) {
      const digest = await digestOf(this.#deps, policy)
      keep.push(...[...usableDates(record.timeZone, now), ...dates].map((asOf) => keyFor(record, digest, asOf)))
      for (const [rank, asOf] of dates.entries()) {
        if (await this.#deps.records.hasPrepared(keyFor(record, digest, asOf))) continue
        lacking.push({ company, policy, digest, asOf, rank, id: `${record.tenant}:${digest}:${asOf}` })
      }
    }
    if (!company.signal.aborted) await this.#deps.records.dropPrepared(record.tenant, keep)
    const wanted = new Set(lacking.map((job) => job.id))
    for (const id of this.#failed.keys()) if (id.startsWith(`${record.tenant}:`) && !wanted.has(id)) this.#failed.delete(id)
    return lacking
  }

  async #make(job: Job): Promise<void> {
    const { company, policy, digest, asOf, id } = job
    try {
      const state = await order(this.#deps, { record: company.record, policy, digest, asOf, urgent: false, signal: company.signal })
      state?.fill(0)
      this.#failed.delete(id)
    } catch {
      // Removed, or enrolled anew: whoever did that has added the new one.
      if (company.signal.aborted) return
      this.#fail(company, id)
    }
  }

  #waits(id: string): boolean {
    return (this.#failed.get(id)?.retryAt ?? 0) > this.#deps.now()
  }

  #fail(company: Prepares, id: string): void {
    if (this.#companies.get(company.record.tenant) !== company) return
    const times = (this.#failed.get(id)?.times ?? 0) + 1
    const full = Math.min(LONGEST_RETRY_MS, SHORTEST_RETRY_MS * 2 ** Math.min(times - 1, 10))
    // Half of it at random, so that a server's trouble does not bring all phones back as one.
    this.#failed.set(id, { times, retryAt: this.#deps.now() + Math.round(full * (1 - this.#options.random() / 2)) })
    this.#tell(company, 'failed')
  }

  #forget(tenant: string): void {
    for (const id of this.#failed.keys()) if (id === tenant || id.startsWith(`${tenant}:`)) this.#failed.delete(id)
  }

  #tell(company: Prepares, progress: Progress): void {
    const { tenant } = company.record
    if (this.#companies.get(tenant) !== company || this.#progress.get(tenant) === progress) return
    this.#progress.set(tenant, progress)
    this.#options.changed()
  }
}
