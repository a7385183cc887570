import { codeOf } from '../core/problem'
import { linkToken, spokenCode, standingOf, targetOf, type PushPort, type PushStanding } from '../core/push'
import type { DeviceApi } from '../core/server'

/** How this phone is reached, as the screens show it. */
export interface ReachState {
  push: PushStanding
  /** A code or link that is being looked up, or why it led nowhere. */
  code: { at: 'idle' } | { at: 'looking' } | { at: 'failed'; code: string }
}

export const idleReach: ReachState = { push: 'unknown', code: { at: 'idle' } }

/** Who can be reached through: one enrolled company. */
export interface Reachable {
  api: Pick<DeviceApi, 'pushKey' | 'setPush' | 'byLink' | 'byCode'>
}

/** Ways to this phone when no page of it is open: push, and the links and codes for when push did not come. */
export class Reach<C extends Reachable> {
  #state: ReachState = idleReach
  #port: PushPort | null
  #companies: () => C[]
  #changed: (state: ReachState) => void
  #open: (company: C, verification: string) => void

  constructor(port: PushPort | null, companies: () => C[], changed: (state: ReachState) => void, open: (company: C, verification: string) => void) {
    this.#port = port
    this.#companies = companies
    this.#changed = changed
    this.#open = open
  }

  /** Tells every company where this phone is woken. At each start, because a browser may have changed it unseen. */
  async renew(): Promise<void> {
    const port = this.#port
    const companies = this.#companies()
    if (companies.length === 0) return this.#set({ push: 'unknown' })
    const standing = standingOf(port ? port.permission() : 'none')
    if (!port || standing !== 'on') return this.#set({ push: standing })
    const told = await Promise.allSettled(
      companies.map(async ({ api }) => {
        const { public_key } = await api.pushKey()
        await api.setPush(targetOf(await port.subscribe(public_key)))
      }),
    )
    this.#set({ push: told.every((one) => one.status === 'fulfilled') ? 'on' : 'failed' })
  }

  /** From the person's tap. */
  async turnOn(): Promise<void> {
    if (!this.#port) return
    await this.#port.ask().catch(() => 'default')
    await this.renew()
  }

  /** The app was opened by `#r=…`: the company whose link it is knows it, the others do not. */
  async openLink(hash: string): Promise<void> {
    const token = linkToken(hash)
    if (token === null) return this.#set({ code: { at: 'failed', code: 'link-unknown' } })
    await this.#look(this.#companies(), (api) => api.byLink(token), 'link-unknown')
  }

  /** A code that was spoken or written to the customer, for one company: a wrong one counts there. */
  async enterCode(company: C | undefined, text: string): Promise<void> {
    const code = spokenCode(text)
    if (code === null || !company) return this.#set({ code: { at: 'failed', code: 'code-unknown' } })
    await this.#look([company], (api) => api.byCode(code), 'code-unknown')
  }

  async #look(among: C[], ask: (api: C['api']) => Promise<{ verification: string }>, unknown: string): Promise<void> {
    this.#set({ code: { at: 'looking' } })
    let failure = unknown
    for (const company of among) {
      try {
        const { verification } = await ask(company.api)
        this.#set({ code: { at: 'idle' } })
        this.#open(company, verification)
        return
      } catch (error) {
        if ((error as { status?: number }).status !== 404) failure = codeOf(error)
      }
    }
    this.#set({ code: { at: 'failed', code: failure } })
  }

  #set(change: Partial<ReachState>): void {
    this.#state = { ...this.#state, ...change }
    this.#changed(this.#state)
  }
}
