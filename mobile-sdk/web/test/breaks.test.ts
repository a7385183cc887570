import { expect, test } from 'vitest'
import { dictionaries } from '../src/i18n/index'
import { phrases } from '../src/ui/breaks'

test.each([
  ['不審な電話として報告する', '不審な|電話として|報告する'],
  ['確認できないことを担当者に伝える', '確認できないことを|担当者に|伝える'],
  ['お知らせを受け取る', 'お知らせを|受け取る'],
  ['48,000円を承認', '48,000円を|承認'],
  ['0120-000-123 に電話する', '0120-000-123 に|電話する'],
])('%s breaks between phrases alone', (text, parts) => {
  expect(phrases(text, 'ja').join('|')).toBe(parts)
})

test('nothing is added or lost, and English keeps its spaces', () => {
  for (const { title, text } of Object.values(dictionaries.ja.troubles)) for (const it of [title, text]) expect(phrases(it, 'ja').join('')).toBe(it)
  expect(phrases('Report as a suspicious call', 'en')).toEqual(['Report as a suspicious call'])
})
