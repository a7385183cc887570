import { render } from 'preact'
import { act as settle } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { emptyModel, type Actions, type Model } from '../src/app/model'
import { noPhones } from '../src/app/phones'
import type { Asking, Ended, RequestState } from '../src/core/request'
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

const asking = (change: Partial<Asking> = {}): Asking => ({
  at: 'asking', id: 'v_1', request: openRequest(), digits: '', slots: [], reviewed: false, readiness: 'prepared', finished: null, busy: null, attemptsLeft: null, error: null, ...change,
})
const model = (request: RequestState | null, change: Partial<Model> = {}): Model => ({ ...emptyModel('ja', NOW), loaded: true, request, ...change })
const draw = (m: Model) => settle(() => render(<Root model={m} act={actions as unknown as Actions} />, host))
const get = <T extends HTMLElement = HTMLElement>(id: string) => host.querySelector<T>(`[data-testid="${id}"]`)

test('the request shows who, why, what is proven and what is not sent, from the statement', async () => {
  await draw(model(asking()))
  expect(get('company-name')?.textContent).toBe('みどり銀行')
  expect(get('purpose')?.textContent).toBe('住所変更')
  expect(get('proves')?.textContent).toContain('契約者本人')
  expect(get('not-sent')?.textContent).toContain('氏名')
  expect(get('operator')?.textContent).toBe('佐藤')
  expect(get('approve')?.textContent).toContain('自分からかけた電話')
  expect(document.documentElement.lang).toBe('ja')
})

test('approve is shut until the proof for these digits is finished; refuse is open', async () => {
  await draw(model(asking({ digits: '4' })))
  expect(get<HTMLButtonElement>('approve')?.disabled).toBe(true)
  expect(get<HTMLButtonElement>('refuse')?.disabled).toBe(false)
  await draw(model(asking({ digits: '47', readiness: 'finished', finished: { digits: '47', proof: 'p', approval: 'a', as_of: 1 } })))
  expect(get<HTMLButtonElement>('approve')?.disabled).toBe(false)
  get('approve')?.click()
  expect(actions.approve).toHaveBeenCalledOnce()
})

test('neither answer is focused first: the heading is', async () => {
  await draw(model(asking()))
  expect(document.activeElement?.getAttribute('data-testid')).toBe('title')
})

test('the number is taken when pasted in full-width figures or picked from the keys', async () => {
  await draw(model(asking({ digits: '4' })))
  const input = get<HTMLInputElement>('match-code') as HTMLInputElement
  input.value = ' 47 です'
  input.dispatchEvent(new Event('input', { bubbles: true }))
  expect(actions.setDigits).toHaveBeenLastCalledWith('47')
  get('key-9')?.click()
  expect(actions.setDigits).toHaveBeenLastCalledWith('49')
  get('key-clear')?.click()
  expect(actions.setDigits).toHaveBeenLastCalledWith('')
})

test('the clause that fails is on no screen', async () => {
  await draw(model({ at: 'unprovable', id: 'v_1', request: openRequest(), busy: null, error: null }))
  expect(host.textContent).not.toMatch(/birth|LE|生年月日/)
  get('tell-unprovable')?.click()
  expect(actions.sayUnprovable).toHaveBeenCalledOnce()
})

const ended = (change: Partial<Ended>): Ended => ({
  at: 'ended', id: 'v_1', request: openRequest(), outcome: 'passed', reference: null, decidedAt: NOW, reported: false, unprovable: false, wrongNumber: false, elsewhere: false, ...change,
})

test('every ending reads as itself, and only a pass closes the seal', async () => {
  const endings = [ended({}), ended({ outcome: 'denied' }), ended({ outcome: 'denied', reported: true }), ended({ outcome: 'expired' }), ended({ outcome: 'cancelled' }), ended({ outcome: 'failed' }), ended({ outcome: 'failed', unprovable: true }), ended({ outcome: 'failed', wrongNumber: true })]
  const kinds = endings.map(endingOf)
  expect(new Set(kinds).size).toBe(endings.length)
  for (const e of endings) {
    await draw(model(e))
    expect(host.querySelectorAll('.seal-closed').length).toBe(e.outcome === 'passed' ? 1 : 0)
  }
  await draw(model(ended({ elsewhere: true, reference: 'H7K2-93QD' })))
  expect(host.querySelectorAll('.seal-closed').length, 'what another phone confirmed is not this one’s seal').toBe(0)
})

test('states are announced as status, refusals as alert, never both, and not each second', () => {
  const m = dictionaries.en
  const of = (r: RequestState) => announcement(model(r), m)
  expect(of(ended({}))).toEqual({ status: expect.stringContaining("You're verified"), alert: '' })
  expect(of(ended({ outcome: 'denied' }))).toEqual({ status: '', alert: expect.stringContaining('Refused') })
  expect(of(asking({ error: 'wrong-number', attemptsLeft: 2 })).alert).toContain('2 tries')
  const now = announcement(model(asking()), m)
  expect(announcement(model(asking(), { now: NOW + 1000 }), m)).toEqual(now)
})

test('a phone registered for another customer number says so calmly, in both languages, and offers no retry', async () => {
  const offering = { tenant: 'midori', company: { ja: 'みどり銀行', en: 'Midori Bank' }, issuerHost: 'issuer.example' }
  const failed = { at: 'failed', offering, step: 'credential', code: 'other-customer', resumable: false } as const
  for (const lang of ['ja', 'en'] as const) {
    await draw(model(null, { lang, page: { name: 'enrol' }, enrolment: failed }))
    expect(get('trouble')?.dataset.code).toBe('other-customer')
    expect(get('trouble')?.textContent).toContain(dictionaries[lang].troubles['other-customer'].text)
    expect(get('enrol-retry')).toBeNull()
    expect(get('enrol-cancel')).not.toBeNull()
  }
})

test('home says unknown, not "no request", when nothing was heard for ten seconds', async () => {
  const company = { tenant: 'midori', name: { ja: 'みどり銀行', en: 'Midori Bank' }, number: '1', issuerHost: 'h', enrolledAt: 1, since: NOW - 60_000, prepared: 'ready' as const, calls: { list: [], staleSince: null }, offset: 0, timeZone: 'Asia/Tokyo', phones: noPhones }
  await draw(model(null, { companies: [{ ...company, link: { heardAt: NOW - 2000, refused: false } }] }))
  expect(get('company')?.dataset.status).toBe('fresh')
  await draw(model(null, { companies: [{ ...company, link: { heardAt: NOW - 11_000, refused: false } }] }))
  expect(get('company')?.dataset.status).toBe('unknown')
  expect(host.textContent).toContain('不明')
  expect(host.textContent).not.toContain('お電話していません')
})
