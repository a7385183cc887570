import { Problem } from './problem'
import { callFits, paymentFits, recipientFits } from './parts'
import { checkEligibilityPolicy } from './invitation'
import { bothFit, displayFits } from './screen'
import type { Display, Policy, Statement } from './wire'

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

const MEMBERS = ['v', 'kind', 'tenant', 'verification', 'nonce', 'direction', 'purpose', 'policy', 'display', 'operator', 'match', 'call', 'payment', 'recipient', 'not_before', 'expires_at']

/**
 * Refuses a statement that the screen could not show whole and true. What is signed is what was seen, so a member this
 * version does not know, or a call or payment that it cannot show whole, must stop here. Throws `statement-…`.
 */
export function checkStatement(statement: Statement, policy: Policy, expected: Expected): void {
  const s = statement
  if (s.v !== 1 || Object.keys(s).some((k) => !MEMBERS.includes(k))) throw new Problem('statement-unsupported')
  if (s.kind !== expected.kind || s.tenant !== expected.tenant) throw new Problem('statement-mismatch')
  if (expected.verification !== null && s.verification !== expected.verification) throw new Problem('statement-mismatch')
  if (s.policy.digest !== expected.digest || s.policy.id !== policy.id || s.policy.version !== policy.version) throw new Problem('statement-mismatch')
  if (s.kind === 'enrolment') checkEnrolmentPolicy(policy)
  if (s.kind === 'eligibility') checkEligibilityPolicy(policy)
  if (s.direction !== 'inbound' && s.direction !== 'outbound') throw new Problem('statement-unsupported')
  checkMatch(s)
  checkParts(s, policy)
  if (s.kind !== 'enrolment' && s.operator === null) throw new Problem('statement-mismatch')
  if (!(s.not_before < s.expires_at)) throw new Problem('statement-mismatch')
  if (s.expires_at <= expected.now) throw new Problem('expired')
  checkDisplay(s.display)
  if (!bothFit(s.purpose) || (s.operator !== null && !bothFit(s.operator))) throw new Problem('statement-unsafe')
}

/** A number that the agent must say stands on the screen, so it must be there; one that is typed must not. */
function checkMatch({ match }: Statement): void {
  const sound = match.mode === 'say' ? /^[0-9]{2}$/.test(match.code) : match.mode === 'enter' ? match.code === undefined : match.mode === 'none'
  if (!sound) throw new Problem('statement-unsupported')
}

/** Whether a policy takes the payment's amount into its proof. */
export const provesAmount = (policy: Policy): boolean => policy.predicates.some((p) => p.value === 'amount')

/** What is announced, paid and sent: each fit to be shown, and nothing asked of the customer that the statement does not say. */
function checkParts(s: Statement, policy: Policy): void {
  const { call, payment, recipient } = s
  if (call === undefined || payment === undefined || recipient === undefined) throw new Problem('statement-unsupported')
  if (s.kind !== 'verification' && (call || payment || recipient)) throw new Problem('statement-unsupported')
  if (s.kind === 'eligibility' && s.direction !== 'inbound') throw new Problem('statement-unsupported')
  if (call && (!callFits(call) || s.direction !== 'outbound' || payment || recipient)) throw new Problem('statement-unsupported')
  if (payment && (!paymentFits(payment) || !recipient)) throw new Problem('statement-unsupported')
  if (recipient && !recipientFits(recipient)) throw new Problem('statement-unsupported')
  if (provesAmount(policy) && !payment) throw new Problem('statement-mismatch')
  // What leaves the phone is within the policy that was published, and never without a name to send it to.
  if (policy.disclose.length > 0 !== (recipient !== null)) throw new Problem('statement-mismatch')
  if (recipient && !recipient.slots.every((slot) => policy.disclose.includes(slot))) throw new Problem('statement-mismatch')
}

/** Refuses a company whose own texts could read as another's: before they stand on any screen. */
export function checkDisplay(display: Display): void {
  if (!displayFits(display)) throw new Problem('statement-unsafe')
}

/**
 * Refuses an enrolment that would prove more than "holds the credential of this customer number": whoever enrols has
 * been asked for nothing else, so a condition added here would be answered unseen.
 */
export function checkEnrolmentPolicy(policy: Policy): void {
  const [only, ...more] = Array.isArray(policy?.predicates) ? policy.predicates : []
  const exact =
    only !== undefined && more.length === 0 && Object.keys(only).length === 3 && only.slot === 'subject' && only.op === 'EQ' && only.value === 'handle'
  if (!exact || !Array.isArray(policy.disclose) || policy.disclose.length > 0) throw new Problem('statement-unsupported')
}
