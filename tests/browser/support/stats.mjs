// Medians and how far to trust them, the same for every bench.

const sorted = (values) => [...values].sort((a, b) => a - b)
export const quantile = (values, q) => sorted(values)[Math.min(values.length - 1, Math.ceil(q * values.length) - 1)]
export const median = (values) => quantile(values, 0.5)
export const round = (value) => Math.round(value * 1000) / 1000
/** Half the middle half of the runs, relative to the median: how far to trust it. */
export const noise = (values) => round((quantile(values, 0.75) - quantile(values, 0.25)) / 2 / median(values))

/** Fewer runs than this say nothing. */
export const LEAST_RUNS = 11

/** `{ ms, noise, runs }` of named lists of times; too short a list is an error, not a weak figure. */
export function summarise(times) {
  const out = { ms: {}, noise: {}, runs: {} }
  for (const [name, values] of Object.entries(times)) {
    if (values.length < LEAST_RUNS) throw new Error(`${name}: ${values.length} runs, ${LEAST_RUNS} needed`)
    out.ms[`${name}_ms`] = round(median(values))
    out.noise[name] = noise(values)
    out.runs[name] = values.length
  }
  return out
}
