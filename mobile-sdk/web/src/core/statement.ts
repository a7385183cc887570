import { Problem } from './problem'
import type { Policy, Statement } from './wire'

/** What this phone already knows, to hold a statement against. */
export interface Expected {
  kind: Statement['kind']
  tenant: string
  /** The request's id, null for an enrolment. */
  verification: string | null
  /** The digest this phone computed from the policy it was shown. */
  digest: string
  /** The server's clock, ms. */
  now: number
}

const MEMBERS = ['v', 'kind', 'tenant', 'verification', 'nonce', 'direction', 'purpose', 'policy', 'display', 'operator', 'match', 'payment', 'recipient', 'not_before', 'expires_at']
/** Control and bidirectional characters could make a name read as another. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/

/**
 * Refuses a statement that the screen could not show whole and true. What is signed is what was seen, so a member this
 * version does not know, or a payment it cannot show, must stop here. Throws `statement-…`.
 */
export function checkStatement(statement: Statement, policy: Policy, expected: Expected): void {
  const s = statement
  if (s.v !== 1 || Object.keys(s).some((k) => !MEMBERS.includes(k))) throw new Problem('statement-unsupported')
  if (s.payment !== null || s.recipient !== null) throw new Problem('statement-unsupported')
  if (s.kind !== expected.kind || s.tenant !== expected.tenant) throw new Problem('statement-mismatch')
  if (expected.verification !== null && s.verification !== expected.verification) throw new Problem('statement-mismatch')
  if (s.policy.digest !== expected.digest || s.policy.id !== policy.id || s.policy.version !== policy.version) throw new Problem('statement-mismatch')
  if (policy.disclose.length > 0) throw new Problem('statement-unsupported')
  if (s.direction !== 'inbound' && s.direction !== 'outbound') throw new Problem('statement-unsupported')
  if (s.match.mode !== 'none' && s.match.mode !== 'enter') throw new Problem('statement-unsupported')
  if (s.kind === 'verification' && s.operator === null) throw new Problem('statement-mismatch')
  if (!(s.not_before < s.expires_at)) throw new Problem('statement-mismatch')
  if (s.expires_at <= expected.now) throw new Problem('expired')
  const d = s.display
  const shown = [d.name, d.desk, s.purpose, s.operator ?? { ja: '-', en: '-' }].flatMap((t) => [t.ja, t.en])
  for (const text of [...shown, d.number]) {
    if (typeof text !== 'string' || text.length === 0 || text.length > 200 || UNSAFE.test(text)) throw new Problem('statement-unsafe')
  }
}
