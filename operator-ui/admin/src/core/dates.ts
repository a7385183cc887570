/** Milliseconds that a zone is ahead of UTC at a moment. */
function ahead(ms: number, zone: string): number {
  const parts = new Intl.DateTimeFormat("en-US", { timeZone: zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" }).formatToParts(ms);
  const at = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return Date.UTC(at("year"), at("month") - 1, at("day"), at("hour"), at("minute"), at("second")) - Math.floor(ms / 1000) * 1000;
}

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
export const DAY_MS = 86_400_000;

/** When a calendar day (YYYY-MM-DD) begins in a zone; null for what is no day. */
export function dayStart(day: string, zone: string): number | null {
  const found = DAY.exec(day);
  if (found === null) return null;
  const utc = Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3]));
  if (new Date(utc).toISOString().slice(0, 10) !== day) return null;
  // The offset at that wall-clock time: a first guess, then once more at the moment it gave (a change of clocks lies between).
  const guess = utc - ahead(utc, zone);
  return utc - ahead(guess, zone);
}

/** When the day after begins: the end of a range that includes its last day. */
export function dayEnd(day: string, zone: string): number | null {
  const found = DAY.exec(day);
  if (found === null || dayStart(day, zone) === null) return null;
  return dayStart(new Date(Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3]) + 1)).toISOString().slice(0, 10), zone);
}

/** The calendar day of a moment in a zone, YYYY-MM-DD. */
export const dayOf = (ms: number, zone: string): string => new Date(ms + ahead(ms, zone)).toISOString().slice(0, 10);

/** Where a duty's clock stands. `early`: the time for it has not begun. */
export type Clock = "early" | "due" | "soon" | "overdue";

/** Last day before a deadline counts as soon. */
export function clockOf(now: number, from: number, by: number): Clock {
  if (now >= by) return "overdue";
  if (by - now <= DAY_MS) return "soon";
  return now < from ? "early" : "due";
}

/** Whole days left, never negative; the last day counts as 0. */
export const daysLeft = (now: number, by: number): number => Math.max(0, Math.floor((by - now) / DAY_MS));
