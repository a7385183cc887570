// Semaphore v4 from its published packages, in real Chromium: a full proof for a member of a group of 1,024.
// Usage: node semaphore.mjs OUT.json
// The artifacts are those of the npm package; nothing is downloaded while it runs.

import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'
import { launch } from '../support/browser.mjs'
import { summarise } from '../support/stats.mjs'
import { workers, writeJson } from './support.mjs'

const DEPTH = 10
const WARM_UP = 2
const RUNS = 11

const [out] = process.argv.slice(2)
if (!out) throw new Error('usage: node semaphore.mjs OUT.json')
const require = createRequire(import.meta.url)
const here = (name) => fileURLToPath(new URL(name, import.meta.url))

/** One file of everything the worker imports. */
async function bundle(entry) {
  const built = await build({
    configFile: false, logLevel: 'error', root: here('.'), envFile: false,
    build: { write: false, target: 'es2022', minify: true, lib: { entry, formats: ['es'] }, rolldownOptions: { output: { codeSplitting: false } } },
  })
  const chunks = [built].flat().flatMap((one) => one.output)
  if (chunks.length !== 1) throw new Error(`one file expected, not ${chunks.map((chunk) => chunk.fileName)}`)
  return Buffer.from(chunks[0].code)
}

const artifact = (extension) => require.resolve(`@zk-kit/semaphore-artifacts/semaphore-${DEPTH}.${extension}`)
const version = async (name) => JSON.parse(await readFile(here(`node_modules/${name}/package.json`), 'utf8')).version
const zkey = await readFile(artifact('zkey'))

const browser = await launch()
const open = await workers(browser, {
  '/worker.js': await bundle(here('semaphore.worker.mjs')), '/semaphore.wasm': artifact('wasm'), '/semaphore.zkey': zkey,
}, 'module')
try {
  const times = await open.run((ask) => ask({ depth: DEPTH, runs: WARM_UP + RUNS }))
  const { ms, noise, runs } = summarise({ full: times.full.slice(WARM_UP), verify: times.verify.slice(WARM_UP) })
  await writeJson(out, {
    semaphore: { full_ms: ms.full_ms, verify_ms: ms.verify_ms },
    depth: DEPTH, members: 2 ** DEPTH, key_bytes: zkey.length, threads: 'as many as the machine has',
    noise, runs,
    version: await version('@semaphore-protocol/proof'), artifacts: await version('@zk-kit/semaphore-artifacts'),
    browser: `Chromium ${browser.version()}`,
  })
} finally {
  await open.close()
  await browser.close()
}
