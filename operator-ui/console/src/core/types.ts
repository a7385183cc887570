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

/** One verification as the console sees it. Times are milliseconds since the epoch by the server's clock. */
export interface View {
  id: string;
  reference: string;
  handle: string;
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
}

export interface Purpose {
  code: string;
  ja: string;
  en: string;
  /** Id of the policy that this purpose asks for. */
  policy: string;
}

export interface PolicyInfo {
  id: string;
  version: number;
  name: Localized;
  words: Words;
}

/** The server's display strings for a tenant. */
export interface TenantDisplay {
  name: Localized;
  desk: Localized;
  number: string;
}

export interface Me {
  operator: { id: string; name: Localized; label: Localized };
  tenant: { id: string; display: TenantDisplay };
  purposes: Purpose[];
  policies: PolicyInfo[];
  /** Seconds without input after which the console locks. */
  idle_lock_s: number;
  now: number;
}

export interface CallList {
  verifications: View[];
  now: number;
}

export interface NewCall {
  handle: string;
  purpose: string;
  policy: string;
  direction: Direction;
}

const OPEN: ReadonlySet<WireState> = new Set(["created", "delivered", "opened"]);

/** Whether the request still waits for its one answer. */
export const isOpen = (view: Pick<View, "state">): boolean => OPEN.has(view.state);
