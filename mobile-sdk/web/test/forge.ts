import { utf8 } from '../src/core/bytes'
import { Problem } from '../src/core/problem'
import type { Proving } from '../src/prover/bridge'

/** A heavy worker whose preparations end when the test says so. Its methods are what a `Workshop` needs of one. */
export class Forge {
  /** What was begun, in order: `loadKey:<hash>`, `prepare:<policy>:<day>`, `stop`. */
  log: string[] = []
  memory = 1
  /** How many preparations ran side by side, at the most. */
  most = 0
  /** Ends every preparation as soon as it is begun. */
  quick = true
  fail: (policy: string) => string | null = () => null
  state = () => utf8('prepared state')
  #under: { end: () => void; stop: () => void }[] = []

  readonly call = (async (method: string, args: unknown[], signal?: AbortSignal) => {
    if (method === 'loadKey') return void this.log.push(`loadKey:${String(args[1]).slice(0, 4)}`)
    const policy = (JSON.parse(args[2] as string) as { id: string }).id
    this.log.push(`prepare:${policy}:${String(args[4])}`)
    await new Promise<void>((resolve, reject) => {
      const one = { end: resolve, stop: () => reject(new Problem('aborted')) }
      signal?.addEventListener('abort', () => this.stop())
      this.#under.push(one)
      this.most = Math.max(this.most, this.#under.length)
      if (this.quick) this.finish()
    })
    const code = this.fail(policy)
    if (code) throw new Problem(code)
    return this.state()
  }) as Proving['call']

  /** The preparation under way is done. */
  finish(): void {
    this.#under.shift()?.end()
  }

  get busy(): boolean {
    return this.#under.length > 0
  }

  stop(): void {
    this.log.push('stop')
    for (const one of this.#under.splice(0)) one.stop()
  }

  prepared(): string[] {
    return this.log.filter((l) => l.startsWith('prepare:')).map((l) => l.slice(8))
  }
}
