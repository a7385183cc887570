/** The shapes of docs/protocol.md that the phone sends and receives. Times are milliseconds since the epoch. */

export type Lang = 'ja' | 'en'
/** A text in both languages. */
export type Both = Record<Lang, string>

export interface Display {
  name: Both
  desk: Both
  number: string
}

export interface Policy {
  v: number
  id: string
  version: number
  schema: string
  name: Both
  predicates: { slot: string; op: string; value: unknown }[]
  disclose: string[]
  user_verification: boolean
  number_match: boolean
  ttl_s: number
  valid_s: number
}

export interface Statement {
  v: 1
  kind: 'verification' | 'enrolment'
  tenant: string
  verification: string
  nonce: string
  direction: 'inbound' | 'outbound'
  purpose: { code: string } & Both
  policy: { id: string; version: number; digest: string }
  display: Display
  operator: Both | null
  match: { mode: 'none' } | { mode: 'enter'; code?: string }
  call: null
  payment: null
  recipient: null
  not_before: number
  expires_at: number
}

/** What a policy proves and what this check does not send, in both languages. */
export interface Words {
  proves: Both[]
  not_sent: Record<Lang, string[]>
}

export interface TenantInfo {
  tenant: string
  display: Display
  time_zone: string
  policies: Policy[]
  enrolment_policy: Policy
  circuit: { version: number; proving_key: ProvingKeyInfo }
  now: number
}

export interface ProvingKeyInfo {
  url: string
  sha256: string
  bytes: number
}

export interface EnrolmentStart {
  enrolment: string
  statement: Statement
  policy: Policy
  passkey: unknown
  consent: AskedConsent
}

/** What the customer is asked to agree to, and which wording that is. */
export interface AskedConsent {
  text: Both
  wording: number
}

export interface EnrolmentComplete {
  proof: string
  as_of: number
  pseudonym: string
  issuer_certificate: string
  device_key: DeviceJwk
  device_signature: string
  passkey: unknown
  label: string
  /** What was agreed to, in the language that stood on the screen. */
  consent: { wording: number; language: Lang }
}

export interface DeviceJwk {
  kty: 'EC'
  crv: 'P-256'
  x: string
  y: string
}

export type EndState = 'passed' | 'failed' | 'denied' | 'expired' | 'cancelled' | 'unreachable'
export type VerificationState = 'created' | 'delivered' | 'opened' | EndState

export interface RequestView {
  statement: Statement
  policy: Policy
  words: Words
  state: VerificationState
  passkey: unknown
  now: number
}

export interface OpenRequests {
  requests: { verification: string; state: VerificationState; expires_at: number }[]
  now: number
}

export interface Approval {
  proof: string
  as_of: number
  match_code?: string
  assertion: unknown
}

export interface Passed {
  state: 'passed'
  reference: string
  decided_at: number
}

export interface Decided {
  state: EndState
  decided_at: number
}

export interface HistoryEntry {
  verification: string
  reference: string | null
  statement_purpose: ({ code?: string } & Both) | null
  state: EndState
  decided_at: number
}

/** What the customer agreed to (docs/admin-api.md, "The phone's own"). */
export interface Consent {
  id: string
  /** `enrolment`: withdrawing it revokes this device. */
  purpose: string
  text: Both
  given_at: number
  withdrawn_at: number | null
}

const ENDS = new Set<string>(['passed', 'failed', 'denied', 'expired', 'cancelled', 'unreachable'])
/** Whether a state is final. */
export function isEnd(state: string): state is EndState {
  return ENDS.has(state)
}
