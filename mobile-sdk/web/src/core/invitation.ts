import { p256Of, readJws } from './notice'
import { Problem } from './problem'
import { bothFit, consentFits, displayFits } from './screen'
import type { AskedConsent, Both, Policy, TenantInfo } from './wire'

const CERTIFICATE = 'honnin-issuer-cert+jwt'

/** What an invitation asks of somebody who has no account with the company. */
export interface Invitation {
  tenant: TenantInfo
  policy: Policy
  purpose: { code: string } & Both
  /** Whose credentials serve: the root that certifies them, and the company that they are for. */
  issuers: { thumbprint: string; certifies: string }[]
  passkey: unknown
  consent: AskedConsent
  /** b64u of 32 bytes. */
  challenge: string
  expires_at: number
  now: number
}

/** What an accepted invitation names: this phone, for this one request. */
export interface Accepted {
  device: string
  verification: string
}

/** The token of an invitation's link, whole or only its fragment; null for anything else. */
export function invitationToken(text: string): string | null {
  return /#\/invited\/([A-Za-z0-9_-]{16,86})$/.exec(text.trim())?.[1] ?? null
}

/** Refuses an invitation that could not be shown whole. Throws `statement-…`. */
export function checkInvitation(it: Invitation): void {
  if (!displayFits(it.tenant?.display) || !bothFit(it.purpose) || !consentFits(it.consent)) throw new Problem('statement-unsafe')
  if (!/^[A-Za-z0-9_-]{43}$/.test(it.challenge) || !Array.isArray(it.issuers) || !Number.isSafeInteger(it.expires_at)) throw new Problem('malformed-answer')
  if (p256Of(it.tenant.announcement_key) === null) throw new Problem('malformed-answer')
  checkEligibilityPolicy(it.policy)
}

/** Without an account there is no number to compare with, nothing to pay and nothing to send. */
export function checkEligibilityPolicy(policy: Policy): void {
  const predicates: unknown[] = Array.isArray(policy?.predicates) ? policy.predicates : []
  const plain = predicates.length > 0 && policy.predicates.every((p) => p.slot !== 'subject' && p.value !== 'handle' && p.value !== 'amount')
  if (!plain || !Array.isArray(policy.disclose) || policy.disclose.length > 0) throw new Problem('statement-unsupported')
}

/**
 * Whether a credential's certificate is of an issuer that the invitation names. What it says was verified when the
 * credential came; the server looks at it again.
 */
export function certifiedFor(certificate: string, issuers: Invitation['issuers'], nowS: number): boolean {
  const jws = readJws(certificate, CERTIFICATE)
  if (!jws) return false
  const { tenant, nbf, exp } = jws.payload
  const inTime = Number.isSafeInteger(nbf) && Number.isSafeInteger(exp) && (nbf as number) <= nowS && nowS < (exp as number)
  return inTime && issuers.some((i) => i.thumbprint === jws.kid && i.certifies === tenant)
}
