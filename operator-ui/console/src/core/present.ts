import type { SealShape } from "@honnin/kit";
import { isOpen, type View } from "./types.ts";

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
  | "cancelled";

export type Tone = "waiting" | "verified" | "refused" | "unreachable";

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
};

/**
 * The kind at a moment of the server's clock. A pass counts until `valid_until` and not after;
 * an expired request counts as "reached the phone" only when the phone itself said so.
 */
export function kindOf(view: View, now: number): Kind {
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
export function scriptOf(kind: Kind): "waiting" | "verified" | "lapsed" | "other" {
  if (isWaiting(kind)) return "waiting";
  if (kind === "verified" || kind === "lapsed") return kind;
  return "other";
}

/** Part of the waiting time that is left, 0 to 1. */
export function timeLeft(view: View, now: number): number {
  if (!isOpen(view)) return 0;
  const span = view.expires_at - view.created_at;
  return span <= 0 ? 0 : Math.max(0, Math.min(1, (view.expires_at - now) / span));
}
