import type { SealShape } from "@honnin/kit";
import { endedWithoutAnswer, stateOf } from "./fallbacks.ts";
import { isOpen, type CallPart, type View } from "./types.ts";

/** What the operator is told: finer than the wire's state, and never kinder. */
export type Kind =
  | "sent"
  | "delivered"
  | "opened"
  | "verified"
  | "lapsed"
  | "denied"
  | "reported"
  | "unprovable"
  | "number"
  | "invalid"
  | "timeout"
  | "unreachable"
  | "unenrolled"
  | "cancelled"
  // An announced call.
  | "announced"
  | "confirmed"
  | "ringing"
  | "talking"
  | "unproven"
  | "ended"
  | "missed"
  | "undialled"
  | "moved"
  // A payment or an order: how it stands, and no more.
  | "approved"
  | "declined"
  | "closed"
  // A prospect's invitation.
  | "invited"
  | "uninvited"
  // A weaker check, after a session that ended without an answer.
  | "weaker-waiting"
  | "weaker-accepted"
  | "weaker-refused"
  | "weaker-expired";

/** `weaker` is amber as waiting is, and has shapes of its own: it never looks verified. */
export type Tone = "waiting" | "verified" | "refused" | "unreachable" | "weaker";

export interface Look {
  shape: SealShape;
  tone: Tone;
  /** Whether asking once more is a sensible next step. */
  resend: boolean;
  /** Announced at once (`alert`) or when the screen reader is free (`status`). */
  urgency: "status" | "alert";
}

const look = (shape: SealShape, tone: Tone, resend: boolean, urgency: Look["urgency"] = "status"): Look => ({ shape, tone, resend, urgency });

export const LOOKS: Readonly<Record<Kind, Look>> = {
  sent: look("open", "waiting", false),
  delivered: look("open", "waiting", false),
  opened: look("open", "waiting", false),
  verified: look("closed", "verified", false),
  lapsed: look("clock", "unreachable", true),
  denied: look("octagon", "refused", false, "alert"),
  reported: look("octagon", "refused", false, "alert"),
  unprovable: look("octagon", "refused", false, "alert"),
  number: look("octagon", "refused", false, "alert"),
  invalid: look("octagon", "refused", false, "alert"),
  timeout: look("clock", "unreachable", true),
  unreachable: look("dashed", "unreachable", true),
  unenrolled: look("dashed", "unreachable", false),
  cancelled: look("struck", "unreachable", true),
  announced: look("open", "waiting", false),
  confirmed: look("closed", "verified", false),
  ringing: look("closed", "verified", false),
  talking: look("closed", "verified", false),
  unproven: look("dashed", "unreachable", false),
  ended: look("struck", "unreachable", false),
  missed: look("clock", "unreachable", false),
  undialled: look("clock", "unreachable", false),
  moved: look("struck", "unreachable", false),
  approved: look("closed", "verified", false),
  declined: look("octagon", "refused", false, "alert"),
  closed: look("clock", "unreachable", false),
  invited: look("open", "waiting", false),
  uninvited: look("clock", "unreachable", false),
  "weaker-waiting": look("diamond", "weaker", false),
  "weaker-accepted": look("half", "weaker", false),
  "weaker-refused": look("octagon", "refused", false, "alert"),
  "weaker-expired": look("clock", "unreachable", false),
};

/**
 * The kind at a moment of the server's clock. A pass counts until `valid_until` and not after;
 * an expired request counts as "reached the phone" only when the phone itself said so.
 */
export function kindOf(view: View, now: number): Kind {
  const outcome = outcomeOf(view, now);
  // Only where nobody answered: a weaker check takes no verdict's place.
  return view.fallback && endedWithoutAnswer(outcome) ? `weaker-${stateOf(view.fallback, now)}` : outcome;
}

/** How the session itself stands, whatever weaker check came after it. */
export function outcomeOf(view: View, now: number): Kind {
  const base = verificationKind(view, now);
  // A report is a report, whatever else the view is about.
  if (base === "reported") return base;
  if (view.call) return callKind(view.call, base);
  if (isProspect(view) && view.delivered_at === null) {
    if (base === "sent") return "invited";
    if (base === "unreachable") return "uninvited";
  }
  return isTerms(view) ? termsKind(base) : base;
}

/** Nobody's customer yet: there is no handle, and nothing to look up under one. */
export const isProspect = (view: View): boolean => view.handle === null;

/** A payment or an order: something was to be paid or sent. */
export const isTerms = (view: View): boolean => Boolean(view.payment) || view.kind === "payment" || view.kind === "order";

/** Green only while the customer's own proof counts: what the desk says of its telephone adds nothing to that. */
function callKind(call: CallPart, base: Kind): Kind {
  switch (call.state) {
    case "announced":
      if (isWaiting(base)) return "announced";
      return base === "verified" ? "confirmed" : base;
    case "confirmed":
    case "ringing":
    case "talking":
      if (base === "verified") return call.state;
      return base === "lapsed" ? base : "unproven";
    case "ended":
    case "missed":
      return call.state;
    case "expired":
      return base === "verified" || base === "lapsed" ? "undialled" : base;
    case "cancelled":
      return call.rescheduled_to === null ? "cancelled" : "moved";
    case "refused":
    case "failed":
      return base === "verified" ? "unproven" : base;
  }
}

/** Approved, declined or over: why a customer's phone could not approve is not the agent's to know. */
function termsKind(base: Kind): Kind {
  switch (base) {
    case "verified":
    case "lapsed":
      return "approved";
    case "denied":
    case "unprovable":
    case "number":
    case "invalid":
      return "declined";
    case "timeout":
    case "unreachable":
      return "closed";
    default:
      return base;
  }
}

function verificationKind(view: View, now: number): Kind {
  switch (view.state) {
    case "created":
      return "sent";
    case "delivered":
      return "delivered";
    case "opened":
      return "opened";
    case "passed":
      return view.valid_until !== null && now < view.valid_until ? "verified" : "lapsed";
    case "denied":
      return view.detail === "reported" ? "reported" : "denied";
    case "failed":
      if (view.detail === "unprovable" || view.detail === "number") return view.detail;
      return "invalid";
    case "expired":
      return view.delivered_at === null ? "unreachable" : "timeout";
    case "unreachable":
      return view.detail === "not_enrolled" ? "unenrolled" : "unreachable";
    case "cancelled":
      return "cancelled";
  }
}

export const isWaiting = (kind: Kind): boolean => LOOKS[kind].tone === "waiting";

/** Which of the three scripts the operator reads: every end without a verdict has the same one. */
export function scriptOf(kind: Kind): "waiting" | "verified" | "lapsed" | "call" | "approved" | "invited" | "weaker" | "none" | "other" {
  if (kind === "announced" || kind === "ended" || kind === "missed" || kind === "undialled" || kind === "moved" || kind === "uninvited") return "none";
  if (kind === "invited") return kind;
  if (kind === "weaker-accepted") return "weaker";
  if (kind === "confirmed" || kind === "ringing" || kind === "talking") return "call";
  if (isWaiting(kind)) return "waiting";
  if (kind === "verified" || kind === "lapsed" || kind === "approved") return kind;
  return "other";
}

const OF_CALLS: ReadonlySet<Kind> = new Set(["announced", "confirmed", "ringing", "talking", "unproven", "lapsed", "ended", "missed", "undialled", "moved"]);

/** An announced call that came to nothing before anybody was on the line: nothing is read out, and nobody dials. */
export const isStopped = (view: View, kind: Kind): boolean => Boolean(view.call) && !OF_CALLS.has(kind);

/** Whether asking once more is the same question: a call, a payment, an order or a prospect is asked anew, by its own form. */
export const canResend = (view: View, kind: Kind): boolean => LOOKS[kind].resend && !view.call && !isTerms(view) && !isProspect(view);

/** Part of the waiting time that is left, 0 to 1. */
export function timeLeft(view: View, now: number): number {
  if (!isOpen(view)) return 0;
  const span = view.expires_at - view.created_at;
  return span <= 0 ? 0 : Math.max(0, Math.min(1, (view.expires_at - now) / span));
}
