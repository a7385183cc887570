import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { App } from '../src/app/app'
import { Enrolment } from '../src/app/enrol'
import type { Policy } from '../src/core/wire'
import { NOW, policy, statement } from './fixtures'
import { json, OFFER, world, type World } from './world'

let w: World
let app: App
let now: number
let offered: Policy[]
let send: (event: string, data: object) => void

beforeEach(async () => {
  w = await world()
  now = NOW
  w.deps.now = () => now
  offered = [policy()]
  const info = w.answers['GET /v1/tenants/midori']!
  w.answers['GET /v1/tenants/midori'] = async (b) => json({ ...((await (await info(b)).json()) as object), policies: offered, now })
  w.answers['POST /v1/device/challenge'] = () => json({ challenge: 'AAAA' })
  w.answers['POST /v1/device/session'] = () => json({ token: 't', expires_in: 3600 })
  w.answers['GET /v1/device/requests'] = () => json({ requests: [], now })
  w.answers['GET /v1/device/stream'] = () => {
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        send = (event, data) => stream.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  const enrolment = new Enrolment(w.deps, () => undefined)
  await enrolment.read(OFFER)
  await enrolment.start()
  await enrolment.passkey('ja')
  w.sent.length = 0
  w.proved.length = 0
  app = new App(w.deps, { lang: 'en', saveLang: () => undefined, wait: () => new Promise(() => undefined), canScan: false, persist: () => undefined })
})
afterEach(() => app.removeCompany('midori'))

const soon = (check: () => void) => vi.waitFor(check, { interval: 1 })
/** Policies that were prepared, in order. */
const prepared = () => w.proved.filter((p) => p.method === 'prepare').map((p) => `${(JSON.parse(p.args[2] as string) as Policy).id}:${p.args[4]}`)
const ready = () => soon(() => expect(app.model.value.companies[0]?.prepared).toBe('ready'))
const asked = () => w.sent.filter((s) => s.line === 'GET /v1/tenants/midori').length

test('after a start every policy is prepared; a night later the new day is, by the clock alone', async () => {
  await app.start(null)
  await ready()
  // The evening of the 18th in Tokyo.
  expect(prepared()).toEqual(['standard:20261118', 'standard:20261119'])
  now += 24 * 3_600_000
  app.tick()
  await soon(() => expect(prepared()).toEqual(['standard:20261118', 'standard:20261119', 'standard:20261120']))
})

test('waking asks for the policies again and prepares those that are new, but does not ask at every glance', async () => {
  await app.start(null)
  await ready()
  const before = asked()
  offered = [policy(), policy({ id: 'new' })]
  app.wake()
  app.wake()
  now += 61_000
  app.wake()
  app.wake()
  await soon(() => expect(prepared().filter((p) => p.startsWith('new'))).toHaveLength(2))
  expect(asked()).toBe(before + 1)
  await ready()
})

test('a page that stays open asks once an hour', async () => {
  await app.start(null)
  await ready()
  const before = asked()
  const minutes = (n: number) => {
    for (let minute = 0; minute < n; minute++) {
      now += 60_000
      app.tick()
    }
  }
  minutes(59)
  expect(asked()).toBe(before)
  offered = [policy({ id: 'hourly' })]
  minutes(1)
  await soon(() => expect(prepared()).toContain('hourly:20261119'))
  expect(asked()).toBe(before + 1)
  minutes(59)
  expect(asked()).toBe(before + 1)
  minutes(1)
  await soon(() => expect(asked()).toBe(before + 2))
})

test('a request under a policy nobody had heard of is prepared first, and its policy learnt afterwards', async () => {
  await app.start(null)
  await ready()
  const fresh = policy({ id: 'fresh' })
  w.answers['GET /v1/device/requests/v_1'] = () => json({
    statement: statement({ policy: { id: 'fresh', version: 1, digest: 'digest:fresh' } }), policy: fresh, words: { proves: [], not_sent: { ja: [], en: [] } }, state: 'created', passkey: {}, now,
  })
  const before = asked()
  send('request', { verification: 'v_1' })
  await soon(() => expect(app.model.value.request).toMatchObject({ at: 'asking', readiness: 'prepared' }))
  expect(prepared().at(-1)).toBe('fresh:20261118')
  offered = [policy(), fresh]
  app.refuse(false)
  await soon(() => expect(app.model.value.request?.at).toBe('ended'))
  await soon(() => expect(prepared().at(-1)).toBe('fresh:20261119'))
  expect(asked()).toBe(before + 1)
})

test('a request waits for nothing that could have been prepared: what is prepared is held at once, and dropped after', async () => {
  await app.start(null)
  await ready()
  w.proved.length = 0
  const view = w.answers['GET /v1/device/requests/v_1']!
  w.answers['GET /v1/device/requests/v_1'] = async (b) => json({ ...((await (await view(b)).json()) as object), statement: statement({ expires_at: NOW + 48 * 3_600_000 }) })
  send('request', { verification: 'v_1' })
  await soon(() => expect(app.model.value.request).toMatchObject({ at: 'asking', readiness: 'prepared' }))
  expect(new Set(w.proved.map((p) => p.method))).toEqual(new Set(['describePolicy', 'hold']))
  // While it is on the screen the day turns: nothing is begun until it is over.
  now += 24 * 3_600_000
  app.tick()
  app.wake()
  await soon(() => expect(asked()).toBeGreaterThan(1))
  expect(prepared()).toEqual([])
  send('ended', { verification: 'v_1', state: 'cancelled' })
  await soon(() => expect(app.model.value.request?.at).toBe('ended'))
  expect(w.proved.map((p) => p.method)).toContain('drop')
  await soon(() => expect(prepared()).toContain('standard:20261120'))
})

test('a removed company leaves nothing behind, not even what was being prepared', async () => {
  await app.start(null)
  await ready()
  app.removeCompany('midori')
  await soon(async () => expect(app.model.value.companies).toEqual([]))
  await vi.waitFor(async () => expect(await w.deps.vault.ids('')).toEqual([]), { interval: 1 })
})
