import { Problem } from './problem'

/** Whether this phone can be woken while the app is closed. */
export type PushStanding =
  /** Not looked at yet, or there is no company to be woken by. */
  | 'unknown'
  | 'on'
  /** Nobody was asked yet. */
  | 'ask'
  /** The person or the browser said no. */
  | 'refused'
  /** This browser cannot; on an iPhone it can once the app is on the home screen. */
  | 'none'
  /** It should work and did not just now. */
  | 'failed'

/** A browser's subscription as the server takes it. */
export interface PushTarget {
  kind: 'web'
  endpoint: string
  keys: { p256dh: string; auth: string }
}

/** What the platform can do, passed in. */
export interface PushPort {
  permission: () => 'granted' | 'denied' | 'default' | 'none'
  /** Asks the person; only from a tap. */
  ask: () => Promise<'granted' | 'denied' | 'default'>
  /** Subscribes under the server's key (b64u), or gives the subscription that is there. As `PushSubscription.toJSON()`. */
  subscribe: (publicKey: string) => Promise<unknown>
}

/** Of a subscription exactly what the server needs; anything else stays here. */
export function targetOf(subscription: unknown): PushTarget {
  const { endpoint, keys } = (subscription ?? {}) as { endpoint?: unknown; keys?: { p256dh?: unknown; auth?: unknown } }
  const { p256dh, auth } = keys ?? {}
  if (typeof endpoint !== 'string' || !endpoint || typeof p256dh !== 'string' || typeof auth !== 'string') throw new Problem('push-unusable')
  return { kind: 'web', endpoint, keys: { p256dh, auth } }
}

/** What stands where nothing was subscribed. */
export function standingOf(permission: ReturnType<PushPort['permission']>): PushStanding {
  return ({ granted: 'on', denied: 'refused', default: 'ask', none: 'none' } as const)[permission]
}

/** The token in `#r=…`, of exactly 128 bits; null for anything else. */
export function linkToken(hash: string): string | null {
  return /^#r=([A-Za-z0-9_-]{22})$/.exec(hash)?.[1] ?? null
}

/** Six digits, however they were typed (full-width digits, spaces, hyphens); null for anything else. */
export function spokenCode(text: string): string | null {
  const digits = text.normalize('NFKC').replace(/[\s-]/g, '')
  return /^[0-9]{6}$/.test(digits) ? digits : null
}
