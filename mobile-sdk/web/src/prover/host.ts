import type { Answer, Call, ProverApi } from './api'

/** The module's functions and classes, as wasm-bindgen gives them. */
export type Module = typeof import('./gen/honnin_wasm.js')
type Held = InstanceType<Module['Prepared']>

/** One request is open at a time and one enrolment under way; what is beyond that was forgotten. */
export const MOST_HELD = 8
/** A state is some two kilobytes. */
export const MOST_STATE_BYTES = 16 * 1024

/** The worker's side of the prover: answers one call after the other. `memory` tells the linear memory's size, bytes. */
export class Host {
  readonly #api: ProverApi
  readonly #memory: () => number
  readonly #held = new Map<string, Held>()

  constructor(wasm: Module, memory: () => number) {
    this.#memory = memory
    this.#api = this.#offer(wasm)
  }

  /** Never throws: a failure is an answer with a code. `clock` in ms from `origin`. */
  answer({ id, method, args }: Call, clock: () => number, origin: number): Answer {
    const from = clock()
    const about = () => ({ id, start: origin + from, ms: clock() - from, peak: this.#memory() })
    try {
      const value = (this.#api[method] as (...a: unknown[]) => unknown)(...args)
      return { ok: true, value, ...about() }
    } catch (error) {
      return { ok: false, code: codeFor(error, method), ...about() }
    } finally {
      // The key is public; every other byte array was a copy made for this one call.
      if (method !== 'loadKey') wipe(args)
    }
  }

  #offer(wasm: Module): ProverApi {
    const held = this.#held
    let key: InstanceType<Module['ProvingKey']> | null = null
    const drop = (name: string) => {
      // Freeing wipes it.
      held.get(name)?.free()
      held.delete(name)
    }
    return {
      holderNew: (entropy) => wasm.holder_new(entropy),
      holderCommitment: (holder) => wasm.holder_commitment(holder),
      credentialCheck: (credential, holder, root, now) => JSON.parse(wasm.credential_check(credential, holder, root, now)),
      describePolicy: (policy) => JSON.parse(wasm.describe_policy(policy)),
      checkPolicy: (credential, holder, policy, handle, asOf, statement) => JSON.parse(wasm.check_policy(credential, holder, policy, handle, asOf, statement)),
      pseudonym: (holder, tenant) => wasm.pseudonym(holder, tenant),
      prospectPseudonym: (holder, tenant) => wasm.prospect_pseudonym(holder, tenant),
      checkEligibility: (credential, holder, policy, tenant, asOf) => JSON.parse(wasm.check_eligibility(credential, holder, policy, tenant, asOf)),
      loadKey(bytes, sha256) {
        // The old key goes first: two at once would double the memory, and a refused one leaves none.
        key?.free()
        key = null
        key = new wasm.ProvingKey(bytes, sha256)
      },
      prepare(credential, holder, policy, handle, asOf) {
        if (!key) throw new Error('key-missing')
        return key.prepare(credential, holder, policy, handle, asOf)
      },
      prepareEligibility(credential, holder, policy, tenant, asOf) {
        if (!key) throw new Error('key-missing')
        return key.prepare_eligibility(credential, holder, policy, tenant, asOf)
      },
      prepareFor(credential, holder, policy, handle, asOf, statement, slots, entropy) {
        if (!key) throw new Error('key-missing')
        return key.prepare_for(credential, holder, policy, handle, asOf, statement, slots, entropy)
      },
      hold(name, prepared) {
        if (prepared.length > MOST_STATE_BYTES) throw new Error('malformed-prepared')
        const next = new wasm.Prepared(prepared)
        drop(name)
        const [oldest] = held.keys()
        if (held.size >= MOST_HELD && oldest !== undefined) drop(oldest)
        held.set(name, next)
      },
      drop,
      finish(name, statement, entropy, recipient) {
        const prepared = held.get(name)
        if (!prepared) throw new Error('prepared-missing')
        return JSON.parse(prepared.finish(statement, entropy, recipient))
      },
    }
  }
}

/** Codes are lower-case words; anything else (a trap, a failed download) becomes one of them and keeps its text back. */
export function codeFor(error: unknown, method: Call['method']): string {
  const message = error instanceof Error ? error.message : String(error)
  return /^[a-z][a-z0-9-]{2,60}$/.test(message) ? message : `prover-failed-${method.toLowerCase()}`
}

function wipe(args: unknown[]): void {
  for (const arg of args) if (arg instanceof Uint8Array) arg.fill(0)
}
