import 'fake-indexeddb/auto'
import { beforeEach, expect, test, vi } from 'vitest'
import { Call } from '../src/app/call'
import { Enrolment } from '../src/app/enrol'
import type { RequestState } from '../src/core/request'
import { deviceApi } from '../src/core/server'
import type { DeviceJwk } from '../src/core/wire'
import type { TenantRecord } from '../src/store/records'
import { NOW, policy, statement } from './fixtures'
import { jws, key, payloadOf } from './signer'
import { json, OFFER, ORIGIN, world, type World } from './world'

let w: World
beforeEach(async () => {
  w = await world()
})

const lines = () => w.sent.map((s) => s.line)
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

async function enrolled(): Promise<TenantRecord> {
  const enrolment = new Enrolment(w.deps, () => undefined)
  await enrolment.read(OFFER)
  await enrolment.start()
  await enrolment.passkey('ja')
  return (await w.deps.records.tenant('midori')) as TenantRecord
}

async function call(record: TenantRecord): Promise<{ call: Call; at: () => RequestState }> {
  const c = new Call(w.deps, record, deviceApi(w.deps.fetch, ORIGIN, async () => 'token'), 'v_1', () => undefined)
  await c.open()
  await settled()
  return { call: c, at: () => c.state }
}

const at = NOW + 3_600_000
const announced = statement({
  direction: 'outbound', match: { mode: 'none' }, expires_at: at + 60_000,
  call: { id: 'c_1', number: '03-1234-5678', from: at, until: at + 60_000, offered: [{ from: at + 60_000, until: at + 120_000 }] },
})

/** The server's request, with a notice by a key of this test's own: pinned, unless told otherwise. */
async function announce(record: TenantRecord, { pinned = true, device = 'd_1' } = {}): Promise<void> {
  const by = await key()
  const signed = await jws(by, await payloadOf(announced, device))
  const good = w.answers['GET /v1/device/requests/v_1']!
  w.answers['GET /v1/device/requests/v_1'] = async (b) => json({ ...((await (await good(b)).json()) as object), statement: announced, notice: signed })
  if (pinned) record.announcer = by.jwk
}

test('the announcement key is pinned at enrolment, and a company without one pins none', async () => {
  const { announcement_key: key } = (await (await w.answers['GET /v1/tenants/midori']!(null)).json()) as { announcement_key: DeviceJwk }
  expect((await enrolled()).announcer).toEqual(key)
  const good = w.answers['GET /v1/tenants/midori']!
  w.answers['GET /v1/tenants/midori'] = async (b) => json({ ...((await (await good(b)).json()) as object), announcement_key: { kty: 'RSA' } })
  w.answers['POST /v1/enrolments/e_1/complete'] = () => json({ device: 'd_2' }, 201)
  await enrolled()
  expect((await w.deps.records.tenant('midori'))!.announcer).toBeNull()
})

test('an announced call: shown once its notice holds, confirmed by a proof', async () => {
  const record = await enrolled()
  await announce(record)
  const { call: c, at: now } = await call(record)
  expect(now()).toMatchObject({ at: 'asking', readiness: 'finished' })
  await c.approve()
  expect(now()).toMatchObject({ at: 'ended', outcome: 'passed' })
})

test.each<[string, object, string]>([
  ['by a key that was not pinned', { pinned: false }, 'notice-key'],
  ['for another phone', { device: 'd_9' }, 'notice-device'],
])('an announced call with a notice %s is a warning: not opened, not proven, refused and reported', async (_, how, code) => {
  const record = await enrolled()
  await announce(record, how)
  w.sent.length = 0
  const { call: c, at: now } = await call(record)
  expect(now()).toMatchObject({ at: 'forged', code })
  await c.approve()
  expect(lines().some((l) => /approve|opened/.test(l))).toBe(false)
  await Promise.all([c.refuse(true), c.refuse(true)])
  expect(w.sent.filter((s) => s.line.endsWith('/refuse'))).toHaveLength(1)
  expect(now()).toMatchObject({ at: 'ended', outcome: 'denied', reported: true })
  expect(w.sent.find((s) => s.line.endsWith('/refuse'))!.body).toEqual({ report: true })
})

test('a call announced without any notice is a warning too', async () => {
  const record = await enrolled()
  const good = w.answers['GET /v1/device/requests/v_1']!
  w.answers['GET /v1/device/requests/v_1'] = async (b) => json({ ...((await (await good(b)).json()) as object), statement: announced })
  expect((await call(record)).at()).toMatchObject({ at: 'forged', code: 'notice-missing' })
})

test('an announced call: another window is asked for once, and the new notice takes its place', async () => {
  const record = await enrolled()
  await announce(record)
  const { call: c, at: now } = await call(record)
  w.answers['POST /v1/device/calls/c_1/reschedule'] = () => json({ verification: 'v_2' })
  const moved: string[] = []
  c.onMoved = (verification) => moved.push(verification)
  await Promise.all([c.move(0), c.move(0)])
  expect(moved).toEqual(['v_2'])
  expect(w.sent.filter((s) => s.line.endsWith('/reschedule')).map((s) => s.body)).toEqual([{ window: 0 }])
  expect(now()).toMatchObject({ busy: 'moving' })
})

const payment = { amount: 48_000, currency: 'JPY', payee: '△△株式会社', order: 'A-2210', instrument: 'みどりカード' }
const psp = { id: 'r_1', name: { ja: 'ひかり決済', en: 'Hikari Pay' }, key: 'k'.repeat(43), slots: ['payment_token' as const] }
const carrier = { ...psp, slots: ['name' as const, 'address' as const] }

async function asked(change: object, over: object): Promise<void> {
  const good = w.answers['GET /v1/device/requests/v_1']!
  const jwk = { kty: 'EC', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) }
  w.answers['GET /v1/device/requests/v_1'] = async (b) =>
    json({ ...((await (await good(b)).json()) as object), statement: statement({ match: { mode: 'none' }, ...change }), policy: policy(over), recipient_key: jwk })
}

test('a payment: prepared for its amount when it comes, kept nowhere, sealed to the recipient, sent after the review', async () => {
  const record = await enrolled()
  await asked({ payment, recipient: psp }, { disclose: ['payment_token'] })
  const kept = await w.deps.vault.ids('prepared:')
  const { call: c, at: now } = await call(record)
  expect(now()).toMatchObject({ at: 'asking', readiness: 'finished', reviewed: false })
  expect(JSON.parse(w.proved.filter((p) => p.method === 'checkPolicy').at(-1)!.args[5] as string)).toMatchObject({ payment })
  const made = w.proved.find((p) => p.method === 'prepareFor')!.args
  expect(JSON.parse(made[5] as string)).toMatchObject({ payment, recipient: psp })
  expect([(made[7] as Uint8Array).length, JSON.parse(made[6] as string)]).toEqual([32, ['payment_token']])
  expect(await w.deps.vault.ids('prepared:')).toEqual(kept)
  expect(JSON.parse(w.proved.find((p) => p.method === 'finish' && p.args[3] !== undefined)!.args[3] as string)).toMatchObject({ crv: 'P-256' })
  await c.approve()
  expect(lines().some((l) => l.endsWith('/approve'))).toBe(false)
  c.dispatch({ type: 'review', on: true })
  await c.approve()
  expect(w.sent.find((s) => s.line.endsWith('/approve'))!.body).toMatchObject({ disclosure: { slots: ['payment_token'], commitment: 'c', box: { v: 1 } } })
  expect(now()).toMatchObject({ at: 'ended', outcome: 'passed' })
})

test('a payment beyond the limit cannot be proven, and no state is made', async () => {
  const record = await enrolled()
  await asked({ payment, recipient: psp }, { disclose: ['payment_token'] })
  w.meets = false
  expect((await call(record)).at().at).toBe('unprovable')
  expect(w.proved.filter((p) => p.method === 'prepareFor')).toEqual([])
})

test('an order: nothing is prepared before the pick is reviewed, and a new pick is prepared anew', async () => {
  const record = await enrolled()
  await asked({ recipient: carrier }, { disclose: ['name', 'address'] })
  const terms = () => w.proved.filter((p) => p.method === 'prepareFor').map((p) => JSON.parse(p.args[6] as string) as unknown)
  const { call: c, at: now } = await call(record)
  c.dispatch({ type: 'slots', slots: ['name'] })
  await settled()
  expect(terms()).toEqual([])
  c.dispatch({ type: 'review', on: true })
  await vi.waitFor(() => expect(now()).toMatchObject({ readiness: 'finished' }))
  c.dispatch({ type: 'review', on: false })
  c.dispatch({ type: 'slots', slots: ['address', 'name'] })
  c.dispatch({ type: 'review', on: true })
  await vi.waitFor(() => expect(now()).toMatchObject({ readiness: 'finished', slots: ['name', 'address'] }))
  expect(terms()).toEqual([['name'], ['name', 'address']])
  const openings = w.proved.filter((p) => p.method === 'prepareFor').map((p) => String(p.args[7]))
  expect(new Set(openings).size).toBe(2)
  await c.approve()
  expect(now()).toMatchObject({ at: 'ended', outcome: 'passed' })
})

test('an order picked anew while its first pick is being prepared approves the last pick alone', async () => {
  const record = await enrolled()
  await asked({ recipient: carrier }, { disclose: ['name', 'address'] })
  const { call: c, at: now } = await call(record)
  c.dispatch({ type: 'slots', slots: ['name'] })
  c.dispatch({ type: 'review', on: true })
  c.dispatch({ type: 'review', on: false })
  c.dispatch({ type: 'slots', slots: ['address'] })
  c.dispatch({ type: 'review', on: true })
  await vi.waitFor(() => expect(now()).toMatchObject({ readiness: 'finished', slots: ['address'] }))
  const held = w.proved.filter((p) => p.method === 'hold' && p.args[0] === 'v_1')
  expect(held).toHaveLength(1)
  expect(JSON.parse(w.proved.filter((p) => p.method === 'prepareFor').at(-1)!.args[6] as string)).toEqual(['address'])
})
