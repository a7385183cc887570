import type { AskedConsent, Both, Display } from './wire'

/** Longest text for a screen, in characters. */
const MAX_CHARS = 120
/** Controls, formats (bidirectional, soft hyphen, tags), private use, nothing assigned, line ends, unusual spaces. */
const UNFIT = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]|(?![ \u3000])\p{Zs}/u
/** Letters and symbols that draw nothing, and selectors that change nothing visible here. */
const BLANK = /[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0\ufe00-\ufe0f]/u
/** A variation selector that follows no ideograph. No lookbehind: browsers that have passkeys may lack it. */
const STRAY_VARIANT = /(?:^|[^\u3400-\u9fff\uf900-\ufaff\u{20000}-\u{323af}])[\u{e0100}-\u{e01ef}]/u
const STACKED = /[\p{Mn}\p{Me}]{3}/u

/** Scripts whose letters pass for one another: one word may hold one of them. */
const SCRIPTS = [
  /[A-Za-z\u00c0-\u024f\u1e00-\u1eff]/u,
  /[\u0370-\u03ff\u1f00-\u1fff]/u,
  /[\u0400-\u052f\u1c80-\u1c8f\u2de0-\u2dff\ua640-\ua69f]/u,
  /[\u0530-\u058f\u13a0-\u13ff\uab70-\uabbf\u{1d400}-\u{1d7ff}]/u,
]
const mixes = (word: string) => SCRIPTS.filter((script) => script.test(word)).length > 1

/** Whether a text may stand on a screen: the same rules as the server's `guard::display_text`. */
export function fitsScreen(text: unknown, most = MAX_CHARS): text is string {
  if (typeof text !== 'string' || text.trim() === '' || Array.from(text).length > most) return false
  if (UNFIT.test(text) || BLANK.test(text) || STRAY_VARIANT.test(text) || STACKED.test(text)) return false
  return text.normalize('NFC') === text && !text.split(/[^\p{Alphabetic}\p{N}]/u).some(mixes)
}

/** Longest sentence of a paragraph: it may hold several of a company's own texts. */
const MAX_SENTENCE = 600

/** Whether a text of several sentences may stand on a screen: each by the rules for one. */
export function paragraphFits(text: unknown): text is string {
  if (typeof text !== 'string' || text.trim() === '' || Array.from(text).length > 2_000) return false
  return text.split(/(?:[。\n]|\. )+/u).every((sentence) => sentence.trim() === '' || fitsScreen(sentence.trim(), MAX_SENTENCE))
}

/** Whether what a customer is asked to agree to can be read whole, in both languages. */
export const consentFits = (consent: AskedConsent | undefined): consent is AskedConsent =>
  Number.isSafeInteger(consent?.wording) && paragraphFits(consent?.text?.ja) && paragraphFits(consent?.text?.en)

export const bothFit = (both: Both | undefined): boolean => fitsScreen(both?.ja) && fitsScreen(both?.en)

/** Whether a company's own texts may stand on a screen. */
export const displayFits = (d: Display | undefined): boolean => bothFit(d?.name) && bothFit(d?.desk) && fitsScreen(d?.number)
