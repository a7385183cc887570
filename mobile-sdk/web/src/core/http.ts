import { Problem, problemFrom } from './problem'

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>

/** Sends and reads JSON. A network failure is `offline`, a refusal is the server's own code. */
export async function callJson<T>(fetch: Fetch, url: string, init: RequestInit = {}): Promise<T> {
  let response: Response
  try {
    response = await fetch(url, { cache: 'no-store', credentials: 'omit', referrerPolicy: 'no-referrer', redirect: 'error', ...init })
  } catch (error) {
    if (init.signal?.aborted) throw error
    throw new Problem('offline')
  }
  if (!response.ok) throw await problemFrom(response)
  if (response.status === 204) return undefined as T
  try {
    return (await response.json()) as T
  } catch {
    throw new Problem('malformed-answer', response.status)
  }
}

/** A POST of JSON. */
export function post(body: unknown, token?: string): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json', ...bearer(token) }, body: JSON.stringify(body) }
}

export function bearer(token?: string): Record<string, string> {
  return token ? { authorization: `Bearer ${token}` } : {}
}
