import { Problem } from '../core/problem'
import type { Answer, Call, Method, ProverApi } from './api'

/** What the bridge needs of a Worker. */
export interface Port {
  postMessage(message: unknown, transfer?: Transferable[]): void
  terminate(): void
  onmessage: ((event: MessageEvent<Answer>) => void) | null
  onerror: ((event: ErrorEvent) => void) | null
}

/** `peak`: the worker's linear memory after the call, bytes; it never shrinks. */
export type Timed = (method: Method, start: number, ms: number, peak: number) => void

/** The calls of a prover that the app makes. */
export type Proving = Pick<Prover, 'call' | 'stop' | 'memory'>

type Waiting = { method: Method; resolve: (value: never) => void; reject: (error: unknown) => void }

/** Calls into one prover worker, started at the first call. */
export class Prover {
  readonly #start: () => Port
  readonly #timed: Timed
  #port: Port | null = null
  #waiting = new Map<number, Waiting>()
  #next = 1
  #memory = 0

  /** `timed` hears how long each call took inside the worker. */
  constructor(start: () => Port, timed: Timed = () => undefined) {
    this.#start = start
    this.#timed = timed
  }

  /** Rejects with a Problem bearing the prover's code. Aborting stops the worker: WASM cannot be interrupted otherwise. */
  call<M extends Method>(method: M, args: Parameters<ProverApi[M]>, signal?: AbortSignal): Promise<ReturnType<ProverApi[M]>> {
    if (signal?.aborted) return Promise.reject(new Problem('aborted'))
    const port = (this.#port ??= this.#open())
    const id = this.#next++
    return new Promise((resolve, reject) => {
      const abort = () => this.stop()
      const settle = () => signal?.removeEventListener('abort', abort)
      this.#waiting.set(id, {
        method,
        resolve: (value) => (settle(), resolve(value)),
        reject: (error) => (settle(), reject(error)),
      })
      signal?.addEventListener('abort', abort)
      port.postMessage({ id, method, args } satisfies Call<M>)
    })
  }

  /** Linear memory of the running worker, bytes, as of its last answer; 0 while there is none. */
  get memory(): number {
    return this.#memory
  }

  /** Ends the worker and frees its memory; calls under way reject with `aborted`. The next call starts another. */
  stop(): void {
    this.#port?.terminate()
    this.#port = null
    this.#memory = 0
    this.#rejectAll('aborted')
  }

  #open(): Port {
    const port = this.#start()
    port.onmessage = ({ data }) => {
      const waiting = this.#waiting.get(data.id)
      if (!waiting) return
      this.#waiting.delete(data.id)
      this.#memory = data.peak
      this.#timed(waiting.method, data.start, data.ms, data.peak)
      if (data.ok) waiting.resolve(data.value as never)
      else waiting.reject(new Problem(data.code))
    }
    port.onerror = () => {
      this.#port = null
      this.#memory = 0
      port.terminate()
      this.#rejectAll('prover-unavailable')
    }
    return port
  }

  #rejectAll(code: string): void {
    const all = [...this.#waiting.values()]
    this.#waiting.clear()
    for (const waiting of all) waiting.reject(new Problem(code))
  }
}
