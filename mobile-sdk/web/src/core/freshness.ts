/** A status older than this reads "unknown", never "not calling". */
export const STALE_AFTER_MS = 10_000

/** What one company's connection says: `fresh` only while the server was heard from within the last ten seconds. */
export type Link = { heardAt: number | null; refused: boolean }

export type LinkStatus = 'connecting' | 'fresh' | 'unknown' | 'refused'

/** `refused`: the server no longer knows this device. */
export function linkStatus(link: Link, since: number, now: number): LinkStatus {
  if (link.refused) return 'refused'
  if (link.heardAt !== null) return now - link.heardAt <= STALE_AFTER_MS ? 'fresh' : 'unknown'
  return now - since <= STALE_AFTER_MS ? 'connecting' : 'unknown'
}
