import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { App } from '../src/app/app'
import { Enrolment } from '../src/app/enrol'
import { addedPhones, phoneName, readPhones, type Phone } from '../src/core/devices'
import { enrolStep, type EnrolState } from '../src/core/enrolment'
import { NOW } from './fixtures'
import { json, OFFER, problem, world, type World } from './world'

const own: Phone = { id: 'd_1', label: 'iPhone', enrolled_at: NOW - 5000, last_used_at: NOW, this: true }
const old: Phone = { id: 'd_0', label: 'Android', enrolled_at: NOW - 90_000, last_used_at: null, this: false }
const young: Phone = { id: 'd_2', label: 'Android', enrolled_at: NOW - 1000, last_used_at: null, this: false }

test('the list is shown whole or not at all, this phone first', () => {
  expect(readPhones({ devices: [old, own] })).toEqual([own, old])
  const spoilt = [null, {}, { devices: [old] }, { devices: [own, { ...old, this: true }] }, { devices: [own, own] }, { devices: [own, { ...old, label: 'iPhone\u202e' }] }, { devices: [own, { ...old, enrolled_at: '1' }] }, { devices: [own, ...[1, 2, 3, 4, 5].map((n) => ({ ...old, id: `d_${n}0` }))] }]
  for (const answer of spoilt) expect(readPhones(answer)).toBeNull()
})

test('before the first list, those enrolled after this phone are new; later, whoever was not seen', () => {
  expect(addedPhones([own, old, young], null)).toEqual([young])
  expect(addedPhones([own, old, young], ['d_1', 'd_2'])).toEqual([old])
})

test('a name must be fit for a screen; an empty one takes it away', () => {
  expect([phoneName(' 太郎の携帯 '), phoneName('  '), phoneName('a\u202eb'), phoneName('x'.repeat(25))]).toEqual(['太郎の携帯', '', null, null])
})

let w: World
let app: App
let devices: Phone[]
let send: (event: string) => void

beforeEach(async () => {
  w = await world()
  devices = [own, old]
  w.answers['GET /v1/device/devices'] = () => json({ devices, now: NOW })
  w.answers['DELETE /v1/device/devices/d_2'] = () => {
    devices = devices.filter((d) => d.id !== 'd_2')
    return new Response(null, { status: 204 })
  }
  w.answers['POST /v1/device/challenge'] = () => json({ challenge: 'AAAA' })
  w.answers['POST /v1/device/session'] = () => json({ token: 't', expires_in: 3600 })
  w.answers['GET /v1/device/requests'] = () => json({ requests: [], now: NOW })
  w.answers['GET /v1/device/stream'] = () => {
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        send = (event) => stream.enqueue(new TextEncoder().encode(`event: ${event}\ndata: {}\n\n`))
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  const enrolment = new Enrolment(w.deps, () => undefined)
  await enrolment.read(OFFER)
  await enrolment.start()
  await enrolment.passkey('ja')
  app = new App(w.deps, { lang: 'ja', saveLang: () => undefined, wait: () => new Promise(() => undefined), canScan: false, persist: () => undefined })
  await app.start(null)
})
afterEach(() => app.removeCompany('midori'))

const soon = (check: () => void) => vi.waitFor(check, { interval: 1 })
const phones = () => app.model.value.companies[0]!.phones

test('a phone that is added is told of until it is accepted, over a restart too', async () => {
  await soon(() => expect(phones()).toMatchObject({ list: [own, old], added: [] }))
  devices = [own, old, young]
  send('devices')
  await soon(() => expect(phones().added).toEqual([young]))
  app.acceptPhone('midori', 'd_2')
  await soon(() => expect(phones().added).toEqual([]))
  expect((await w.deps.records.phones('midori'))!.seen).toEqual(['d_1', 'd_0', 'd_2'])
  send('devices')
  await soon(() => expect(w.sent.filter((s) => s.line === 'GET /v1/device/devices').length).toBeGreaterThan(2))
  expect(phones().added).toEqual([])
})

test('a phone that is not theirs is removed, and the list asked for anew', async () => {
  devices = [own, old, young]
  send('devices')
  await soon(() => expect(phones().added).toEqual([young]))
  app.removePhone('midori', 'd_2')
  await soon(() => expect(phones()).toMatchObject({ list: [own, old], added: [], removing: null, error: null }))
  expect(w.sent.filter((s) => s.line.startsWith('DELETE'))).toMatchObject([{ line: 'DELETE /v1/device/devices/d_2', auth: 'Bearer t' }])
})

test('one that another phone removed already is gone; one that cannot be removed stays, and it is said', async () => {
  devices = [own, old, young]
  w.answers['DELETE /v1/device/devices/d_2'] = () => problem('busy', 503)
  send('devices')
  await soon(() => expect(phones().added).toEqual([young]))
  app.removePhone('midori', 'd_2')
  await soon(() => expect(phones()).toMatchObject({ added: [young], removing: null, error: 'busy' }))
  w.answers['DELETE /v1/device/devices/d_2'] = () => ((devices = [own, old]), problem('not-found', 404))
  app.removePhone('midori', 'd_2')
  await soon(() => expect(phones()).toMatchObject({ added: [], error: null }))
})

test('names stay in the vault: nothing that goes out holds one', async () => {
  await soon(() => expect(phones().list).not.toBeNull())
  app.namePhone('midori', 'd_0', '太郎の携帯')
  await soon(() => expect(phones().names).toEqual({ d_0: '太郎の携帯' }))
  app.loadPhones('midori')
  devices = [own, old, young]
  send('devices')
  await soon(() => expect(phones().added).toEqual([young]))
  expect(phones().names).toEqual({ d_0: '太郎の携帯' })
  app.removePhone('midori', 'd_2')
  await soon(() => expect(phones().added).toEqual([]))
  expect(JSON.stringify(w.sent)).not.toContain('太郎')
  app.namePhone('midori', 'd_0', '')
  await soon(() => expect(phones().names).toEqual({}))
})

test('a list that cannot be shown changes nothing, and is said', async () => {
  await soon(() => expect(phones().list).not.toBeNull())
  w.answers['GET /v1/device/devices'] = () => json({ devices: [old] })
  send('devices')
  await soon(() => expect(phones()).toMatchObject({ list: [own, old], error: 'malformed-answer' }))
})

test('removing the company here tells the server that this phone is gone', async () => {
  await soon(() => expect(phones().list).not.toBeNull())
  app.removeCompany('midori')
  await soon(() => expect(w.sent.map((s) => s.line)).toContain('DELETE /v1/device/devices/d_1'))
})

test.each([['keep'], ['replace']] as const)('at enrolment the other phones are asked about: %s', async (others) => {
  const bare = await world()
  let state: EnrolState = { at: 'reading' }
  const enrolment = new Enrolment(bare.deps, (event) => (state = enrolStep(state, event)))
  await enrolment.read(OFFER)
  await enrolment.start()
  expect(state).toMatchObject({ at: 'passkey', others: 'keep' })
  bare.answers['POST /v1/enrolments/e_1/complete'] = () => json({ device: 'd_1', others: 2 }, 201)
  await enrolment.passkey('ja', others)
  expect(bare.sent.find((s) => s.line.endsWith('/complete'))!.body).toMatchObject({ others })
  expect(state).toMatchObject({ at: 'enrolled', others: 2 })
})

test('a sixth phone is refused in words, and the choice can be made anew', async () => {
  const bare = await world()
  let state: EnrolState = { at: 'reading' }
  const enrolment = new Enrolment(bare.deps, (event) => (state = enrolStep(state, event)))
  await enrolment.read(OFFER)
  await enrolment.start()
  bare.answers['POST /v1/enrolments/e_1/complete'] = () => problem('too-many-devices', 409)
  await enrolment.passkey('ja', 'keep')
  expect(state).toMatchObject({ at: 'failed', code: 'too-many-devices', resumable: true })
  bare.answers['POST /v1/enrolments/e_1/complete'] = () => json({ device: 'd_1', others: 0 }, 201)
  await enrolment.start()
  await enrolment.passkey('ja', 'replace')
  expect(state.at).toBe('enrolled')
})
