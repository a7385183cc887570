/**
 * An error with a stable code: a server's RFC 9457 code, an OpenID4VCI error, a prover's code, or one of this
 * app's own (`offline`, `no-passkey`, `passkey-cancelled`, `storage-refused`, `statement-…`, `offer-…`).
 */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly attemptsLeft: number | null

  constructor(code: string, status = 0, attemptsLeft: number | null = null) {
    super(code)
    this.name = 'Problem'
    this.code = code
    this.status = status
    this.attemptsLeft = attemptsLeft
  }
}

/** The code of anything thrown; unknown things are `internal`. */
export function codeOf(error: unknown): string {
  return error instanceof Problem ? error.code : 'internal'
}

/** Reads a failed response. Servers answer problem+json, OpenID endpoints `{"error"}`; a proxy may answer neither. */
export async function problemFrom(response: Response): Promise<Problem> {
  let body: Record<string, unknown> = {}
  try {
    body = (await response.json()) as Record<string, unknown>
  } catch {
    // no JSON: the status alone speaks
  }
  const code = typeof body.code === 'string' ? body.code : typeof body.error === 'string' ? body.error : byStatus(response.status)
  const left = typeof body.attempts_left === 'number' ? body.attempts_left : null
  return new Problem(code, response.status, left)
}

function byStatus(status: number): string {
  if (status === 401) return 'unauthenticated'
  if (status === 404) return 'not-found'
  if (status === 409) return 'already-decided'
  if (status === 410) return 'expired'
  if (status === 429) return 'too-many-requests'
  if (status === 503) return 'busy'
  return status >= 500 ? 'internal' : 'malformed'
}
