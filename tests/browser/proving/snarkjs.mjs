// snarkjs on the same constraint system and the same witness, in real Chromium and in Node.
// Usage: node snarkjs.mjs --zkey F --wtns F --vk F.json OUT.json
// It is GPL-3.0 and runs here as a separate development process. The comparison for WASM is the one in Chromium.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runInThisContext } from 'node:vm'
import * as snarkjs from 'snarkjs'
import { launch } from '../support/browser.mjs'
import { summarise } from '../support/stats.mjs'
import { workers, writeJson } from './support.mjs'

const WARM_UP = 2
const RUNS = { single: 11, single_option: 11, multi: 11, verify_single: 15, verify: 15 }

const { values, positionals } = parseArgs({ allowPositionals: true, options: { zkey: { type: 'string' }, wtns: { type: 'string' }, vk: { type: 'string' } } })
const [out] = positionals
if (!out || !values.zkey || !values.wtns || !values.vk) throw new Error('usage: node snarkjs.mjs --zkey F --wtns F --vk F.json OUT.json')

const here = (name) => fileURLToPath(new URL(name, import.meta.url))
const [zkey, wtns, vk, tasks] = await Promise.all([readFile(values.zkey), readFile(values.wtns), readFile(values.vk), readFile(here('snarkjs.tasks.js'), 'utf8')])
const published = createRequire(import.meta.url).resolve('snarkjs')

async function measure(run) {
  const times = {}
  for (const [task, runs] of Object.entries(RUNS)) times[task] = (await run(task, WARM_UP + runs)).slice(WARM_UP)
  const { ms, noise, runs } = summarise(times)
  return { ...ms, noise, runs }
}

async function inChromium() {
  const browser = await launch()
  const open = await workers(browser, {
    '/worker.js': here('snarkjs.worker.js'), '/tasks.js': here('snarkjs.tasks.js'), '/snarkjs.min.js': join(published, '../snarkjs.min.js'),
    '/circuit.zkey': zkey, '/witness.wtns': wtns, '/vk.json': vk,
  }, 'classic')
  try {
    // Another worker for each task, as the threads of one would stay beside the next.
    const figures = await measure((task, runs) => open.run(async (ask) => {
      if (task.startsWith('verify')) await ask({ task: 'single', runs: 1 })
      return ask({ task, runs })
    }))
    return { ...figures, browser: `Chromium ${browser.version()}` }
  } finally {
    await open.close()
    await browser.close()
  }
}

const inNode = () => measure(runInThisContext(`${tasks}\nmakeTasks`)(snarkjs, new Uint8Array(zkey), new Uint8Array(wtns), JSON.parse(vk)))

const chromium = await inChromium()
const node = await inNode()
const { version } = JSON.parse(await readFile(join(published, '../../package.json'), 'utf8'))
const { single_ms, multi_ms, verify_ms } = chromium
await writeJson(out, { snarkjs: { single_ms, multi_ms, verify_ms }, compared: 'chromium', chromium, node: { ...node, version: process.version }, version })
// Its threads keep the process alive.
process.exit(0)
