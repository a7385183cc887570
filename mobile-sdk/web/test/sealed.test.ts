import { expect, test } from 'vitest'
import { canApprove, step, wantsFinish, wantsPreparing, type Asking, type Finished, type RequestEvent, type RequestState } from '../src/core/request'
import type { Sealable } from '../src/core/wire'
import { openRequest } from './fixtures'

const recipient = { id: 'r_1', name: { ja: 'みどり配送', en: 'Midori Delivery' }, key: 'k'.repeat(43), slots: ['name', 'address', 'phone'] as Sealable[] }
const payment = { amount: 48_000, currency: 'JPY', payee: 'P', order: 'O', instrument: 'I' }
const order = openRequest({ recipient, match: { mode: 'none' } })
const paying = openRequest({ recipient: { ...recipient, slots: ['payment_token'] }, payment, match: { mode: 'none' } })
const run = (request: typeof order, ...events: RequestEvent[]) => [{ type: 'loaded', request } as RequestEvent, ...events].reduce(step, { at: 'loading', id: 'v_1' } as RequestState) as Asking
const done: Finished = { digits: '', proof: 'p', approval: 'a', as_of: 1 }
const finished: RequestEvent = { type: 'finished', finished: done }

test('a payment is prepared at once, for all that it asks for, and approved only after its review', () => {
  expect(run(paying).slots).toEqual(['payment_token'])
  expect(wantsPreparing(run(paying))).toBe(true)
  const ready = run(paying, { type: 'prepared' }, finished)
  expect(canApprove(ready)).toBe(false)
  expect(canApprove(step(ready, { type: 'review', on: true }))).toBe(true)
  expect(canApprove(step(step(ready, { type: 'review', on: true }), { type: 'review', on: false }))).toBe(false)
  expect(run(paying, { type: 'slots', slots: [] }).slots).toEqual(['payment_token'])
})

test('an order sends nothing unpicked, in the credential’s order, and is prepared when the pick is settled', () => {
  expect(run(order).slots).toEqual([])
  expect(run(order, { type: 'review', on: true }).reviewed).toBe(false)
  const picked = run(order, { type: 'slots', slots: ['phone', 'name', 'payment_token'] })
  expect(picked.slots).toEqual(['name', 'phone'])
  expect(wantsPreparing(picked)).toBe(false)
  expect(wantsPreparing(step(picked, { type: 'review', on: true }))).toBe(true)
})

test('a proof for one pick never serves another', () => {
  const made = run(order, { type: 'slots', slots: ['name'] }, { type: 'review', on: true }, { type: 'prepared' })
  expect(wantsFinish(made)).toBe(true)
  const again = step(step(made, { type: 'review', on: false }), { type: 'slots', slots: ['name', 'address'] }) as Asking
  expect(again).toMatchObject({ readiness: 'preparing', finished: null })
  // The worker's late answer for the pick before.
  expect(step(again, finished)).toBe(again)
  const reviewed = step(again, { type: 'review', on: true })
  expect(canApprove(step(reviewed, finished))).toBe(false)
  expect(step(made, { type: 'slots', slots: [] })).toBe(made)
})

test('what is forged can be refused, and nothing else', () => {
  const forged = step({ at: 'loading', id: 'v_1' }, { type: 'forged', code: 'notice-key' })
  expect(forged).toMatchObject({ at: 'forged', code: 'notice-key', busy: null })
  for (const event of [{ type: 'approve' }, { type: 'prepared' }, finished, { type: 'loaded', request: order }, { type: 'review', on: true }] as RequestEvent[]) expect(step(forged, event)).toBe(forged)
  expect(canApprove(forged)).toBe(false)
  const refusing = step(forged, { type: 'refuse' })
  expect(refusing).toMatchObject({ busy: 'refusing' })
  expect(step(refusing, { type: 'decided', answer: { state: 'denied', decided_at: 1 }, reported: true })).toMatchObject({ at: 'ended', outcome: 'denied', reported: true })
  expect(step(refusing, { type: 'failed', code: 'offline' })).toMatchObject({ at: 'forged', busy: null, error: 'offline' })
})
