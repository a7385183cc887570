import type { Localized } from "@honnin/kit";

/** States of a verification as the server names them (docs/protocol.md). */
export type WireState = "created" | "delivered" | "opened" | "passed" | "failed" | "denied" | "expired" | "cancelled" | "unreachable";
export type Detail = "not_enrolled" | "unprovable" | "number" | "proof_invalid" | "reported";
export type Direction = "inbound" | "outbound";

/** What a policy proves and what it does not send, in words. */
export interface Words {
  proves: Localized[];
  not_sent: { ja: string[]; en: string[] };
}

/** A span of time in which a call is to come. */
export interface Window {
  from: number;
  until: number;
}

/** States of an announced call (docs/protocol.md, "Announced calls"). */
export type CallState = "announced" | "confirmed" | "ringing" | "talking" | "ended" | "missed" | "expired" | "refused" | "failed" | "cancelled";
/** What the desk says of its telephone. */
export type CallMove = "ringing" | "talking" | "ended" | "missed";

/** The call that a verification announces. */
export interface CallPart extends Window {
  id: string;
  state: CallState;
  number: string;
  offered: Window[];
  alias: Localized | null;
  /** The pair that both sides see once the customer confirmed. */
  words: { ja: string[]; en: string[] } | null;
  /** The customer picked another window: that call takes this one's place. */
  rescheduled_to: string | null;
}

/** What is asked of the customer; of the customer's means of payment nothing comes here. */
export interface PaymentPart {
  /** Minor units. */
  amount: number;
  currency: string;
  payee: string;
  order: string;
  instrument: string;
}

/** One verification as the console sees it. Times are milliseconds since the epoch by the server's clock. */
export interface View {
  id: string;
  reference: string;
  /** Left out by a server that serves one tenant. */
  tenant?: string;
  /** Null: a prospect, who is nobody's customer yet. */
  handle: string | null;
  purpose: { code: string; ja: string; en: string };
  policy: { id: string; version: number; name: Localized };
  words: Words;
  direction: Direction;
  state: WireState;
  detail: Detail | null;
  match_code: string | null;
  created_at: number;
  delivered_at: number | null;
  opened_at: number | null;
  decided_at: number | null;
  expires_at: number;
  valid_until: number | null;
  /** Server's receipt of the approval to the commit of the verdict. */
  approve_ms: number | null;
  /** What the purpose is for; left out by a server that knows calls alone. */
  kind?: PurposeKind;
  call?: CallPart | null;
  payment?: PaymentPart | null;
  /** The newest weaker procedure that hangs on it. */
  fallback?: Fallback | null;
}

/** Weaker ways for a customer whose phone is lost, dead or new. */
export type FallbackMethod = "callback" | "supervisors" | "re-enrolment";
export const FALLBACK_REASONS = ["lost", "dead", "new"] as const;
export type FallbackReason = (typeof FALLBACK_REASONS)[number];
export type FallbackState = "waiting" | "accepted" | "refused" | "expired";

/** A weaker check: it never passes a session. */
export interface Fallback {
  id: string;
  verification: string;
  method: FallbackMethod;
  reason: FallbackReason;
  state: FallbackState;
  approvals: { person: string; label: Localized; at: number }[];
  /** Approvals that it takes in all. */
  needed: number;
  created_at: number;
  expires_at: number;
  decided_at: number | null;
  weaker: true;
  /** What whoever decides is told beside. */
  handle?: string;
  reference?: string;
  purpose?: { code: string; ja: string; en: string };
  asker?: { person: string; label: Localized };
  may_decide?: boolean;
}

export interface FallbackList {
  fallbacks: Fallback[];
  now: number;
}

export const LOST_REASONS = ["lost", "stolen", "dead", "new"] as const;
export type LostReason = (typeof LOST_REASONS)[number];

/** A caller says that the phone is gone: every phone of theirs stops. */
export interface LostPhone {
  tenant: string;
  handle: string;
  reason: LostReason;
}

/** How a prospect comes to a session; shown once, by the answer that made it. */
export interface Invitation {
  link: string;
  qr_svg: string;
  expires_at: number;
}

export interface NewEligibility {
  tenant: string;
  purpose: string;
  minutes: number;
}

/** What a purpose is for; a server that knows calls alone says nothing. */
export type PurposeKind = "verification" | "call" | "payment" | "order" | "eligibility";

/** A party that opens what a payment or an order seals. */
export interface Recipient {
  id: string;
  name: Localized;
}

/** The policy that a purpose asks for; the operator has no say in it. */
export interface PolicyInfo {
  id: string;
  version: number;
  name: Localized;
  words: Words;
}

export interface Purpose {
  code: string;
  ja: string;
  en: string;
  kind?: PurposeKind | null;
  policy: PolicyInfo;
  /** Weaker procedures that it allows; none when left out. */
  fallbacks?: FallbackMethod[];
  /** Null when it is the person's own company's; else the delegation that allows it. */
  delegation: string | null;
  /** When the delegation ends. */
  until: number | null;
}

/** The server's display strings for a tenant. */
export interface TenantDisplay {
  name: Localized;
  desk: Localized;
  number: string;
}

/** A company that this person may start verifications for, and for what. */
export interface Tenant {
  id: string;
  display: TenantDisplay;
  purposes: Purpose[];
  /** Numbers that announced calls may come from. */
  numbers?: string[];
  recipients?: Recipient[];
}

export type Verb = "view" | "change" | "delete";

export interface Me {
  person: { id: string; name: Localized; label: Localized; roles: string[] };
  organisation: { id: string; kind: "tenant" | "partner"; name: Localized; status: "active" | "frozen" };
  rights: Readonly<Record<string, readonly Verb[]>>;
  tenants: Tenant[];
  /** Seconds without input after which the console locks. */
  idle_lock_s: number;
  now: number;
}

export interface CallList {
  verifications: View[];
  now: number;
}

export interface NewCall {
  tenant: string;
  handle: string;
  purpose: string;
  direction: Direction;
}

/** A call to announce: one to four windows, the first is the one announced. */
export interface NewAnnouncement {
  tenant: string;
  handle: string;
  purpose: string;
  number: string;
  windows: Window[];
  alias?: Localized;
}

export interface NewPayment extends PaymentPart {
  tenant: string;
  handle: string;
  purpose: string;
  recipient: string;
}

export interface NewOrder {
  tenant: string;
  handle: string;
  purpose: string;
  order: string;
  recipient: string;
}

export interface AnnouncedList {
  calls: View[];
  now: number;
}

const OPEN: ReadonlySet<WireState> = new Set(["created", "delivered", "opened"]);

/** Whether the request still waits for its one answer. */
export const isOpen = (view: Pick<View, "state">): boolean => OPEN.has(view.state);
