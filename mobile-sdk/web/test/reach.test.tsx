import { render } from 'preact'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { emptyModel, type Actions, type CompanyView, type Model } from '../src/app/model'
import { noPhones } from '../src/app/phones'
import { Root } from '../src/ui/Root'
import { NOW } from './fixtures'

const company = (tenant: string): CompanyView => ({
  tenant, name: { ja: 'みどり銀行', en: 'Midori Bank' }, number: '0120-000-123', issuerHost: 'issuer.example', enrolledAt: NOW,
  link: { heardAt: NOW, refused: false }, since: NOW, prepared: 'ready', timeZone: 'Asia/Tokyo', phones: noPhones, calls: { list: [], staleSince: null }, offset: 0,
})

let host: HTMLElement
const actions = { turnPushOn: vi.fn(), enterCode: vi.fn(), go: vi.fn() }
beforeEach(() => document.body.append((host = document.createElement('div'))))
afterEach(() => (render(null, host), host.remove(), vi.clearAllMocks()))

async function draw(change: Partial<Model>): Promise<void> {
  render(<Root model={{ ...emptyModel('en', NOW), loaded: true, companies: [company('midori')], ...change }} act={actions as unknown as Actions} />, host)
  await new Promise((resolve) => setTimeout(resolve, 0))
}
const at = (id: string) => host.querySelector<HTMLElement>(`[data-testid=${id}]`)

test('push that is on, or unknown, needs no words', async () => {
  for (const push of ['on', 'unknown'] as const) {
    await draw({ reach: { push, code: { at: 'idle' } } })
    expect(at('push')).toBeNull()
    expect(at('code-entry')).not.toBeNull()
  }
})

test('push that is off says calmly what happens then, and asks only where asking helps', async () => {
  for (const [push, asks] of [['ask', true], ['failed', true], ['refused', false], ['none', false]] as const) {
    await draw({ reach: { push, code: { at: 'idle' } } })
    expect(at('push')?.textContent).toMatch(/request/i)
    expect(at('push')?.textContent).not.toContain('Midori')
    expect(at('push-on') !== null, push).toBe(asks)
  }
  await draw({ reach: { push: 'ask', code: { at: 'idle' } } })
  at('push-on')?.click()
  expect(actions.turnPushOn).toHaveBeenCalledTimes(1)
})

test('a code is for one company, which is asked where there are several', async () => {
  await draw({ companies: [company('midori'), company('aozora')] })
  const select = host.querySelector('select') as HTMLSelectElement
  select.value = 'aozora'
  select.dispatchEvent(new Event('change', { bubbles: true }))
  const input = at('code') as HTMLInputElement
  input.value = '123456'
  input.dispatchEvent(new Event('input', { bubbles: true }))
  await new Promise((resolve) => setTimeout(resolve, 0))
  host.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }))
  expect(actions.enterCode).toHaveBeenCalledWith('aozora', '123456')
})

test('a wrong code stays in sight with what to do', async () => {
  await draw({ reach: { push: 'on', code: { at: 'failed', code: 'code-unknown' } } })
  expect((at('code-entry') as HTMLDetailsElement).open).toBe(true)
  expect(at('code-entry')?.textContent).toContain('say it again')
})
