import { readSse } from '@honnin/kit/sse'
import { Problem } from './problem'

/** What the stream tells. `heard` comes with every byte block: it keeps the status fresh. */
export type LiveEvent =
  | { type: 'connected' }
  | { type: 'heard' }
  | { type: 'request'; verification: string }
  | { type: 'ended'; verification: string; state: string }
  /** The company's calls are not what they were. */
  | { type: 'calls' }
  /** The customer's phones are not those they were. */
  | { type: 'devices' }
  | { type: 'refused' }

export interface LiveDeps {
  /** Opens the stream; rejects with a Problem. */
  open: (signal: AbortSignal) => Promise<Response>
  on: (event: LiveEvent) => void
  /** Resolves after `ms`, or early when the connection came back or the page was shown. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>
  /** Calls back after `ms` unless cancelled by the function it returns. */
  later: (ms: number, then: () => void) => () => void
  /** 0 to 1, for jitter. */
  random: () => number
}

/** Silence longer than this means that the line is dead even if nobody said so. */
const SILENCE_MS = 12_000
const LONGEST_WAIT_MS = 15_000

/** Keeps one device's stream open until `signal` aborts, or the server says that it does not know the device. */
export async function follow(deps: LiveDeps, signal: AbortSignal): Promise<void> {
  let failures = 0
  while (!signal.aborted) {
    const attempt = new AbortController()
    const stop = () => attempt.abort()
    signal.addEventListener('abort', stop)
    let cancel = deps.later(SILENCE_MS, stop)
    try {
      const response = await deps.open(attempt.signal)
      if (!response.body) throw new Problem('malformed-answer')
      failures = 0
      deps.on({ type: 'connected' })
      for await (const event of readSse(response.body)) {
        cancel()
        cancel = deps.later(SILENCE_MS, stop)
        deps.on({ type: 'heard' })
        const known = read(event.event, event.data)
        if (known) deps.on(known)
      }
    } catch (error) {
      if (error instanceof Problem && (error.status === 404 || error.status === 403)) {
        deps.on({ type: 'refused' })
        return
      }
    } finally {
      cancel()
      signal.removeEventListener('abort', stop)
    }
    if (signal.aborted) return
    await deps.wait(backOff(failures++, deps.random()), signal)
  }
}

/** Half a second, doubling to fifteen, with up to half of it taken off at random so that phones do not return as one. */
export function backOff(failures: number, random: number): number {
  const full = Math.min(LONGEST_WAIT_MS, 500 * 2 ** Math.min(failures, 10))
  return Math.round(full * (1 - random / 2))
}

function read(event: string, data: string): LiveEvent | null {
  if (event === 'calls' || event === 'devices') return { type: event }
  if (event !== 'request' && event !== 'ended') return null
  try {
    const body = JSON.parse(data) as { verification?: unknown; state?: unknown }
    if (typeof body.verification !== 'string') return null
    if (event === 'request') return { type: 'request', verification: body.verification }
    return typeof body.state === 'string' ? { type: 'ended', verification: body.verification, state: body.state } : null
  } catch {
    return null
  }
}
