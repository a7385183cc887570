import { render } from 'preact'
import { act as settle } from 'preact/test-utils'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { emptyModel, type Actions, type CompanyView, type Model } from '../src/app/model'
import { noPhones } from '../src/app/phones'
import type { Phone } from '../src/core/devices'
import { Root } from '../src/ui/Root'
import { NOW, statement } from './fixtures'

const own: Phone = { id: 'd_1', label: 'iPhone', enrolled_at: NOW - 5000, last_used_at: NOW, this: true }
const other: Phone = { id: 'd_2', label: 'Android', enrolled_at: NOW - 1000, last_used_at: null, this: false }
const { display } = statement()
const company = (change: Partial<CompanyView> = {}): CompanyView => ({
  tenant: 'midori', name: display.name, number: display.number, issuerHost: 'issuer.example', timeZone: 'Asia/Tokyo', enrolledAt: NOW, link: { heardAt: NOW, refused: false },
  calls: { list: [], staleSince: null }, offset: 0, since: NOW, prepared: 'ready', phones: { ...noPhones, list: [own, other], names: { d_2: '会社用' } }, ...change,
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
const draw = (change: Partial<Model>) => settle(() => render(<Root model={{ ...emptyModel('ja', NOW), loaded: true, ...change }} act={actions as unknown as Actions} />, host))
const all = (id: string) => [...host.querySelectorAll<HTMLElement>(`[data-testid="${id}"]`)]
const tap = (id: string, at = 0) => settle(() => all(id)[at]!.click())

test('what is prepared is told apart from the card that says whether a call is real', async () => {
  await draw({ companies: [company({ prepared: 'working' }), company({ tenant: 'aozora' })] })
  expect(all('preparing')).toHaveLength(1)
  expect(all('preparing')[0]!.closest('.card')).toBeNull()
  expect(all('company')[0]!.textContent).not.toContain('証明')
  await draw({ companies: [company({ prepared: 'failed' })] })
  expect(all('preparing')[0]!.textContent).toContain('みどり銀行')
  await draw({ companies: [company()] })
  expect(all('preparing')).toEqual([])
})

test('an added phone: accepted with one tap, removed only after what follows was said', async () => {
  await draw({ companies: [company({ phones: { ...noPhones, list: [own, other], added: [other] } })] })
  expect(all('phone-added')[0]!.textContent).toContain('Android')
  expect(all('phone-added')[0]!.closest('[class*=tint]')).toBeNull()
  await tap('phone-mine')
  expect(actions.acceptPhone).toHaveBeenCalledWith('midori', 'd_2')
  await tap('phone-not-mine')
  expect(actions.removePhone).not.toHaveBeenCalled()
  expect(all('phone-ask')[0]!.textContent).toContain('応じられなくなり')
  await tap('phone-remove-yes')
  expect(actions.removePhone).toHaveBeenCalledWith('midori', 'd_2')
})

test('the settings list the phones, this one first and not to be removed here; names are given', async () => {
  await draw({ page: { name: 'settings' }, companies: [company()] })
  await tap('phones-open')
  expect(actions.loadPhones).toHaveBeenCalledWith('midori')
  expect(all('phone').map((p) => p.dataset['this'])).toEqual(['true', 'false'])
  expect(all('phone')[1]!.textContent).toContain('会社用')
  expect(all('phone')[1]!.textContent).toContain('Android')
  expect(all('phone-remove')).toHaveLength(1)
  await tap('phone-name', 1)
  const input = all('phone-name-input')[0] as HTMLInputElement
  input.value = '太郎の携帯'
  await settle(() => void input.dispatchEvent(new Event('input', { bubbles: true })))
  await tap('phone-name-save')
  expect(actions.namePhone).toHaveBeenCalledWith('midori', 'd_2', '太郎の携帯')
})

test('at enrolment the others stay unless chosen otherwise, and a restored one says what it replaces', async () => {
  const consent = { ja: '同意します。', en: 'I agree.' }
  const offering = { tenant: 'midori', company: display.name, issuerHost: 'issuer.example' }
  await draw({ page: { name: 'enrol' }, enrolment: { at: 'passkey', offering, consent, others: 'keep', busy: false, error: null } })
  expect((all('others-keep')[0] as HTMLInputElement).checked).toBe(true)
  expect(host.textContent).not.toContain('バックアップ')
  await tap('others-replace')
  expect(actions.chooseOthers).toHaveBeenCalledWith('replace')
  await draw({ page: { name: 'enrol' }, enrolment: { at: 'passkey', offering: { ...offering, restored: true }, consent, others: 'keep', busy: false, error: null } })
  expect(host.textContent).toContain('バックアップを作った端末は使えなくなります')
})
