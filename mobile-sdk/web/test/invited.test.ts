import 'fake-indexeddb/auto'
import { beforeEach, expect, test, vi } from 'vitest'
import { App } from '../src/app/app'
import { concat, fromB64u, toB64u, utf8 } from '../src/core/bytes'
import { certifiedFor, checkEligibilityPolicy, checkInvitation, invitationToken, type Invitation } from '../src/core/invitation'
import { checkStatement } from '../src/core/statement'
import type { DeviceJwk, Policy } from '../src/core/wire'
import type { TenantRecord } from '../src/store/records'
import { NOW, policy, statement } from './fixtures'
import { json, ORIGIN, problem, world, type World } from './world'

const TOKEN = 'AAAAAAAAAAAAAAAAAAAAAA'
const LINK = `${ORIGIN}/app/#/invited/${TOKEN}`
const ROOT = 'r'.repeat(43)
const certificate = (tenant: string, kid = ROOT, change: object = {}) =>
  [{ alg: 'ES256', typ: 'honnin-issuer-cert+jwt', kid }, { iss: 'https://issuer.example', tenant, nbf: NOW / 1000 - 60, exp: NOW / 1000 + 60, ...change }].map((part) => toB64u(utf8(JSON.stringify(part)))).join('.') + '.AAAA'
const open: Policy = policy({ id: 'open', predicates: [{ slot: 'birth', op: 'LE', value: { years_before: 20 } }, { slot: 'kyc_level', op: 'GE', value: 2 }], number_match: false })
const purpose = { code: 'open-account', ja: '口座開設', en: 'Opening an account' }
const CHALLENGE = toB64u(new Uint8Array(32).fill(7))

let w: World
let app: App
let info: Invitation
let send: (event: string, data: object) => void

async function keep(tenant: string, issuerCertificate: string): Promise<void> {
  const { display } = statement()
  const record: TenantRecord = {
    tenant, server: ORIGIN, issuer: 'https://issuer.example', display, timeZone: 'Asia/Tokyo', handle: 'C-20481', credential: `{"of":"${tenant}"}`, holder: toB64u(utf8('holder secret')),
    issuerCertificate, policies: [], enrolmentPolicy: policy(), provingKey: info.tenant.circuit.proving_key, announcer: null, device: `d_${tenant}`, enrolledAt: NOW,
  }
  await w.deps.records.saveTenant(record)
}

beforeEach(async () => {
  w = await world()
  const midori = (await (await w.answers['GET /v1/tenants/midori']!(null)).json()) as Invitation['tenant']
  const display = { ...statement().display, name: { ja: 'あおぞらカード', en: 'Aozora Card' } }
  info = {
    tenant: { ...midori, tenant: 'aozora', display }, policy: open, purpose, issuers: [{ thumbprint: ROOT, certifies: 'midori' }], passkey: { challenge: 'pk' },
    consent: { text: { ja: 'この確認に答えることに同意します。', en: 'I agree to answer this check.' }, wording: 4 }, challenge: CHALLENGE, expires_at: NOW + 600_000, now: NOW,
  }
  w.answers['POST /v1/prospects/read'] = () => json(info)
  w.answers['POST /v1/prospects/accept'] = () => json({ device: 'd_p', verification: 'v_1' }, 201)
  w.answers['POST /v1/device/challenge'] = () => json({ challenge: 'AAAA' })
  w.answers['POST /v1/device/session'] = () => json({ token: 't', expires_in: 3600 })
  w.answers['GET /v1/device/requests'] = () => json({ requests: [], now: NOW })
  w.answers['GET /v1/device/stream'] = () => {
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => {
        send = (event, data) => stream.enqueue(new TextEncoder().encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`))
      },
    })
    return new Response(body, { headers: { 'content-type': 'text/event-stream' } })
  }
  w.answers['GET /v1/device/requests/v_1'] = () => json({
    statement: statement({ kind: 'eligibility', tenant: 'aozora', display, purpose, match: { mode: 'none' }, policy: { id: 'open', version: 1, digest: 'digest:open' } }),
    policy: open, words: { proves: [], not_sent: { ja: [], en: [] } }, state: 'created', passkey: { rpId: 'phone.example' }, notice: null, recipient_key: null, now: NOW,
  })
  await keep('midori', certificate('midori'))
  app = fresh()
})

const fresh = () => new App(w.deps, { lang: 'ja', saveLang: () => undefined, wait: () => new Promise(() => undefined), canScan: false, persist: () => undefined })
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { interval: 1 })
const invited = () => app.model.value.invited
const lines = () => w.sent.map((s) => s.line).filter((l) => l.includes('prospects') || l.includes('v_1'))

test('an invitation is told from an offer and from a link to a request', () => {
  expect(invitationToken(LINK)).toBe(TOKEN)
  expect(invitationToken(` #/invited/${TOKEN} `)).toBe(TOKEN)
  for (const other of ['#offer=https%3A%2F%2Fx', '#r=AAAAAAAAAAAAAAAAAAAAAA', '#/invited/', '#/invited/a b', `#/invited/${TOKEN}/more`]) expect(invitationToken(other)).toBeNull()
})

test('which credential serves: its root and its company are named, and it is in time', () => {
  const now = NOW / 1000
  expect(certifiedFor(certificate('midori'), info.issuers, now)).toBe(true)
  for (const wrong of [certificate('sakura'), certificate('midori', 'x'.repeat(43)), certificate('midori', ROOT, { exp: now }), certificate('midori', ROOT, { nbf: now + 1 }), 'jws', '']) expect(certifiedFor(wrong, info.issuers, now)).toBe(false)
})

test('what asks for an account, pays or sends is no policy for somebody without one', () => {
  expect(() => checkEligibilityPolicy(open)).not.toThrow()
  const spoilt = [policy(), { ...open, predicates: [] }, { ...open, disclose: ['name'] }, { ...open, predicates: [{ slot: 'limit', op: 'GE', value: 'amount' }] }]
  for (const it of spoilt) expect(() => checkEligibilityPolicy(it)).toThrow('statement-unsupported')
  expect(() => checkInvitation({ ...info, tenant: { ...info.tenant, display: { ...info.tenant.display, name: { ja: 'あ\u202e', en: 'A' } } } })).toThrow('statement-unsafe')
})

test('an eligibility statement is inbound and bare, and no enrolled company may ask one', () => {
  const expected = { kind: 'eligibility' as const, tenant: 'aozora', verification: 'v_1', digest: 'd', now: NOW }
  const asked = (change: object = {}) => statement({ kind: 'eligibility', tenant: 'aozora', policy: { id: 'open', version: 1, digest: 'd' }, match: { mode: 'none' }, ...change })
  expect(() => checkStatement(asked(), open, expected)).not.toThrow()
  expect(() => checkStatement(asked({ direction: 'outbound' }), open, expected)).toThrow('statement-unsupported')
  expect(() => checkStatement(asked({ payment: {} }), open, expected)).toThrow('statement-unsupported')
  expect(() => checkStatement(asked({ operator: null }), open, expected)).toThrow('statement-mismatch')
  expect(() => checkStatement(asked(), open, { ...expected, kind: 'verification' })).toThrow('statement-mismatch')
  const account = policy({ id: 'open' })
  expect(() => checkStatement(asked(), account, expected)).toThrow('statement-unsupported')
})

test('from the link to the verdict: shown first, then agreed, then the ordinary request', async () => {
  await app.start(LINK.slice(LINK.indexOf('#')))
  await soon(() => expect(invited()).toMatchObject({ at: 'asked', chosen: 'midori', sources: [{ tenant: 'midori' }], ask: { tenant: 'aozora', purpose: { en: 'Opening an account' } } }))
  expect(lines()).toEqual(['POST /v1/prospects/read'])
  expect(w.passkey.options).toEqual([])
  app.acceptInvitation()
  await soon(() => expect(app.model.value.request).toMatchObject({ at: 'asking', readiness: 'finished' }))
  const body = w.sent.find((s) => s.line === 'POST /v1/prospects/accept')!.body as Record<string, string> & { device_key: DeviceJwk }
  expect(Object.keys(body).sort()).toEqual(['challenge', 'consent', 'device_key', 'device_signature', 'issuer_certificate', 'label', 'passkey', 'pseudonym', 'token'])
  expect(body).toMatchObject({ token: TOKEN, challenge: CHALLENGE, pseudonym: '5'.padStart(64, '0'), consent: { wording: 4, language: 'ja' } })
  expect(JSON.stringify(w.sent)).not.toContain('C-20481')
  // The signature is by the key handed in, over the digest of domain, challenge and pseudonym.
  const pseudonym = new Uint8Array(32)
  pseudonym[31] = 5
  const message = new Uint8Array(await crypto.subtle.digest('SHA-256', concat(utf8('honnin/prospect/v1\0'), fromB64u(CHALLENGE), pseudonym)))
  const key = await crypto.subtle.importKey('jwk', body.device_key, { name: 'ECDSA', namedCurve: 'P-256' }, false, ['verify'])
  expect(await crypto.subtle.verify({ name: 'ECDSA', hash: 'SHA-256' }, key, fromB64u(body['device_signature'] as string), message)).toBe(true)
  const made = w.proved.find((p) => p.method === 'prepareEligibility')!.args
  expect([made[0], made[3]]).toEqual(['{"of":"midori"}', 'aozora'])

  await new Promise((resolve) => setTimeout(resolve, 0))
  app.approve()
  await soon(() => expect(app.model.value.request).toMatchObject({ at: 'ended', outcome: 'passed' }))
  // Nothing of it stays but the history's line.
  await soon(async () => expect(await w.deps.records.prospects()).toEqual([]))
  await soon(async () => expect(await w.deps.db.keys('keys', 'prospect:')).toEqual([]))
  expect(app.model.value.companies.map((c) => c.tenant)).toEqual(['midori'])
})

test('an accepted request is there again after the page was closed', async () => {
  await app.start(LINK.slice(LINK.indexOf('#')))
  await soon(() => expect(invited()?.at).toBe('asked'))
  app.acceptInvitation()
  await soon(() => expect(app.model.value.request?.at).toBe('asking'))
  w.answers['GET /v1/device/requests'] = () => json({ requests: [{ verification: 'v_1', state: 'opened', expires_at: NOW + 100_000 }], now: NOW })
  app = fresh()
  await app.start(null)
  await soon(() => expect(app.model.value.request).toMatchObject({ at: 'asking', id: 'v_1' }))
  send('ended', { verification: 'v_1', state: 'cancelled' })
  await soon(async () => expect(await w.deps.records.prospects()).toEqual([]))
})

test('several credentials that serve: the customer picks', async () => {
  info.issuers.push({ thumbprint: ROOT, certifies: 'sakura' })
  await keep('sakura', certificate('sakura'))
  await app.start(LINK.slice(LINK.indexOf('#')))
  await soon(() => expect(invited()).toMatchObject({ at: 'asked', sources: [{ tenant: 'midori' }, { tenant: 'sakura' }] }))
  app.chooseSource('sakura')
  app.acceptInvitation()
  await soon(() => expect(w.sent.find((s) => s.line === 'POST /v1/prospects/accept')!.body).toMatchObject({ issuer_certificate: certificate('sakura') }))
})

test('no credential that serves, or none that meets it: the same page, and the same lines to the server', async () => {
  const seen = []
  for (const met of ['no issuer', 'not met', 'met']) {
    info.issuers = [{ thumbprint: ROOT, certifies: met === 'no issuer' ? 'sakura' : 'midori' }]
    w.meets = met === 'met'
    for (const id of await w.deps.db.keys('blobs', '')) await w.deps.db.delete('blobs', id)
    w.sent.length = 0
    const phone = fresh()
    phone.openOffer(LINK)
    await soon(() => expect(phone.model.value.invited?.at).toBe(met === 'met' ? 'asked' : 'none'))
    seen.push(w.sent.map((s) => s.line))
  }
  expect(seen[0]).toEqual(['POST /v1/prospects/read', 'GET /keys/x.pk'])
  expect(seen[1]).toEqual(seen[0])
  expect(seen[2]).toEqual(seen[0])
})

test.each([[404, 'not-found', 'invitation-unknown'], [409, 'already-decided', 'invitation-used'], [410, 'expired', 'invitation-lapsed']])('%d is said in words of its own, when read and when accepted', async (status, code, says) => {
  const good = w.answers['POST /v1/prospects/read']!
  w.answers['POST /v1/prospects/read'] = () => problem(code, status)
  app.openOffer(LINK)
  await soon(() => expect(invited()).toEqual({ at: 'failed', code: says }))
  w.answers['POST /v1/prospects/read'] = good
  w.answers['POST /v1/prospects/accept'] = () => problem(code, status)
  app.retryInvitation()
  await soon(() => expect(invited()?.at).toBe('asked'))
  app.acceptInvitation()
  await soon(() => expect(invited()).toEqual({ at: 'failed', code: says }))
  expect(await w.deps.db.keys('keys', 'prospect:')).toEqual([])
})

test('a passkey that was called off can be tried again; nothing was sent', async () => {
  app.openOffer(LINK)
  await soon(() => expect(invited()?.at).toBe('asked'))
  w.passkey.fail = new DOMException('no', 'NotAllowedError')
  app.acceptInvitation()
  await soon(() => expect(invited()).toMatchObject({ at: 'asked', busy: null, error: 'passkey-cancelled' }))
  expect(lines()).toEqual(['POST /v1/prospects/read'])
})
