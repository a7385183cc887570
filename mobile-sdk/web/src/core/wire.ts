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

/** A span of time in which somebody may call. */
export interface Window {
  from: number
  until: number
}

/** The call that a statement announces. */
export interface CallPart extends Window {
  /** `c_…` */
  id: string
  number: string
  /** Other windows that the customer may pick. */
  offered: Window[]
}

export interface PaymentPart {
  /** Minor units of the currency. */
  amount: number
  /** ISO 4217. */
  currency: string
  payee: string
  order: string
  instrument: string
}

/** What may go sealed to a recipient, in the credential's order. */
export const SEALABLE = ['name', 'address', 'phone', 'payment_token'] as const
export type Sealable = (typeof SEALABLE)[number]

export interface RecipientPart {
  id: string
  name: Both
  /** b64u: RFC 7638 thumbprint of the recipient's P-256 key. */
  key: string
  /** The most that may be sent. */
  slots: Sealable[]
  /** What is delivered; a payment names its order itself. */
  order?: string
}

export interface Statement {
  v: 1
  /** `eligibility`: asked of somebody who has no account. */
  kind: 'verification' | 'enrolment' | 'eligibility'
  tenant: string
  verification: string
  nonce: string
  direction: 'inbound' | 'outbound'
  purpose: { code: string } & Both
  policy: { id: string; version: number; digest: string }
  display: Display
  operator: Both | null
  /** `enter`: the customer types what the agent says; `say`: the phone shows it, and the agent must say it first. */
  match: { mode: 'none' } | { mode: 'enter'; code?: string } | { mode: 'say'; code: string }
  call: CallPart | null
  payment: PaymentPart | null
  recipient: RecipientPart | null
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
  /** The key that signs notices of calls; pinned at enrolment. */
  announcement_key: DeviceJwk
  /** Compact JWS, oldest first: each names the key that came after, signed by the one before. */
  announcement_chain: string[]
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
  /** What becomes of the customer's other phones. */
  others: Others
  /** What was agreed to, in the language that stood on the screen. */
  consent: { wording: number; language: Lang }
}

/** What somebody without an account hands in: no handle, and a pseudonym that is no customer's. */
export interface ProspectAccept extends Pick<EnrolmentComplete, 'pseudonym' | 'issuer_certificate' | 'device_key' | 'device_signature' | 'passkey' | 'label' | 'consent'> {
  token: string
  challenge: string
}

export type Others = 'keep' | 'replace'

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
  /** The company's signed word on an announced call. */
  notice: string | null
  /** The key that `statement.recipient` names by its thumbprint. */
  recipient_key: DeviceJwk | null
  now: number
}

export const CALL_STATES = ['announced', 'confirmed', 'ringing', 'talking'] as const
export type CallState = (typeof CALL_STATES)[number]

/** One call that a company has with this customer now or soon. */
export interface DeviceCall extends Window {
  call: string
  verification: string
  state: CallState
  number: string
  operator: Both | null
  purpose: { code: string } & Both
  /** The pair that both sides see once the customer confirmed. */
  words: Record<Lang, string[]> | null
}

export interface OpenRequests {
  requests: { verification: string; state: VerificationState; expires_at: number }[]
  now: number
}

export interface Approval {
  proof: string
  as_of: number
  match_code?: string
  disclosure?: Disclosure
  assertion: unknown
}

/** What goes sealed: which attributes, the commitment that the proof binds, and the box that only the recipient opens. */
export interface Disclosure {
  slots: Sealable[]
  commitment: string
  box: unknown
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
