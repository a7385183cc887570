import 'fake-indexeddb/auto'
import { expect, test } from 'vitest'
import { Call } from '../src/app/call'
import { Enrolment } from '../src/app/enrol'
import { Preparer } from '../src/app/preparer'
import { deviceApi } from '../src/core/server'
import type { TenantRecord } from '../src/store/records'
import { NOW, policy } from './fixtures'
import { OFFER, ORIGIN, world, type World } from './world'

/** An enrolled phone whose proving key is gone (a new one was published, or the browser dropped the cache). */
async function phone(meets: boolean): Promise<{ w: World; record: TenantRecord }> {
  const w = await world()
  const enrolment = new Enrolment(w.deps, () => undefined)
  await enrolment.read(OFFER)
  await enrolment.start()
  await enrolment.passkey('ja')
  await forgetKey(w)
  w.meets = meets
  w.sent.length = 0
  w.proved.length = 0
  return { w, record: (await w.deps.records.tenant('midori')) as TenantRecord }
}

async function forgetKey(w: World): Promise<void> {
  for (const id of await w.deps.db.keys('blobs', '')) await w.deps.db.delete('blobs', id)
}

/** What an idle phone does in the background at a time. */
async function prepareAll(w: World, record: TenantRecord, now: number): Promise<void> {
  await w.deps.records.saveTenant(record)
  const preparer = new Preparer(w.deps, { changed: () => undefined, paused: () => false, random: () => 0 })
  preparer.add({ record, now: () => now, signal: new AbortController().signal })
  await preparer.idle()
  expect(preparer.progress(record.tenant)).toBe('ready')
}

async function ask(w: World, record: TenantRecord): Promise<Call> {
  const call = new Call(w.deps, record, deviceApi(w.deps.fetch, ORIGIN, async () => 'token'), 'v_1', () => undefined)
  await call.open()
  await new Promise((resolve) => setTimeout(resolve, 20))
  return call
}

const lines = (w: World) => w.sent.map((s) => s.line)
const started = (w: World) => w.proved.map((p) => p.method).filter((m) => m === 'loadKey').length

test.each([['today and tomorrow, in the evening', NOW], ['today, early in the day', NOW + 8 * 3_600_000]])(
  'preparing for %s: the server sees the same whether or not the policies are met',
  async (_, now) => {
    const seen = []
    for (const meets of [true, false]) {
      const { w, record } = await phone(meets)
      record.policies = [policy(), policy({ id: 'second' })]
      await prepareAll(w, record, now)
      // Another start on the same day, once with the key and once without.
      await prepareAll(w, record, now)
      await forgetKey(w)
      await prepareAll(w, record, now)
      expect(w.proved.some((p) => p.method === 'prepare')).toBe(meets)
      seen.push({ lines: lines(w), started: started(w) })
    }
    expect(seen[0]!.lines).toEqual(['GET /keys/x.pk', 'GET /keys/x.pk'])
    expect(seen[1]).toEqual(seen[0])
  },
)

test.each([['nothing was prepared for', false], ['was prepared for, the key being gone since', true]])(
  'a request that %s: the same requests go out whether or not its policy is met',
  async (_, prepared) => {
    const seen = []
    for (const meets of [true, false]) {
      const { w, record } = await phone(meets)
      if (prepared) {
        await prepareAll(w, record, NOW)
        await forgetKey(w)
        w.sent.length = 0
      }
      const call = await ask(w, record)
      expect(call.state.at).toBe(meets ? 'asking' : 'unprovable')
      seen.push(lines(w).sort())
    }
    expect(seen[0]).toContain('GET /keys/x.pk')
    expect(seen[1]).toEqual(seen[0])
  },
)

test('a policy that was found not to be met is not tried again that day', async () => {
  const { w, record } = await phone(false)
  await prepareAll(w, record, NOW)
  w.proved.length = 0
  const call = await ask(w, record)
  expect(call.state.at).toBe('unprovable')
  expect(w.proved.map((p) => p.method)).not.toContain('checkPolicy')
})
