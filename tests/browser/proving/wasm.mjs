// The prover as WASM in real Chromium.
// Usage: node wasm.mjs [--module DIR] [--shipped FILE.wasm] [--keys DIR] OUT.json
//   DIR of the module holds honnin_bench.js and honnin_bench_bg.wasm, DIR of the keys circuit.pk, circuit.vk, manifest.json.

import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { gzipSync } from 'node:zlib'
import { launch } from '../support/browser.mjs'
import { ROOT } from '../support/stack.mjs'
import { LEAST_RUNS, round, summarise } from '../support/stats.mjs'
import { workers, writeJson } from './support.mjs'

/** The engine compiles hot code anew while it runs: the first runs of each task are thrown away. */
const WARM_UP = 3
const RUNS = { key_load: 15, prepare: 15, finish: 101, direct: 15, verify: 31 }
const COLD_RUNS = LEAST_RUNS
const MIB = 2 ** 20

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    module: { type: 'string', default: join(ROOT, 'target/wasm/bench') },
    shipped: { type: 'string', default: join(ROOT, 'mobile-sdk/web/src/prover/gen/honnin_wasm_bg.wasm') },
    keys: { type: 'string', default: join(ROOT, 'target/keys') },
  },
})
const [out] = positionals
if (!out) throw new Error('usage: node wasm.mjs [--module DIR] [--shipped FILE.wasm] [--keys DIR] OUT.json')

const pk = await readFile(join(values.keys, 'circuit.pk'))
const sha256 = createHash('sha256').update(pk).digest('hex')
const wasm = await readFile(values.shipped)
const files = {
  '/worker.js': fileURLToPath(new URL('wasm.worker.mjs', import.meta.url)),
  '/module/honnin_bench.js': join(values.module, 'honnin_bench.js'),
  '/module/honnin_bench_bg.wasm': join(values.module, 'honnin_bench_bg.wasm'),
  '/circuit.pk': pk,
  '/circuit.vk': join(values.keys, 'circuit.vk'),
}

const browser = await launch()
const open = await workers(browser, files, 'module')
try {
  const times = {}
  const measure = async (ask, task) => {
    const all = await ask({ task, runs: WARM_UP + RUNS[task], sha256 })
    times[task] = all.times.slice(WARM_UP)
    return round(all.bytes / MIB)
  }
  const once = (ask, task) => ask({ task, runs: 1, sha256 })

  // As the phone meets it: a worker that was just started, nothing of the module compiled in earnest yet.
  const cold = { key_load: [], prepare: [], finish: [] }
  let memory = {}
  for (let i = 0; i < COLD_RUNS; i++) {
    memory = await open.run(async (ask) => {
      const mib = {}
      for (const task of Object.keys(cold)) {
        const all = await once(ask, task)
        cold[task].push(all.times[0])
        mib[`${task}_mib`] = round(all.bytes / MIB)
      }
      return mib
    })
  }
  // One key, states prepared one after the other, proofs finished: what the phone's memory is bounded for.
  const peak_mib = await open.run(async (ask) => {
    await once(ask, 'key_load')
    await measure(ask, 'prepare')
    return measure(ask, 'finish')
  })
  memory.direct_mib = await open.run(async (ask) => (await once(ask, 'key_load'), measure(ask, 'direct')))
  await open.run(async (ask) => {
    for (const task of ['key_load', 'prepare', 'finish']) await once(ask, task)
    await measure(ask, 'verify')
  })
  // Loaded again and again in one worker: the old key must have made room for the new one.
  memory.keys_in_turn_mib = await open.run((ask) => measure(ask, 'key_load'))

  const { ms, noise, runs } = summarise(times)
  const fresh = summarise(cold)
  await writeJson(out, {
    wasm: { ...ms, peak_mib },
    cold: { ...fresh.ms, noise: fresh.noise, runs: COLD_RUNS },
    memory,
    download: {
      wasm_bytes: wasm.length, wasm_gzip_bytes: gzipSync(wasm, { level: 9 }).length,
      key_bytes: pk.length, key_gzip_bytes: gzipSync(pk, { level: 9 }).length,
    },
    noise, runs,
    browser: `Chromium ${browser.version()}`,
  })
} finally {
  await open.close()
  await browser.close()
}
