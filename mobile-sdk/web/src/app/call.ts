import { Problem, codeOf } from '../core/problem'
import { checkNotice, isForged, newestAnnouncer } from '../core/notice'
import { canApprove, digitsWanted, picksSlots, step, wantsFinish, wantsPreparing, type Asking, type RequestEvent, type RequestState } from '../core/request'
import { publicApi, type DeviceApi } from '../core/server'
import { checkStatement } from '../core/statement'
import { isEnd, type RequestView } from '../core/wire'
import type { TenantRecord } from '../store/records'
import { randomBytes, type Deps } from './deps'
import { passkeyCode } from './enrol'
import { ensureKey, findPrepared, needsTerms, prepareEligibility, prepareNow, prepareTerms } from './prepare'

export interface CallDeps extends Deps {
  /** Resolves when the page is in sight: only then was a request "opened". */
  visible: () => Promise<void>
}

/** One request from its first notice to its end: runs the effects that the pure state asks for. */
export class Call {
  state: RequestState
  /** Server's clock minus this machine's, ms. */
  offset = 0
  readonly record: TenantRecord
  #deps: CallDeps
  #api: DeviceApi
  #on: (state: RequestState) => void
  #stop = new AbortController()
  #finishing: string | null = null
  #digest = ''
  /** What the state under way, or held, was made for. */
  #making: string | null = null
  #ready: Promise<void> = Promise.resolve()
  /** Another notice has taken this one's place. */
  onMoved: (verification: string) => void = () => undefined

  constructor(deps: CallDeps, record: TenantRecord, api: DeviceApi, id: string, on: (state: RequestState) => void) {
    this.#deps = deps
    this.record = record
    this.#api = api
    this.#on = on
    this.state = { at: 'loading', id }
  }

  get #id(): string {
    return this.state.id
  }

  /** The server's time now, as far as this phone knows. */
  serverNow(): number {
    return this.#deps.now() + this.offset
  }

  /** Loads, checks and shows the request, then makes its proof ready. */
  async open(): Promise<void> {
    try {
      const view = await this.#api.request(this.#id)
      this.offset = view.now - this.#deps.now()
      if (isEnd(view.state)) return void (await this.#settle(view.state))
      const words = await this.#deps.prover.call('describePolicy', [JSON.stringify(view.policy)])
      const expected = { kind: this.record.prospect ? 'eligibility' : 'verification', tenant: this.record.tenant, verification: this.#id, digest: words.digest, now: view.now } as const
      checkStatement(view.statement, view.policy, expected)
      if (view.statement.call || view.notice) await this.#checkNotice(view)
      this.#digest = words.digest
      this.dispatch({ type: 'loaded', request: { view, words } })
      void this.#opened()
      await this.#ready
    } catch (error) {
      await this.#openFailed(error)
    }
  }

  /** Feeds an event to the pure state and runs what it then wants. */
  dispatch(event: RequestEvent): void {
    const before = this.state
    this.state = step(before, event)
    if (this.state === before) return
    if (this.state.at === 'ended') this.dispose()
    this.#on(this.state)
    if (wantsPreparing(this.state)) this.#prepareOnce(this.state)
    if (wantsFinish(this.state)) void this.#finish(this.state)
  }

  /** Must run inside the tap's handler: the passkey is asked for before anything is awaited. */
  async approve(): Promise<void> {
    const state = this.state
    if (!canApprove(state)) return
    performance.mark('honnin:approve-tap', { detail: { verification: this.#id } })
    const { finished, request } = state
    const asked = this.#deps.passkeys.get({ ...(request.view.passkey as object), challenge: finished.approval })
    this.dispatch({ type: 'approve' })
    let assertion: unknown
    try {
      assertion = await asked
    } catch (error) {
      this.dispatch({ type: 'failed', code: passkeyCode(error) })
      return
    }
    this.dispatch({ type: 'asserted' })
    // A refusal may have been tapped while the passkey's window was open.
    if (this.state.at !== 'asking' || this.state.busy !== 'sending') return
    const code = digitsWanted(request) > 0 ? { match_code: finished.digits } : {}
    const sealed = finished.disclosure ? { disclosure: finished.disclosure } : {}
    try {
      const answer = await this.#api.approve(this.#id, { proof: finished.proof, as_of: finished.as_of, ...code, ...sealed, assertion })
      this.dispatch({ type: 'passed', answer })
    } catch (error) {
      await this.#answerFailed(error)
    }
  }

  async refuse(report: boolean): Promise<void> {
    if (!this.#begins({ type: 'refuse' })) return
    try {
      this.dispatch({ type: 'decided', answer: await this.#api.refuse(this.#id, report), reported: report })
    } catch (error) {
      await this.#answerFailed(error)
    }
  }

  /** Asks for another of the offered windows: this notice ends, and another comes that is to be confirmed itself. */
  async move(window: number): Promise<void> {
    const call = this.state.at === 'asking' ? this.state.request.view.statement.call : null
    if (!call || !this.#begins({ type: 'move' })) return
    try {
      const { verification } = await this.#api.reschedule(call.id, window)
      this.onMoved(verification)
    } catch (error) {
      await this.#answerFailed(error)
    }
  }

  /** Tells the desk that this phone cannot confirm the condition; never which part. */
  async sayUnprovable(): Promise<void> {
    if (!this.#begins({ type: 'say-unprovable' })) return
    try {
      this.dispatch({ type: 'decided', answer: await this.#api.unprovable(this.#id), unprovable: true })
    } catch (error) {
      await this.#answerFailed(error)
    }
  }

  /** Whether a tap set something going: a second one while it is under way does not. */
  #begins(event: RequestEvent): boolean {
    const before = this.state
    this.dispatch(event)
    return this.state !== before
  }

  /** Ends the request on the phone once its time is over; an answer under way is waited for. */
  tick(): void {
    const s = this.state
    if ((s.at === 'asking' || s.at === 'unprovable') && s.busy === null && this.serverNow() > s.request.view.statement.expires_at) {
      this.dispatch({ type: 'ended', state: 'expired', now: this.serverNow() })
    }
  }

  /** Takes an end from the stream. A pass learned this way lacks its number: the history has it. */
  async #settle(end: string): Promise<void> {
    if (!isEnd(end)) return
    this.dispatch({ type: 'ended', state: end, now: this.serverNow() })
    if (end !== 'passed' || this.state.at !== 'ended' || this.state.reference !== null) return
    const { entries } = await this.#api.history().catch(() => ({ entries: [] }))
    const entry = entries.find((e) => e.verification === this.#id)
    if (entry?.reference) {
      this.dispatch({ type: 'passed', answer: { state: 'passed', reference: entry.reference, decided_at: entry.decided_at } })
    }
  }

  streamEnded(state: string): void {
    void this.#settle(state)
  }

  dispose(): void {
    this.#stop.abort()
    void this.#deps.prover.call('drop', [this.#id]).catch(() => undefined)
  }

  async #opened(): Promise<void> {
    await this.#deps.visible()
    if (!this.#stop.signal.aborted) await this.#api.opened(this.#id).catch(() => undefined)
  }

  /** The company's signed word on an announced call; a key unknown here may be a proven successor of the pinned one. */
  async #checkNotice({ notice, statement, now }: RequestView): Promise<void> {
    const { announcer, tenant, device, server } = this.record
    const about = { tenant, device, statement, now }
    const { crypto, fetch } = this.#deps
    try {
      await checkNotice(crypto, notice, { ...about, key: announcer })
    } catch (error) {
      if (codeOf(error) !== 'notice-key' || !announcer) throw error
      const { announcement_chain } = await publicApi(fetch, server).tenant(tenant)
      await checkNotice(crypto, notice, { ...about, key: await newestAnnouncer(crypto, announcer, tenant, announcement_chain) })
    }
  }

  /** One state at a time, and none twice: what an order sends may be picked anew until it is approved. */
  #prepareOnce(state: Asking): void {
    const wanted = picksSlots(state.request) ? state.slots.join() : 'all'
    if (this.#making === wanted) return
    this.#making = wanted
    this.#ready = this.#ready.then(() => this.#makeReady(state, wanted)).catch((error: unknown) => this.#openFailed(error))
  }

  async #makeReady({ request: { view }, slots }: Asking, wanted: string): Promise<void> {
    const state = await this.#stateFor(view, slots)
    // Ended, or picked otherwise, in the meantime.
    const stale = () => this.#stop.signal.aborted || this.#making !== wanted || !wantsPreparing(this.state)
    if (state === 'not-met') {
      if (!stale()) this.dispatch({ type: 'not-provable' })
      return
    }
    try {
      if (stale()) return void (this.#making = this.#making === wanted ? null : this.#making)
      await this.#deps.prover.call('hold', [this.#id, state])
    } finally {
      state.fill(0)
    }
    // The request may have ended in the meantime: nothing is held for it any longer than that.
    if (this.#stop.signal.aborted) return void (await this.#deps.prover.call('drop', [this.#id]))
    if (stale()) return void (this.#making = this.#making === wanted ? null : this.#making)
    this.#making = null
    this.dispatch({ type: 'prepared' })
  }

  /** The kept state where there is one; else one made now, for this request's terms where it has any. */
  async #stateFor(view: RequestView, slots: Asking['slots']): Promise<Uint8Array | 'not-met'> {
    const now = this.serverNow()
    if (this.record.prospect) return (await prepareEligibility(this.#deps, this.record, view.policy, now, this.#stop.signal)) ?? 'not-met'
    // Started whatever is found below, and awaited only where it is needed.
    const key = ensureKey(this.#deps, this.record)
    key.catch(() => undefined)
    if (needsTerms(view.policy)) {
      return (await prepareTerms(this.#deps, this.record, view.policy, { statement: view.statement, slots }, now, this.#stop.signal)) ?? 'not-met'
    }
    const kept = await findPrepared(this.#deps, this.record, this.#digest, now)
    if (kept !== null) return kept
    await key
    return (await prepareNow(this.#deps, this.record, view.policy, this.#digest, now, this.#stop.signal)) ?? 'not-met'
  }

  /** Finishes the proof for the digits typed, so that the tap goes straight to the passkey. */
  async #finish(state: Asking): Promise<void> {
    const { digits, request } = state
    if (this.#finishing === digits) return
    this.#finishing = digits
    const { statement } = request.view
    const full = statement.match.mode === 'enter' ? { ...statement, match: { mode: 'enter', code: digits } } : statement
    try {
      const recipient: [] | [string] = statement.recipient ? [JSON.stringify(request.view.recipient_key)] : []
      const done = await this.#deps.prover.call('finish', [this.#id, JSON.stringify(full), randomBytes(this.#deps.crypto, 32), ...recipient])
      this.#finishing = null
      const { proof, approval, as_of, disclosure } = done
      this.dispatch({ type: 'finished', finished: { digits, proof, approval, as_of, ...(disclosure && { disclosure }) } })
    } catch (error) {
      this.#finishing = null
      if (!this.#stop.signal.aborted) this.dispatch({ type: 'rejected', code: codeOf(error) })
    }
  }

  async #openFailed(error: unknown): Promise<void> {
    const code = codeOf(error)
    if (this.#stop.signal.aborted) return
    if (isForged(code)) return this.dispatch({ type: 'forged', code })
    if (code === 'policy-not-met') return this.dispatch({ type: 'not-provable' })
    if (code === 'expired') return this.dispatch({ type: 'ended', state: 'expired', now: this.serverNow() })
    this.dispatch({ type: 'rejected', code })
  }

  async #answerFailed(error: unknown): Promise<void> {
    const code = codeOf(error)
    if (code === 'wrong-number') {
      const left = error instanceof Problem ? (error.attemptsLeft ?? 0) : 0
      return this.dispatch({ type: 'wrong-number', attemptsLeft: left, now: this.serverNow() })
    }
    if (code === 'expired') return this.dispatch({ type: 'ended', state: 'expired', now: this.serverNow() })
    if (code === 'already-decided') {
      const view = await this.#api.request(this.#id).catch(() => null)
      if (view && isEnd(view.state)) return this.#settle(view.state)
    }
    this.dispatch({ type: 'failed', code })
  }
}
