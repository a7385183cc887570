import { linkStatus, STALE_AFTER_MS, type Link } from './freshness'
import { numberFits } from './parts'
import { bothFit, fitsScreen } from './screen'
import { CALL_STATES, type DeviceCall, type Lang } from './wire'

/** Most calls of one company that are shown; the server lets fewer stand. */
const MOST_CALLS = 16
/** A desk may dial so long before its window. */
export const DIALS_BEFORE_MS = 5 * 60_000

/**
 * What this phone knows of one company's calls. `staleSince`: since when the list is known not to be the newest (this
 * machine's clock); null: it was asked for after the stream opened and after the stream last said that something changed.
 * From a stale list nothing may be read, least of all that nobody calls.
 */
export interface Calls {
  list: DeviceCall[]
  staleSince: number | null
}

export const noCalls = (now: number): Calls => ({ list: [], staleSince: now })

/** Reads the server's list; null when it cannot be shown whole, as a call left out would read as "not calling". */
export function readCalls(answer: unknown): DeviceCall[] | null {
  const list = (answer as { calls?: unknown } | null)?.calls
  if (!Array.isArray(list) || list.length > MOST_CALLS) return null
  return list.every(fits) ? [...(list as DeviceCall[])].sort((a, b) => a.from - b.from) : null
}

function fits(it: DeviceCall | null): boolean {
  if (!it || typeof it.call !== 'string' || typeof it.verification !== 'string' || !CALL_STATES.includes(it.state)) return false
  if (!Number.isSafeInteger(it.from) || !Number.isSafeInteger(it.until) || !numberFits(it.number) || !bothFit(it.purpose)) return false
  if (it.operator !== null && !bothFit(it.operator)) return false
  return it.words === null || (['ja', 'en'] as Lang[]).every((lang) => pairFits(it.words?.[lang]))
}

const pairFits = (pair: unknown): boolean => Array.isArray(pair) && pair.length === 2 && pair.every((word) => fitsScreen(word, 24))

export type HomeStatus =
  /** Nothing was heard yet: neither "calling" nor "not calling". */
  | { at: 'connecting' }
  /** No word within ten seconds, or the list is not the newest: do not engage. */
  | { at: 'unknown'; heardAt: number | null }
  /** The server no longer knows this phone. */
  | { at: 'refused' }
  | { at: 'talking' | 'ringing'; call: DeviceCall; asOf: number; later: DeviceCall[] }
  /** `due`: the window is near or open, so the desk may dial any moment, and this screen will say so when it does. */
  | { at: 'expected'; call: DeviceCall; due: boolean; asOf: number; later: DeviceCall[] }
  | { at: 'none'; asOf: number }

/** What one company's line on the home screen says. `now`: this machine's clock; `serverNow`: the server's. */
export function homeStatus(link: Link, calls: Calls, since: number, now: number, serverNow: number): HomeStatus {
  const status = linkStatus(link, since, now)
  if (status === 'refused' || status === 'connecting') return { at: status }
  if (status === 'unknown' || link.heardAt === null) return { at: 'unknown', heardAt: link.heardAt }
  // The list is on its way; a line that stays without one for long says as little as a dead one.
  if (calls.staleSince !== null) return now - calls.staleSince <= STALE_AFTER_MS ? { at: 'connecting' } : { at: 'unknown', heardAt: link.heardAt }
  const asOf = link.heardAt
  const on = calls.list.find((c) => c.state === 'talking') ?? calls.list.find((c) => c.state === 'ringing')
  const open = calls.list.filter((c) => c !== on && c.state !== 'talking' && c.state !== 'ringing' && serverNow < c.until)
  if (on) return { at: on.state as 'talking' | 'ringing', call: on, asOf, later: open }
  const [call, ...later] = open
  if (!call) return { at: 'none', asOf }
  return { at: 'expected', call, due: serverNow >= call.from - DIALS_BEFORE_MS, asOf, later }
}
