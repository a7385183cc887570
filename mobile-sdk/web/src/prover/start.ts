import { Prover, type Timed } from './bridge'

/** Marks the times that the browser bench reads: `honnin:prepare` and `honnin:finish`. */
const timed: Timed = (method, start, ms) => {
  if (method !== 'prepare' && method !== 'finish') return
  performance.measure(`honnin:${method}`, { start: start - performance.timeOrigin, duration: ms })
}

/** A prover on a worker of its own. */
export function startProver(): Prover {
  return new Prover(() => new Worker(new URL('./worker.ts', import.meta.url), { type: 'module', name: 'honnin-prover' }), timed)
}
