import { emptyModel, type CompanyView, type Model } from '../src/app/model'
import { idleBackup } from '../src/app/backupState'
import type { Ask, InvitedState } from '../src/app/invited'
import { noPhones, type PhonesView } from '../src/app/phones'
import type { Phone } from '../src/core/devices'
import type { Asking, OpenRequest, RequestState } from '../src/core/request'
import type { DeviceCall, Policy, Sealable, Statement } from '../src/core/wire'
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
  view: { statement, policy, words: { proves: [], not_sent: { ja: [], en: [] } }, state: 'opened', passkey: {}, notice: null, recipient_key: null, now: NOW },
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
  at: 'asking', id: statement.verification, request, digits: '4', slots: [], reviewed: false, readiness: 'prepared', finished: null, busy: null, attemptsLeft: null, error: null,
}
const full: Asking = { ...asking, digits: '47', readiness: 'finished', finished: { digits: '47', proof: 'p', approval: 'a', as_of: 20261121 } }

function ended(change: Partial<Extract<RequestState, { at: 'ended' }>>): RequestState {
  return { at: 'ended', id: statement.verification, request, outcome: 'passed', reference: null, decidedAt: NOW, reported: false, unprovable: false, wrongNumber: false, elsewhere: false, ...change }
}

const company = (change: Partial<CompanyView> = {}): CompanyView => ({
  tenant: 'midori', name: display.name, number: display.number, issuerHost: 'issuer.midori.example', enrolledAt: NOW - 86_400_000 * 3,
  timeZone: 'Asia/Tokyo', phones: noPhones,
  link: { heardAt: NOW - 900, refused: false }, calls: { list: [], staleSince: null }, offset: 0, since: NOW - 60_000, prepared: 'ready', ...change,
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
/* Announced calls, payments, orders. */
const HOUR = 3_600_000
const midori = statement
const inHour = NOW + HOUR - 425_000
const callPart = { id: 'c_AAAAAAAAAAAAAAAAAAAAAA', number: '03-1234-5678', from: inHour, until: inHour + HOUR / 2, offered: [{ from: inHour + 2 * HOUR, until: inHour + 2.5 * HOUR }, { from: inHour + 24 * HOUR, until: inHour + 24.5 * HOUR }] }
const payment = { amount: 48_000, currency: 'JPY', payee: '△△株式会社', order: 'A-2210', instrument: 'みどりカード' }
const recipient = (slots: Sealable[], ja: string, en: string) => ({ id: 'r_1', name: { ja, en }, key: 'k'.repeat(43), slots })
const psp = recipient(['payment_token'], 'ひかり決済', 'Hikari Pay')
const carrier = recipient(['name', 'address', 'phone'], 'みどり配送', 'Midori Delivery')
const asks = (change: Partial<Statement>, words = request.words): OpenRequest => ({ words, view: { ...request.view, statement: { ...midori, ...change } } })
const announced: Asking = {
  ...asking, digits: '', readiness: 'finished', finished: { digits: '', proof: 'p', approval: 'a', as_of: 20261121 },
  request: asks({ direction: 'outbound', operator: { ja: '山田', en: 'Yamada' }, match: { mode: 'none' }, call: callPart, expires_at: callPart.until, purpose: { code: 'card', ja: 'カード再発行', en: 'Card replacement' } }),
}
const payWords = {
  proves: [...request.words.proves, { ja: 'お支払いの上限額の範囲内である', en: 'The amount is within your spending limit' }],
  not_sent: { ja: ['氏名', '生年月日', '住所', '電話番号', '暗証番号'], en: ['name', 'birth date', 'address', 'phone number', 'PIN'] },
}
const paying = (change: Partial<Statement['payment'] & object> = {}): Asking => ({
  ...full, slots: ['payment_token'],
  request: asks({ payment: { ...payment, ...change }, recipient: psp, purpose: { code: 'pay', ja: 'ご注文のお支払い', en: 'Paying for your order' } }, payWords),
})
const ordering: Asking = {
  ...asking, digits: '', request: asks({ recipient: carrier, match: { mode: 'none' }, purpose: { code: 'order', ja: 'ご注文のお届け', en: 'Delivery of your order' } }, { ...payWords, proves: request.words.proves }), readiness: 'preparing',
}
const LONG = '株式会社みどりのおかあおぞらすこやか生活協同組合連合会東日本第一支部通信販売部'
const deviceCall = (change: Partial<DeviceCall> = {}): DeviceCall => ({
  call: callPart.id, verification: 'v_9', state: 'confirmed', from: callPart.from, until: callPart.until, number: callPart.number,
  operator: { ja: '山田', en: 'Yamada' }, purpose: { code: 'card', ja: 'カード再発行', en: 'Card replacement' }, words: { ja: ['あさがお', 'みなと'], en: ['lantern', 'harbour'] }, ...change,
})
const withCalls = (...list: DeviceCall[]): Partial<CompanyView> => ({ calls: { list, staleSince: null } })
const aoba = { ja: 'あおば保険', en: 'Aoba Insurance' }

const offering = { tenant: 'midori', company: display.name, issuerHost: 'issuer.midori.example' }

const own: Phone = { id: 'd_1', label: 'iPhone', enrolled_at: NOW - 200 * 86_400_000, last_used_at: NOW - 900, this: true }
const tablet: Phone = { id: 'd_2', label: 'Android', enrolled_at: NOW - 1_800_000, last_used_at: null, this: false }
const work: Phone = { id: 'd_3', label: 'iPhone', enrolled_at: NOW - 90 * 86_400_000, last_used_at: NOW - 5 * 86_400_000, this: false }
const phones: PhonesView = { list: [own, tablet, work], added: [], names: { d_3: '会社用' }, removing: null, error: null }

const ask: Ask = {
  tenant: 'aozora', display: { name: { ja: 'あおぞらカード', en: 'Aozora Card' }, desk: { ja: '新規お申し込み窓口', en: 'New customers' }, number: '0120-555-010' },
  purpose: { ja: 'カードのお申し込み', en: 'Applying for a card' },
  words: { proves: [{ ja: '20歳以上である', en: 'You are 20 or older' }, { ja: '対面と同等の本人確認を受けている', en: 'Your identity was checked as strictly as in person' }], not_sent: { ja: ['氏名', '生年月日', '住所', '電話番号', '暗証番号'], en: ['name', 'birth date', 'address', 'phone number', 'PIN'] } },
  consent: { ja: 'あおぞらカード(新規お申し込み窓口、0120-555-010)からのこの確認に、この端末で一度だけ答えることに同意します。証明するのは次のことだけです:20歳以上であること、対面と同等の本人確認を受けていること。', en: 'I agree to answer this one check of Aozora Card (New customers, 0120-555-010) on this device. It proves only this: You are 20 or older; Your identity was checked as strictly as in person.' },
  expiresAt: NOW + 900_000,
}
const source = (tenant: string, name: Ask['purpose'], issuerHost: string) => ({ tenant, name, issuerHost })
const sources = [source('midori', display.name, 'issuer.midori.example'), source('sakura', sakura, 'kyc.sakura.example')]
const invited = (state: InvitedState): Partial<Model> => ({ page: { name: 'invited' }, invited: state })
const asked = (change: object = {}): Partial<Model> => invited({ at: 'asked', ask, sources: sources.slice(0, 1), chosen: 'midori', busy: null, error: null, ...change })
const eligibility: Asking = { ...full, digits: '', finished: { ...full.finished!, digits: '' }, request: asks({ kind: 'eligibility', tenant: 'aozora', display: ask.display, purpose: { code: 'open', ...ask.purpose }, match: { mode: 'none' }, operator: { ja: '中村', en: 'Nakamura' } }, ask.words) }

/** Every state, by the name of its picture. */
export const states: Record<string, Partial<Model>> = {
  'home-phone-remove': { companies: [company({ phones: { ...phones, added: [tablet] } })], history },
  'home-phone-added': { companies: [company({ phones: { ...phones, added: [tablet] } }), company({ tenant: 'sakura', name: sakura, phones: { ...noPhones, added: [] } })], history },
  welcome: {},
  home: { companies: [company(), company({ tenant: 'sakura', name: sakura, prepared: 'working' })], history },
  'home-unknown': { companies: [company({ link: { heardAt: NOW - 25_000, refused: false } }), company({ tenant: 'sakura', name: sakura, link: { heardAt: null, refused: true } })], unfinished: [{ tenant: 'aoba', name: { ja: 'あおば保険', en: 'Aoba Insurance' } }], history },
  'home-calls': {
    companies: [
      company(withCalls(deviceCall({ state: 'talking', from: NOW - 125_000 }))), company({ tenant: 'sakura', name: sakura }),
      company({ tenant: 'aoba', name: aoba, ...withCalls(deviceCall({ state: 'announced', words: null })) }),
    ],
    history: [past(0, { payment }), ...history.slice(1, 2)],
  },
  'home-ringing': { companies: [company(withCalls(deviceCall({ state: 'ringing' }), deviceCall({ call: 'c_2', from: inHour + 24 * HOUR, until: inHour + 25 * HOUR, state: 'announced', words: null })))], history },
  'home-due': { companies: [company(withCalls(deviceCall({ from: NOW - 60_000, until: NOW + HOUR })))], history },
  'home-connecting': { companies: [company({ calls: { list: [], staleSince: NOW - 2_000 } })] },
  announced: { request: announced, companies: [company()] },
  'announced-preparing': { request: { ...announced, readiness: 'preparing', finished: null } },
  'announced-one': { request: { ...announced, request: asks({ ...announced.request.view.statement, call: { ...callPart, offered: [] } }) } },
  'announced-done': { request: ended({ request: announced.request, reference: 'H7K2-93QD' }) },
  forged: { request: { at: 'forged', id: 'v_1', code: 'notice-signature', busy: null, error: null }, requestTenant: 'midori', companies: [company()] },
  'request-say': { request: { ...announced, request: asks({ direction: 'outbound', match: { mode: 'say', code: '47' } }) } },
  payment: { request: paying() },
  'payment-preparing': { request: { ...paying(), readiness: 'preparing', finished: null, digits: '' } },
  'payment-long': { request: paying({ payee: LONG, amount: 999_999_999_999, instrument: 'みどりカード(ご家族用・ゴールド)' }) },
  'payment-review': { request: { ...paying(), reviewed: true } },
  'payment-review-dollar': { request: { ...paying({ currency: 'USD', amount: 1250 }), reviewed: true, digits: '', finished: null, readiness: 'prepared' } },
  'payment-review-long': { request: { ...paying({ payee: LONG, amount: 999_999_999_999 }), reviewed: true } },
  'payment-review-say': { request: { ...paying(), request: asks({ ...paying().request.view.statement, direction: 'outbound', match: { mode: 'say', code: '47' } }), reviewed: true, digits: '', finished: { ...full.finished!, digits: '' } } },
  'payment-done': { request: ended({ request: paying().request, reference: 'H7K2-93QD' }) },
  'payment-declined': { request: ended({ request: paying().request, outcome: 'denied' }) },
  order: { request: ordering },
  'order-picked': { request: { ...ordering, slots: ['name', 'address'] } },
  'order-review': { request: { ...ordering, slots: ['name', 'address'], reviewed: true, readiness: 'finished', finished: { ...full.finished!, digits: '' } } },
  'order-done': { request: ended({ request: ordering.request, reference: 'H7K2-93QD' }) },
  'enrol-reading': { page: { name: 'enrol' }, enrolment: { at: 'reading' } },
  'enrol-offered': { page: { name: 'enrol' }, enrolment: { at: 'offered', offering } },
  'enrol-working': { page: { name: 'enrol' }, enrolment: { at: 'working', offering, step: 'key', progress: 0.62 } },
  'enrol-passkey': { page: { name: 'enrol' }, enrolment: { at: 'passkey', offering, consent, others: 'keep', busy: false, error: null } },
  'enrol-passkey-cancelled': { page: { name: 'enrol' }, enrolment: { at: 'passkey', offering, consent, others: 'keep', busy: false, error: 'passkey-cancelled' } },
  'enrol-done': { page: { name: 'enrol' }, enrolment: { at: 'enrolled', offering, others: 1 } },
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
  elsewhere: { request: ended({ elsewhere: true, reference: 'H7K2-93QD' }) },
  'refused-elsewhere': { request: ended({ outcome: 'denied', elsewhere: true }) },
  'unprovable-told': { request: ended({ outcome: 'failed', unprovable: true }) },
  'wrong-number-end': { request: ended({ outcome: 'failed', wrongNumber: true }) },
  history: { page: { name: 'history' }, companies: [company()], history },
  report: { page: { name: 'report', entry: history[0] as PastRequest }, companies: [company()] },
  settings: { page: { name: 'settings' }, companies: [company(), company({ tenant: 'sakura', name: sakura, prepared: 'failed' })] },
  'settings-phones': { page: { name: 'settings' }, companies: [company({ phones })] },
  'settings-phone-remove': { page: { name: 'settings' }, companies: [company({ phones })] },
  'enrol-restored': { page: { name: 'enrol' }, enrolment: { at: 'passkey', offering: { ...offering, restored: true }, consent, others: 'replace', busy: false, error: null } },
  invited: asked(),
  'invited-choice': asked({ sources, chosen: 'sakura' }),
  'invited-error': asked({ error: 'passkey-cancelled' }),
  'invited-none': invited({ at: 'none', ask }),
  'invited-lapsed': invited({ at: 'failed', code: 'invitation-lapsed' }),
  eligibility: { request: eligibility },
  'eligibility-done': { request: ended({ request: eligibility.request, reference: 'H7K2-93QD' }) },
  backup: { page: { name: 'backup' } },
  'backup-again': { page: { name: 'backup' }, backup: { ...idleBackup, make: { at: 'again', error: null } } },
  'backup-cancelled': { page: { name: 'backup' }, backup: { ...idleBackup, make: { at: 'idle', error: 'passkey-cancelled' } } },
  'backup-no-prf': { page: { name: 'backup' }, backup: { ...idleBackup, make: { at: 'idle', error: 'backup-no-prf' } } },
  'backup-ready': { page: { name: 'backup' }, backup: { ...idleBackup, make: { at: 'ready', name: 'honnin-backup-2026-11-21.json', text: '', handed: true } } },
  'backup-restore': { page: { name: 'restore' } },
  'backup-restore-chosen': { page: { name: 'restore' }, backup: { ...idleBackup, restore: { at: 'chosen', name: 'honnin-backup-2026-11-21.json', busy: false, error: null } } },
  'backup-restore-altered': { page: { name: 'restore' }, backup: { ...idleBackup, restore: { at: 'chosen', name: 'honnin-backup-2026-11-21.json', busy: false, error: 'backup-altered' } } },
  'backup-restore-opened': {
    page: { name: 'restore' }, unfinished: [{ tenant: 'midori', name: display.name }],
    backup: { ...idleBackup, restore: { at: 'opened', companies: [{ tenant: 'midori', name: display.name, outcome: 'waiting', code: null }, { tenant: 'sakura', name: sakura, outcome: 'here', code: null }, { tenant: 'aoba', name: null, outcome: 'failed', code: 'offline' }] } },
  },
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
