import type { Localized } from "@honnin/kit";
import type { PublicJwk } from "./jwk.ts";
import type { PolicyBody, PolicyDocument } from "./policy.ts";
import type { Rights, Role, Scope } from "./rights.ts";

/** Shapes of docs/admin-api.md. Times are milliseconds since the epoch by the database's clock. */

export interface Me {
  person: { id: string; name: Localized; label: Localized; roles: Role[] };
  organisation: { id: string; kind: "tenant" | "partner"; name: Localized; status: "active" | "frozen" };
  rights: Rights;
  /** Seconds without input after which the page locks. */
  idle_lock_s: number;
  now: number;
}

export interface Settings {
  zone: string;
  idle_lock_s: number;
  display?: { name: Localized; desk: Localized; number: string };
  baseline_s?: number;
  retention_days?: number;
  /** Numbers that it calls from, beside the displayed one. */
  outbound_numbers?: string[];
  /** What each purpose allows when the phone is lost; a purpose that is not named allows none. */
  fallbacks?: PurposeFallbacks[];
  enrolment_policy?: string;
}

export const FALLBACKS = ["callback", "supervisors", "re-enrolment"] as const;
export type Fallback = (typeof FALLBACKS)[number];

export interface PurposeFallbacks {
  purpose: string;
  methods: Fallback[];
}

/** A party that opens what payments and orders seal. */
export interface Recipient {
  id: string;
  name: Localized;
  thumbprint: string;
  url: string;
  created_at: number;
}

export interface NewRecipient {
  name: Localized;
  key: PublicJwk;
  url: string;
}

export interface Org {
  id: string;
  kind: "tenant" | "partner";
  status: "active" | "frozen";
  name: Localized;
  settings: Settings;
  revision: number;
}

export interface Held {
  role: Role;
  granted_at: number;
  last_used_at: number | null;
}

export interface Person {
  id: string;
  name: Localized;
  label: Localized;
  roles: Held[];
  team: string | null;
  status: "active" | "frozen" | "removed";
  passkeys: number;
  created_at: number;
  last_login_at: number | null;
}

export interface NewPerson {
  name: Localized;
  label: Localized;
  roles: Role[];
  team?: string;
}

export interface Team {
  id: string;
  name: string;
  members: number;
}

export interface Review {
  unused_rights: { person: string; name: Localized; role: Role; granted_at: number; last_used_at: number | null }[];
  dormant: { person: string; name: Localized; last_login_at: number | null; created_at: number }[];
  days: number;
}

export interface IdentityProvider {
  issuer: string;
  client_id: string;
  /** Whether there is a client secret; what it is, the server does not say. */
  secret: boolean;
  /** Passkeys let in owners alone. */
  required: boolean;
}

export interface CompanyLogin {
  identity_provider: IdentityProvider | null;
  /** What the provider must know as ours. */
  redirect_uri: string;
}

export interface NewProvider {
  issuer: string;
  client_id: string;
  client_secret?: string;
  required: boolean;
}

export interface Machine {
  id: string;
  kind: "api_key" | "client";
  name: string;
  label: Localized;
  scopes: Scope[];
  created_at: number;
  expires_at: number;
  last_used_at: number | null;
  status: string;
}

export interface NewMachine {
  kind: Machine["kind"];
  name: string;
  label: Localized;
  scopes: Scope[];
  expires_in_days: number;
  jwks?: unknown;
}

export interface Delegation {
  id: string;
  tenant: string;
  tenant_name: Localized;
  partner: string;
  partner_name: Localized;
  purposes: string[];
  not_before: number;
  not_after: number;
  status: "active" | "frozen" | "ended";
  created_by: string;
  created_at: number;
}

export interface Words {
  proves: Localized[];
  not_sent: { ja: string[]; en: string[] };
}

export interface PolicyVersion {
  version: number;
  status: "draft" | "published" | "retired";
  document: PolicyDocument;
  words: Words;
  created_by: string;
  created_at: number;
  published_by: string | null;
  published_at: number | null;
}

export interface Policy {
  id: string;
  name: Localized;
  current: number | null;
  versions: PolicyVersion[];
}

export interface DryRun {
  words: Words;
  conditions: { slot: string; op: string; operand: unknown }[];
  purposes: string[];
  devices: number;
  changes: { member: string; from: unknown; to: unknown }[];
}

export interface Purpose {
  code: string;
  ja: string;
  en: string;
  policy: string;
  /** Null: checks and announced calls, payments or orders, as its policy says. */
  kind?: PurposeKind | null;
}

/** Eligibility: of somebody who is no customer yet; such a purpose serves nothing else. */
export type PurposeKind = "eligibility";

export interface Certificate {
  id: string;
  not_before: number;
  not_after: number;
  status: string;
  devices: number;
}

export interface Issuer {
  id: string;
  url: string;
  thumbprint: string;
  status: "active" | "suspended";
  certificates: Certificate[];
  serves?: Serves;
  /** The tenant that an eligibility issuer's certificates name. */
  certifies?: string | null;
}

export type Serves = "customers" | "eligibility";

export interface NewIssuer {
  url: string;
  root: PublicJwk;
  serves?: "eligibility";
  certifies?: string;
}

export interface Key {
  kind: "kek" | "data" | "index" | "log" | "announcement";
  id: string;
  version: number;
  made_at: number;
  age_days: number;
  warn: boolean;
}

export interface Keys {
  keys: Key[];
  warn_after_days: number;
  log: { origin: string; vkey: string; size: number };
}

export interface FrozenCustomer {
  id: string;
  since: number;
  until: number | null;
  refusals: number;
}

export const FLAGS = ["odd-hours", "burst", "many-customers", "repeated-refusals", "log-viewed"] as const;
export type Flag = (typeof FLAGS)[number];
export const ALERT_KINDS = [...FLAGS, "reported", "customer-frozen", "key-age", "incident"] as const;
export type AlertKind = (typeof ALERT_KINDS)[number];

export interface AuditEvent {
  index: number;
  at: number;
  kind: string;
  person: string | null;
  verification: string | null;
  data: unknown;
  flags: string[];
}

export interface AuditPage {
  events: AuditEvent[];
  cursor: string | null;
}

export interface Alert {
  id: string;
  at: number;
  kind: string;
  person: string | null;
  data: unknown;
  acknowledged_at: number | null;
  acknowledged_by: string | null;
}

export interface Alerts {
  alerts: Alert[];
  webhook: string | null;
}

export const TARGETS = ["tenant", "partner", "person", "issuer"] as const;
export interface Target {
  kind: (typeof TARGETS)[number];
  id: string;
}

export const REASONS = ["leak", "unauthorised-access", "key-compromise", "insider", "other"] as const;
export type Reason = (typeof REASONS)[number];

export interface Impact {
  live_calls: number;
  affected_customers: number;
  people_online: number;
}

export interface Incident {
  id: string;
  target: Target;
  reason: Reason;
  note: string;
  began_at: number;
  began_by: string;
  ended_at: number | null;
  preliminary_from: number;
  preliminary_by: number;
  final_by: number;
  final_by_if_improper: number;
  affected_customers: number;
  live_calls: number;
}

export const OUTCOMES = ["passed", "denied", "failed", "expired", "unreachable", "cancelled"] as const;
export type Outcome = (typeof OUTCOMES)[number];
export type Day = Record<Outcome, number> & { day: string };

export interface Dashboard {
  outcomes: Day[];
  start_to_verdict: { count: number; median_ms: number | null; p95_ms: number | null; by_day: { day: string; median_ms: number | null; p95_ms: number | null }[] };
  saved: { baseline_s: number; minutes: number };
  refusals: number;
  reports: number;
  /** Fallbacks that were accepted: weaker checks, in none of the outcomes' figures. */
  weaker?: number;
  open: number;
  devices: number;
  people_online: number;
}

export type { PolicyBody, PolicyDocument };
