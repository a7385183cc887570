import type { CallMove, CallPart, CallState, View, Window } from "./types.ts";

/** The desk may dial so long before its window, ms. */
export const DIALS_BEFORE = 5 * 60_000;
/** Longest window, and how far ahead one may lie, ms. */
const LONGEST = 4 * 3_600_000;
const FURTHEST = 14 * 86_400_000;

const RANK: Readonly<Record<CallState, number>> = { announced: 0, confirmed: 1, ringing: 2, talking: 3, ended: 4, missed: 4, expired: 4, refused: 4, failed: 4, cancelled: 4 };

/** A late answer never takes a call back, and an end stays. */
export function newerCall(known: CallPart | null | undefined, seen: CallPart | null | undefined): CallPart | null {
  if (!known || !seen) return seen ?? known ?? null;
  if (RANK[known.state] === 4 && seen.state !== known.state) return known;
  return RANK[seen.state] >= RANK[known.state] ? seen : known;
}

/** Whether the call is still to come or under way. */
export const isUpcoming = (view: View): boolean => view.call !== null && view.call !== undefined && RANK[view.call.state] < 4;

/** Calls still to come or under way, the next first. */
export const upcoming = (views: readonly View[]): View[] => views.filter(isUpcoming).sort((a, b) => (a.call?.from ?? 0) - (b.call?.from ?? 0) || (a.id < b.id ? -1 : 1));

/** What the desk can do with its telephone now. Ringing is told before dialling: the customer's screen then says so. */
export function moves(call: CallPart, now: number): CallMove[] {
  switch (call.state) {
    case "announced":
    case "confirmed":
      return now >= call.from - DIALS_BEFORE && now < call.until ? ["ringing"] : [];
    case "ringing":
      return ["talking", "missed"];
    case "talking":
      return ["ended"];
    default:
      return [];
  }
}

/** A row of the form: a start as `datetime-local` gives it, and a length in minutes. */
export interface WindowRow {
  start: string;
  minutes: number;
}

export type WindowFault = "empty" | "past" | "far" | "long" | "twice";

/** The windows that the rows mean, by this machine's clock; or what is wrong with the first that is wrong. */
export function windowsOf(rows: readonly WindowRow[], now: number): { ok: true; windows: Window[] } | { ok: false; row: number; fault: WindowFault } {
  const windows: Window[] = [];
  for (const [row, { start, minutes }] of rows.entries()) {
    const from = new Date(start).getTime();
    const until = from + minutes * 60_000;
    const wrong = (fault: WindowFault) => ({ ok: false as const, row, fault });
    if (start === "" || !Number.isFinite(from)) return wrong("empty");
    if (until <= now) return wrong("past");
    if (until > now + FURTHEST) return wrong("far");
    if (minutes <= 0 || until - from > LONGEST) return wrong("long");
    if (windows.some((w) => w.from === from && w.until === until)) return wrong("twice");
    windows.push({ from, until });
  }
  return { ok: true, windows };
}

/** The next half hour, as `datetime-local` wants it. */
export function nextHalfHour(now: number): string {
  const at = new Date(Math.ceil((now + 60_000) / 1_800_000) * 1_800_000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`;
}
