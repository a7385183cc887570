import { keyPaths } from '@honnin/kit/i18n'
import { expect, test } from 'vitest'
import { dictionaries, troubleFor } from '../src/i18n/index'
import { TROUBLES } from '../src/i18n/messages'

/** Every text that a dictionary can give, functions called with telling arguments. */
function texts(value: unknown, path = ''): [string, string][] {
  if (typeof value === 'string') return [[path, value]]
  if (typeof value === 'function') return [[path, String((value as (x: unknown) => unknown)(path.includes('attempts') || path.includes('digit') || path.includes('percent') ? 2 : 'ARG'))]]
  return Object.entries(value as object).flatMap(([k, v]) => texts(v, path ? `${path}.${k}` : k))
}

test('both languages have exactly the same keys', () => {
  expect(keyPaths(dictionaries.en)).toEqual(keyPaths(dictionaries.ja))
})

test('no text is empty, and none leaked from the other language', () => {
  for (const [path, text] of texts(dictionaries.en)) {
    expect(text.trim(), path).not.toBe('')
    if (path !== 'otherLanguage') expect(/[\u3040-\u30ff\u4e00-\u9fff]/.test(text), `${path}: ${text}`).toBe(false)
  }
  const latin = new Set(['otherLanguage', 'appName', 'enrol.percent'])
  for (const [path, text] of texts(dictionaries.ja)) {
    if (!latin.has(path)) expect(/[\u3040-\u30ff\u4e00-\u9fff]/.test(text), `${path}: ${text}`).toBe(true)
  }
})

test('arguments are used', () => {
  for (const m of Object.values(dictionaries)) {
    expect(m.home.unknownHint('X銀行')).toContain('X銀行')
    expect(m.request.attemptsLeft(2)).toContain('2')
    expect(m.request.timeLeft('1:14')).toContain('1:14')
  }
})

test('every code has a text of its own kind', () => {
  for (const code of TROUBLES) expect(troubleFor(code)).toBe(code)
  expect(troubleFor('statement-unsafe')).toBe('statement-refused')
  expect(troubleFor('credential-signature-invalid')).toBe('credential-invalid')
  expect(troubleFor('prover-failed-prepare')).toBe('prover-unavailable')
  expect(troubleFor('proof-invalid')).toBe('not-accepted')
  expect(troubleFor('never-heard-of')).toBe('unknown')
})
