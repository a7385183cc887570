import { fromB64u, type Bytes } from '../core/bytes'
import { datesToPrepare, usableDates } from '../core/dates'
import type { Policy } from '../core/wire'
import { ensureProvingKey, provingKey } from '../store/provingKey'
import type { PreparedKey, TenantRecord } from '../store/records'
import type { Deps } from './deps'

type Needed = Pick<Deps, 'crypto' | 'records' | 'prover' | 'heavy' | 'db' | 'fetch'>

/** Whether this credential meets a policy on a date. The clause that fails is dropped here: it is nobody's business. */
export async function provable(deps: Needed, record: TenantRecord, policy: Policy, asOf: number): Promise<boolean> {
  const holder = fromB64u(record.holder)
  try {
    return (await deps.prover.call('checkPolicy', [record.credential, holder, JSON.stringify(policy), record.handle, asOf])).ok
  } finally {
    holder.fill(0)
  }
}

/** The digest of a policy, computed on this phone. */
export async function digestOf(deps: Pick<Deps, 'prover'>, policy: Policy): Promise<string> {
  return (await deps.prover.call('describePolicy', [JSON.stringify(policy)])).digest
}

const keyFor = (record: TenantRecord, digest: string, asOf: number): PreparedKey => ({
  tenant: record.tenant, digest, asOf, provingKey: record.provingKey.sha256,
})

/** Hands the proving key to the heavy worker, which may have been stopped since. `progress` is the download's, 0 to 1. */
export async function loadKey(deps: Needed, record: TenantRecord, progress?: (done: number) => void, signal?: AbortSignal): Promise<void> {
  const key = await provingKey(deps, record.server, record.provingKey, progress)
  await deps.heavy.call('loadKey', [key, record.provingKey.sha256], signal)
}

/** Makes one prepared state; the key must be loaded. Nothing is kept. */
export async function prepare(deps: Needed, record: TenantRecord, policy: Policy, asOf: number, signal?: AbortSignal): Promise<Bytes> {
  const holder = fromB64u(record.holder)
  try {
    return (await deps.heavy.call('prepare', [record.credential, holder, JSON.stringify(policy), record.handle, asOf], signal)) as Bytes
  } finally {
    holder.fill(0)
  }
}

/**
 * Fetches the proving key unless it is here. Whether it is fetched must never hang on what a credential meets (the
 * server would learn that), so this comes first wherever `provable` is asked.
 */
export const ensureKey = (deps: Needed, record: TenantRecord): Promise<void> => ensureProvingKey(deps, record.server, record.provingKey)

/** Kept in place of a state for a date on which the credential does not meet the policy: no further work that day. */
const NOT_MET: Bytes = new Uint8Array(0)

/** Prepares one policy for today and keeps the state: for a request that found none. Null: the policy is not met. */
export async function prepareNow(deps: Needed, record: TenantRecord, policy: Policy, now: number, signal?: AbortSignal): Promise<Bytes | null> {
  const asOf = usableDates(record.timeZone, now)[0] as number
  await loadKey(deps, record, undefined, signal)
  const state = (await provable(deps, record, policy, asOf)) ? await prepare(deps, record, policy, asOf, signal) : NOT_MET
  await deps.records.savePrepared(keyFor(record, await digestOf(deps, policy), asOf), state)
  return state.length > 0 ? state : null
}

/** Prepares whatever a company's policies lack for today (and in the evening for tomorrow), then frees the worker. */
export async function prepareAll(deps: Needed, record: TenantRecord, now: number, signal?: AbortSignal): Promise<void> {
  const keep: PreparedKey[] = []
  await ensureKey(deps, record)
  let loaded = false
  for (const policy of record.policies) {
    const digest = await digestOf(deps, policy)
    keep.push(...usableDates(record.timeZone, now).map((asOf) => keyFor(record, digest, asOf)))
    for (const asOf of datesToPrepare(record.timeZone, now)) {
      const key = keyFor(record, digest, asOf)
      keep.push(key)
      if (signal?.aborted) return
      if (await deps.records.hasPrepared(key)) continue
      if (!loaded) await loadKey(deps, record, undefined, signal)
      loaded = true
      const met = await provable(deps, record, policy, asOf)
      await deps.records.savePrepared(key, met ? await prepare(deps, record, policy, asOf, signal) : NOT_MET)
    }
  }
  await deps.records.dropPrepared(record.tenant, keep)
  if (loaded) deps.heavy.stop()
}

/** A prepared state that serves now: today's, else yesterday's. `not-met`: today's is known not to exist; null: not tried. */
export async function findPrepared(deps: Needed, record: TenantRecord, digest: string, now: number): Promise<Bytes | 'not-met' | null> {
  const states = await Promise.all(usableDates(record.timeZone, now).map((asOf) => deps.records.prepared(keyFor(record, digest, asOf))))
  return states.find((state) => state && state.length > 0) ?? (states[0] ? 'not-met' : null)
}
