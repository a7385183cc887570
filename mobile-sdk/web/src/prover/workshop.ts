import { Problem } from '../core/problem'
import type { ProverApi } from './api'
import type { Proving } from './bridge'

/** How long a worker that nobody needs is kept: starting one and loading the key costs about a preparation. */
export const LINGER_MS = 10_000
/** A worker whose linear memory grew past this is ended after its job; what one job needs is well below. */
export const MOST_WORKER_BYTES = 64 * 1024 * 1024

/** What a job may do while it has its turn. */
export interface Bench {
  /** Decodes the proving key named by its hash, unless this worker holds it already; `bytes` is asked only then. */
  loadKey(sha256: string, bytes: () => Promise<Uint8Array>): Promise<void>
  prepare(...args: Parameters<ProverApi['prepare']>): Promise<Uint8Array>
  prepareFor(...args: Parameters<ProverApi['prepareFor']>): Promise<Uint8Array>
  prepareEligibility(...args: Parameters<ProverApi['prepareEligibility']>): Promise<Uint8Array>
}

interface Waiting {
  start: () => Promise<void>
}

/**
 * The one worker that prepares, and whose turn it is: never two jobs at once, urgent ones before the others. A job under
 * way is not broken off for an urgent one: WASM stops only with its worker, and starting anew takes longer than the rest.
 */
export class Workshop {
  readonly #heavy: Proving
  readonly #now: () => number
  #urgent: Waiting[] = []
  #others: Waiting[] = []
  #busy = false
  #loaded: string | null = null
  #idleSince: number | null = null

  /** `now` in ms; the clock is only ever read against itself. */
  constructor(heavy: Proving, now: () => number) {
    this.#heavy = heavy
    this.#now = now
  }

  /** Jobs that wait for their turn. */
  get waiting(): number {
    return this.#urgent.length + this.#others.length
  }

  /** Runs `work` when its turn comes. Aborting rejects with `aborted`; a job that fails takes the worker with it. */
  run<T>(urgent: boolean, signal: AbortSignal | undefined, work: (bench: Bench) => Promise<T>): Promise<T> {
    if (signal?.aborted) return Promise.reject(new Problem('aborted'))
    return new Promise<T>((resolve, reject) => {
      const queue = urgent ? this.#urgent : this.#others
      const leave = () => {
        queue.splice(queue.indexOf(waiting), 1)
        reject(new Problem('aborted'))
      }
      const waiting: Waiting = {
        start: async () => {
          signal?.removeEventListener('abort', leave)
          try {
            resolve(await work(this.#bench(signal)))
          } catch (error) {
            this.#free()
            reject(error)
          }
        },
      }
      signal?.addEventListener('abort', leave)
      queue.push(waiting)
      void this.#next()
    })
  }

  /** Frees a worker that was idle for long enough; called once a second or so. */
  tick(): void {
    if (this.#idleSince !== null && this.#now() - this.#idleSince >= LINGER_MS) this.#free()
  }

  async #next(): Promise<void> {
    if (this.#busy) return
    const job = this.#urgent.shift() ?? this.#others.shift()
    if (!job) return
    this.#busy = true
    this.#idleSince = null
    await job.start()
    this.#busy = false
    if (this.#heavy.memory > MOST_WORKER_BYTES) this.#free()
    this.#idleSince = this.#now()
    void this.#next()
  }

  #bench(signal: AbortSignal | undefined): Bench {
    return {
      loadKey: async (sha256, bytes) => {
        if (this.#loaded === sha256) return
        const key = await bytes()
        this.#loaded = null
        await this.#heavy.call('loadKey', [key, sha256], signal)
        this.#loaded = sha256
      },
      prepare: (...args) => this.#heavy.call('prepare', args, signal),
      prepareFor: (...args) => this.#heavy.call('prepareFor', args, signal),
      prepareEligibility: (...args) => this.#heavy.call('prepareEligibility', args, signal),
    }
  }

  #free(): void {
    this.#heavy.stop()
    this.#loaded = null
    this.#idleSince = null
  }
}
