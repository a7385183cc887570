import { codeOf } from '../core/problem'
import type { DeviceApi } from '../core/server'
import type { Consent } from '../core/wire'
import type { Deps } from './deps'

/** What a company holds the customer's consent for, as the settings page shows it. */
export interface ConsentsView {
  /** Null until it was read. */
  list: Consent[] | null
  busy: boolean
  error: string | null
}

/** The receipt that was asked for. */
export type ReceiptView =
  | { at: 'loading'; verification: string }
  | { at: 'ready'; verification: string; json: string; handed: boolean }
  | { at: 'failed'; verification: string; code: string }

export interface PapersState {
  consents: Record<string, ConsentsView>
  receipt: ReceiptView | null
}

/** The customer's own papers: receipts to keep, consents to look at and to withdraw. */
export class Papers {
  #state: PapersState = { consents: {}, receipt: null }
  #api: (tenant: string) => DeviceApi | null
  #hand: Deps['handOver']
  #changed: (state: PapersState) => void

  /** `api` gives a company's calls, `hand` saves or shares a file. */
  constructor(api: (tenant: string) => DeviceApi | null, hand: Deps['handOver'], changed: (state: PapersState) => void) {
    this.#api = api
    this.#hand = hand
    this.#changed = changed
  }

  async loadConsents(tenant: string): Promise<void> {
    await this.#consents(tenant, async (api) => (await api.consents()).consents)
  }

  /** Withdraws one, then reads the list again: the server's word is what is shown. */
  async withdraw(tenant: string, id: string): Promise<void> {
    await this.#consents(tenant, async (api) => {
      const before = this.#state.consents[tenant]?.list ?? []
      await api.withdraw(id)
      // With the enrolment's consent gone the device is no longer known, so the list may not be readable any more.
      return api.consents().then(
        (answer) => answer.consents,
        () => before.map((c) => (c.id === id ? { ...c, withdrawn_at: c.withdrawn_at ?? Date.now() } : c)),
      )
    })
  }

  async loadReceipt(tenant: string, verification: string): Promise<void> {
    const api = this.#api(tenant)
    if (!api) return
    this.#set({ receipt: { at: 'loading', verification } })
    let receipt: PapersState['receipt']
    try {
      receipt = { at: 'ready', verification, json: JSON.stringify(await api.receipt(verification), null, 2), handed: false }
    } catch (error) {
      receipt = { at: 'failed', verification, code: codeOf(error) }
    }
    // Another one may have been asked for in the meantime.
    if (this.#state.receipt?.verification === verification) this.#set({ receipt })
  }

  /** Must run inside the tap's handler: sharing needs the gesture. */
  async handReceipt(): Promise<void> {
    const { receipt } = this.#state
    if (receipt?.at !== 'ready') return
    const handed = await this.#hand(`honnin-receipt-${receipt.verification.replace(/[^A-Za-z0-9_-]/g, '')}.json`, receipt.json)
    if (this.#state.receipt === receipt) this.#set({ receipt: { ...receipt, handed } })
  }

  async #consents(tenant: string, read: (api: DeviceApi) => Promise<Consent[]>): Promise<void> {
    const api = this.#api(tenant)
    const known = this.#state.consents[tenant] ?? { list: null, busy: false, error: null }
    if (!api || known.busy) return
    this.#keep(tenant, { ...known, busy: true, error: null })
    try {
      this.#keep(tenant, { list: await read(api), busy: false, error: null })
    } catch (error) {
      this.#keep(tenant, { list: known.list, busy: false, error: codeOf(error) })
    }
  }

  #keep(tenant: string, view: ConsentsView): void {
    this.#set({ consents: { ...this.#state.consents, [tenant]: view } })
  }

  #set(change: Partial<PapersState>): void {
    this.#state = { ...this.#state, ...change }
    this.#changed(this.#state)
  }
}
