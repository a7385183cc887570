import assert from 'node:assert/strict'
import { it } from 'node:test'
import { LEAST_RUNS, median, noise, summarise } from '../support/stats.mjs'

const runs = (n) => Array.from({ length: n }, (_, i) => n - i)

it('a median is a run that was made, and noise is relative to it', () => {
  assert.equal(median([9, 1, 5]), 5)
  assert.equal(median(runs(11)), 6)
  assert.equal(noise(Array(11).fill(3)), 0)
  assert.equal(noise(runs(11)), 0.5)
})

it('too few runs give no figure', () => {
  assert.deepEqual(summarise({ a: runs(LEAST_RUNS) }), { ms: { a_ms: 6 }, noise: { a: 0.5 }, runs: { a: 11 } })
  assert.throws(() => summarise({ a: runs(LEAST_RUNS - 1) }), /a: 10 runs/)
})
