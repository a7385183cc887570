import { expect, test } from 'vitest'
import { fromB64u } from '../src/core/bytes'
import { datesToPrepare, dateIn, usableDates } from '../src/core/dates'
import { enrolStep, stepStatus, type EnrolState } from '../src/core/enrolment'
import { linkStatus } from '../src/core/freshness'
import { proofJwt } from '../src/core/jwt'
import { backOff, follow, type LiveEvent } from '../src/core/live'
import { parseOffer } from '../src/core/offer'
import { Problem } from '../src/core/problem'

const text = (part: string | undefined) => JSON.parse(new TextDecoder().decode(fromB64u(part ?? ''))) as unknown

test('the proof JWT binds audience, nonce and holder under the device key', async () => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const { x = '', y = '' } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const jwk = { kty: 'EC', crv: 'P-256', x, y } as const
  const algorithm = { name: 'ECDSA', hash: 'SHA-256' }
  const jwt = await proofJwt(jwk, { aud: 'https://issuer.example', iat: 1_795_000_000, nonce: 'n-1', holder: 'ab' }, async (m) => new Uint8Array(await crypto.subtle.sign(algorithm, pair.privateKey, m)))
  const [header, payload, signature = ''] = jwt.split('.')
  expect(text(header)).toEqual({ alg: 'ES256', typ: 'openid4vci-proof+jwt', jwk })
  expect(text(payload)).toEqual({ aud: 'https://issuer.example', iat: 1_795_000_000, nonce: 'n-1', honnin_holder: 'ab' })
  const signed = new TextEncoder().encode(`${header}.${payload}`)
  expect(await crypto.subtle.verify(algorithm, pair.publicKey, fromB64u(signature), signed)).toBe(true)
})

test.each([
  'https://issuer.example/offers/o_1',
  '  https://issuer.example/offers/o_1\n',
  'openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Foffers%2Fo_1',
  `https://bank.example/app/#offer=${encodeURIComponent('https://issuer.example/offers/o_1')}`,
  `#offer=${encodeURIComponent('openid-credential-offer://?credential_offer_uri=https%3A%2F%2Fissuer.example%2Foffers%2Fo_1')}`,
])('an offer is found in %s', (link) => {
  expect(parseOffer(link).url).toBe('https://issuer.example/offers/o_1')
})

test.each(['', 'hello', 'http://issuer.example/offers/o_1', 'javascript:alert(1)', 'https://u:p@issuer.example/', 'openid-credential-offer://?x=1', '#offer=%', 'https://a/#offer=%23offer%3D%2523offer%253Dx'])('%s is no offer', (link) => {
  expect(() => parseOffer(link)).toThrow('offer-malformed')
})

test('plain HTTP is taken from this machine alone', () => {
  expect(parseOffer('http://localhost:9000/offers/o_1').url).toBe('http://localhost:9000/offers/o_1')
  expect(() => parseOffer('http://localhost.example/offers/o_1')).toThrow('offer-malformed')
})

test('dates turn with the tenant’s zone', () => {
  const justBefore = Date.UTC(2026, 11, 31, 14, 59, 59)
  expect(dateIn('Asia/Tokyo', justBefore)).toBe(20261231)
  expect(dateIn('Asia/Tokyo', justBefore + 1000)).toBe(20270101)
  expect(usableDates('Asia/Tokyo', justBefore + 1000)).toEqual([20270101, 20261231])
  expect(datesToPrepare('Asia/Tokyo', justBefore)).toEqual([20261231, 20270101])
  expect(datesToPrepare('Asia/Tokyo', Date.UTC(2026, 11, 31, 3))).toEqual([20261231])
})

test('a status older than ten seconds reads unknown', () => {
  expect(linkStatus({ heardAt: 1000, refused: false }, 0, 11_000)).toBe('fresh')
  expect(linkStatus({ heardAt: 1000, refused: false }, 0, 11_001)).toBe('unknown')
  expect(linkStatus({ heardAt: null, refused: false }, 0, 5000)).toBe('connecting')
  expect(linkStatus({ heardAt: null, refused: false }, 0, 10_001)).toBe('unknown')
  expect(linkStatus({ heardAt: 1000, refused: true }, 0, 1000)).toBe('refused')
})

test('enrolment goes on from a kept credential, and its list says where it stands', () => {
  const offering = { tenant: 'midori', company: { ja: 'み', en: 'M' }, issuerHost: 'h' }
  let s: EnrolState = { at: 'reading' }
  for (const e of [{ type: 'offered', offering }, { type: 'start' }, { type: 'step', step: 'key' }, { type: 'failed', code: 'offline', resumable: true }] as const) s = enrolStep(s, e)
  expect(s).toMatchObject({ at: 'failed', step: 'key', resumable: true })
  expect([stepStatus(s, 'credential'), stepStatus(s, 'key'), stepStatus(s, 'passkey')]).toEqual(['done', 'failed', 'todo'])
  s = enrolStep(s, { type: 'start' })
  expect(s).toMatchObject({ at: 'working', step: 'storage' })
  s = enrolStep(enrolStep(s, { type: 'await-passkey', consent: { ja: '同意', en: 'agree' } }), { type: 'passkey-error', code: 'passkey-cancelled' })
  expect(s).toMatchObject({ at: 'passkey', consent: { ja: '同意', en: 'agree' }, busy: false, error: 'passkey-cancelled' })
  expect(enrolStep(enrolStep(s, { type: 'step', step: 'confirm' }), { type: 'enrolled', others: 0 })).toMatchObject({ at: 'enrolled' })
})

test('an offer that could not be read cannot be started', () => {
  const s = enrolStep({ at: 'reading' }, { type: 'failed', code: 'offer-expired', resumable: false })
  expect(enrolStep(s, { type: 'start' })).toBe(s)
})

function sse(...chunks: string[]): Response {
  const encode = new TextEncoder()
  return new Response(new ReadableStream({
    start(c) {
      for (const chunk of chunks) c.enqueue(encode.encode(chunk))
      c.close()
    },
  }))
}

test('the stream is followed, reopened when it ends, and left when the device is unknown', async () => {
  const events: LiveEvent[] = []
  const waits: number[] = []
  const answers: (() => Promise<Response>)[] = [
    async () => sse('event: ping\ndata: {}\n\nevent: request\ndata: {"verifi', 'cation":"v_1"}\n\n'),
    async () => { throw new Problem('offline') },
    async () => { throw new Problem('offline') },
    async () => sse('event: ended\ndata: {"verification":"v_1","state":"expired"}\n\nevent: request\ndata: not json\n\n'),
    async () => { throw new Problem('device-unknown', 404) },
  ]
  await follow({
    open: () => (answers.shift() as () => Promise<Response>)(),
    on: (e) => events.push(e),
    wait: async (ms) => void waits.push(ms),
    later: () => () => undefined,
    random: () => 0,
  }, new AbortController().signal)
  expect(events.filter((e) => e.type !== 'heard')).toEqual([
    { type: 'connected' }, { type: 'request', verification: 'v_1' }, { type: 'connected' },
    { type: 'ended', verification: 'v_1', state: 'expired' }, { type: 'refused' },
  ])
  expect(waits).toEqual([500, 1000, 2000, 500])
})

test('a silent line is given up and opened again', async () => {
  const stop = new AbortController()
  let opened = 0
  await follow({
    open: (signal) => {
      opened += 1
      if (opened === 2) stop.abort()
      return new Promise((_, reject) => {
        const fail = () => reject(new Error('aborted'))
        if (signal.aborted) fail()
        else signal.addEventListener('abort', fail, { once: true })
      })
    },
    on: () => undefined,
    wait: async () => undefined,
    later: (_ms, then) => (queueMicrotask(then), () => undefined),
    random: () => 0,
  }, stop.signal)
  expect(opened).toBe(2)
})

test('back-off doubles to a limit and never reaches zero', () => {
  expect([0, 1, 2, 20].map((n) => backOff(n, 0))).toEqual([500, 1000, 2000, 15_000])
  expect(backOff(0, 1)).toBe(250)
})
