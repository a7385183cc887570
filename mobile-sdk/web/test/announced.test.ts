import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { App } from '../src/app/app'
import { Enrolment } from '../src/app/enrol'
import { homeStatus } from '../src/core/calls'
import type { DeviceCall, Statement } from '../src/core/wire'
import { NOW, statement } from './fixtures'
import { jws, key, next, payloadOf, type Key } from './signer'
import { json, OFFER, problem, world, type World } from './world'

let w: World
let app: App
let now: number
let company: Key
let chain: string[]
let calls: Partial<DeviceCall>[]
let send: (event: string, data: object) => void

const FROM = NOW + 3_600_000
const part = { id: 'c_1', number: '03-1234-5678', from: FROM, until: FROM + 60_000, offered: [{ from: FROM + 60_000, until: FROM + 120_000 }] }
const notice = (verification: string, change: Partial<typeof part> = {}): Statement =>
  statement({ verification, direction: 'outbound', match: { mode: 'none' }, expires_at: FROM + 60_000, call: { ...part, ...change } })
const listed = (change: Partial<DeviceCall> = {}): Partial<DeviceCall> => ({
  call: 'c_1', verification: 'v_1', state: 'announced', from: FROM, until: FROM + 60_000, number: '03-1234-5678', operator: { ja: '山田', en: 'Yamada' }, purpose: { code: 'x', ja: '用件', en: 'About' }, words: null, ...change,
})

/** Has the server ask: by an announced call, or by an ordinary request. */
async function ask(s: Statement, by: Key = company): Promise<void> {
  const signed = s.call ? await jws(by, await payloadOf(s)) : null
  const good = (await (await w.answers['GET /v1/device/requests/v_1']!(null)).json()) as object
  w.answers[`GET /v1/device/requests/${s.verification}`] = () => json({ ...good, statement: s, notice: signed, now })
  w.answers[`POST /v1/device/requests/${s.verification}/opened`] = () => new Response(null, { status: 204 })
  w.answers[`POST /v1/device/requests/${s.verification}/refuse`] = () => json({ state: 'denied', decided_at: now })
}

beforeEach(async () => {
  w = await world()
  now = NOW
  w.deps.now = () => now
  company = await key()
  chain = []
  calls = []
  const info = w.answers['GET /v1/tenants/midori']!
  w.answers['GET /v1/tenants/midori'] = async (b) => json({ ...((await (await info(b)).json()) as object), announcement_key: company.jwk, announcement_chain: chain, now })
  w.answers['POST /v1/device/challenge'] = () => json({ challenge: 'AAAA' })
  w.answers['POST /v1/device/session'] = () => json({ token: 't', expires_in: 3600 })
  w.answers['GET /v1/device/requests'] = () => json({ requests: [], now })
  w.answers['GET /v1/device/calls'] = () => json({ calls, now })
  w.answers['GET /v1/device/stream'] = () =>
    new Response(
      new ReadableStream<Uint8Array>({
        start: (stream) => {
          send = (event, data) => stream.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
        },
      }),
      { headers: { 'content-type': 'text/event-stream' } },
    )
  const enrolment = new Enrolment(w.deps, () => undefined)
  await enrolment.read(OFFER)
  await enrolment.start()
  await enrolment.passkey('ja')
  app = new App(w.deps, { lang: 'en', saveLang: () => undefined, wait: () => new Promise(() => undefined), canScan: false, persist: () => undefined })
})
afterEach(() => app.removeCompany('midori'))

const soon = (check: () => void) => vi.waitFor(check, { interval: 1 })
const request = () => app.model.value.request
const home = () => {
  const c = app.model.value.companies[0]!
  return homeStatus(c.link, c.calls, c.since, app.model.value.now, app.model.value.now + c.offset).at
}

test('the home says what the server says, from the moment the list is here, and again when the stream says so', async () => {
  await app.start(null)
  await soon(() => expect(home()).toBe('none'))
  for (const state of ['confirmed', 'ringing', 'talking'] as const) {
    calls = [listed({ state })]
    send('calls', {})
    await soon(() => expect(home()).toBe(state === 'confirmed' ? 'expected' : state))
  }
  calls = []
  send('calls', {})
  await soon(() => expect(home()).toBe('none'))
})

test('a list that does not come never reads as nobody calling, and is asked for again', async () => {
  w.answers['GET /v1/device/calls'] = () => problem('busy', 503)
  await app.start(null)
  await soon(() => expect(app.model.value.companies[0]?.link.heardAt).toBe(NOW))
  expect(home()).toBe('connecting')
  now += 4_000
  send('ping', {})
  w.answers['GET /v1/device/calls'] = () => json({ calls: [{ odd: true }], now })
  app.tick()
  await soon(() => expect(w.sent.filter((s) => s.line === 'GET /v1/device/calls').length).toBeGreaterThanOrEqual(2))
  now += 8_000
  send('ping', {})
  await soon(() => expect(app.model.value.companies[0]?.link.heardAt).toBe(now))
  app.tick()
  expect(home()).toBe('unknown')
  w.answers['GET /v1/device/calls'] = () => json({ calls, now })
  now += 4_000
  app.tick()
  await soon(() => expect(home()).toBe('none'))
})

test('a notice put aside stays so, and opens again from the home screen', async () => {
  await ask(notice('v_1'))
  await app.start(null)
  await soon(() => expect(home()).toBe('none'))
  send('request', { verification: 'v_1' })
  await soon(() => expect(request()).toMatchObject({ at: 'asking', readiness: 'finished' }))
  app.answerLater()
  expect(request()).toBeNull()
  send('request', { verification: 'v_1' })
  send('calls', {})
  await soon(() => expect(w.sent.filter((s) => s.line === 'GET /v1/device/calls').length).toBeGreaterThan(1))
  expect(request()).toBeNull()
  app.openCall('midori', 'v_1')
  await soon(() => expect(request()).toMatchObject({ at: 'asking', id: 'v_1' }))
})

test('a request from somebody on the line goes before a notice that can wait, and the notice comes back after', async () => {
  await ask(notice('v_1'))
  await ask(statement({ verification: 'v_2' }))
  await app.start(null)
  await soon(() => expect(home()).toBe('none'))
  send('request', { verification: 'v_1' })
  await soon(() => expect(request()).toMatchObject({ at: 'asking', readiness: 'finished' }))
  send('request', { verification: 'v_2' })
  await soon(() => expect(request()).toMatchObject({ at: 'asking', id: 'v_2' }))
  // An ordinary request is not put aside for a notice.
  send('request', { verification: 'v_1' })
  app.refuse(false)
  await soon(() => expect(request()?.at).toBe('ended'))
  expect(request()?.id).toBe('v_2')
  app.closeRequest()
  await soon(() => expect(request()).toMatchObject({ at: 'asking', id: 'v_1' }))
})

test('another time picked: the new notice is on the screen, and is to be confirmed itself', async () => {
  await ask(notice('v_1'))
  await ask(notice('v_2', { id: 'c_2', from: FROM + 60_000, until: FROM + 120_000, offered: [] }))
  w.answers['POST /v1/device/calls/c_1/reschedule'] = () => json({ verification: 'v_2' })
  await app.start(null)
  await soon(() => expect(home()).toBe('none'))
  send('request', { verification: 'v_1' })
  await soon(() => expect(request()).toMatchObject({ at: 'asking', readiness: 'finished' }))
  app.moveCall(0)
  await soon(() => expect(request()).toMatchObject({ at: 'asking', id: 'v_2', readiness: 'finished' }))
  expect(w.sent.find((s) => s.line.endsWith('/reschedule'))!.body).toEqual({ window: 0 })
})

test('a notice by a proven successor of the pinned key holds, and the newer key is the pinned one from then on', async () => {
  const second = await key()
  await ask(notice('v_1'), second)
  await app.start(null)
  await soon(() => expect(home()).toBe('none'))
  // The company's key changes while the phone listens.
  chain = [await next(company, second)]
  send('request', { verification: 'v_1' })
  await soon(() => expect(request()).toMatchObject({ at: 'asking' }))
  now += 61_000
  app.wake()
  await vi.waitFor(async () => expect((await w.deps.records.tenant('midori'))?.announcer).toEqual(second.jwk), { interval: 1 })
})

test('a notice by anybody else is a warning that can be reported', async () => {
  const stranger = await key()
  await ask(notice('v_1'), stranger)
  chain = [await next(stranger, stranger)]
  await app.start(null)
  await soon(() => expect(home()).toBe('none'))
  send('request', { verification: 'v_1' })
  await soon(() => expect(request()).toMatchObject({ at: 'forged', code: 'notice-key' }))
  expect(app.model.value.requestTenant).toBe('midori')
  app.approve()
  app.refuse(true)
  await soon(() => expect(request()).toMatchObject({ at: 'ended', outcome: 'denied', reported: true }))
  expect(w.sent.some((s) => s.line.endsWith('/approve'))).toBe(false)
})
