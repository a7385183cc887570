import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { beforeEach, expect, test } from 'vitest'
import { toHex, utf8 } from '../src/core/bytes'
import { openDb, type Db } from '../src/store/db'
import { createDeviceKey, loadDeviceKey, promotion, removeDeviceKeys } from '../src/store/device'
import { provingKey } from '../src/store/provingKey'
import { records, type PastRequest, type TenantRecord } from '../src/store/records'
import { openVault, probe } from '../src/store/vault'

let db: Db
beforeEach(async () => {
  db = await openDb(new IDBFactory())
})

test('what was written is read back by a vault opened later, and stands encrypted', async () => {
  const secret = '山田 太郎 1985-04-12'
  await (await openVault(db, crypto)).write('tenant:midori', utf8(secret))
  const back = await (await openVault(db, crypto)).read('tenant:midori')
  expect(new TextDecoder().decode(back ?? undefined)).toBe(secret)
  const raw = await db.get<{ iv: Uint8Array; data: ArrayBuffer }>('sealed', 'tenant:midori')
  expect(toHex(new Uint8Array(raw!.data))).not.toContain(toHex(utf8(secret)))
  const key = await db.get<CryptoKey>('keys', 'vault')
  expect(key!.extractable).toBe(false)
  await expect(crypto.subtle.exportKey('raw', key!)).rejects.toThrow()
})

test('a record moved to another name, or altered, does not open', async () => {
  const vault = await openVault(db, crypto)
  await vault.write('a', utf8('one'))
  const sealed = await db.get<{ iv: Uint8Array; data: ArrayBuffer }>('sealed', 'a')
  await db.put('sealed', 'b', sealed)
  await expect(vault.read('b')).rejects.toThrow('storage-damaged')
  const data = new Uint8Array(sealed!.data.slice(0))
  data[0]! ^= 1
  await db.put('sealed', 'a', { iv: sealed!.iv, data: data.buffer })
  await expect(vault.read('a')).rejects.toThrow('storage-damaged')
  expect(await vault.read('never')).toBeNull()
})

test('the probe finds a storage that accepts and forgets', async () => {
  await expect(probe(db, await openVault(db, crypto), crypto)).resolves.toBeUndefined()
  const forgetful = { ...(await openDb(new IDBFactory())), put: async () => undefined, change: async () => undefined }
  await expect(probe(forgetful, await openVault(forgetful, crypto), crypto)).rejects.toThrow('storage-refused')
  const vault = await openVault(db, crypto)
  await expect(probe(db, { ...vault, write: async () => undefined }, crypto)).rejects.toThrow('storage-refused')
})

test('a refused database says so', async () => {
  const factory = { open: () => { throw new DOMException('no', 'SecurityError') } } as unknown as IDBFactory
  await expect(openDb(factory)).rejects.toThrow('storage-refused')
})

test('a pending device key harms no older one until it is promoted', async () => {
  const first = await createDeviceKey(db, crypto, 'midori')
  await db.change(await promotion(db, 'midori'))
  await createDeviceKey(db, crypto, 'midori')
  expect((await loadDeviceKey(db, crypto, 'device', 'midori'))!.jwk).toEqual(first.jwk)
  await db.change(await promotion(db, 'midori'))
  expect((await loadDeviceKey(db, crypto, 'device', 'midori'))!.jwk).not.toEqual(first.jwk)
  const pair = await db.get<CryptoKeyPair>('keys', 'device:midori')
  await expect(crypto.subtle.exportKey('pkcs8', pair!.privateKey)).rejects.toThrow()
  await removeDeviceKeys(db, 'midori')
  expect(await loadDeviceKey(db, crypto, 'device', 'midori')).toBeNull()
})

test('an accepted enrolment and its key are written together, or neither is', async () => {
  const store = records(await openVault(db, crypto))
  const record = { tenant: 'midori', device: 'd_1' } as TenantRecord
  await store.savePending({ ...record, device: null })
  const first = await createDeviceKey(db, crypto, 'midori')
  const unstorable = { store: 'keys', key: 'x', value: () => undefined } as const
  await expect(store.acceptTenant(record, [...(await promotion(db, 'midori')), unstorable])).rejects.toThrow('storage-refused')
  expect([await store.tenants(), await store.pending()].map((l) => l.length)).toEqual([0, 1])
  expect(await loadDeviceKey(db, crypto, 'device', 'midori')).toBeNull()

  await store.acceptTenant(record, await promotion(db, 'midori'))
  expect([await store.tenants(), await store.pending()].map((l) => l.length)).toEqual([1, 0])
  expect((await loadDeviceKey(db, crypto, 'device', 'midori'))!.jwk).toEqual(first.jwk)
  expect(await loadDeviceKey(db, crypto, 'pending', 'midori')).toBeNull()
})

const past = (n: number, tenant = 'midori'): PastRequest => ({
  verification: `v_${n}`, tenant, company: { ja: 'み', en: 'M' }, purpose: { ja: 'よ', en: 'P' }, number: '1', outcome: 'passed', reference: null, decidedAt: n, reported: false,
})

test('removing a company forgets its records and no other’s', async () => {
  const store = records(await openVault(db, crypto))
  const at = (tenant: string) => ({ tenant, digest: 'd', asOf: 20261121, provingKey: 'f'.repeat(64) })
  for (const tenant of ['midori', 'sakura']) {
    await store.saveTenant({ tenant } as TenantRecord)
    await store.savePrepared(at(tenant), utf8('state'))
    await store.saveHistory(past(tenant === 'midori' ? 1 : 2, tenant))
  }
  await store.removeTenant('midori')
  expect((await store.tenants()).map((t) => t.tenant)).toEqual(['sakura'])
  expect(await store.hasPrepared(at('midori'))).toBe(false)
  expect(await store.hasPrepared(at('sakura'))).toBe(true)
  expect((await store.history()).map((e) => e.tenant)).toEqual(['sakura'])
})

test('prepared states outside the wanted dates are dropped', async () => {
  const store = records(await openVault(db, crypto))
  const at = (asOf: number) => ({ tenant: 'midori', digest: 'd', asOf, provingKey: 'f'.repeat(64) })
  for (const d of [20261119, 20261120, 20261121]) await store.savePrepared(at(d), utf8('s'))
  await store.dropPrepared('midori', [at(20261120), at(20261121)])
  expect(await Promise.all([20261119, 20261120, 20261121].map((d) => store.hasPrepared(at(d))))).toEqual([false, true, true])
})

test('the proving key is fetched once, and only its hash makes it believed', async () => {
  const bytes = crypto.getRandomValues(new Uint8Array(5000))
  const sha256 = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
  let fetched = 0
  const fetch = async () => (fetched++, new Response(bytes))
  const seen: number[] = []
  const info = { url: '/keys/x.pk', sha256, bytes: bytes.length }
  const got = await provingKey({ db, crypto, fetch }, 'https://bank.example', info, (p) => seen.push(p))
  expect(toHex(got)).toBe(toHex(bytes))
  expect(seen.at(-1)).toBe(1)
  await provingKey({ db, crypto, fetch }, 'https://bank.example', info)
  expect(fetched).toBe(1)
  await expect(provingKey({ db, crypto, fetch }, 'https://bank.example', { ...info, sha256: '0'.repeat(64) })).rejects.toThrow('key-hash-mismatch')
  await expect(provingKey({ db, crypto, fetch }, 'https://bank.example', { ...info, sha256: '1'.repeat(64), bytes: 100 })).rejects.toThrow('key-hash-mismatch')
})
