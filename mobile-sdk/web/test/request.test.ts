import { expect, test } from 'vitest'
import { canApprove, step, wantsFinish, type Asking, type Ended, type Finished, type RequestEvent, type RequestState } from '../src/core/request'
import { openRequest } from './fixtures'

const loading: RequestState = { at: 'loading', id: 'v_1' }
const finished = (digits: string): Finished => ({ digits, proof: `proof-${digits}`, approval: 'a', as_of: 20261121 })
const run = (...events: RequestEvent[]) => events.reduce(step, loading)
const ready: RequestEvent[] = [
  { type: 'loaded', request: openRequest() },
  { type: 'prepared' },
  { type: 'digits', digits: '47' },
  { type: 'finished', finished: finished('47') },
]

test('approve opens only with a proof finished for the very digits shown', () => {
  expect(canApprove(run(...ready))).toBe(true)
  expect(canApprove(run(...ready.slice(0, 3)))).toBe(false)
  expect(canApprove(run(...ready, { type: 'digits', digits: '4' }))).toBe(false)
  expect(canApprove(run(...ready.slice(0, 2), { type: 'digits', digits: '48' }, { type: 'finished', finished: finished('47') }))).toBe(false)
})

test('the worker is asked when digits are complete and a state is prepared, in either order', () => {
  expect(wantsFinish(run(...ready.slice(0, 3)))).toBe(true)
  expect(wantsFinish(run(ready[0]!, { type: 'digits', digits: '47' }))).toBe(false)
  expect(wantsFinish(run(ready[0]!, { type: 'digits', digits: '47' }, { type: 'prepared' }))).toBe(true)
  expect(wantsFinish(run(ready[0]!, { type: 'prepared' }, { type: 'digits', digits: '4' }))).toBe(false)
  expect(wantsFinish(run({ type: 'loaded', request: openRequest({ match: { mode: 'none' } }) }, { type: 'prepared' }))).toBe(true)
})

test('digits are two figures and nothing else', () => {
  expect((run(ready[0]!, { type: 'digits', digits: ' 4a7 9' }) as Asking).digits).toBe('47')
})

test('a wrong number asks again with a fresh proof, the third ends', () => {
  const sent: RequestEvent[] = [...ready, { type: 'approve' }, { type: 'asserted' }]
  const again = run(...sent, { type: 'wrong-number', attemptsLeft: 2, now: 5 }) as Asking
  expect(again).toMatchObject({ at: 'asking', digits: '', finished: null, readiness: 'prepared', attemptsLeft: 2, busy: null })
  const over = run(...sent, { type: 'wrong-number', attemptsLeft: 0, now: 5 }) as Ended
  expect(over).toMatchObject({ at: 'ended', outcome: 'failed', wrongNumber: true })
})

test('a failed sending never reuses the proof', () => {
  const s = run(...ready, { type: 'approve' }, { type: 'asserted' }, { type: 'failed', code: 'offline' }) as Asking
  expect(s.finished).toBeNull()
  expect(s.error).toBe('offline')
  expect(wantsFinish(s)).toBe(true)
})

test('refusing is possible while the passkey window is open, and then the approval is not sent', () => {
  const s = run(...ready, { type: 'approve' }, { type: 'refuse' }, { type: 'asserted' }) as Asking
  expect(s.busy).toBe('refusing')
})

test('nothing can be tapped twice', () => {
  const s = run(...ready, { type: 'approve' }, { type: 'asserted' })
  expect(step(s, { type: 'approve' })).toBe(s)
  expect(step(s, { type: 'refuse' })).toBe(s)
  expect(step(s, { type: 'digits', digits: '11' })).toBe(s)
})

test('every end is final; a late answer adds what it knows but changes no verdict', () => {
  const passed = run(...ready, { type: 'ended', state: 'passed', now: 7 })
  const named = step(passed, { type: 'passed', answer: { state: 'passed', reference: 'H7K2-93QD', decided_at: 8 } }) as Ended
  expect(named).toMatchObject({ outcome: 'passed', reference: 'H7K2-93QD', decidedAt: 8 })
  const expired = run(...ready, { type: 'ended', state: 'expired', now: 7 })
  expect(step(expired, { type: 'passed', answer: { state: 'passed', reference: 'X', decided_at: 8 } })).toBe(expired)
  expect(step(expired, { type: 'ended', state: 'denied', now: 9 })).toBe(expired)
})

test('an answer that another phone of the customer gave is told apart from one’s own', () => {
  const end = (state: 'passed' | 'denied' | 'expired', ...before: RequestEvent[]) => run(...ready, ...before, { type: 'ended', state, now: 7 })
  expect(end('passed')).toMatchObject({ outcome: 'passed', elsewhere: true })
  expect(end('passed', { type: 'approve' })).toMatchObject({ elsewhere: true })
  expect(end('denied')).toMatchObject({ elsewhere: true })
  expect(end('expired')).toMatchObject({ elsewhere: false })
  // The stream may overtake the answer to one's own.
  expect(end('passed', { type: 'approve' }, { type: 'asserted' })).toMatchObject({ elsewhere: false })
  expect(end('denied', { type: 'refuse' })).toMatchObject({ elsewhere: false })
  expect(run(...ready, { type: 'approve' }, { type: 'asserted' }, { type: 'passed', answer: { state: 'passed', reference: 'X', decided_at: 8 } })).toMatchObject({ elsewhere: false })
})

test('only the server passes: no sequence of the phone’s own events ends as passed', () => {
  const own: RequestEvent[] = [...ready, { type: 'approve' }, { type: 'asserted' }, { type: 'failed', code: 'x' }, { type: 'refuse' }, { type: 'not-provable' }, { type: 'say-unprovable' }]
  let s: RequestState = loading
  for (const e of own) {
    s = step(s, e)
    expect(s.at === 'ended' && s.outcome === 'passed').toBe(false)
  }
})

test('unprovable: nothing to approve, two ways out', () => {
  const s = run(ready[0]!, { type: 'not-provable' })
  expect(s.at).toBe('unprovable')
  expect(step(s, { type: 'digits', digits: '47' })).toBe(s)
  expect(step(s, { type: 'say-unprovable' })).toMatchObject({ busy: 'sending' })
  expect(step(s, { type: 'refuse' })).toMatchObject({ busy: 'refusing' })
})
