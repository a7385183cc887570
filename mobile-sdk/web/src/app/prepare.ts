import { fromB64u, type Bytes } from '../core/bytes'
import { usableDates } from '../core/dates'
import { Problem } from '../core/problem'
import { provesAmount } from '../core/statement'
import type { Policy, Sealable, Statement } from '../core/wire'
import { MOST_STATE_BYTES } from '../prover/host'
import type { Bench } from '../prover/workshop'
import { ensureProvingKey, provingKey } from '../store/provingKey'
import type { PreparedKey, TenantRecord } from '../store/records'
import { randomBytes, type Deps } from './deps'

export type Needed = Pick<Deps, 'crypto' | 'records' | 'prover' | 'workshop' | 'db' | 'fetch'>

/** One session's payment and disclosure: what a proof takes in that is known only with the request. */
export interface Terms {
  statement: Statement
  /** What goes sealed to the statement's recipient; none without one. */
  slots: Sealable[]
}

/** Whether a policy's proof cannot be prepared before its request. */
export const needsTerms = (policy: Policy): boolean => policy.disclose.length > 0 || provesAmount(policy)

/** Whether this credential meets a policy on a date. The clause that fails is dropped here: it is nobody's business. */
export async function provable(deps: Needed, record: TenantRecord, policy: Policy, asOf: number, statement: Statement | null = null): Promise<boolean> {
  const holder = fromB64u(record.holder)
  try {
    const session: [] | [string] = statement ? [JSON.stringify(statement)] : []
    return (await deps.prover.call('checkPolicy', [record.credential, holder, JSON.stringify(policy), record.handle, asOf, ...session])).ok
  } finally {
    holder.fill(0)
  }
}

/** The digest of a policy, computed on this phone. */
export async function digestOf(deps: Pick<Deps, 'prover'>, policy: Policy): Promise<string> {
  return (await deps.prover.call('describePolicy', [JSON.stringify(policy)])).digest
}

/** Where the state of a policy on a date is kept. */
export const keyFor = (record: TenantRecord, digest: string, asOf: number): PreparedKey => ({
  tenant: record.tenant, digest, asOf, provingKey: record.provingKey.sha256,
})

/** The proving keys that some company here proves with: one company's newer key must not cost the others theirs. */
const keysInUse = async ({ records }: Pick<Needed, 'records'>): Promise<string[]> => (await records.tenants()).map((r) => r.provingKey.sha256)

/** Hands the proving key to the workshop's worker. `progress` is the download's, 0 to 1. */
export function loadKey(deps: Needed, bench: Bench, record: TenantRecord, progress?: (done: number) => void): Promise<void> {
  return bench.loadKey(record.provingKey.sha256, () => provingKey(deps, record.server, record.provingKey, progress, () => keysInUse(deps)))
}

/** Makes one prepared state; the key must be loaded. Nothing is kept. */
export function prepare(bench: Bench, record: TenantRecord, policy: Policy, asOf: number): Promise<Bytes> {
  return withHolder(record, (holder) => bench.prepare(record.credential, holder, JSON.stringify(policy), record.handle, asOf))
}

/** Calls with the holder secret, and wipes it and refuses a state that is no state. */
async function withHolder(record: TenantRecord, make: (holder: Bytes) => Promise<Uint8Array>): Promise<Bytes> {
  const holder = fromB64u(record.holder)
  try {
    const state = (await make(holder)) as Bytes
    if (state.length > MOST_STATE_BYTES) throw new Problem('malformed-prepared')
    return state
  } finally {
    holder.fill(0)
  }
}

/**
 * Fetches the proving key unless it is here. Whether it is fetched must never hang on what a credential meets (the
 * server would learn that), so this comes first wherever `provable` is asked.
 */
export const ensureKey = (deps: Needed, record: TenantRecord): Promise<void> => ensureProvingKey(deps, record.server, record.provingKey, () => keysInUse(deps))

/** Kept in place of a state for a date on which the credential does not meet the policy: no further work that day. */
const NOT_MET = (): Bytes => new Uint8Array(0)

/** What is to be made, and whether somebody waits for it. */
export interface Order {
  record: TenantRecord
  policy: Policy
  digest: string
  asOf: number
  urgent: boolean
  signal?: AbortSignal
}

/**
 * Sees to it that the state of a policy on a date is kept, and gives it; null: the policy is not met. What was made while
 * this waited for its turn is not made again.
 */
export async function order(deps: Needed, { record, policy, digest, asOf, urgent, signal }: Order): Promise<Bytes | null> {
  const key = keyFor(record, digest, asOf)
  await ensureKey(deps, record)
  return deps.workshop.run(urgent, signal, async (bench) => {
    // Removed or enrolled anew in the meantime: a state of the old credential must not be kept beside the new one.
    if ((await deps.records.tenant(record.tenant))?.credential !== record.credential) throw new Problem('aborted')
    let state = await deps.records.prepared(key)
    if (state === null) {
      await loadKey(deps, bench, record)
      state = (await provable(deps, record, policy, asOf)) ? await prepare(bench, record, policy, asOf) : NOT_MET()
      await deps.records.savePrepared(key, state)
    }
    return state.length > 0 ? state : null
  })
}

/** A state that a request waits for: it goes before everything that is prepared ahead. */
export function prepareNow(deps: Needed, record: TenantRecord, policy: Policy, digest: string, now: number, signal?: AbortSignal): Promise<Bytes | null> {
  const asOf = usableDates(record.timeZone, now)[0] as number
  return order(deps, { record, policy, digest, asOf, urgent: true, ...(signal && { signal }) })
}

/** A state for one request's terms: made when it came, kept nowhere. Null: the policy is not met. */
export async function prepareTerms(deps: Needed, record: TenantRecord, policy: Policy, { statement, slots }: Terms, now: number, signal: AbortSignal): Promise<Bytes | null> {
  const asOf = usableDates(record.timeZone, now)[0] as number
  await ensureKey(deps, record)
  return deps.workshop.run(true, signal, async (bench) => {
    await loadKey(deps, bench, record)
    if (!(await provable(deps, record, policy, asOf, statement))) return null
    const texts = [JSON.stringify(policy), record.handle, asOf, JSON.stringify(statement), JSON.stringify(statement.recipient && slots)] as const
    return withHolder(record, (holder) => bench.prepareFor(record.credential, holder, ...texts, randomBytes(deps.crypto, 32)))
  })
}

/** Whether a credential meets a policy of a company that its holder has no account with. */
export async function eligible(deps: Needed, record: TenantRecord, policy: Policy, tenant: string, asOf: number): Promise<boolean> {
  const holder = fromB64u(record.holder)
  try {
    return (await deps.prover.call('checkEligibility', [record.credential, holder, JSON.stringify(policy), tenant, asOf])).ok
  } finally {
    holder.fill(0)
  }
}

/** A state for an accepted invitation: made when its request comes, kept nowhere. Null: the policy is not met. */
export async function prepareEligibility(deps: Needed, record: TenantRecord, policy: Policy, now: number, signal: AbortSignal): Promise<Bytes | null> {
  const asOf = usableDates(record.timeZone, now)[0] as number
  await ensureKey(deps, record)
  return deps.workshop.run(true, signal, async (bench) => {
    await loadKey(deps, bench, record)
    if (!(await eligible(deps, record, policy, record.tenant, asOf))) return null
    return withHolder(record, (holder) => bench.prepareEligibility(record.credential, holder, JSON.stringify(policy), record.tenant, asOf))
  })
}

/** A prepared state that serves now: today's, else yesterday's. `not-met`: today's is known not to exist; null: not tried. */
export async function findPrepared(deps: Needed, record: TenantRecord, digest: string, now: number): Promise<Bytes | 'not-met' | null> {
  const states = await Promise.all(usableDates(record.timeZone, now).map((asOf) => deps.records.prepared(keyFor(record, digest, asOf))))
  const found = states.find((state) => state && state.length > 0) ?? null
  for (const state of states) if (state !== found) state?.fill(0)
  return found ?? (states[0] ? 'not-met' : null)
}
