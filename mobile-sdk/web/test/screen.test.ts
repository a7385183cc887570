import vectors from '../../../tests/vectors/text.json'
import { expect, test } from 'vitest'
import { displayFits, fitsScreen } from '../src/core/screen'
import { statement } from './fixtures'

test.each(vectors.display.map((v) => [JSON.stringify(v.text), v] as const))('the server and the phone agree on %s', (_, { text, ok }) => {
  expect(fitsScreen(text)).toBe(ok)
})

test.each([
  ['soft hyphen', 0xad], ['Hangul filler', 0x3164], ['Hangul choseong filler', 0x115f], ['Hangul jungseong filler', 0x1160],
  ['halfwidth Hangul filler', 0xffa0], ['blank braille', 0x2800], ['grapheme joiner', 0x34f], ['Khmer vowel', 0x17b4],
  ['Mongolian selector', 0x180b], ['variation selector', 0xfe0f], ['tag', 0xe0041], ['cancel tag', 0xe007f], ['ideographic variant after a letter', 0xe0100],
  ['right-to-left override', 0x202e], ['word joiner', 0x2060], ['no-break space', 0xa0], ['line separator', 0x2028], ['lone surrogate', 0xd800],
])('refuses a %s', (_, point) => {
  expect(fitsScreen(`ab${String.fromCodePoint(point)}cd`)).toBe(false)
})

test('a company is shown only when every one of its texts is fit', () => {
  const { display } = statement()
  expect(displayFits(display)).toBe(true)
  expect(displayFits({ ...display, name: { ja: 'みどり銀行', en: 'Midori\u00ad Bank' } })).toBe(false)
  expect(displayFits({ ...display, desk: { ja: '\u2800', en: 'Centre' } })).toBe(false)
  expect(displayFits({ ...display, number: '0120\u{e0030}' })).toBe(false)
  expect(displayFits({ ...display, number: undefined as unknown as string })).toBe(false)
  expect(displayFits(undefined)).toBe(false)
})
