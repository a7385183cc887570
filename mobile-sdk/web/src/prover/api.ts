import type { Both, Disclosure, Lang } from '../core/wire'

/** The WASM module's functions as the worker offers them (crate honnin-wasm). Failures carry a stable code. */
export interface ProverApi {
  holderNew(entropy: Uint8Array): Uint8Array
  holderCommitment(holder: Uint8Array): string
  credentialCheck(credential: string, holder: Uint8Array, rootJwk: string, nowS: number): CheckedCredential
  describePolicy(policy: string): DescribedPolicy
  /** `statement`: the session's, where the policy compares with its payment's amount. */
  checkPolicy(credential: string, holder: Uint8Array, policy: string, handle: string, asOf: number, statement?: string): { ok: boolean; clause?: string }
  pseudonym(holder: Uint8Array, tenant: string): string
  /** The name at a tenant of a holder who has no account there. */
  prospectPseudonym(holder: Uint8Array, tenant: string): string
  /** Whether a credential meets a policy of a tenant where its holder has no account. */
  checkEligibility(credential: string, holder: Uint8Array, policy: string, tenant: string, asOf: number): { ok: boolean; clause?: string }
  /** Decodes the key (slow) and keeps it for `prepare`. */
  loadKey(bytes: Uint8Array, sha256: string): void
  /** Under a second on most phones; the result is as secret as the credential. */
  prepare(credential: string, holder: Uint8Array, policy: string, handle: string, asOf: number): Uint8Array
  /** The same for a tenant where the holder has no account. */
  prepareEligibility(credential: string, holder: Uint8Array, policy: string, tenant: string, asOf: number): Uint8Array
  /**
   * The same for one session's payment and disclosure. `statement` may lack its number; `slots`: JSON list of what goes to
   * the recipient, `null` where it names none; `entropy`: 32 fresh bytes for the commitment's opening.
   */
  prepareFor(credential: string, holder: Uint8Array, policy: string, handle: string, asOf: number, statement: string, slots: string, entropy: Uint8Array): Uint8Array
  /** Keeps a prepared state under a name, so that `finish` at the tap needs no copying. At most eight: the oldest goes. */
  hold(name: string, prepared: Uint8Array): void
  drop(name: string): void
  /** About two milliseconds. `entropy` must be fresh each time. `recipient`: the JWK that the statement names. */
  finish(name: string, statement: string, entropy: Uint8Array, recipient?: string): FinishedProof
}

export interface CheckedCredential {
  tenant: string
  subject: string
  expiry: number
  key_id: string
}

export interface DescribedPolicy {
  digest: string
  proves: Both[]
  not_sent: Record<Lang, string[]>
}

export interface FinishedProof {
  proof: string
  ctx: string
  approval: string
  as_of: number
  pseudonym: string
  /** Where the statement names a recipient. */
  disclosure?: Disclosure
}

export type Method = keyof ProverApi

export interface Call<M extends Method = Method> {
  id: number
  method: M
  args: Parameters<ProverApi[M]>
}

/**
 * `start` is on the shared clock (performance.timeOrigin + performance.now()), `ms` the time inside WASM, `peak` the
 * module's linear memory after the call, bytes: it never shrinks, so that is the most it was.
 */
export type Answer = { id: number; start: number; ms: number; peak: number } & ({ ok: true; value: unknown } | { ok: false; code: string })
