import { emptyModel, type CompanyView, type Model } from '../src/app/model'
import type { Asking, OpenRequest, RequestState } from '../src/core/request'
import type { Policy, Statement } from '../src/core/wire'
import type { PastRequest } from '../src/store/records'

/** Fixed states for the pictures and the accessibility check; nothing of it ships. */
export const NOW = Date.UTC(2026, 10, 21, 5, 32, 5)

const display = { name: { ja: 'みどり銀行', en: 'Midori Bank' }, desk: { ja: 'カスタマーセンター', en: 'Customer centre' }, number: '0120-000-123' }

export const policy: Policy = {
  v: 1, id: 'standard', version: 1, schema: 'honnin-jp-1', name: { ja: '標準', en: 'Standard' },
  predicates: [], disclose: [], user_verification: true, number_match: true, ttl_s: 120, valid_s: 600,
}

export const statement: Statement = {
  v: 1, kind: 'verification', tenant: 'midori', verification: 'v_AAAAAAAAAAAAAAAAAAAAAA', nonce: 'n',
  direction: 'inbound', purpose: { code: 'address-change', ja: '住所変更のお手続き', en: 'Address change' },
  policy: { id: 'standard', version: 1, digest: 'd' }, display,
  operator: { ja: '佐藤(みどり銀行 委託先)', en: 'Sato (for Midori Bank)' },
  match: { mode: 'enter' }, call: null, payment: null, recipient: null, not_before: NOW - 46_000, expires_at: NOW + 74_000,
}

const request: OpenRequest = {
  view: { statement, policy, words: { proves: [], not_sent: { ja: [], en: [] } }, state: 'opened', passkey: {}, now: NOW },
  words: {
    proves: [{ ja: 'ご契約者本人である', en: 'You are the account holder' }, { ja: '本人確認が期限内である', en: 'Your identity check is in date' }],
    not_sent: { ja: ['氏名', '生年月日', '住所', '暗証番号'], en: ['name', 'birth date', 'address', 'PIN'] },
  },
}

/** As much as a policy can prove: its four predicates and the date. */
const much: OpenRequest = {
  ...request,
  words: {
    proves: [
      ...request.words.proves, { ja: '20歳以上である', en: 'You are 20 or older' },
      { ja: '対面と同等の本人確認を受けている', en: 'Your identity was checked as strictly as in person' }, { ja: '関東にお住まいである', en: 'You live in the Kanto region' },
    ],
    not_sent: { ja: ['氏名', '生年月日', '住所', '電話番号', '口座番号', '暗証番号'], en: ['name', 'birth date', 'address', 'phone number', 'account number', 'PIN'] },
  },
}

const asking: Asking = {
  at: 'asking', id: statement.verification, request, digits: '4', readiness: 'prepared', finished: null, busy: null, attemptsLeft: null, error: null,
}
const full: Asking = { ...asking, digits: '47', readiness: 'finished', finished: { digits: '47', proof: 'p', approval: 'a', as_of: 20261121 } }

function ended(change: Partial<Extract<RequestState, { at: 'ended' }>>): RequestState {
  return { at: 'ended', id: statement.verification, request, outcome: 'passed', reference: null, decidedAt: NOW, reported: false, unprovable: false, wrongNumber: false, ...change }
}

const company = (change: Partial<CompanyView> = {}): CompanyView => ({
  tenant: 'midori', name: display.name, number: display.number, issuerHost: 'issuer.midori.example', enrolledAt: NOW - 86_400_000 * 3,
  link: { heardAt: NOW - 900, refused: false }, since: NOW - 60_000, prepared: 'ready', ...change,
})
const sakura = { ja: 'さくらカード', en: 'Sakura Card' }

const past = (n: number, change: Partial<PastRequest>): PastRequest => ({
  verification: `v_${n}`, tenant: 'midori', company: display.name, purpose: { ja: '住所変更', en: 'Address change' }, number: display.number,
  outcome: 'passed', reference: 'H7K2-93QD', decidedAt: NOW - n * 3_600_000, reported: false, ...change,
})
const history = [
  past(0, {}),
  past(30, { company: sakura, purpose: { ja: 'カード再発行', en: 'Card replacement' }, outcome: 'denied', reference: null, reported: true }),
  past(60, { purpose: { ja: '残高のお問い合わせ', en: 'Balance enquiry' }, outcome: 'expired', reference: null }),
  past(90, { outcome: 'failed', reference: null }),
]

const consent = {
  ja: 'みどり銀行（カスタマーセンター、0120-000-123）からの本人確認の依頼をこの端末で受け取り、答えることに同意します。この登録で証明するのは次のことだけです：ご契約者本人であること。送らないもの：氏名、生年月日、住所、電話番号、暗証番号。この同意はいつでも取り消せます。取り消すとこの端末の登録は直ちに解除されます。',
  en: 'I agree to receive and answer identity checks of Midori Bank (Customer centre, 0120-000-123) on this device. Registering it proves only this: You are the account holder. Not sent: name, birth date, address, phone number, PIN. I may withdraw this at any time; the device is then removed at once.',
}
const offering = { tenant: 'midori', company: display.name, issuerHost: 'issuer.midori.example' }

/** Every state, by the name of its picture. */
export const states: Record<string, Partial<Model>> = {
  welcome: {},
  home: { companies: [company(), company({ tenant: 'sakura', name: sakura, prepared: 'working' })], history },
  'home-unknown': { companies: [company({ link: { heardAt: NOW - 25_000, refused: false } }), company({ tenant: 'sakura', name: sakura, link: { heardAt: null, refused: true } })], unfinished: [{ tenant: 'aoba', name: { ja: 'あおば保険', en: 'Aoba Insurance' } }], history },
  'enrol-reading': { page: { name: 'enrol' }, enrolment: { at: 'reading' } },
  'enrol-offered': { page: { name: 'enrol' }, enrolment: { at: 'offered', offering } },
  'enrol-working': { page: { name: 'enrol' }, enrolment: { at: 'working', offering, step: 'key', progress: 0.62 } },
  'enrol-passkey': { page: { name: 'enrol' }, enrolment: { at: 'passkey', offering, consent, busy: false, error: null } },
  'enrol-passkey-cancelled': { page: { name: 'enrol' }, enrolment: { at: 'passkey', offering, consent, busy: false, error: 'passkey-cancelled' } },
  'enrol-done': { page: { name: 'enrol' }, enrolment: { at: 'enrolled', offering } },
  'enrol-expired': { page: { name: 'enrol' }, enrolment: { at: 'failed', offering: null, step: null, code: 'offer-expired', resumable: false } },
  'enrol-failed': { page: { name: 'enrol' }, enrolment: { at: 'failed', offering, step: 'key', code: 'offline', resumable: true } },
  'request-loading': { request: { at: 'loading', id: 'v_1' } },
  request: { request: asking },
  'request-much': { request: { ...asking, request: much, digits: '' } },
  'request-ready': { request: full },
  'request-preparing': { request: { ...asking, digits: '', readiness: 'preparing' } },
  'request-passkey': { request: { ...full, busy: 'passkey' } },
  'request-wrong': { request: { ...asking, digits: '', attemptsLeft: 2, error: 'wrong-number' } },
  'request-offline': { request: { ...asking, digits: '47', error: 'offline' } },
  'request-outbound': { request: { ...full, request: { ...request, view: { ...request.view, statement: { ...statement, direction: 'outbound' } } } } },
  'request-rejected': { request: { at: 'rejected', id: 'v_1', code: 'statement-unsafe' } },
  unprovable: { request: { at: 'unprovable', id: 'v_1', request, busy: null, error: null } },
  verified: { request: ended({ reference: 'H7K2-93QD' }) },
  refused: { request: ended({ outcome: 'denied' }) },
  reported: { request: ended({ outcome: 'denied', reported: true }) },
  'timed-out': { request: ended({ outcome: 'expired' }) },
  cancelled: { request: ended({ outcome: 'cancelled' }) },
  'unprovable-told': { request: ended({ outcome: 'failed', unprovable: true }) },
  'wrong-number-end': { request: ended({ outcome: 'failed', wrongNumber: true }) },
  history: { page: { name: 'history' }, companies: [company()], history },
  report: { page: { name: 'report', entry: history[0] as PastRequest }, companies: [company()] },
  settings: { page: { name: 'settings' }, companies: [company(), company({ tenant: 'sakura', name: sakura, prepared: 'failed' })] },
  'history-receipt': {
    page: { name: 'history' }, companies: [company()], history,
    papers: { consents: {}, receipt: { at: 'ready', verification: 'v_0', json: '{}', handed: false } },
  },
  fatal: { fatal: 'storage-refused' },
}

export function modelOf(name: string, lang: 'ja' | 'en'): Model {
  const change = states[name]
  if (!change) throw new Error(`no state ${name}`)
  return { ...emptyModel(lang, NOW), loaded: true, canScan: true, ...change }
}
