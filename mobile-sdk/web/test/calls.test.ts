import { expect, test } from 'vitest'
import { homeStatus, noCalls, readCalls, type Calls } from '../src/core/calls'
import type { Link } from '../src/core/freshness'
import { amountFits, minorDigits, money } from '@honnin/kit/money'
import type { DeviceCall } from '../src/core/wire'
import { windowText } from '../src/ui/format'
import { NOW } from './fixtures'

const MINUTE = 60_000
const call = (change: Partial<DeviceCall> = {}): DeviceCall => ({
  call: 'c_1', verification: 'v_1', state: 'confirmed', from: NOW + 60 * MINUTE, until: NOW + 90 * MINUTE, number: '03-1234-5678',
  operator: { ja: '山田', en: 'Yamada' }, purpose: { code: 'card', ja: 'カード再発行', en: 'Card' }, words: { ja: ['あさがお', 'みなと'], en: ['lantern', 'harbour'] }, ...change,
})
const heard = (ago: number): Link => ({ heardAt: NOW - ago, refused: false })
const known = (...list: DeviceCall[]): Calls => ({ list, staleSince: null })
const at = (link: Link, calls: Calls, serverNow = NOW) => homeStatus(link, calls, NOW - 10 * MINUTE, NOW, serverNow)

test('nobody calls: said only with the time of it', () => {
  expect(at(heard(900), known())).toEqual({ at: 'none', asOf: NOW - 900 })
})

test('a word older than ten seconds reads unknown, whatever it said', () => {
  for (const calls of [known(), known(call({ state: 'talking' })), known(call())]) {
    expect(at(heard(10_000), calls).at).not.toBe('unknown')
    expect(at(heard(10_001), calls)).toEqual({ at: 'unknown', heardAt: NOW - 10_001 })
  }
  expect(at({ heardAt: null, refused: false }, known())).toEqual({ at: 'unknown', heardAt: null })
})

test('a list that is not the newest never says that nobody calls', () => {
  expect(at(heard(0), { list: [], staleSince: NOW - 1_000 }).at).toBe('connecting')
  expect(at(heard(0), { list: [], staleSince: NOW - 10_001 }).at).toBe('unknown')
  expect(at(heard(0), { list: [call({ state: 'talking' })], staleSince: NOW - 10_001 }).at).toBe('unknown')
  expect(homeStatus({ heardAt: null, refused: false }, noCalls(NOW), NOW, NOW, NOW).at).toBe('connecting')
})

test('a phone that the server does not know says so, not that nobody calls', () => {
  expect(at({ heardAt: NOW, refused: true }, known()).at).toBe('refused')
})

test('talking stands before ringing, ringing before what is expected; the rest follows', () => {
  const [talking, ringing, later] = [call({ call: 'c_t', state: 'talking' }), call({ call: 'c_r', state: 'ringing' }), call({ call: 'c_l' })]
  expect(at(heard(0), known(later, ringing, talking))).toMatchObject({ at: 'talking', call: { call: 'c_t' }, later: [{ call: 'c_l' }] })
  expect(at(heard(0), known(later, ringing))).toMatchObject({ at: 'ringing', call: { call: 'c_r' }, later: [{ call: 'c_l' }] })
  expect(at(heard(0), known(later))).toMatchObject({ at: 'expected', call: { call: 'c_l' }, due: false, later: [] })
})

test('a call is due from five minutes before its window, and over at its end, by the server’s clock', () => {
  const it = call()
  const due = (serverNow: number) => at(heard(0), known(it), serverNow)
  expect(due(it.from - 5 * MINUTE - 1)).toMatchObject({ at: 'expected', due: false })
  expect(due(it.from - 5 * MINUTE)).toMatchObject({ at: 'expected', due: true })
  expect(due(it.until - 1)).toMatchObject({ at: 'expected', due: true })
  expect(due(it.until)).toMatchObject({ at: 'none' })
})

test('a list is read whole or not at all: a call left out would read as nobody calling', () => {
  expect(readCalls({ calls: [call({ from: 5 }), call({ from: 3 })] })?.map((c) => c.from)).toEqual([3, 5])
  expect(readCalls({ calls: [] })).toEqual([])
  const bad: unknown[] = [
    null, {}, { calls: 'none' }, { calls: Array.from({ length: 17 }, () => call()) }, { calls: [null] },
    ...[{ state: 'dancing' }, { number: 'call me' }, { operator: { ja: '山\u202e田', en: 'Y' } }, { purpose: { code: 'x', ja: '', en: 'y' } }, { words: { ja: ['一'], en: ['a', 'b'] } }, { words: { ja: ['一', '二'], en: ['a', '\u202e'] } }, { from: '15:00' }, { call: 7 }].map((c) => ({ calls: [call(c as object), call()] })),
  ]
  for (const answer of bad) expect(readCalls(answer)).toBeNull()
})

test('amounts are written with the currency’s own digits', () => {
  expect([0, 2, 3, null].map((d) => [['JPY'], ['USD', 'HUF'], ['KWD', 'IQD'], ['ZZZ', 'XAU', 'jpy', 7]][d === null ? 3 : d === 3 ? 2 : d === 2 ? 1 : 0]!.map(minorDigits))).toEqual([[0], [2, 2], [3, 3], [null, null, null, null]])
  expect(money(48_000, 'JPY', 'ja')).toBe('48,000円')
  expect(money(48_000, 'JPY', 'en')).toBe('¥48,000')
  expect(money(48_000, 'CNY', 'en')).toBe('CN¥480.00')
  expect(money(1_250, 'USD', 'ja')).toBe('12.50米ドル')
  expect(money(1_250, 'USD', 'en')).toBe('US$12.50')
  expect(money(999_999_999_999_999, 'KWD', 'en').replace(/\s/g, ' ')).toBe('KWD 999,999,999,999.999')
})

test('an amount fits when it is whole, positive and of twelve digits before the point', () => {
  expect([1, 999_999_999_999].map((n) => amountFits(n, 'JPY'))).toEqual([true, true])
  expect(amountFits(99_999_999_999_999, 'USD')).toBe(true)
  for (const n of [0, -1, 0.5, 10 ** 12, 2 ** 53, NaN, Infinity, '1', null]) expect(amountFits(n, 'JPY')).toBe(false)
  expect(amountFits(10 ** 14, 'USD')).toBe(false)
})

test('a window reads by this phone’s clock, and names the zone where it is not the company’s', () => {
  const from = Date.UTC(2026, 10, 22, 6, 0)
  const until = from + 30 * MINUTE
  const now = Date.UTC(2026, 10, 22, 3, 0)
  expect(windowText(from, until, now, 'ja', 'Asia/Tokyo', 'Asia/Tokyo')).toBe('本日 15:00〜15:30')
  expect(windowText(from, until, now, 'en', 'Asia/Tokyo', 'Asia/Tokyo')).toBe('today 15:00–15:30')
  expect(windowText(from + 86_400_000, until + 86_400_000, now, 'ja', 'Asia/Tokyo', 'Asia/Tokyo')).toBe('明日 15:00〜15:30')
  expect(windowText(from + 2 * 86_400_000, until + 2 * 86_400_000, now, 'ja', 'Asia/Tokyo', 'Asia/Tokyo')).toBe('11月24日(火) 15:00〜15:30')
  expect(windowText(from, until, now, 'en', 'Asia/Tokyo', 'Europe/London')).toBe('today 06:00–06:30 GMT')
})
