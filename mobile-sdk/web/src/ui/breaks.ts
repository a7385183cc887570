import type { Lang } from '@honnin/kit/i18n'

const BEGINS = /^[\p{L}\p{N}「(]/u
const HIRAGANA = /^[\p{Script=Hiragana}ー]/u
/** What a phrase ends in: its particle or ending, a mark, a space. Inside 担当者 or パスキー there is none of these. */
const ENDS = /[\p{Script=Hiragana}・、。」) ]$/u
/** Honorific prefixes: nothing breaks behind them. */
const PREFIX = /(?:^|[^\p{Script=Hiragana}])[おご]$/u

const known = new Map<string, string[]>()

/**
 * A short Japanese text in phrases, for a button: between two of them a line may break, inside one never. Browsers that
 * break "by phrase" themselves part 電話と|して, and older ones break anywhere. Other languages have their spaces.
 */
export function phrases(text: string, lang: Lang): string[] {
  if (lang !== 'ja' || typeof Intl.Segmenter !== 'function') return [text]
  const before = known.get(text)
  if (before) return before
  const out: string[] = []
  for (const { segment } of new Intl.Segmenter('ja', { granularity: 'word' }).segment(text)) {
    const last = out.at(-1)
    const breaks = last !== undefined && BEGINS.test(segment) && !HIRAGANA.test(segment) && ENDS.test(last) && !PREFIX.test(last)
    if (breaks || last === undefined) out.push(segment)
    else out[out.length - 1] = last + segment
  }
  if (known.size > 500) known.clear()
  known.set(text, out)
  return out
}
