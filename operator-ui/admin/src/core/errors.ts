import { passkeyFailure } from "@honnin/kit";

/** Codes of docs/protocol.md and docs/admin-api.md: all that the server has, as a test compares. */
export const PROBLEM_CODES = [
  "malformed",
  "unauthenticated",
  "session-locked",
  "forbidden-origin",
  "not-found",
  "not-permitted",
  "changed-meanwhile",
  "second-person",
  "already-decided",
  "expired",
  "too-large",
  "too-slow",
  "looks-like-personal-data",
  "unsafe-text",
  "unknown-policy",
  "user-verification-required",
  "assertion-invalid",
  "login-refused",
  "login-not-linked",
  "provider-required",
  "provider-unavailable",
  "issuer-unknown",
  "not-in-good-standing",
  "wrong-number",
  "proof-invalid",
  "disclosure-mismatch",
  "policy-needs-terms",
  "as-of-out-of-range",
  "issuer-certificate-expired",
  "refused",
  "in-use",
  "customer-frozen",
  "too-many-devices",
  "unavailable",
  "too-many-requests",
  "busy",
  "internal",
] as const;
export type ProblemCode = (typeof PROBLEM_CODES)[number];
export type ErrorKey = ProblemCode | "offline" | "passkey-cancelled" | "passkey-missing" | "invitation-spent" | "company-unknown" | "idp-refused" | "login-spent" | "unknown";

/** What went wrong: a sentence's key, and what to quote when that sentence can only be the general one. */
export interface Failure {
  key: ErrorKey;
  /** For `unknown`: the server's code and status, safe to show; empty when there was none. */
  reference: string;
}

const CODES: ReadonlySet<string> = new Set(PROBLEM_CODES);

/** A refused or failed call. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  constructor(
    readonly failure: Failure,
    /** HTTP status; 0 when no answer came. */
    readonly status: number,
  ) {
    super(`${failure.key} (${status})`);
  }
}

/** Reads the stable code out of a problem document; its free text is for logs, never for the screen. */
export function failureOf(status: number, body: unknown): Failure {
  if (status === 0) return { key: "offline", reference: "" };
  const code = typeof body === "object" && body !== null && "code" in body && typeof body.code === "string" ? body.code : null;
  if (code !== null && CODES.has(code)) return { key: code as ProblemCode, reference: "" };
  if (status === 401) return { key: "unauthenticated", reference: "" };
  const quotable = code !== null && /^[a-z0-9-]{1,40}$/.test(code) ? `${code} ` : "";
  return { key: "unknown", reference: `${quotable}${status}` };
}

/** The failure for anything thrown while a call or a passkey was under way. */
export function failure(thrown: unknown): Failure {
  if (thrown instanceof ApiError) return thrown.failure;
  return { key: passkeyFailure(thrown) ?? "unknown", reference: "" };
}
