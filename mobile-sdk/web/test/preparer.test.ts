import 'fake-indexeddb/auto'
import { beforeEach, expect, test, vi } from 'vitest'
import { Enrolment } from '../src/app/enrol'
import { prepareNow } from '../src/app/prepare'
import { MOST_POLICIES, Preparer } from '../src/app/preparer'
import { MOST_STATE_BYTES } from '../src/prover/host'
import { Workshop } from '../src/prover/workshop'
import type { TenantRecord } from '../src/store/records'
import { policy } from './fixtures'
import { Forge } from './forge'
import { OFFER, world, type World } from './world'

const HOUR = 3_600_000
/** 19 November 2026 in Tokyo. */
const at = (hour: number, minute = 0) => Date.UTC(2026, 10, 19, hour - 9, minute)
/** Until the worker is at its n-th state. */
const begun = (n: number) => vi.waitFor(() => expect([forge.prepared().length, forge.busy]).toEqual([n, true]), { interval: 1 })
/** Until so many jobs wait behind it. */
const waiting = (n: number) => vi.waitFor(() => expect(w.deps.workshop.waiting).toBe(n), { interval: 1 })

let w: World
let forge: Forge
let now: number
let paused: boolean
let preparer: Preparer
let record: TenantRecord
let stop: AbortController
const told: string[] = []

beforeEach(async () => {
  w = await world()
  const enrolment = new Enrolment(w.deps, () => undefined)
  await enrolment.read(OFFER)
  await enrolment.start()
  await enrolment.passkey('ja')
  record = (await w.deps.records.tenant('midori')) as TenantRecord
  forge = new Forge()
  now = at(10)
  paused = false
  told.length = 0
  stop = new AbortController()
  w.deps.now = () => now
  w.deps.workshop = new Workshop(forge, () => now)
  preparer = new Preparer(w.deps, { changed: () => told.push(preparer.progress('midori')), paused: () => paused, random: () => 0 })
})

const company = () => ({ record, now: () => now, signal: stop.signal })
/** The ids and days that are kept, in order. */
const kept = async () => (await w.deps.vault.ids('prepared:')).map((id) => id.split(':').slice(1, 5).filter((p) => p !== 'digest').join(':'))
const policies = (...ids: string[]) => (record.policies = ids.map((id) => policy({ id })))
/** The seconds pass one by one until `to`; whatever is begun on the way ends. */
async function pass(to: number, step = 1000): Promise<void> {
  for (; now < to; now = Math.min(to, now + step)) {
    preparer.tick()
    await preparer.idle()
  }
  preparer.tick()
  await preparer.idle()
}

test('at enrolment every policy is prepared for today, once, with one key loaded', async () => {
  policies('a', 'b', 'c')
  preparer.add(company())
  await preparer.idle()
  expect(forge.log).toEqual(['loadKey:' + record.provingKey.sha256.slice(0, 4), 'prepare:a:20261119', 'prepare:b:20261119', 'prepare:c:20261119'])
  expect(preparer.progress('midori')).toBe('ready')
  preparer.look()
  await preparer.idle()
  expect(forge.prepared()).toHaveLength(3)
})

test('six hours before the day turns tomorrow is prepared too; at midnight nothing is left to do', async () => {
  policies('a', 'b')
  preparer.add(company())
  await pass(at(17, 59), 60_000)
  expect(forge.prepared()).toEqual(['a:20261119', 'b:20261119'])
  await pass(at(18, 1), 60_000)
  expect(forge.prepared().slice(2)).toEqual(['a:20261120', 'b:20261120'])
  await pass(at(24, 5), 60_000)
  expect(forge.prepared()).toHaveLength(4)
  expect(preparer.progress('midori')).toBe('ready')
})

test('states are kept for as long as the server takes them, and dropped then', async () => {
  policies('a')
  preparer.add(company())
  await pass(at(23), 10 * 60_000)
  expect(await kept()).toEqual(['midori:a:20261119', 'midori:a:20261120'])
  await pass(at(24 + 23), 10 * 60_000)
  expect(await kept()).toEqual(['midori:a:20261119', 'midori:a:20261120', 'midori:a:20261121'])
  await pass(at(48 + 1), 10 * 60_000)
  expect(await kept()).toEqual(['midori:a:20261120', 'midori:a:20261121'])
})

test('a policy that the company gave up, or a new proving key, leaves no old state behind', async () => {
  policies('a', 'b')
  preparer.add(company())
  await preparer.idle()
  policies('b')
  preparer.look()
  await preparer.idle()
  expect(await kept()).toEqual(['midori:b:20261119'])
  w.answers['GET /keys/y.pk'] = w.answers['GET /keys/x.pk']!
  const bytes = new TextEncoder().encode('another key')
  const sha256 = Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)), (b) => b.toString(16).padStart(2, '0')).join('')
  w.answers['GET /keys/y.pk'] = () => new Response(bytes)
  record.provingKey = { url: '/keys/y.pk', sha256, bytes: bytes.length }
  preparer.look()
  await preparer.idle()
  expect(forge.prepared().at(-1)).toBe('b:20261119')
  expect(await w.deps.vault.ids('prepared:')).toEqual([`prepared:midori:digest:b:20261119:${sha256.slice(0, 16)}`])
})

test('a phone that was off over midnight prepares the new day when it wakes, today before tomorrow', async () => {
  policies('a', 'b')
  preparer.add(company())
  await preparer.idle()
  now = at(24 + 20)
  preparer.wake()
  await preparer.idle()
  expect(forge.prepared().slice(2)).toEqual(['a:20261120', 'b:20261120', 'a:20261121', 'b:20261121'])
})

test("the day is the server's, whatever this phone's clock says", async () => {
  policies('a')
  preparer.add({ ...company(), now: () => now + 48 * HOUR })
  await preparer.idle()
  expect(forge.prepared()).toEqual(['a:20261121'])
})

test('a policy that is new is prepared when it is learnt', async () => {
  policies('a')
  preparer.add(company())
  await preparer.idle()
  policies('a', 'new')
  preparer.look()
  await preparer.idle()
  expect(forge.prepared()).toEqual(['a:20261119', 'new:20261119'])
})

test("today's states of every company come before anybody's for tomorrow", async () => {
  policies('a')
  const other = { ...record, tenant: 'sakura' }
  await w.deps.records.saveTenant(other)
  now = at(20)
  preparer.add(company())
  preparer.add({ ...company(), record: other })
  await preparer.idle()
  expect(forge.prepared()).toEqual(['a:20261119', 'a:20261119', 'a:20261120', 'a:20261120'])
  expect(await kept()).toEqual(['midori:a:20261119', 'midori:a:20261120', 'sakura:a:20261119', 'sakura:a:20261120'])
})

test("a request's policy jumps the queue, is not made twice, and nothing ever runs beside another", async () => {
  policies('a', 'b', 'c')
  forge.quick = false
  preparer.add(company())
  await begun(1)
  const urgent = prepareNow(w.deps, record, policy({ id: 'c' }), 'digest:c', now)
  const same = prepareNow(w.deps, record, policy({ id: 'a' }), 'digest:a', now)
  await waiting(2)
  forge.finish()
  await begun(2)
  forge.finish()
  await begun(3)
  forge.finish()
  expect(await urgent).not.toBeNull()
  expect(await same).not.toBeNull()
  await preparer.idle()
  expect(forge.prepared()).toEqual(['a:20261119', 'c:20261119', 'b:20261119'])
  expect(forge.most).toBe(1)
})

test('while a request is before the customer nothing more is begun; after it the rest is', async () => {
  policies('a', 'b')
  forge.quick = false
  preparer.add(company())
  await begun(1)
  paused = true
  forge.finish()
  await preparer.idle()
  await pass(now + 60_000, 10_000)
  expect(forge.prepared()).toEqual(['a:20261119'])
  expect(preparer.progress('midori')).toBe('working')
  paused = false
  forge.quick = true
  preparer.look()
  await preparer.idle()
  expect(forge.prepared()).toEqual(['a:20261119', 'b:20261119'])
  expect(preparer.progress('midori')).toBe('ready')
})

test('what fails is tried again, later each time, holds nothing else up, and is told calmly until it works', async () => {
  policies('bad', 'good')
  forge.fail = (id) => (id === 'bad' ? 'prover-failed-prepare' : null)
  preparer.add(company())
  await preparer.idle()
  expect(forge.prepared()).toEqual(['bad:20261119', 'good:20261119'])
  expect(preparer.progress('midori')).toBe('failed')
  const begun: number[] = []
  const from = now
  for (let before = 2; now < from + 8 * 60_000; before = forge.prepared().length) {
    await pass(now + 5000, 5000)
    if (forge.prepared().length > before) begun.push((now - from) / 1000)
  }
  // 15, 30, 60, 120, 240 s after one another.
  expect(begun).toEqual([15, 45, 105, 225, 465])
  forge.fail = () => null
  preparer.wake()
  await preparer.idle()
  expect(preparer.progress('midori')).toBe('ready')
  expect(await kept()).toEqual(['midori:bad:20261119', 'midori:good:20261119'])
  expect(told.at(-1)).toBe('ready')
})

test('tries never stand further apart than half an hour', async () => {
  policies('bad')
  forge.fail = () => 'prover-failed-prepare'
  preparer.add(company())
  await pass(at(16), 60_000)
  const before = forge.prepared().length
  await pass(at(16) + 31 * 60_000, 60_000)
  expect(forge.prepared().length).toBe(before + 1)
})

test('without a network the key cannot be fetched: tried again at once when it is back', async () => {
  for (const id of await w.deps.db.keys('blobs', '')) await w.deps.db.delete('blobs', id)
  const good = w.answers['GET /keys/x.pk']!
  w.answers['GET /keys/x.pk'] = () => Promise.reject(new TypeError('offline'))
  policies('a')
  preparer.add(company())
  await preparer.idle()
  expect(preparer.progress('midori')).toBe('failed')
  expect(forge.log).toEqual([])
  w.answers['GET /keys/x.pk'] = good
  preparer.tick()
  await preparer.idle()
  expect(preparer.progress('midori')).toBe('failed')
  preparer.wake()
  await preparer.idle()
  expect(preparer.progress('midori')).toBe('ready')
  expect(await kept()).toEqual(['midori:a:20261119'])
})

test('what is prepared ahead is bounded in number and in bytes', async () => {
  policies(...Array.from({ length: MOST_POLICIES + 5 }, (_, i) => `p${String(i).padStart(2, '0')}`))
  preparer.add(company())
  await preparer.idle()
  expect(await kept()).toHaveLength(MOST_POLICIES)
  expect(preparer.progress('midori')).toBe('ready')
  policies('long')
  forge.state = () => new Uint8Array(MOST_STATE_BYTES + 1) as ReturnType<Forge['state']>
  preparer.look()
  await preparer.idle()
  expect(preparer.progress('midori')).toBe('failed')
  expect(await kept()).toEqual([])
})

test('a company removed while its state is being made: the work is broken off and nothing is kept', async () => {
  policies('a', 'b')
  forge.quick = false
  preparer.add(company())
  await begun(1)
  stop.abort()
  preparer.remove('midori')
  await w.deps.workshop.run(true, undefined, () => w.deps.records.removeTenant('midori'))
  await preparer.idle()
  expect(forge.log.at(-1)).toBe('stop')
  expect(await kept()).toEqual([])
  expect(forge.prepared()).toEqual(['a:20261119'])
})

test('a state of the credential before is not kept beside the new one', async () => {
  policies('a')
  forge.quick = false
  const under = prepareNow(w.deps, record, policy({ id: 'other' }), 'digest:other', now)
  await begun(1)
  preparer.add(company())
  await waiting(1)
  // Accepted while the first state was being made and the second waited for its turn.
  const accepted = w.deps.workshop.run(true, undefined, async () => {
    await w.deps.records.dropPrepared('midori', [])
    await w.deps.records.saveTenant({ ...record, credential: 'new' })
  })
  forge.quick = true
  forge.finish()
  await Promise.all([under, accepted])
  await preparer.idle()
  expect(await kept()).toEqual([])
  expect(forge.prepared()).toEqual(['other:20261119'])
})
