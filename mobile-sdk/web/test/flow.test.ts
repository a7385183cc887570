import 'fake-indexeddb/auto'
import { beforeEach, expect, test } from 'vitest'
import { Call } from '../src/app/call'
import { Company } from '../src/app/company'
import { Enrolment } from '../src/app/enrol'
import { toB64u, utf8 } from '../src/core/bytes'
import { enrolStep, type EnrolState } from '../src/core/enrolment'
import type { RequestState } from '../src/core/request'
import { deviceApi } from '../src/core/server'
import { loadDeviceKey } from '../src/store/device'
import type { TenantRecord } from '../src/store/records'
import { NOW, policy, statement } from './fixtures'
import { dictionaries, troubleFor } from '../src/i18n/index'
import { json, OFFER, ORIGIN, problem, world, type World } from './world'

let w: World
let state: EnrolState
let enrolment: Enrolment
beforeEach(async () => {
  w = await world()
  state = { at: 'reading' }
  enrolment = new Enrolment(w.deps, (event) => {
    state = enrolStep(state, event)
  })
})

const lines = () => w.sent.map((s) => s.line)
const settled = () => new Promise((resolve) => setTimeout(resolve, 0))

async function enrolled(): Promise<TenantRecord> {
  await enrolment.read(OFFER)
  await enrolment.start()
  await enrolment.passkey('ja')
  expect(state.at).toBe('enrolled')
  return (await w.deps.records.tenant('midori')) as TenantRecord
}

test('enrolment: who offers is shown before anything is spent; then it runs to the end', async () => {
  await enrolment.read(OFFER)
  expect(state).toMatchObject({ at: 'offered', offering: { tenant: 'midori', issuerHost: 'issuer.example' } })
  expect(lines().some((l) => l.startsWith('POST'))).toBe(false)
  await enrolment.start()
  expect(state).toMatchObject({ at: 'passkey', consent: { ja: expect.stringContaining('同意します') as string } })
  expect(w.passkey.options).toEqual([])
  await enrolment.passkey('en')
  expect(state.at).toBe('enrolled')

  const body = w.sent.find((s) => s.line.endsWith('/complete'))!.body as Record<string, string>
  expect(body['consent']).toEqual({ wording: 3, language: 'en' })
  expect(Object.keys(body).sort()).toEqual(['as_of', 'consent', 'device_key', 'device_signature', 'issuer_certificate', 'label', 'others', 'passkey', 'proof', 'pseudonym'])
  const record = (await w.deps.records.tenant('midori'))!
  expect(record).toMatchObject({ device: 'd_1', handle: 'C-20481' })
  expect(await w.deps.records.pending()).toEqual([])
  expect(await loadDeviceKey(w.deps.db, crypto, 'device', 'midori')).not.toBeNull()
})

test('enrolment: nobody is asked to agree to what cannot be read', async () => {
  const start = w.answers['POST /v1/enrolments']!
  const spoilt = [undefined, { wording: 1 }, { wording: 1, text: { ja: '同意します。' } }, { wording: 1, text: { ja: '同意\u202eします。', en: 'I agree.' } }, { text: { ja: '同意します。', en: 'I agree.' } }]
  for (const consent of spoilt) {
    w.answers['POST /v1/enrolments'] = async () => json({ ...((await (await start(null)).json()) as object), consent }, 201)
    await enrolment.read(OFFER)
    await enrolment.start()
    expect(state).toMatchObject({ at: 'failed', code: 'statement-unsafe' })
    expect(w.passkey.options).toEqual([])
  }
})

test('enrolment: nothing of the credential and no holder secret goes to the server', async () => {
  await enrolled()
  const toServer = JSON.stringify(w.sent.filter((s) => s.line.includes(' /v1/')))
  expect(toServer).not.toContain('秘密')
  expect(toServer).not.toContain(toB64u(utf8('holder secret')))
  expect(JSON.stringify(w.sent)).not.toContain(toB64u(utf8('holder secret')))
})

test.each<[string, string, () => Response, string]>([
  ['expired offer', 'GET https://issuer.example/offers/o_1', () => problem('expired', 410), 'offer-expired'],
  ['used offer', 'GET https://issuer.example/offers/o_1', () => problem('not-found', 404), 'offer-used'],
  ['unknown tenant', 'GET /v1/tenants/midori', () => problem('not-found', 404), 'issuer-unknown'],
  ['another service', 'GET https://issuer.example/.well-known/openid-credential-issuer', () => json({ credential_issuer: 'https://issuer.example', honnin: { server: 'https://other.example', tenant: 'midori' } }), 'other-server'],
])('enrolment: %s is told apart and spends nothing', async (_, line, answer, code) => {
  w.answers[line] = answer
  await enrolment.read(OFFER)
  expect(state).toMatchObject({ at: 'failed', code })
  expect(lines().some((l) => l.startsWith('POST'))).toBe(false)
})

test('enrolment: a code used in the meantime, and a phone without passkeys', async () => {
  w.answers['POST https://issuer.example/token'] = () => json({ error: 'invalid_grant' }, 400)
  await enrolment.read(OFFER)
  await enrolment.start()
  expect(state).toMatchObject({ at: 'failed', code: 'offer-used', resumable: false })

  const bare = await world()
  bare.deps.passkeys.available = () => false
  let seen: EnrolState = { at: 'reading' }
  const other = new Enrolment(bare.deps, (e) => (seen = enrolStep(seen, e)))
  await other.read(OFFER)
  await other.start()
  expect(seen).toMatchObject({ at: 'failed', code: 'no-passkey' })
  expect(bare.sent.some((s) => s.line.startsWith('POST'))).toBe(false)
})

test('enrolment: an unknown issuer at the end is said, and a broken line is resumed without a second offer', async () => {
  const complete = w.answers['POST /v1/enrolments/e_1/complete']!
  w.answers['POST /v1/enrolments/e_1/complete'] = () => problem('issuer-unknown', 422)
  await enrolment.read(OFFER)
  await enrolment.start()
  await enrolment.passkey('ja')
  expect(state).toMatchObject({ at: 'failed', code: 'issuer-unknown' })
  expect(await w.deps.records.tenants()).toEqual([])

  w.answers['POST /v1/enrolments/e_1/complete'] = complete
  await enrolment.start()
  await enrolment.passkey('ja')
  expect(state.at).toBe('enrolled')
  expect(lines().filter((l) => l.endsWith('/token'))).toHaveLength(1)
})

test('enrolment: a cancelled passkey can be tried again', async () => {
  await enrolment.read(OFFER)
  await enrolment.start()
  w.passkey.fail = new DOMException('no', 'NotAllowedError')
  await enrolment.passkey('ja')
  expect(state).toMatchObject({ at: 'passkey', error: 'passkey-cancelled' })
  w.passkey.fail = null
  await enrolment.passkey('ja')
  expect(state.at).toBe('enrolled')
})

test('enrolment: left before its passkey, the prepared state is wiped', async () => {
  await enrolment.read(OFFER)
  await enrolment.start()
  expect(state.at).toBe('passkey')
  expect(w.proved.map((p) => p.method)).not.toContain('drop')
  enrolment.leave()
  expect(w.proved.at(-1)).toEqual({ method: 'drop', args: ['enrol:midori'] })
  await enrolment.passkey('ja')
  expect(lines().some((l) => l.endsWith('/complete'))).toBe(false)
})

/** A second offer, opened by the same phone. */
async function another(): Promise<() => EnrolState> {
  let seen: EnrolState = { at: 'reading' }
  const second = new Enrolment(w.deps, (e) => (seen = enrolStep(seen, e)))
  await second.read(OFFER)
  await second.start()
  await second.passkey('ja')
  return () => seen
}

test("enrolment: somebody else's offer leaves this customer's enrolment as it was", async () => {
  const before = await enrolled()
  const key = (await loadDeviceKey(w.deps.db, crypto, 'device', 'midori'))!.jwk
  w.subject = 'C-90210'
  w.sent.length = 0
  const passkeys = w.passkey.options.length
  expect((await another())()).toMatchObject({ at: 'failed', code: 'other-customer', resumable: false })
  expect(await w.deps.records.tenant('midori')).toEqual(before)
  expect((await loadDeviceKey(w.deps.db, crypto, 'device', 'midori'))!.jwk).toEqual(key)
  expect(await loadDeviceKey(w.deps.db, crypto, 'pending', 'midori')).toBeNull()
  expect(await w.deps.records.pending()).toEqual([])
  expect(lines().some((l) => l.includes('/v1/enrolments'))).toBe(false)
  expect(w.passkey.options).toHaveLength(passkeys)
  expect(troubleFor('other-customer')).toBe('other-customer')
  expect(dictionaries.ja.troubles['other-customer'].text).toContain(dictionaries.ja.settings)
  expect(dictionaries.en.troubles['other-customer'].text).toContain(dictionaries.en.settings)
})

test('enrolment: a kept credential of another customer is not finished once this phone is enrolled', async () => {
  w.subject = 'C-90210'
  await enrolment.read(OFFER)
  await enrolment.start()
  const waiting = (await w.deps.records.pending())[0]!
  const mine = { ...waiting, handle: 'C-20481', device: 'd_0', enrolledAt: NOW }
  await w.deps.records.saveTenant(mine)
  await enrolment.passkey('ja')
  expect(state).toMatchObject({ at: 'failed', code: 'other-customer', resumable: false })
  let seen: EnrolState = { at: 'reading' }
  const later = new Enrolment(w.deps, (e) => (seen = enrolStep(seen, e)))
  await later.resume(waiting)
  await later.start()
  expect(seen).toMatchObject({ at: 'failed', code: 'other-customer', resumable: false })
  expect(lines().some((l) => l.endsWith('/complete'))).toBe(false)
  expect(await w.deps.records.tenant('midori')).toEqual(mine)
})

test('enrolment: the same customer may enrol again', async () => {
  await enrolled()
  const key = (await loadDeviceKey(w.deps.db, crypto, 'device', 'midori'))!.jwk
  w.answers['POST /v1/enrolments/e_1/complete'] = () => json({ device: 'd_2' }, 201)
  expect((await another())().at).toBe('enrolled')
  expect(await w.deps.records.tenant('midori')).toMatchObject({ device: 'd_2', handle: 'C-20481' })
  expect((await loadDeviceKey(w.deps.db, crypto, 'device', 'midori'))!.jwk).not.toEqual(key)
})

test.each<[string, object, string]>([
  ['that asks for more than the customer number', { enrolment_policy: policy({ id: 'enrolment', predicates: [...policy().predicates, { slot: 'birth', op: 'LE', value: 20061122 }] }) }, 'statement-unsupported'],
  ['whose name hides a character', { display: { ...statement().display, name: { ja: 'みどり\u3164銀行', en: 'Midori Bank' } } }, 'statement-unsafe'],
])('enrolment: a company %s is refused before anything is spent or shown', async (_, change, code) => {
  const good = w.answers['GET /v1/tenants/midori']!
  w.answers['GET /v1/tenants/midori'] = async (b) => json({ ...((await (await good(b)).json()) as object), ...change })
  await enrolment.read(OFFER)
  expect(state).toMatchObject({ at: 'failed', code, offering: null })
  expect(lines().some((l) => l.startsWith('POST'))).toBe(false)
  const kept = { tenant: 'midori', issuer: 'https://issuer.example', handle: 'C-20481' } as TenantRecord
  state = { at: 'reading' }
  await enrolment.resume(kept)
  expect(state).toMatchObject({ at: 'failed', code, offering: null })
})

test('an enrolled company keeps the name shown so far when the new one is unfit for a screen', async () => {
  const record = await enrolled()
  const good = w.answers['GET /v1/tenants/midori']!
  let name = 'Midori\u2800Bank'
  w.answers['GET /v1/tenants/midori'] = async (b) => {
    const info = (await (await good(b)).json()) as { display: object }
    return json({ ...info, display: { ...info.display, name: { ja: 'みどり', en: name } }, policies: [policy({ id: 'new' })] })
  }
  const company = new Company(w.deps, record, { changed: () => undefined, refreshed: () => undefined, request: () => undefined, ended: () => undefined, wait: () => Promise.resolve() })
  await company.refresh(true)
  expect(company.record).toMatchObject({ display: statement().display, policies: [{ id: 'new' }] })
  name = 'Midori'
  await company.refresh(true)
  expect(company.record.display.name.en).toBe('Midori')
})

async function call(record: TenantRecord): Promise<{ call: Call; at: () => RequestState }> {
  const api = deviceApi(w.deps.fetch, ORIGIN, async () => 'token')
  const c = new Call(w.deps, record, api, 'v_1', () => undefined)
  await c.open()
  await settled()
  return { call: c, at: () => c.state }
}

test('a call: digits, a finished proof before the tap, the approval as challenge, then passed', async () => {
  const { call: c, at } = await call(await enrolled())
  expect(at()).toMatchObject({ at: 'asking', readiness: 'prepared' })
  expect(lines()).toContain('POST /v1/device/requests/v_1/opened')
  c.dispatch({ type: 'digits', digits: '47' })
  await settled()
  expect(at()).toMatchObject({ readiness: 'finished' })
  w.passkey.options.length = 0
  const tapped = c.approve()
  // Within the tap itself, before anything was awaited.
  expect(w.passkey.options).toEqual([{ rpId: 'phone.example', challenge: toB64u(utf8('approval-47')) }])
  await tapped
  expect(at()).toMatchObject({ at: 'ended', outcome: 'passed', reference: 'H7K2-93QD' })
  const sent = w.sent.find((s) => s.line.endsWith('/approve'))!
  expect(sent.body).toEqual({ proof: 'proof-47', as_of: 20261119, match_code: '47', assertion: { id: 'asserted' } })
  expect(sent.auth).toBe('Bearer token')
})

test('a call: the state is wiped on the page once handed on, and in the worker when the request is over', async () => {
  const record = await enrolled()
  const given: Uint8Array[] = []
  const { call: forward } = w.deps.prover
  w.deps.prover.call = ((method, args, signal) => {
    if (method === 'hold') given.push(args[1] as Uint8Array)
    return forward(method, args, signal)
  }) as typeof forward
  const { call: c } = await call(record)
  await c.refuse(false)
  expect(given.map((bytes) => bytes.length > 0 && bytes.every((b) => b === 0))).toEqual([true])
  expect(w.proved.at(-1)).toEqual({ method: 'drop', args: ['v_1'] })
})

test('a call: a wrong number is asked for again with fresh randomness', async () => {
  const { call: c, at } = await call(await enrolled())
  w.answers['POST /v1/device/requests/v_1/approve'] = () => problem('wrong-number', 422, { attempts_left: 2 })
  c.dispatch({ type: 'digits', digits: '11' })
  await settled()
  await c.approve()
  expect(at()).toMatchObject({ at: 'asking', attemptsLeft: 2, digits: '' })
  c.dispatch({ type: 'digits', digits: '11' })
  await settled()
  const entropy = w.proved.filter((p) => p.method === 'finish').map((p) => String(p.args[2]))
  expect(new Set(entropy).size).toBe(entropy.length)
})

test('a call: refused, and refused with a report', async () => {
  const record = await enrolled()
  const first = await call(record)
  await first.call.refuse(false)
  expect(first.at()).toMatchObject({ at: 'ended', outcome: 'denied', reported: false })
  const second = await call(record)
  await second.call.refuse(true)
  expect(second.at()).toMatchObject({ outcome: 'denied', reported: true })
  expect(w.sent.filter((s) => s.line.endsWith('/refuse')).map((s) => s.body)).toEqual([{ report: false }, { report: true }])
  expect(lines().some((l) => l.endsWith('/approve'))).toBe(false)
})

test('a call: what the credential does not meet is not sent, nor which part it was', async () => {
  const record = await enrolled()
  w.meets = false
  const { call: c, at } = await call(record)
  expect(at().at).toBe('unprovable')
  expect(lines().some((l) => /approve|unprovable/.test(l))).toBe(false)
  await c.sayUnprovable()
  expect(at()).toMatchObject({ at: 'ended', outcome: 'failed', unprovable: true })
  expect(w.sent.find((s) => s.line.endsWith('/unprovable'))!.body).toEqual({})
})

test('a call: a statement about another policy is not shown and nothing can be approved', async () => {
  const record = await enrolled()
  const good = w.answers['GET /v1/device/requests/v_1']!
  w.answers['GET /v1/device/requests/v_1'] = async (b) => {
    const view = (await (await good(b)).json()) as { policy: { id: string } }
    return json({ ...view, policy: { ...view.policy, id: 'weaker' } })
  }
  const { call: c, at } = await call(record)
  expect(at()).toMatchObject({ at: 'rejected', code: 'statement-mismatch' })
  await c.approve()
  expect(lines().some((l) => /approve|opened/.test(l))).toBe(false)
})

test('a call: the stream ends it, and time ends it', async () => {
  const record = await enrolled()
  const first = await call(record)
  first.call.streamEnded('cancelled')
  expect(first.at()).toMatchObject({ at: 'ended', outcome: 'cancelled' })
  const second = await call(record)
  w.deps.now = () => NOW + 119_001
  second.call.tick()
  expect(second.at()).toMatchObject({ at: 'ended', outcome: 'expired' })
})

test('a call: an answer lost on the way is looked up, not sent twice', async () => {
  const { call: c, at } = await call(await enrolled())
  c.dispatch({ type: 'digits', digits: '47' })
  await settled()
  const view = w.answers['GET /v1/device/requests/v_1']!
  w.answers['POST /v1/device/requests/v_1/approve'] = () => problem('already-decided', 409)
  w.answers['GET /v1/device/requests/v_1'] = async (b) => json({ ...((await (await view(b)).json()) as object), state: 'passed' })
  w.answers['GET /v1/device/history'] = () => json({ entries: [{ verification: 'v_1', reference: 'ABCD-EFGH', statement_purpose: null, state: 'passed', decided_at: NOW + 1 }] })
  await c.approve()
  await settled()
  expect(at()).toMatchObject({ at: 'ended', outcome: 'passed', reference: 'ABCD-EFGH' })
})
