import { Prover, type Timed } from './bridge'

/** Marks what the browser bench reads: `honnin:loadKey`, `honnin:prepare`, `honnin:finish`, with the memory in `detail.peak`. */
const timed: Timed = (method, start, ms, peak) => {
  if (method !== 'loadKey' && method !== 'prepare' && method !== 'prepareFor' && method !== 'finish') return
  performance.measure(`honnin:${method === 'prepareFor' ? 'prepare' : method}`, { start: start - performance.timeOrigin, duration: ms, detail: { peak } })
}

/** A prover on a worker of its own. */
export function startProver(): Prover {
  return new Prover(() => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'honnin-prover' }), timed)
}
