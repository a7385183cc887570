import { concat, fromB64u, toB64u, utf8 } from './bytes'
import type { Sign } from './jwt'
import type { PublicApi, Token } from './server'

const DOMAIN = utf8('honnin/device-session/v1\0')

/** Keeps one device token in memory, renewing it shortly before it ends. Concurrent askers share one renewal. */
export function deviceToken(api: Pick<PublicApi, 'challenge' | 'session'>, device: string, sign: Sign, now: () => number): Token {
  let current: { token: string; until: number } | null = null
  let pending: Promise<string> | null = null

  async function open(): Promise<string> {
    const { challenge } = await api.challenge(device)
    const signature = toB64u(await sign(concat(DOMAIN, fromB64u(challenge))))
    const { token, expires_in } = await api.session(device, challenge, signature)
    current = { token, until: now() + Math.max(0, expires_in - 30) * 1000 }
    return token
  }

  return (renew) => {
    if (!renew && current && now() < current.until) return Promise.resolve(current.token)
    pending ??= open().finally(() => {
      pending = null
    })
    return pending
  }
}
