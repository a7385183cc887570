/** What `cargo xtask` builds into `gen/`; its own declarations win once they are there. */
declare module '*/gen/honnin_wasm.js' {
  export default function init(from: { module_or_path: string }): Promise<{ memory: WebAssembly.Memory }>
  export function initSync(from: { module: BufferSource }): { memory: WebAssembly.Memory }
  export function holder_new(entropy: Uint8Array): Uint8Array
  export function holder_commitment(holder: Uint8Array): string
  export function credential_check(credential: string, holder: Uint8Array, root: string, nowS: number): string
  export function describe_policy(policy: string): string
  export function check_policy(credential: string, holder: Uint8Array, policy: string, handle: string, asOf: number, statement?: string | null): string
  export function pseudonym(holder: Uint8Array, tenant: string): string
  export function prospect_pseudonym(holder: Uint8Array, tenant: string): string
  export function check_eligibility(credential: string, holder: Uint8Array, policy: string, tenant: string, asOf: number): string
  export class Prepared {
    constructor(bytes: Uint8Array)
    finish(statement: string, entropy: Uint8Array, recipient?: string | null): string
    free(): void
  }
  export class ProvingKey {
    constructor(bytes: Uint8Array, sha256: string)
    prepare(credential: string, holder: Uint8Array, policy: string, handle: string, asOf: number): Uint8Array
    prepare_eligibility(credential: string, holder: Uint8Array, policy: string, tenant: string, asOf: number): Uint8Array
    prepare_for(credential: string, holder: Uint8Array, policy: string, handle: string, asOf: number, statement: string, slots: string, entropy: Uint8Array): Uint8Array
    free(): void
  }
}
