/// <reference lib="webworker" />
import init, * as wasm from './gen/honnin_wasm.js'
import wasmUrl from './gen/honnin_wasm_bg.wasm?url'
import type { Answer, Call, Method, ProverApi } from './api'

const scope = self as unknown as DedicatedWorkerGlobalScope
const ready = init({ module_or_path: wasmUrl })
const held = new Map<string, wasm.Prepared>()
let key: wasm.ProvingKey | null = null

const api: ProverApi = {
  holderNew: (entropy) => wasm.holder_new(entropy),
  holderCommitment: (holder) => wasm.holder_commitment(holder),
  credentialCheck: (credential, holder, root, now) => JSON.parse(wasm.credential_check(credential, holder, root, now)),
  describePolicy: (policy) => JSON.parse(wasm.describe_policy(policy)),
  checkPolicy: (credential, holder, policy, handle, asOf) => JSON.parse(wasm.check_policy(credential, holder, policy, handle, asOf)),
  pseudonym: (holder, tenant) => wasm.pseudonym(holder, tenant),
  loadKey(bytes, sha256) {
    key?.free()
    key = new wasm.ProvingKey(bytes, sha256)
  },
  prepare(credential, holder, policy, handle, asOf) {
    if (!key) throw new Error('key-missing')
    return key.prepare(credential, holder, policy, handle, asOf)
  },
  hold(name, prepared) {
    this.drop(name)
    held.set(name, new wasm.Prepared(prepared))
  },
  drop(name) {
    held.get(name)?.free()
    held.delete(name)
  },
  finish(name, statement, entropy) {
    const prepared = held.get(name)
    if (!prepared) throw new Error('prepared-missing')
    return JSON.parse(prepared.finish(statement, entropy))
  },
}

scope.onmessage = async ({ data }: MessageEvent<Call>) => {
  const { id, method, args } = data
  let start = performance.now()
  try {
    await ready
    start = performance.now()
    const value = (api[method] as (...a: unknown[]) => unknown)(...args)
    answer({ id, ok: true, value, ...timing(start) })
  } catch (error) {
    answer({ id, ok: false, code: code(error, method), ...timing(start) })
  } finally {
    // The key is public; every other byte array was a copy made for this one call.
    if (method !== 'loadKey') wipe(args)
  }
}

function answer(message: Answer): void {
  scope.postMessage(message)
}

function timing(start: number): { start: number; ms: number } {
  return { start: performance.timeOrigin + start, ms: performance.now() - start }
}

/** Codes are lower-case words; anything else (a trap, a failed download) becomes one of them and keeps its text back. */
function code(error: unknown, method: Method): string {
  const message = error instanceof Error ? error.message : String(error)
  return /^[a-z][a-z0-9-]{2,60}$/.test(message) ? message : `prover-failed-${method.toLowerCase()}`
}

function wipe(args: unknown[]): void {
  for (const arg of args) if (arg instanceof Uint8Array) arg.fill(0)
}
