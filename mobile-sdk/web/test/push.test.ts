import { expect, test, vi } from 'vitest'
import { Reach, type ReachState } from '../src/app/reach'
import { Problem } from '../src/core/problem'
import { linkToken, spokenCode, targetOf, type PushPort } from '../src/core/push'

const SUBSCRIPTION = { endpoint: 'https://push.example/p/1', expirationTime: null, keys: { p256dh: 'BA', auth: 'aa' } }
const TARGET = { kind: 'web', endpoint: 'https://push.example/p/1', keys: { p256dh: 'BA', auth: 'aa' } }

type Permission = ReturnType<PushPort['permission']>

/** A phone with two companies and a browser that gives this permission, and `asked` once it asked. */
function phone(permission: Permission, asked: Exclude<Permission, 'none'> = 'granted') {
  const states: ReachState[] = []
  const opened: [string, string][] = []
  const company = (name: string) => ({
    name,
    api: {
      pushKey: vi.fn(async () => ({ public_key: 'key' })),
      setPush: vi.fn(async () => undefined),
      byLink: vi.fn(async (): Promise<{ verification: string }> => { throw new Problem('not-found', 404) }),
      byCode: vi.fn(async (): Promise<{ verification: string }> => { throw new Problem('not-found', 404) }),
    },
  })
  const companies = [company('a'), company('b')] as const
  const port = {
    permission: vi.fn(() => permission),
    ask: vi.fn(async () => (permission = asked) as Exclude<Permission, 'none'>),
    subscribe: vi.fn(async (): Promise<unknown> => SUBSCRIPTION),
  }
  const reach = new Reach(port, () => [...companies], (state) => states.push(state), (c, id) => opened.push([c.name, id]))
  return { reach, companies, port, opened, state: () => states.at(-1) as ReachState }
}

test('of a subscription exactly address and keys leave the phone', () => {
  expect(targetOf({ ...SUBSCRIPTION, more: 'x', keys: { ...SUBSCRIPTION.keys, other: 'y' } })).toEqual(TARGET)
  for (const bad of [null, {}, { endpoint: 'https://x' }, { ...SUBSCRIPTION, keys: { p256dh: 1, auth: 'a' } }, { ...SUBSCRIPTION, endpoint: '' }]) {
    expect(() => targetOf(bad)).toThrow('push-unusable')
  }
})

test('every company is told at each start, under its server\'s key', async () => {
  const { reach, companies, port, state } = phone('granted')
  await reach.renew()
  for (const { api } of companies) expect(api.setPush).toHaveBeenCalledWith(TARGET)
  expect(port.subscribe).toHaveBeenCalledWith('key')
  expect(port.ask).not.toHaveBeenCalled()
  expect(state().push).toBe('on')
})

test('nobody is asked before they tap', async () => {
  const { reach, companies, port, state } = phone('default')
  await reach.renew()
  expect(state().push).toBe('ask')
  expect(port.ask).not.toHaveBeenCalled()
  expect(companies[0].api.pushKey).not.toHaveBeenCalled()
  await reach.turnOn()
  expect(state().push).toBe('on')
  expect(companies[1].api.setPush).toHaveBeenCalledTimes(1)
})

test('a no, a browser without push, and a push service that fails are told apart', async () => {
  const no = phone('default', 'denied')
  await no.reach.turnOn()
  expect(no.state().push).toBe('refused')
  expect(no.port.subscribe).not.toHaveBeenCalled()

  const none = phone('none')
  await none.reach.renew()
  expect(none.state().push).toBe('none')

  const failing = phone('granted')
  failing.port.subscribe.mockRejectedValueOnce(new Error('no push service'))
  await failing.reach.renew()
  expect(failing.state().push).toBe('failed')
  await failing.reach.renew()
  expect(failing.state().push).toBe('on')
})

test('a link opens the request of the company that knows it, and is tried with nothing else than its token', async () => {
  const { reach, companies, opened, state } = phone('none')
  const token = 'A'.repeat(22)
  companies[1].api.byLink.mockResolvedValueOnce({ verification: 'v_1' })
  await reach.openLink(`#r=${token}`)
  expect(companies[0].api.byLink).toHaveBeenCalledWith(token)
  expect(opened).toEqual([['b', 'v_1']])
  expect(state().code).toEqual({ at: 'idle' })

  await reach.openLink(`#r=${token}`)
  expect(state().code).toEqual({ at: 'failed', code: 'link-unknown' })
  const before = companies[0].api.byLink.mock.calls.length
  for (const bad of ['#r=', '#r=short', `#r=${token}x`, `#r=${token}&more=1`, '#offer=x']) await reach.openLink(bad)
  expect(companies[0].api.byLink).toHaveBeenCalledTimes(before)
  expect(linkToken(`#r=${token}`)).toBe(token)
})

test('a code goes to the chosen company alone, and a wrong one says so', async () => {
  const { reach, companies, opened, state } = phone('none')
  await reach.enterCode(companies[0], '12-34 56')
  expect(companies[0].api.byCode).toHaveBeenCalledWith('123456')
  expect(companies[1].api.byCode).not.toHaveBeenCalled()
  expect(state().code).toEqual({ at: 'failed', code: 'code-unknown' })
  companies[0].api.byCode.mockResolvedValueOnce({ verification: 'v_2' })
  await reach.enterCode(companies[0], '123456')
  expect(opened).toEqual([['a', 'v_2']])
  companies[0].api.byCode.mockRejectedValueOnce(new Problem('too-many-requests', 429))
  await reach.enterCode(companies[0], '123456')
  expect(state().code).toEqual({ at: 'failed', code: 'too-many-requests' })
})

test('six digits are read however they were typed', () => {
  for (const good of ['123456', ' 123 456', '123-456', '１２３４５６']) expect(spokenCode(good)).toBe('123456')
  for (const bad of ['', '12345', '1234567', '12345a', '१२३४५६']) expect(spokenCode(bad)).toBeNull()
})
