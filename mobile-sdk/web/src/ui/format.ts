import { locale, type Lang } from '@honnin/kit/i18n'

/** Month, day and time: 11月21日 14:32, 21 Nov 14:32. */
export function dayAndTime(ms: number, lang: Lang): string {
  const day = new Intl.DateTimeFormat(locale(lang), { month: lang === 'ja' ? 'long' : 'short', day: 'numeric' }).format(ms)
  const time = new Intl.DateTimeFormat(locale(lang), { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(ms)
  return `${day} ${time}`
}

/** Only the time for today's entries, the day for older ones: what the list has room for. */
export function shortWhen(ms: number, now: number, lang: Lang): string {
  const sameDay = new Date(ms).toDateString() === new Date(now).toDateString()
  const options: Intl.DateTimeFormatOptions = sameDay ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } : { month: 'numeric', day: 'numeric' }
  return new Intl.DateTimeFormat(locale(lang), options).format(ms)
}

export function fullDate(ms: number, lang: Lang): string {
  return new Intl.DateTimeFormat(locale(lang), { dateStyle: 'long' }).format(ms)
}

/** Things in a row: 氏名・生年月日 or "name, birth date". */
export function joined(items: string[], lang: Lang): string {
  return items.join(lang === 'ja' ? '・' : ', ')
}

/** A paragraph's sentences, each to stand on a line of its own. */
export const sentences = (text: string): string[] => (text.match(/.+?(?:。|\.(?= )|$)/gsu) ?? []).map((part) => part.trim()).filter((part) => part !== '')

const clock = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const

/** The calendar day in a zone, comparable. */
const dayOf = (ms: number, zone: string): string => new Intl.DateTimeFormat('en-CA', { timeZone: zone, dateStyle: 'short' }).format(ms)

/**
 * A call's window by this phone's clock: 本日 15:00〜15:30, "today 15:00–15:30"; the zone is named where it is not the
 * company's, whose people think in theirs. `own`: IANA name of this phone's zone.
 */
export function windowText(from: number, until: number, now: number, lang: Lang, company: string, own = Intl.DateTimeFormat().resolvedOptions().timeZone): string {
  const tag = locale(lang)
  const time = (ms: number, named: boolean) =>
    new Intl.DateTimeFormat(tag, { ...clock, timeZone: own, ...(named && own !== company ? { timeZoneName: 'short' } : {}) }).format(ms)
  const days = [0, 1].map((n) => dayOf(now + n * 86_400_000, own)).indexOf(dayOf(from, own))
  const near = { ja: ['本日', '明日'], en: ['today', 'tomorrow'] }[lang][days]
  const day = near ?? new Intl.DateTimeFormat(tag, { timeZone: own, month: lang === 'ja' ? 'long' : 'short', day: 'numeric', weekday: 'short' }).format(from)
  return `${day} ${time(from, false)}${lang === 'ja' ? '〜' : '–'}${time(until, true)}`
}
