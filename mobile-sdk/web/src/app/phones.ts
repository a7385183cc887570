import { addedPhones, nothingKnown, phoneName, readPhones, type KnownPhones, type Phone } from '../core/devices'
import { codeOf, Problem } from '../core/problem'
import type { DeviceApi } from '../core/server'
import type { Records } from '../store/records'

/** A company's list of phones as the screens show it. */
export interface PhonesView {
  /** Null until it was read. */
  list: Phone[] | null
  /** Seen here for the first time: the customer has not said yet that they are theirs. */
  added: Phone[]
  /** The customer's own names, by phone. */
  names: Record<string, string>
  /** The phone that is being removed. */
  removing: string | null
  error: string | null
}

export const noPhones: PhonesView = { list: null, added: [], names: {}, removing: null, error: null }

/** The phones of one customer at one company, and what only this phone knows of them. */
export class Phones {
  view: PhonesView = noPhones
  #api: Pick<DeviceApi, 'devices' | 'removeDevice'>
  #records: Pick<Records, 'phones' | 'savePhones'>
  #tenant: string
  #changed: () => void
  #known: KnownPhones | null = null
  #turn = 0

  constructor(tenant: string, api: Pick<DeviceApi, 'devices' | 'removeDevice'>, records: Pick<Records, 'phones' | 'savePhones'>, changed: () => void) {
    this.#tenant = tenant
    this.#api = api
    this.#records = records
    this.#changed = changed
  }

  /** Asks for the list: when the stream opens, when it says that the list changed, when the page is opened. */
  async ask(): Promise<void> {
    const turn = ++this.#turn
    try {
      const known = await this.#load()
      const list = readPhones(await this.#api.devices())
      // Something changed again in the meantime: that question's answer counts.
      if (turn !== this.#turn) return
      if (list === null) throw new Problem('malformed-answer')
      // Whoever is gone needs no name any more, and is new should the server ever name it again.
      const here = (id: string) => list.some((p) => p.id === id)
      const added = addedPhones(list, known.seen)
      const seen = known.seen === null ? list.filter((p) => !added.includes(p)).map((p) => p.id) : known.seen.filter(here)
      const names = Object.fromEntries(Object.entries(known.names).filter(([id]) => here(id)))
      await this.#keep({ seen, names })
      this.#set({ list, added, names, error: null })
    } catch (error) {
      if (turn === this.#turn) this.#set({ error: codeOf(error) })
    }
  }

  /** The customer says that an added phone is theirs. */
  async accept(id: string): Promise<void> {
    const known = await this.#load()
    await this.#keep({ ...known, seen: [...new Set([...(known.seen ?? []), id])] })
    this.#set({ added: this.view.added.filter((p) => p.id !== id) })
  }

  /** Gives a phone a name, here alone; an empty one takes it away. */
  async name(id: string, text: string): Promise<void> {
    const name = phoneName(text)
    if (name === null) return
    const known = await this.#load()
    const { [id]: _old, ...rest } = known.names
    const names = name === '' ? rest : { ...rest, [id]: name }
    await this.#keep({ ...known, names })
    this.#set({ names })
  }

  /** Ends another phone's enrolment, then reads the list again: the server's word is what is shown. */
  async remove(id: string): Promise<void> {
    if (this.view.removing !== null) return
    this.#set({ removing: id, error: null })
    try {
      await this.#api.removeDevice(id).catch((error: unknown) => {
        // Gone already: removed from another phone.
        if (!(error instanceof Problem) || error.status !== 404) throw error
      })
      const without = (phones: Phone[]) => phones.filter((p) => p.id !== id)
      this.#set({ removing: null, list: this.view.list && without(this.view.list), added: without(this.view.added) })
      await this.ask()
    } catch (error) {
      this.#set({ removing: null, error: codeOf(error) })
    }
  }

  async #load(): Promise<KnownPhones> {
    this.#known ??= (await this.#records.phones(this.#tenant)) ?? nothingKnown()
    return this.#known
  }

  async #keep(known: KnownPhones): Promise<void> {
    if (JSON.stringify(known) === JSON.stringify(this.#known)) return
    this.#known = known
    await this.#records.savePhones(this.#tenant, known)
  }

  #set(change: Partial<PhonesView>): void {
    this.view = { ...this.view, ...change }
    this.#changed()
  }
}
