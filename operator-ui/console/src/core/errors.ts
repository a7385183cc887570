import { passkeyFailure } from "@honnin/kit";

/** Codes of docs/protocol.md, "Errors": all that the server has, as a test compares. */
export const PROBLEM_CODES = [
  "malformed",
  "unauthenticated",
  "session-locked",
  "forbidden-origin",
  "not-found",
  "not-permitted",
  "already-decided",
  "expired",
  "too-large",
  "too-slow",
  "looks-like-personal-data",
  "unsafe-text",
  "unknown-policy",
  "wrong-number",
  "proof-invalid",
  "disclosure-mismatch",
  "policy-needs-terms",
  "as-of-out-of-range",
  "user-verification-required",
  "assertion-invalid",
  "login-refused",
  "login-not-linked",
  "provider-required",
  "provider-unavailable",
  "issuer-unknown",
  "issuer-certificate-expired",
  "not-in-good-standing",
  "refused",
  "changed-meanwhile",
  "second-person",
  "in-use",
  "customer-frozen",
  "too-many-devices",
  "unavailable",
  "too-many-requests",
  "busy",
  "internal",
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];

/** Everything that has its own sentence on the screen. `unknown` = a code this console has not heard of. */
export type ErrorKey = ProblemCode | "offline" | "passkey-cancelled" | "passkey-missing" | "invitation-spent" | "company-unknown" | "login-spent" | "unknown";

const CODES: ReadonlySet<string> = new Set(PROBLEM_CODES);

/** A refused or failed call of the API. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly key: ErrorKey,
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
  ) {
    super(`${key} (${status})`);
  }
}

/** Reads the stable code out of a problem document; its free text is for logs, never for the screen. */
export function problemKey(status: number, body: unknown): ErrorKey {
  if (typeof body === "object" && body !== null && "code" in body && typeof body.code === "string" && CODES.has(body.code)) return body.code as ProblemCode;
  return status === 401 ? "unauthenticated" : "unknown";
}

/** The sentence for anything thrown while a call or a passkey was under way. */
export function errorKey(thrown: unknown): ErrorKey {
  if (thrown instanceof ApiError) return thrown.key;
  return passkeyFailure(thrown) ?? "unknown";
}
