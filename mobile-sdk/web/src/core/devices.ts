import { fitsScreen } from './screen'

/** Most phones of one customer at a company; the server lets no more stand. */
const MOST_PHONES = 5
/** Longest name that a customer gives a phone, in characters. */
export const MOST_NAME = 24

/** One of the customer's phones as the server knows it: a kind of platform and times, never a name. */
export interface Phone {
  id: string
  /** "Android · Chrome" */
  label: string
  enrolled_at: number
  last_used_at: number | null
  this: boolean
}

/** What this phone keeps about the others, in its vault alone. */
export interface KnownPhones {
  /** Those that the customer has seen here; null before the first list. */
  seen: string[] | null
  /** The customer's own names, by phone. */
  names: Record<string, string>
}

export const nothingKnown = (): KnownPhones => ({ seen: null, names: {} })

/** Reads the server's list, this phone first; null when it cannot be shown whole: a phone left out would read as removed. */
export function readPhones(answer: unknown): Phone[] | null {
  const list = (answer as { devices?: unknown } | null)?.devices
  if (!Array.isArray(list) || list.length > MOST_PHONES || !list.every(fits)) return null
  const phones = list as Phone[]
  if (phones.filter((p) => p.this).length !== 1 || new Set(phones.map((p) => p.id)).size !== phones.length) return null
  return [...phones].sort((a, b) => Number(b.this) - Number(a.this))
}

function fits(it: Partial<Phone> | null): boolean {
  if (!it || typeof it.id !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(it.id) || typeof it.this !== 'boolean') return false
  const used = it.last_used_at === null || Number.isSafeInteger(it.last_used_at)
  return fitsScreen(it.label) && Number.isSafeInteger(it.enrolled_at) && used
}

/**
 * Phones that the customer has not seen here. On the first list that is whatever was enrolled after this phone: the
 * others were theirs before it.
 */
export function addedPhones(phones: Phone[], seen: string[] | null): Phone[] {
  const own = phones.find((p) => p.this)
  return phones.filter((p) => !p.this && (seen === null ? p.enrolled_at > (own?.enrolled_at ?? 0) : !seen.includes(p.id)))
}

/** A name as it may be kept and shown; empty takes it away. Null: it cannot be shown. */
export function phoneName(text: string): string | null {
  const name = text.normalize('NFC').trim()
  return name === '' || fitsScreen(name, MOST_NAME) ? name : null
}
