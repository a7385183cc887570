import type { Lang } from '@honnin/kit/i18n'
import { signal, type Signal } from '@preact/signals'
import { enrolStep, type EnrolEvent } from '../core/enrolment'
import { invitationToken } from '../core/invitation'
import { codeOf } from '../core/problem'
import type { PushPort } from '../core/push'
import type { RequestState } from '../core/request'
import type { Others, Sealable } from '../core/wire'
import { removeDeviceKeys, removeProspectKey } from '../store/device'
import type { TenantRecord } from '../store/records'
import { Call, type CallDeps } from './call'
import type { Backup } from './backup'
import { Company, type CompanyEvents } from './company'
import { Enrolment } from './enrol'
import type { Invited, ProspectRecord } from './invited'
import { emptyModel, type Actions, type Model, type Page } from './model'
import { Papers } from './papers'
import { Preparer } from './preparer'
import { Reach } from './reach'
import { remember } from './remember'

export interface AppOptions {
  lang: Lang
  saveLang: (lang: Lang) => void
  wait: CompanyEvents['wait']
  canScan: boolean
  /** Asks the browser to keep the storage; called once an enrolment is complete. */
  persist: () => void
  /** Push, where the platform has it. */
  push?: PushPort
}

/** The whole app behind its screens: holds the model, runs the effects. */
export class App implements Actions {
  readonly model: Signal<Model>
  #deps: CallDeps
  #options: AppOptions
  #companies = new Map<string, Company>()
  #enrolment: Enrolment | null = null
  #offerText = ''
  #invited: Invited | null = null
  #invitation: string | null = null
  /** Accepted invitations, by the one request that each is for. */
  #prospects = new Map<string, Company>()
  #unfinished: TenantRecord[] = []
  #call: { call: Call; company: Company } | null = null
  #waiting: { company: Company; id: string }[] = []
  /** Notices put aside until the customer opens them, or the app anew. */
  #later = new Set<string>()
  #preparer: Preparer
  #papers: Papers
  /** Its code is fetched when its page is first opened, an invitation's with the first invitation. */
  #backup: Backup | null = null
  #reach: Reach<Company>

  constructor(deps: CallDeps, options: AppOptions) {
    this.#deps = deps
    this.#options = options
    this.#preparer = new Preparer(deps, {
      changed: () => this.#show(),
      paused: () => isPressing(this.model.value.request),
      random: () => Number(deps.crypto.getRandomValues(new Uint32Array(1))[0]) / 2 ** 32,
    })
    this.#papers = new Papers((tenant) => this.#companies.get(tenant)?.api ?? null, deps.handOver, (papers) => this.#set({ papers }))
    this.#reach = new Reach(
      options.push ?? null,
      () => [...this.#companies.values()],
      (reach) => this.#set({ reach }),
      (company, id) => this.#open(company, id),
    )
    this.model = signal({ ...emptyModel(options.lang, deps.now()), canScan: options.canScan })
  }

  /** Reads what is kept and begins to listen. `offer` is the address's fragment when the app was opened by a link. */
  async start(offer: string | null): Promise<void> {
    try {
      const enrolled = (await this.#deps.records.tenants()).filter((r) => r.device !== null)
      this.#unfinished = await this.#deps.records.pending()
      for (const record of enrolled) this.#listen(record)
      for (const record of await this.#deps.records.prospects()) this.#takeUp(record)
      this.#set({ loaded: true, history: await this.#deps.records.history() })
    } catch (error) {
      this.#set({ loaded: true, fatal: codeOf(error) })
      return
    }
    this.#show()
    void this.#reach.renew()
    const token = offer === null ? null : invitationToken(offer)
    if (token !== null) this.#invite(token)
    else if (offer?.startsWith('#r=')) this.openLink(offer)
    else if (offer) this.openOffer(offer)
  }

  /** Once a second: clocks, time-outs, and the day's turn. */
  tick(): void {
    this.#set({ now: this.#deps.now() })
    this.#call?.call.tick()
    for (const company of this.#companies.values()) company.tick()
    this.#preparer.tick()
    this.#deps.workshop.tick()
  }

  /** The page is in sight again, or the network is back: the day may have turned, and policies may have come. */
  wake(): void {
    for (const company of this.#companies.values()) void company.refresh()
    this.#preparer.wake()
  }

  go(page: Page): void {
    this.#set({ page })
  }

  setLang(lang: Lang): void {
    this.#options.saveLang(lang)
    this.#set({ lang })
  }

  /** A link that was opened or pasted: an offer to enrol, or an invitation. */
  openOffer(text: string): void {
    const token = invitationToken(text)
    if (token !== null) return this.#invite(token)
    this.#offerText = text
    this.#begin((enrolment) => enrolment.read(text))
  }

  resumeEnrolment(tenant: string): void {
    const record = this.#unfinished.find((r) => r.tenant === tenant)
    if (record) this.#begin((enrolment) => enrolment.resume(record))
  }

  startEnrolment(): void {
    const state = this.model.value.enrolment
    // The offer itself could not be read: read it again, rather than go on from nothing.
    if (state?.at === 'failed' && state.offering === null) this.openOffer(this.#offerText)
    else void this.#enrolment?.start()
  }

  makePasskey(): void {
    const state = this.model.value.enrolment
    void this.#enrolment?.passkey(this.model.value.lang, state?.at === 'passkey' ? state.others : 'keep')
  }

  chooseOthers(others: Others): void {
    if (this.#enrolment) this.#enrolEvent(this.#enrolment, { type: 'others', others })
  }

  leaveEnrolment(): void {
    this.#enrolment?.leave()
    this.#enrolment = null
    this.#set({ enrolment: null, page: { name: 'home' } })
    void this.#reload()
  }

  openBackup(name: 'backup' | 'restore'): void {
    void (async () => {
      try {
        const { Backup } = await import('./backup')
        this.#backup ??= new Backup(this.#deps, (backup) => this.#set({ backup }), () => this.#reload())
        await this.#backup.prepare()
      } catch {
        this.#set({ backup: { make: { at: 'idle', error: 'offline' }, restore: { at: 'choose', error: 'offline' } } })
      }
      this.#set({ page: { name } })
    })()
  }

  makeBackup(): void {
    void this.#backup?.make()
  }

  handBackup(): void {
    void this.#backup?.hand()
  }

  newBackupPasskey(): void {
    void this.#backup?.forgetPasskey()
  }

  chooseBackup(name: string, read: () => Promise<string>): void {
    void this.#backup?.choose(name, read)
  }

  restoreBackup(): void {
    void this.#backup?.open()
  }

  chooseSource(tenant: string): void {
    this.#invited?.choose(tenant)
  }

  acceptInvitation(): void {
    void this.#invited?.accept(this.model.value.lang)
  }

  retryInvitation(): void {
    if (this.#invitation !== null) this.#invite(this.#invitation)
  }

  leaveInvitation(): void {
    this.#invited?.leave()
    this.#invited = null
    this.#invitation = null
    this.#set({ invited: null, page: { name: 'home' } })
  }

  setDigits(digits: string): void {
    this.#call?.call.dispatch({ type: 'digits', digits })
  }

  approve(): void {
    void this.#call?.call.approve()
  }

  refuse(report: boolean): void {
    void this.#call?.call.refuse(report)
  }

  sayUnprovable(): void {
    void this.#call?.call.sayUnprovable()
  }

  setSlots(slots: Sealable[]): void {
    this.#call?.call.dispatch({ type: 'slots', slots })
  }

  review(on: boolean): void {
    this.#call?.call.dispatch({ type: 'review', on })
  }

  moveCall(window: number): void {
    void this.#call?.call.move(window)
  }

  answerLater(): void {
    const id = this.#call?.call.state.id
    if (id !== undefined) this.#later.add(id)
    this.closeRequest()
  }

  openCall(tenant: string, verification: string): void {
    const company = this.#companies.get(tenant)
    this.#later.delete(verification)
    if (company) this.#open(company, verification)
  }

  closeRequest(): void {
    this.#call?.call.dispose()
    this.#call = null
    this.#set({ request: null, page: { name: 'home' } })
    this.#preparer.look()
    const next = this.#waiting.shift()
    if (next) this.#open(next.company, next.id)
  }

  retryRequest(): void {
    const current = this.#call
    if (!current) return
    current.call.dispose()
    this.#open(current.company, current.call.state.id)
  }

  removeCompany(tenant: string): void {
    const company = this.#companies.get(tenant)
    // The server forgets this phone too, as far as it can be told: it would count among the customer's phones.
    if (company?.record.device) void company.api.removeDevice(company.record.device).catch(() => company.api.removePush().catch(() => undefined))
    company?.stop()
    this.#companies.delete(tenant)
    this.#preparer.remove(tenant)
    // What its credential was to prove elsewhere goes with it.
    for (const { record } of this.#prospects.values()) if (record.prospect?.source === tenant) this.#forget({ ...record, prospect: record.prospect })
    this.#show()
    void (async () => {
      // In a turn of its own: no state is written behind it.
      await this.#deps.workshop.run(true, undefined, async () => {
        await this.#deps.records.removeTenant(tenant)
        await this.#deps.records.removePending(tenant)
        await removeDeviceKeys(this.#deps.db, tenant)
      })
      await this.#reload()
    })()
  }

  /** The app was opened by a link to a request. */
  openLink(hash: string): void {
    void this.#reach.openLink(hash)
  }

  enterCode(tenant: string, text: string): void {
    void this.#reach.enterCode(this.#companies.get(tenant), text)
  }

  turnPushOn(): void {
    void this.#reach.turnOn()
  }

  /** The browser changed where this phone is woken. */
  renewPush(): void {
    void this.#reach.renew()
  }

  loadPhones(tenant: string): void {
    void this.#companies.get(tenant)?.phones.ask()
  }

  acceptPhone(tenant: string, id: string): void {
    void this.#companies.get(tenant)?.phones.accept(id)
  }

  removePhone(tenant: string, id: string): void {
    void this.#companies.get(tenant)?.phones.remove(id)
  }

  namePhone(tenant: string, id: string, name: string): void {
    void this.#companies.get(tenant)?.phones.name(id, name)
  }

  loadConsents(tenant: string): void {
    void this.#papers.loadConsents(tenant)
  }

  withdrawConsent(tenant: string, id: string): void {
    void this.#papers.withdraw(tenant, id)
  }

  loadReceipt(tenant: string, verification: string): void {
    void this.#papers.loadReceipt(tenant, verification)
  }

  handReceipt(): void {
    void this.#papers.handReceipt()
  }

  #invite(token: string): void {
    this.#invited?.leave()
    this.#invited = null
    this.#invitation = token
    this.#set({ page: { name: 'invited' }, invited: { at: 'reading' } })
    void import('./invited').then(
      ({ Invited }) => {
        // Left, or another opened, in the meantime.
        if (this.#invitation !== token || this.#invited) return
        this.#invited = new Invited(this.#deps, token, (state) => this.#set({ invited: state }), (record) => this.#accepted(record))
        void this.#invited.read()
      },
      () => this.#invitation === token && this.#set({ invited: { at: 'failed', code: 'offline' } }),
    )
  }

  #accepted(record: ProspectRecord): void {
    this.leaveInvitation()
    const company = this.#takeUp(record)
    if (company) this.#open(company, record.prospect.verification)
  }

  /** Listens for an accepted invitation's request; one whose time is over is forgotten. */
  #takeUp(record: ProspectRecord): Company | null {
    const { verification, expiresAt } = record.prospect
    if (expiresAt <= this.#deps.now()) return void this.#forget(record), null
    const company = new Company(this.#deps, record, this.#events())
    this.#prospects.set(verification, company)
    void company.run()
    return company
  }

  #forget(record: ProspectRecord): void {
    this.#prospects.get(record.prospect.verification)?.stop()
    this.#prospects.delete(record.prospect.verification)
    void this.#deps.records.removeProspect(record.prospect.verification).catch(() => undefined)
    void removeProspectKey(this.#deps.db, record.prospect.key).catch(() => undefined)
  }

  #begin(run: (enrolment: Enrolment) => Promise<void>): void {
    this.#set({ enrolment: { at: 'reading' }, page: { name: 'enrol' } })
    const enrolment = new Enrolment(this.#deps, (event) => this.#enrolEvent(enrolment, event))
    this.#enrolment = enrolment
    void run(enrolment)
  }

  #enrolEvent(from: Enrolment, event: EnrolEvent): void {
    const state = this.model.value.enrolment
    if (from !== this.#enrolment || !state) return
    this.#set({ enrolment: enrolStep(state, event) })
    if (event.type !== 'enrolled') return
    this.#options.persist()
    void this.#reload()
  }

  /** Takes up companies that were added since, with their newest record. */
  async #reload(): Promise<void> {
    const records = (await this.#deps.records.tenants()).filter((r) => r.device !== null)
    this.#unfinished = await this.#deps.records.pending()
    for (const record of records) {
      const known = this.#companies.get(record.tenant)
      if (known?.record.device === record.device) continue
      known?.stop()
      this.#listen(record)
    }
    this.#set({ history: await this.#deps.records.history() })
    void this.#reach.renew()
    this.#show()
  }

  #events(): CompanyEvents {
    return {
      changed: () => this.#show(),
      refreshed: () => (this.#preparer.look(), this.#show()),
      request: (c, id) => void (this.#later.has(id) || this.#open(c, id)),
      ended: (c, id, state) => this.#ended(c, id, state),
      wait: this.#options.wait,
    }
  }

  #listen(record: TenantRecord): void {
    const company = new Company(this.#deps, record, this.#events())
    this.#companies.set(record.tenant, company)
    this.#preparer.add(company)
    void company.refresh()
    void company.run()
  }

  #open(company: Company, id: string): void {
    const current = this.#call
    if (current?.call.state.id === id && current.call.state.at !== 'rejected') return
    const state = current?.call.state
    if (current && state && state.id !== id && state.at !== 'ended' && state.at !== 'rejected') {
      const wait = (company: Company, id: string) => void (this.#waiting.some((w) => w.id === id) || this.#waiting.push({ company, id }))
      // A notice can wait for hours; whoever comes now may have the customer on the line.
      if (!isAtRest(state)) return wait(company, id)
      current.call.dispose()
      wait(current.company, state.id)
    }
    const call: Call = new Call(this.#deps, company.record, company.api, id, (state) => this.#callChanged(call, state))
    call.onMoved = (verification) => {
      if (this.#call?.call !== call) return
      call.dispose()
      this.#call = null
      this.#open(company, verification)
      void company.askCalls()
    }
    this.#call = { call, company }
    this.#set({ request: call.state, requestTenant: company.record.tenant, offset: 0 })
    void call.open()
  }

  #ended(company: Company, id: string, state: string): void {
    this.#waiting = this.#waiting.filter((w) => w.id !== id)
    if (this.#call?.company === company && this.#call.call.state.id === id) this.#call.call.streamEnded(state)
  }

  #callChanged(call: Call, state: RequestState): void {
    if (this.#call?.call !== call) return
    this.#set({ request: state, offset: call.offset, now: this.#deps.now() })
    if (state.at === 'ended' || state.at === 'rejected') this.#over(state)
    if (state.at === 'ended') void this.#remember(call, state)
    // The server has ended this phone's standing with the request; nothing else was ever between them.
    const { prospect } = call.record
    if (state.at === 'ended' && prospect) this.#forget({ ...call.record, prospect })
  }

  /** What waited for the customer goes on; a policy that was new is learnt with its company's others. */
  #over(state: RequestState): void {
    const company = this.#call?.company
    const policy = state.at === 'ended' ? state.request?.view.policy : undefined
    if (policy && company && !company.record.policies.some((p) => p.id === policy.id && p.version === policy.version)) void company.refresh(true)
    this.#preparer.look()
    // What was answered may have been a notice: the home screen says so.
    if (!company?.record.prospect) void company?.askCalls()
  }

  async #remember(call: Call, state: RequestState): Promise<void> {
    const entry = remember(call.record.tenant, state)
    if (!entry) return
    await this.#deps.records.saveHistory(entry).catch(() => undefined)
    this.#set({ history: await this.#deps.records.history().catch(() => this.model.value.history) })
  }

  #show(): void {
    const companies = [...this.#companies.values()].map((c) => ({
      tenant: c.record.tenant, name: c.record.display.name, number: c.record.display.number, issuerHost: new URL(c.record.issuer).host,
      timeZone: c.record.timeZone,
      enrolledAt: c.record.enrolledAt, link: c.link, calls: c.calls, offset: c.now() - this.#deps.now(), since: c.since, prepared: this.#preparer.progress(c.record.tenant),
      phones: c.phones.view,
    }))
    const unfinished = this.#unfinished.map((r) => ({ tenant: r.tenant, name: r.display.name }))
    this.#set({ companies, unfinished, now: this.#deps.now() })
  }

  #set(change: Partial<Model>): void {
    this.model.value = { ...this.model.value, ...change }
  }
}

/** An announced call that nothing is under way for: it can be put aside for a request that cannot wait. */
const isAtRest = (state: RequestState): boolean => state.at === 'asking' && state.busy === null && state.request.view.statement.call !== null

/** Whether the customer waits for this request's proof, or is about to. */
function isPressing(state: RequestState | null): boolean {
  if (state?.at === 'asking' && isAtRest(state)) return state.readiness === 'preparing'
  return state?.at === 'loading' || state?.at === 'asking' || state?.at === 'unprovable'
}
