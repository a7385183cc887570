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
