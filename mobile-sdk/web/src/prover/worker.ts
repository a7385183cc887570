/// <reference lib="webworker" />
import init, * as wasm from './gen/honnin_wasm.js'
import wasmUrl from './gen/honnin_wasm_bg.wasm?url'
import type { Answer, Call } from './api'
import { codeFor, Host } from './host'

const scope = self as unknown as DedicatedWorkerGlobalScope
const started = init({ module_or_path: wasmUrl }).then(({ memory }) => new Host(wasm, () => memory.buffer.byteLength))
// Each call answers for a failed start; nothing else need report it.
started.catch(() => undefined)

scope.onmessage = async ({ data }: MessageEvent<Call>) => {
  let answer: Answer
  try {
    answer = (await started).answer(data, () => performance.now(), performance.timeOrigin)
  } catch (error) {
    answer = { id: data.id, ok: false, code: codeFor(error, data.method), start: performance.timeOrigin + performance.now(), ms: 0, peak: 0 }
  }
  scope.postMessage(answer)
}
