import { concat, fromB64u, toB64u, utf8 } from './bytes'
import type { Sign } from './jwt'
import { Problem } from './problem'
import type { PublicApi, Token } from './server'

const DOMAIN = utf8('honnin/device-session/v1\0')

/** Keeps one device token in memory, renewing it shortly before it ends. Concurrent askers share one renewal. */
export function deviceToken(api: Pick<PublicApi, 'challenge' | 'session'>, device: string, sign: Sign, now: () => number): Token {
  let current: { token: string; until: number } | null = null
  let pending: Promise<string> | null = null

  async function open(again = true): Promise<string> {
    const { challenge } = await api.challenge(device)
    const signature = toB64u(await sign(concat(DOMAIN, fromB64u(challenge))))
    let session: { token: string; expires_in: number }
    try {
      session = await api.session(device, challenge, signature)
    } catch (error) {
      if (!(error instanceof Problem) || error.status !== 401) throw error
      // A challenge may have run out on a slow line; twice in a row means that the server does not know this device.
      if (again) return open(false)
      throw new Problem('device-unknown', 404)
    }
    const { token, expires_in } = session
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
