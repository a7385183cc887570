import 'fake-indexeddb/auto'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { App } from '../src/app/app'
import { Enrolment } from '../src/app/enrol'
import { toHex, utf8 } from '../src/core/bytes'
import { loadDeviceKey } from '../src/store/device'
import { NOW, policy, statement } from './fixtures'
import { json, OFFER, ORIGIN, world, type World } from './world'

/** A second company, of another issuer's server, with a proving key of its own: the two are published one after the other. */
const OTHER = 'https://kyc.aozora.example/issuer'
const OTHER_OFFER = `${ORIGIN}/app/#offer=${encodeURIComponent(`${OTHER}/offers/o_9`)}`
const newKey = utf8('newer proving key')

let w: World
let app: App

beforeEach(async () => {
  w = await world()
  const info = w.answers['GET /v1/tenants/midori']!
  const start = w.answers['POST /v1/enrolments']!
  const aozora = { ...statement().display, name: { ja: 'あおぞらカード', en: 'Aozora Card' } }
  const sha256 = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', newKey)))
  Object.assign(w.answers, {
    [`GET ${OTHER}/offers/o_9`]: () => json({ credential_issuer: OTHER, credential_configuration_ids: ['honnin-jp-1'], grants: { 'urn:ietf:params:oauth:grant-type:pre-authorized_code': { 'pre-authorized_code': 'code-9' } } }),
    'GET https://kyc.aozora.example/.well-known/openid-credential-issuer/issuer': () => json({ credential_issuer: OTHER, credential_endpoint: `${OTHER}/credential`, nonce_endpoint: `${OTHER}/nonce`, honnin: { server: ORIGIN, tenant: 'aozora', root: { kty: 'EC' } } }),
    'GET https://kyc.aozora.example/.well-known/oauth-authorization-server/issuer': () => json({ token_endpoint: `${OTHER}/token` }),
    [`POST ${OTHER}/token`]: () => json({ access_token: 'at9' }),
    [`POST ${OTHER}/nonce`]: () => json({ c_nonce: 'n9' }),
    [`POST ${OTHER}/credential`]: () => json({ credentials: [{ credential: { tenant: 'aozora', issuer_certificate: 'jws9', values: {} } }] }),
    'GET /v1/tenants/aozora': async () => json({ ...((await (await info(null)).json()) as object), tenant: 'aozora', display: aozora, policies: [policy({ id: 'card' })], circuit: { version: 1, proving_key: { url: '/keys/y.pk', sha256, bytes: newKey.length } } }),
    'GET /keys/y.pk': () => new Response(newKey),
    'POST /v1/enrolments': async (body: unknown) => {
      const { tenant } = body as { tenant: string }
      const answer = (await (await start(body)).json()) as { statement: object }
      return json({ ...answer, enrolment: tenant === 'aozora' ? 'e_9' : 'e_1', statement: { ...answer.statement, tenant } }, 201)
    },
    'POST /v1/enrolments/e_9/complete': () => json({ device: 'd_9', others: 0 }, 201),
    'POST /v1/device/challenge': () => json({ challenge: 'AAAA' }),
    'POST /v1/device/session': (body: unknown) => json({ token: `t-${(body as { device: string }).device}`, expires_in: 3600 }),
    'GET /v1/device/requests': () => json({ requests: [], now: NOW }),
    'GET /v1/device/stream': () => new Response(new ReadableStream({}), { headers: { 'content-type': 'text/event-stream' } }),
  })
  for (const [offer, subject] of [[OFFER, 'C-20481'], [OTHER_OFFER, 'A-77']] as const) {
    w.subject = subject
    const enrolment = new Enrolment(w.deps, () => undefined)
    await enrolment.read(offer)
    await enrolment.start()
    await enrolment.passkey('ja')
  }
  app = new App(w.deps, { lang: 'ja', saveLang: () => undefined, wait: () => new Promise(() => undefined), canScan: false, persist: () => undefined })
})
afterEach(() => {
  app.removeCompany('midori')
  app.removeCompany('aozora')
})

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { interval: 1 })

test('two companies of two issuers live side by side: each its credential, its key, its session', async () => {
  expect(await w.deps.records.tenants()).toMatchObject([{ tenant: 'aozora', issuer: OTHER, handle: 'A-77', device: 'd_9', issuerCertificate: 'jws9' }, { tenant: 'midori', handle: 'C-20481', device: 'd_1', issuerCertificate: 'jws' }])
  const [a, b] = await Promise.all(['midori', 'aozora'].map((tenant) => loadDeviceKey(w.deps.db, crypto, 'device', tenant)))
  expect(a!.jwk).not.toEqual(b!.jwk)
  await app.start(null)
  await soon(() => expect(app.model.value.companies.map((c) => [c.tenant, c.issuerHost, c.calls.staleSince])).toEqual([['aozora', 'kyc.aozora.example', null], ['midori', 'issuer.example', null]]))
  const tokens = w.sent.filter((s) => s.line === 'GET /v1/device/calls').map((s) => s.auth)
  expect(new Set(tokens)).toEqual(new Set(['Bearer t-d_1', 'Bearer t-d_9']))
})

test("one company's newer proving key does not cost the other its own: each is fetched once", async () => {
  await app.start(null)
  await soon(() => expect(app.model.value.companies.map((c) => c.prepared)).toEqual(['ready', 'ready']))
  expect(await w.deps.db.keys('blobs', 'proving-key:')).toHaveLength(2)
  expect(w.sent.filter((s) => s.line.startsWith('GET /keys/')).map((s) => s.line).sort()).toEqual(['GET /keys/x.pk', 'GET /keys/y.pk'])
})

test('removing one leaves the other as it was', async () => {
  await app.start(null)
  const before = await w.deps.records.tenant('midori')
  app.removeCompany('aozora')
  await soon(async () => expect(await w.deps.records.tenant('aozora')).toBeNull())
  expect(await w.deps.records.tenant('midori')).toEqual(before)
  expect(await loadDeviceKey(w.deps.db, crypto, 'device', 'midori')).not.toBeNull()
  expect(await loadDeviceKey(w.deps.db, crypto, 'device', 'aozora')).toBeNull()
})
