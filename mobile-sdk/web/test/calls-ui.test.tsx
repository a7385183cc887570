import { render } from 'preact'
import { act as settle } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { emptyModel, type Actions, type CompanyView, type Model } from '../src/app/model'
import { noPhones } from '../src/app/phones'
import type { Asking, Ended, RequestState } from '../src/core/request'
import type { DeviceCall, Sealable, Statement } from '../src/core/wire'
import { dictionaries } from '../src/i18n/index'
import { announcement } from '../src/ui/announce'
import { endingOf } from '../src/ui/Ended'
import { Root } from '../src/ui/Root'
import { NOW, openRequest } from './fixtures'

let host: HTMLElement
let actions: Record<keyof Actions, ReturnType<typeof vi.fn>>
beforeEach(() => {
  host = document.createElement('div')
  document.body.append(host)
  actions = new Proxy({} as typeof actions, { get: (t, k: keyof Actions) => (t[k] ??= vi.fn()) })
})
afterEach(() => {
  render(null, host)
  host.remove()
})

const company = (...list: DeviceCall[]): CompanyView => ({
  tenant: 'midori', name: { ja: 'みどり銀行', en: 'Midori Bank' }, number: '0120-000-123', issuerHost: 'h', timeZone: 'Asia/Tokyo', phones: noPhones, enrolledAt: 1, since: NOW - 60_000, prepared: 'ready',
  link: { heardAt: NOW - 1_000, refused: false }, calls: { list, staleSince: null }, offset: 0,
})
const call = (change: Partial<DeviceCall> = {}): DeviceCall => ({
  call: 'c_1', verification: 'v_9', state: 'confirmed', from: NOW + 3_600_000, until: NOW + 5_400_000, number: '03-1234-5678', operator: { ja: '山田', en: 'Yamada' },
  purpose: { code: 'x', ja: 'カード再発行', en: 'Card' }, words: { ja: ['あさがお', 'みなと'], en: ['lantern', 'harbour'] }, ...change,
})
const draw = (change: Partial<Model>) => settle(() => render(<Root model={{ ...emptyModel('ja', NOW), loaded: true, ...change }} act={actions as unknown as Actions} />, host))
const get = <T extends HTMLElement = HTMLElement>(id: string) => host.querySelector<T>(`[data-testid="${id}"]`)
const text = (id: string) => get(id)?.textContent ?? ''
const asking = (of: Partial<Statement>, change: Partial<Asking> = {}): Asking => ({
  at: 'asking', id: 'v_1', request: openRequest(of), digits: '', slots: [], reviewed: false, readiness: 'finished', finished: { digits: '', proof: 'p', approval: 'a', as_of: 1 }, busy: null, attemptsLeft: null, error: null, ...change,
})

test.each<[string, DeviceCall[], string]>([
  ['talking', [call({ state: 'talking' })], 'みどり銀行と通話中です'],
  ['ringing', [call({ state: 'ringing' })], 'みどり銀行がお電話しています'],
  ['expected', [call()], 'みどり銀行からお電話の予定です'],
  ['none', [], '現在、みどり銀行からお電話していません'],
])('home: %s, with the time it is as of', async (at, list, words) => {
  await draw({ companies: [company(...list)] })
  expect(get('company')?.dataset.call).toBe(at)
  expect(text('company')).toContain(words)
  expect(get('as-of')?.textContent).toMatch(/\d\d:\d\d:\d\d 時点/)
  expect(text('company').includes('あさがお・みなと')).toBe(list.length > 0)
  expect(text('company').includes('今すぐ切ってください')).toBe(at === 'none' || at === 'expected')
})

test('home: without a word for ten seconds nothing is said of calls, only not to engage', async () => {
  await draw({ companies: [{ ...company(call({ state: 'talking' })), link: { heardAt: NOW - 10_001, refused: false } }] })
  expect(get('company')?.dataset.call).toBe('unknown')
  expect(text('company')).toContain('応じないでください')
  expect(text('company')).not.toMatch(/通話中|お電話していません|あさがお/)
})

test('home: a notice that waits for an answer opens from its line', async () => {
  await draw({ companies: [company(call({ state: 'announced', words: null }))] })
  expect(get('pair-words')).toBeNull()
  get('open-call')?.click()
  expect(actions.openCall).toHaveBeenCalledWith('midori', 'v_9')
  await draw({ companies: [company(call())] })
  expect(get('open-call')).toBeNull()
})

const part = { id: 'c_1', number: '03-1234-5678', from: NOW + 3_600_000, until: NOW + 5_400_000, offered: [{ from: NOW + 7_200_000, until: NOW + 9_000_000 }] }

test('an announced call shows who, from where, about what, and what is never asked; another time is one of those offered', async () => {
  await draw({ request: asking({ direction: 'outbound', match: { mode: 'none' }, call: part }), companies: [company()] })
  expect([text('company-name'), text('call-number'), text('purpose'), text('operator')]).toEqual(['みどり銀行', '03-1234-5678', '住所変更', '佐藤'])
  expect(text('call-window')).toMatch(/\d\d:\d\d〜\d\d:\d\d/)
  expect(text('never-asked')).toContain('暗証番号')
  expect(text('approve')).toContain('会社の電話')
  expect(get('window-0')).toBeNull()
  await settle(() => get('another-time')?.click())
  get('window-0')?.click()
  expect(actions.moveCall).toHaveBeenCalledWith(0)
  get('answer-later')?.click()
  expect(actions.answerLater).toHaveBeenCalledOnce()
  get('report')?.click()
  expect(actions.refuse).toHaveBeenCalledWith(true)
})

test('a forged notice is a warning with nothing to approve and nothing of what it claims', async () => {
  await draw({ request: { at: 'forged', id: 'v_1', code: 'notice-signature', busy: null, error: null }, requestTenant: 'midori', companies: [company()] })
  expect([get('forged')?.dataset.code, get('approve'), get('purpose')]).toEqual(['notice-signature', null, null])
  expect(text('forged')).toContain('みどり銀行')
  expect(get<HTMLAnchorElement>('forged-call')?.href).toBe('tel:0120000123')
  get('report')?.click()
  expect(actions.refuse).toHaveBeenCalledWith(true)
  for (const m of Object.values(dictionaries)) {
    const said = announcement({ ...emptyModel('ja', NOW), request: { at: 'forged', id: 'v_1', code: 'notice-key', busy: null, error: null } }, m)
    expect(said).toEqual({ status: '', alert: m.forged.title })
  }
})

test('a number that the agent must say stands there, and none is to be typed', async () => {
  await draw({ request: asking({ direction: 'outbound', match: { mode: 'say', code: '47' } }) })
  expect(text('say-number')).toContain('担当者が先に「47」と言います')
  expect(get('match-code')).toBeNull()
  expect(get<HTMLButtonElement>('approve')?.disabled).toBe(false)
})

const payment = { amount: 48_000, currency: 'JPY', payee: '△△株式会社', order: 'A-2210', instrument: 'みどりカード' }
const recipient = (slots: Sealable[]) => ({ id: 'r_1', name: { ja: 'ひかり決済', en: 'Hikari Pay' }, key: 'k'.repeat(43), slots })

test('a payment shows payee, amount and instrument first; the amount stands in the approve button after the review', async () => {
  const paying = asking({ payment, recipient: recipient(['payment_token']), match: { mode: 'none' } }, { slots: ['payment_token'] })
  await draw({ request: paying })
  expect(get('request')?.firstElementChild?.nextElementSibling).toBe(get('terms'))
  expect([text('payee'), text('amount'), text('instrument'), text('order')]).toEqual(['△△株式会社', '48,000円', 'みどりカード', 'A-2210'])
  expect(get('approve')).toBeNull()
  get('review')?.click()
  expect(actions.review).toHaveBeenCalledWith(true)
  await draw({ request: { ...paying, reviewed: true } })
  expect(text('sentence')).toBe('48,000円を「△△株式会社」へ支払います')
  expect(text('approve')).toBe('48,000円を承認自分からかけた電話です')
  get('unreview')?.click()
  expect(actions.review).toHaveBeenCalledWith(false)
})

test('an order: nothing is ticked for the customer, and what is ticked is what the review says', async () => {
  const ordering = asking({ recipient: recipient(['name', 'address']), match: { mode: 'none' } }, { readiness: 'preparing', finished: null })
  await draw({ request: ordering })
  expect(host.querySelectorAll('input:checked')).toHaveLength(0)
  expect(get<HTMLButtonElement>('review')?.disabled).toBe(true)
  get<HTMLInputElement>('slot-address')?.click()
  expect(actions.setSlots).toHaveBeenCalledWith(['address'])
  await draw({ request: { ...ordering, slots: ['address'], reviewed: true } })
  expect(text('sentence')).toBe('住所を「ひかり決済」へ送ります')
  expect(host.textContent).toContain('氏名')
})

test('a payment’s, an order’s and a call’s endings read as themselves', async () => {
  const ended = (of: Partial<Statement>, change: Partial<Ended> = {}): Ended => ({
    at: 'ended', id: 'v_1', request: openRequest(of), outcome: 'passed', reference: 'H7K2-93QD', decidedAt: NOW, reported: false, unprovable: false, wrongNumber: false, elsewhere: false, ...change,
  })
  const kinds: [Ended, string][] = [
    [ended({ call: part, direction: 'outbound' }), 'confirmed'], [ended({ payment, recipient: recipient(['payment_token']) }), 'paid'], [ended({ recipient: recipient(['name']) }), 'sent'],
    [ended({ payment, recipient: recipient(['payment_token']) }, { outcome: 'denied' }), 'declined'], [ended({ payment, recipient: recipient(['payment_token']) }, { outcome: 'expired' }), 'timedOut'],
  ]
  for (const [state, kind] of kinds) {
    expect(endingOf(state)).toBe(kind)
    await draw({ request: state as RequestState })
    expect(get('ended')?.dataset.kind).toBe(kind)
    expect(host.querySelectorAll('.seal-closed').length).toBe(state.outcome === 'passed' ? 1 : 0)
  }
  expect(text('amount')).toBe('48,000円')
})
