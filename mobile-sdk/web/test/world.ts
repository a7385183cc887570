import { IDBFactory } from 'fake-indexeddb'
import type { CallDeps } from '../src/app/call'
import { toB64u, utf8 } from '../src/core/bytes'
import { Problem } from '../src/core/problem'
import type { Method } from '../src/prover/api'
import { openDb } from '../src/store/db'
import { records } from '../src/store/records'
import { Workshop } from '../src/prover/workshop'
import { openVault } from '../src/store/vault'
import { PlayedAuthenticator } from './authenticator'
import { NOW, policy, statement } from './fixtures'

/** A played issuer, server and prover, to run the app's own flows against. Each answer can be overridden by path. */
export interface World {
  deps: CallDeps
  /** `METHOD path` of each request, with its body. */
  sent: { line: string; body: unknown; auth: string | null }[]
  answers: Record<string, (body: unknown) => Response | Promise<Response>>
  /** Calls that the prover received. */
  proved: { method: Method; args: unknown[] }[]
  /** Whether checkPolicy says yes. */
  meets: boolean
  /** The customer number of the credential that the issuer gives. */
  subject: string
  passkey: { options: unknown[]; fail: DOMException | null }
}

export const ORIGIN = 'https://phone.example'
const ISSUER = 'https://issuer.example'
const GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'
export const OFFER = `${ORIGIN}/app/#offer=${encodeURIComponent(`${ISSUER}/offers/o_1`)}`

export const json = (body: unknown, status = 200) => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } })
export const problem = (code: string, status: number, more: object = {}) => json({ code, status, ...more }, status)

const keyBytes = utf8('proving key')

export async function world(): Promise<World> {
  const db = await openDb(new IDBFactory())
  const vault = await openVault(db, crypto)
  const sha256 = Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', keyBytes)), (b) => b.toString(16).padStart(2, '0')).join('')
  const enrolmentPolicy = policy({ id: 'enrolment' })
  const w: World = {
    sent: [], proved: [], meets: true, subject: 'C-20481', passkey: { options: [], fail: null },
    answers: {
      [`GET ${ISSUER}/offers/o_1`]: () => json({ credential_issuer: ISSUER, credential_configuration_ids: ['honnin-jp-1'], grants: { [GRANT]: { 'pre-authorized_code': 'code-1' } } }),
      [`GET ${ISSUER}/.well-known/openid-credential-issuer`]: () => json({ credential_issuer: ISSUER, credential_endpoint: `${ISSUER}/credential`, nonce_endpoint: `${ISSUER}/nonce`, honnin: { server: ORIGIN, tenant: 'midori', root: { kty: 'EC' } } }),
      [`GET ${ISSUER}/.well-known/oauth-authorization-server`]: () => json({ token_endpoint: `${ISSUER}/token` }),
      [`POST ${ISSUER}/token`]: () => json({ access_token: 'at', token_type: 'Bearer', expires_in: 60 }),
      [`POST ${ISSUER}/nonce`]: () => json({ c_nonce: 'n' }),
      [`POST ${ISSUER}/credential`]: () => json({ credentials: [{ credential: { issuer_certificate: 'jws', values: { name: '秘密' } } }] }),
      'GET /v1/tenants/midori': () => json({
        tenant: 'midori', display: statement().display, time_zone: 'Asia/Tokyo', policies: [policy()], enrolment_policy: enrolmentPolicy,
        announcement_key: { kty: 'EC', crv: 'P-256', x: 'x'.repeat(43), y: 'y'.repeat(43) }, announcement_chain: [],
        circuit: { version: 1, proving_key: { url: '/keys/x.pk', sha256, bytes: keyBytes.length } }, now: NOW,
      }),
      'GET /keys/x.pk': () => new Response(keyBytes),
      'POST /v1/enrolments': () => json({
        enrolment: 'e_1', policy: enrolmentPolicy, passkey: { challenge: 'c' },
        statement: statement({ kind: 'enrolment', operator: null, match: { mode: 'none' }, policy: { id: 'enrolment', version: 1, digest: 'digest:enrolment' } }),
        consent: { text: { ja: '依頼に答えることに同意します。いつでも取り消せます。', en: 'I agree to answer. I may withdraw.' }, wording: 3, policy: 'enrolment', policy_version: 1 },
      }, 201),
      'POST /v1/enrolments/e_1/complete': () => json({ device: 'd_1', others: 0 }, 201),
      'GET /v1/device/requests/v_1': () => json({ statement: statement(), policy: policy(), words: { proves: [], not_sent: { ja: [], en: [] } }, state: 'created', passkey: { rpId: 'phone.example' }, notice: null, recipient_key: null, now: NOW }),
      'GET /v1/device/devices': () => json({ devices: [{ id: 'd_1', label: 'Test', enrolled_at: NOW, last_used_at: NOW, this: true }], now: NOW }),
      'GET /v1/device/calls': () => json({ calls: [], now: NOW }),
      'POST /v1/device/requests/v_1/opened': () => new Response(null, { status: 204 }),
      'POST /v1/device/requests/v_1/approve': () => json({ state: 'passed', reference: 'H7K2-93QD', decided_at: NOW + 5000 }),
      'POST /v1/device/requests/v_1/refuse': () => json({ state: 'denied', decided_at: NOW + 5000 }),
      'POST /v1/device/requests/v_1/unprovable': () => json({ state: 'failed', decided_at: NOW + 5000 }),
    },
    deps: null as unknown as CallDeps,
  }
  const prover = playedProver(w)
  w.deps = {
    crypto, db, vault, prover, workshop: new Workshop(prover, () => w.deps.now()), origin: ORIGIN,
    now: () => NOW,
    records: records(vault),
    fetch: async (url, init) => {
      const line = `${init?.method ?? 'GET'} ${url.startsWith(ORIGIN) ? url.slice(ORIGIN.length) : url}`
      const body = typeof init?.body === 'string' && init.body.startsWith('{') ? JSON.parse(init.body) : (init?.body ?? null)
      w.sent.push({ line, body, auth: new Headers(init?.headers).get('authorization') })
      return (await w.answers[line]?.(body)) ?? problem('not-found', 404)
    },
    passkeys: {
      available: () => true,
      create: async (options) => played(w, options, { id: 'made' }),
      get: async (options) => played(w, options, { id: 'asserted' }),
    },
    backup: { passkeys: new PlayedAuthenticator() },
    handOver: async () => true,
    deviceLabel: () => 'Test',
    visible: () => Promise.resolve(),
  }
  return w
}

async function played(w: World, options: unknown, answer: unknown): Promise<unknown> {
  w.passkey.options.push(options)
  if (w.passkey.fail) throw w.passkey.fail
  return answer
}

function playedProver(w: World): CallDeps['prover'] {
  const held = new Set<unknown>()
  const answer = (method: Method, args: unknown[]): unknown => {
    const [a, b] = args as [string, string]
    switch (method) {
      case 'holderNew': return utf8('holder secret')
      case 'holderCommitment': return 'c0'
      case 'credentialCheck': return { tenant: (JSON.parse(a) as { tenant?: string }).tenant ?? 'midori', subject: w.subject, expiry: 20291231, key_id: 'k' }
      case 'describePolicy': return { digest: `digest:${(JSON.parse(a) as { id: string }).id}`, proves: [], not_sent: { ja: [], en: [] } }
      case 'checkPolicy': return w.meets ? { ok: true } : { ok: false, clause: 'birth LE' }
      case 'prospectPseudonym': return '5'.padStart(64, '0')
      case 'checkEligibility': return w.meets ? { ok: true } : { ok: false, clause: 'birth LE' }
      case 'prepare': case 'prepareFor': case 'prepareEligibility': return utf8('prepared state')
      case 'hold': held.add(a); return undefined
      case 'drop': held.delete(a); return undefined
      case 'finish': {
        if (!held.has(a)) throw new Problem('prepared-missing')
        const code = (JSON.parse(b) as { match: { code?: string } }).match.code ?? 'none'
        const { recipient } = JSON.parse(b) as { recipient: { slots: string[] } | null }
        const sealed = recipient ? { disclosure: { slots: recipient.slots, commitment: 'c', box: { v: 1 } } } : {}
        return { ...sealed, proof: `proof-${code}`, ctx: 'ctx', approval: toB64u(utf8(`approval-${code}`)), as_of: 20261119, pseudonym: 'pp' }
      }
      default: return undefined
    }
  }
  return {
    call: (async (method: Method, args: unknown[]) => {
      w.proved.push({ method, args: structuredClone(args) })
      return answer(method, args)
    }) as CallDeps['prover']['call'],
    stop: () => undefined,
    memory: 0,
  }
}
