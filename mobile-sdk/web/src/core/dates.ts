/** The date in a time zone as the integer YYYYMMDD. */
export function dateIn(timeZone: string, ms: number): number {
  const parts = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(ms)
  return Number(parts.replaceAll('-', ''))
}

const DAY = 86_400_000

/** The as-of dates that serve now, best first: today, then yesterday (the server takes no other). */
export function usableDates(timeZone: string, ms: number): number[] {
  return [dateIn(timeZone, ms), dateIn(timeZone, ms - DAY)]
}

/** The dates to prepare for: today, and tomorrow from six hours before the day turns. */
export function datesToPrepare(timeZone: string, ms: number): number[] {
  const today = dateIn(timeZone, ms)
  const soon = dateIn(timeZone, ms + DAY / 4)
  return soon === today ? [today] : [today, soon]
}
