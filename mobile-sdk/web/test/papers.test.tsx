import { render } from 'preact'
import { act as settle } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { emptyModel, type Actions, type CompanyView, type Model } from '../src/app/model'
import { noPhones } from '../src/app/phones'
import { Papers, type PapersState } from '../src/app/papers'
import { deviceApi } from '../src/core/server'
import { paragraphFits } from '../src/core/screen'
import type { Consent } from '../src/core/wire'
import { dictionaries } from '../src/i18n/index'
import { Root } from '../src/ui/Root'
import { NOW } from './fixtures'
import { json, problem } from './world'

const consent = (change: Partial<Consent> = {}): Consent => ({ id: 'c_1', purpose: 'enrolment', text: { ja: '端末の登録に同意します。', en: 'I agree to enrol this phone.' }, given_at: NOW, withdrawn_at: null, ...change })

/** Papers against played answers. */
function papers(answers: Record<string, () => Response>) {
  const sent: string[] = []
  const files: { name: string; text: string }[] = []
  let state: PapersState = { consents: {}, receipt: null }
  const api = deviceApi(async (url, init) => {
    const line = `${init?.method ?? 'GET'} ${url}`
    sent.push(line)
    return answers[line]?.() ?? problem('not-found', 404)
  }, '', async () => 't')
  const it = new Papers((tenant) => (tenant === 'midori' ? api : null), async (name, text) => files.push({ name, text }) > 0, (next) => {
    state = next
  })
  return { it, sent, files, answers, state: () => state }
}

test('a withdrawal is the server’s to say: the list is read again', async () => {
  let withdrawn: number | null = null
  const p = papers({
    'GET /v1/device/consents': () => json({ consents: [consent({ withdrawn_at: withdrawn })] }),
    'POST /v1/device/consents/c_1/withdraw': () => {
      withdrawn = NOW + 1
      return new Response(null, { status: 204 })
    },
  })
  await p.it.loadConsents('midori')
  expect(p.state().consents.midori?.list?.[0]?.withdrawn_at).toBeNull()
  await p.it.withdraw('midori', 'c_1')
  expect(p.state().consents.midori).toEqual({ list: [consent({ withdrawn_at: NOW + 1 })], busy: false, error: null })
})

test('after the enrolment’s consent the device is unknown, and the withdrawal still shows', async () => {
  const p = papers({ 'GET /v1/device/consents': () => json({ consents: [consent()] }), 'POST /v1/device/consents/c_1/withdraw': () => new Response(null, { status: 204 }) })
  await p.it.loadConsents('midori')
  p.answers['GET /v1/device/consents'] = () => problem('unauthenticated', 401)
  await p.it.withdraw('midori', 'c_1')
  expect(p.state().consents.midori?.list?.[0]?.withdrawn_at).toEqual(expect.any(Number))
  expect(p.state().consents.midori?.error).toBeNull()
})

test('a refused withdrawal changes nothing that is shown, and says so', async () => {
  const p = papers({ 'GET /v1/device/consents': () => json({ consents: [consent()] }), 'POST /v1/device/consents/c_1/withdraw': () => problem('internal', 500) })
  await p.it.loadConsents('midori')
  await p.it.withdraw('midori', 'c_1')
  expect(p.state().consents.midori).toEqual({ list: [consent()], busy: false, error: 'internal' })
  await p.it.loadConsents('elsewhere')
  expect(p.state().consents).not.toHaveProperty('elsewhere')
})

test('a receipt is handed over as it came, under a name that holds its id and nothing else', async () => {
  const p = papers({ 'GET /v1/device/receipts/v_1': () => json({ v: 1, proof: 'x' }) })
  await p.it.handReceipt()
  expect(p.files).toEqual([])
  await p.it.loadReceipt('midori', 'v_1')
  await p.it.handReceipt()
  expect(p.files.map((f) => [f.name, JSON.parse(f.text)])).toEqual([['honnin-receipt-v_1.json', { v: 1, proof: 'x' }]])
  expect(p.state().receipt).toMatchObject({ at: 'ready', handed: true })
  await p.it.loadReceipt('midori', '../v_2')
  expect(p.sent.at(-1)).toBe('GET /v1/device/receipts/..%2Fv_2')
  expect(p.state().receipt).toEqual({ at: 'failed', verification: '../v_2', code: 'not-found' })
})

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
const company: CompanyView = { tenant: 'midori', name: { ja: 'みどり銀行', en: 'Midori Bank' }, number: '1', issuerHost: 'h', enrolledAt: 1, since: NOW, prepared: 'ready', link: { heardAt: NOW, refused: false }, calls: { list: [], staleSince: null }, offset: 0, timeZone: 'Asia/Tokyo', phones: noPhones }
const draw = (change: Partial<Model>) => settle(() => render(<Root model={{ ...emptyModel('en', NOW), loaded: true, companies: [company], ...change }} act={actions as unknown as Actions} />, host))
const get = <T extends HTMLElement = HTMLElement>(id: string) => host.querySelector<T>(`[data-testid="${id}"]`)

test('withdrawing wants the word typed, and says what it ends', async () => {
  const papersState = { consents: { midori: { list: [consent()], busy: false, error: null } }, receipt: null }
  await draw({ page: { name: 'settings' }, papers: papersState })
  await settle(() => get('consents-open')?.click())
  expect(actions.loadConsents).toHaveBeenCalledWith('midori')
  expect(get('consent')?.textContent).toContain('I agree to enrol this phone.')
  await settle(() => get('withdraw')?.click())
  expect(host.textContent).toContain(dictionaries.en.consents.effectEnrolment)
  expect(get<HTMLButtonElement>('withdraw-yes')?.disabled).toBe(true)
  const input = get<HTMLInputElement>('withdraw-typed') as HTMLInputElement
  await settle(() => {
    input.value = 'Withdraw '
    input.dispatchEvent(new Event('input', { bubbles: true }))
  })
  expect(get<HTMLButtonElement>('withdraw-yes')?.disabled).toBe(false)
  await settle(() => void get('withdraw-typed')?.closest('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true })))
  expect(actions.withdrawConsent).toHaveBeenCalledWith('midori', 'c_1')
})

test('a text that is unfit for a screen is not shown', async () => {
  expect(paragraphFits('端末の登録に同意します。利用目的は本人確認です。')).toBe(true)
  for (const bad of ['', 'a\u202Eb', 'x'.repeat(601), 7, null]) expect(paragraphFits(bad)).toBe(false)
  await draw({ page: { name: 'settings' }, papers: { consents: { midori: { list: [consent({ text: { ja: 'x', en: 'I \u202Eagree' } })], busy: false, error: null } }, receipt: null } })
  await settle(() => get('consents-open')?.click())
  expect(get('consent')?.textContent).toContain(dictionaries.en.consents.unreadable)
})

test('the history offers a receipt for a company that is still registered', async () => {
  const entry = { verification: 'v_1', tenant: 'midori', company: company.name, purpose: { ja: '用件', en: 'Purpose' }, number: '1', outcome: 'passed' as const, reference: null, decidedAt: NOW, reported: false }
  await draw({ page: { name: 'history' }, history: [entry, { ...entry, verification: 'v_2', tenant: 'gone' }] })
  expect(host.querySelectorAll('[data-testid="receipt"]')).toHaveLength(1)
  get('receipt')?.click()
  expect(actions.loadReceipt).toHaveBeenCalledWith('midori', 'v_1')
})
