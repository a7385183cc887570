import type { Bytes } from '../core/bytes'
import { Problem } from '../core/problem'
import type { DeviceJwk } from '../core/wire'
import type { Sign } from '../core/jwt'
import type { Change, Db } from './db'

/** One company's device key: P-256, made here, never extractable. */
export interface DeviceKey {
  jwk: DeviceJwk
  sign: Sign
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256' }
/** `pending`: of an enrolment that the server has not accepted yet. `prospect`: for one invitation, under a name made here. */
export type Slot = 'device' | 'pending' | 'prospect'
const id = (slot: Slot, tenant: string) => `${slot}:${tenant}`

/** The kept key of a tenant, or null. */
export async function loadDeviceKey(db: Db, crypto: Crypto, slot: Slot, tenant: string): Promise<DeviceKey | null> {
  const pair = await db.get<CryptoKeyPair>('keys', id(slot, tenant))
  return pair ? wrap(crypto, pair) : null
}

/** Makes and keeps a key for a tenant, or for an invitation. */
export async function createDeviceKey(db: Db, crypto: Crypto, tenant: string, slot: Exclude<Slot, 'device'> = 'pending'): Promise<DeviceKey> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, false, ['sign', 'verify'])
  await db.put('keys', id(slot, tenant), pair)
  const kept = await loadDeviceKey(db, crypto, slot, tenant)
  if (!kept) throw new Problem('storage-refused')
  return kept
}

/** What puts the pending key in the place of the device's. */
export async function promotion(db: Db, tenant: string): Promise<Change[]> {
  const pair = await db.get<CryptoKeyPair>('keys', id('pending', tenant))
  if (!pair) throw new Problem('storage-damaged')
  return [{ store: 'keys', key: id('device', tenant), value: pair }, { store: 'keys', key: id('pending', tenant) }]
}

export const removeProspectKey = (db: Db, name: string): Promise<void> => db.delete('keys', id('prospect', name))

export const removePendingKey = (db: Db, tenant: string): Promise<void> => db.delete('keys', id('pending', tenant))

export async function removeDeviceKeys(db: Db, tenant: string): Promise<void> {
  await db.delete('keys', id('device', tenant))
  await db.delete('keys', id('pending', tenant))
}

async function wrap(crypto: Crypto, pair: CryptoKeyPair): Promise<DeviceKey> {
  const { x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  if (!x || !y) throw new Problem('storage-damaged')
  return {
    jwk: { kty: 'EC', crv: 'P-256', x, y },
    sign: async (message: Bytes) => new Uint8Array(await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, pair.privateKey, message)),
  }
}
