// One prover in one worker. Each message is a task; the answer holds its times (ms) and the module's memory (bytes).

import init, { ProvingBench } from '/module/honnin_bench.js'

const bytes = async (path) => new Uint8Array(await (await fetch(path)).arrayBuffer())
const started = (async () => {
  const [exports, pk, vk] = await Promise.all([init({ module_or_path: '/module/honnin_bench_bg.wasm' }), bytes('/circuit.pk'), bytes('/circuit.vk')])
  return { memory: exports.memory, pk, vk }
})()
let bench = null

const tasks = {
  key_load: ({ pk }, sha256) => {
    bench?.free()
    bench = new ProvingBench(pk, sha256)
  },
  prepare: () => bench.prepare(),
  finish: () => bench.finish(),
  direct: () => bench.direct(),
  verify: ({ vk }) => bench.verify(vk),
}

onmessage = async ({ data: { task, runs, sha256 } }) => {
  try {
    const all = await started
    const times = []
    for (let i = 0; i < runs; i++) {
      const from = performance.now()
      tasks[task](all, sha256)
      times.push(performance.now() - from)
    }
    // Linear memory never shrinks: what it is now is the most it was.
    postMessage({ value: { times, bytes: all.memory.buffer.byteLength } })
  } catch (error) {
    postMessage({ error: `${task}: ${error instanceof Error ? error.message : error}` })
  }
}
