import type { GateTexts } from "@honnin/kit";
import type { Clock } from "../core/dates.ts";
import type { ErrorKey } from "../core/errors.ts";
import type { FormField } from "../core/policy.ts";
import type { Page, Resource, Role, Scope, Verb } from "../core/rights.ts";
import type { NumberFault } from "../core/numbers.ts";
import type { AlertKind, Fallback, Flag, Key, Machine, Outcome, PurposeKind, Reason, Serves, Target } from "../core/types.ts";

type Words<K extends string> = Readonly<Record<K, string>>;
type Say = (text: string) => string;
type Count = (n: string) => string;

/** Every word of the administration pages. Both languages fill all of it; nothing falls back. Counts come formatted. */
export interface Texts extends GateTexts {
  /** Between facts on one line. */
  sep: string;
  skip: string;
  pages: Words<Page>;
  top: { menu: string; console: string; lock: string; signOut: string; nothing: string; lockSoon: string; frozen: string; you: Say };
  common: Words<
    | "save" | "cancel" | "close" | "add" | "edit" | "remove" | "copy" | "copied" | "more" | "none" | "never" | "yes" | "no" | "name" | "nameJa" | "nameEn" | "status" | "actions" | "loading" | "again"
    | "saved" | "required" | "download" | "show" | "created" | "expires" | "optional" | "details" | "hidden"
  > & { zone: Say; typeTo: Say; onceTitle: string; onceNote: string; onceDone: string; wrongType: string; table: string; times: Count };
  roles: Words<Role>;
  resources: Words<Resource>;
  verbs: Words<Verb>;
  outcomes: Words<Outcome>;
  dashboard: Words<"period" | "outcomes" | "total" | "rate" | "time" | "median" | "p95" | "saved" | "refusals" | "reports" | "open" | "devices" | "online" | "day" | "empty" | "weaker" | "weakerNote"> & {
    lead: Say;
    days: Count;
    savedNote: Count;
    minutes: Count;
    outcomesLabel: (total: string, rate: string) => string;
    timeLabel: (median: string, p95: string) => string;
  };
  policies: Words<
    | "lead" | "create" | "current" | "draft" | "published" | "retired" | "firstVersion" | "noCurrent" | "version" | "by" | "publish" | "publishAsk" | "publishNote" | "secondPerson" | "drop" | "retire" | "dropAsk" | "edit" | "compare"
    | "editorNew" | "editorEdit" | "id" | "idHelp" | "conditions" | "holder" | "holderNote" | "age" | "level" | "method" | "region" | "regionPick" | "limit" | "others" | "othersNote" | "answering" | "numberMatch"
    | "numberMatchNote" | "userVerification" | "ttl" | "valid" | "saveDraft" | "preview" | "previewProves" | "previewNot" | "previewWait" | "dryRun" | "changes" | "noChanges" | "member" | "from" | "to" | "concerns"
    | "purposes" | "purposesLead" | "code" | "policy" | "addPurpose" | "editPurpose" | "removePurpose" | "noPurpose" | "asks" | "on" | "off" | "kind" | "prospects" | "prospectsNote" | "noHolder" | "kindNone"
  > & {
    kinds: Words<PurposeKind | "any">;
    kindNotes: Words<PurposeKind | "any">;
    ageTail: string;
    levelTail: string;
    limitTail: string;
    secondsTail: string;
    minutesTail: string;
    left: Count;
    methods: Readonly<Record<1 | 2 | 3 | 4, string>>;
    wrong: Words<FormField>;
    members: Readonly<Record<string, string>>;
    devices: Count;
    saved: (version: string) => string;
    title: (name: string, version: string) => string;
  };
  people: Words<
    | "lead" | "invite" | "inviteTitle" | "inviteNote" | "label" | "labelHelp" | "role" | "team" | "noTeam" | "lastLogin" | "passkeys" | "roles" | "rolesTitle" | "rolesOwn" | "rolesBeyond" | "again" | "link" | "linkNote"
    | "removeTitle" | "removeNote" | "removed" | "frozen" | "teams" | "teamsLead" | "members" | "addTeam" | "matrix" | "matrixNote" | "idp" | "idpLead" | "idpNone" | "issuer" | "client" | "secret" | "secretNote" | "redirect" | "only" | "onlyNote" | "onlyOff" | "removeIdpNote" | "otherIdp" | "removeIdp"
  > & { lastUsed: Say };
  review: Words<"lead" | "unused" | "unusedNone" | "dormant" | "dormantNone" | "granted" | "lastUsed" | "select" | "ask" | "note" | "neverIn"> & { button: Count; days: Count };
  machines: Words<"lead" | "create" | "kind" | "scopes" | "lastUsed" | "lifetime" | "lifetimeTail" | "jwks" | "jwksHelp" | "jwksBad" | "keyTitle" | "keyNote" | "removeTitle" | "removeNote" | "label" | "nameHelp" | "revoked" | "active"> & {
    kinds: Words<Machine["kind"]>;
    scopeNames: Words<Scope>;
  };
  delegations: Words<
    "given" | "received" | "leadTenant" | "leadPartner" | "create" | "partner" | "partnerHelp" | "tenant" | "purposes" | "from" | "to" | "active" | "ended" | "frozen" | "future" | "past" | "end" | "endTitle" | "endNote" | "none" | "pick" | "badDates"
  >;
  issuers: Words<
    | "issuers" | "lead" | "add" | "url" | "root" | "rootHelp" | "rootBad" | "active" | "suspended" | "suspend" | "suspendTitle" | "suspendNote" | "resume" | "resumeTitle" | "resumeNote" | "thumbprint" | "certificates" | "certificate" | "window" | "devices"
    | "revoke" | "revokeTitle" | "revoked" | "valid" | "over" | "notYet" | "keys" | "keysLead" | "kind" | "version" | "made" | "age" | "fresh" | "old" | "rotate" | "rotateTitle" | "rotateNote" | "rotated" | "log" | "logSize" | "vkey" | "none" | "serves" | "certifies" | "certifiesShort" | "certifiesHelp" | "certifiesBad"
  > & { kinds: Words<Key["kind"]>; servesKinds: Words<Serves>; servesNotes: Words<Serves>; ageDays: Count; warnAfter: Count; revokeNote: Count };
  recipients: Words<"title" | "lead" | "add" | "none" | "nameHelp" | "url" | "urlHelp" | "urlBad" | "key" | "keyHelp" | "keyBad" | "keyLarge" | "file" | "compare" | "thumbprint" | "secret" | "secretNote" | "removeTitle" | "removeNote">;
  numbers: Words<"title" | "lead" | "displayed" | "label" | "help"> & { faults: Readonly<Record<NumberFault, Say>> };
  fallbacks: Words<"title" | "lead" | "weaker" | "weakerNote" | "securityOnly"> & { methods: Words<Fallback>; notes: Words<Fallback> };
  announcement: Words<"title" | "lead" | "rotate" | "ask" | "note" | "done" | "inUse" | "earlier">;
  lost: Words<"title" | "lead" | "button" | "ask" | "note" | "none"> & { done: Count };
  audit: Words<
    | "lead" | "from" | "to" | "kind" | "kindHelp" | "person" | "verification" | "suspicious" | "search" | "searched" | "at" | "event" | "who" | "flags" | "data" | "empty" | "export" | "csv" | "jsonl" | "bundle" | "exportNote" | "verify" | "verifyLead" | "checkpoint" | "receipt" | "receiptNote"
    | "anyone" | "noFlags" | "index" | "checkpointShow"
  > & { steps: readonly string[]; actors: Words<"configuration" | "command-line"> };
  flags: Words<Flag | AlertKind>;
  alerts: Words<"lead" | "what" | "at" | "who" | "new" | "seen" | "acknowledge" | "empty" | "webhook" | "webhookLead" | "webhookNone" | "url" | "secretTitle" | "secretNote" | "removeWebhook" | "urlBad"> & { seenBy: (who: string, when: string) => string };
  customers: Words<
    | "lead" | "handle" | "handleHelp" | "export" | "exported" | "erase" | "eraseTitle" | "eraseNote" | "eraseType" | "frozen" | "frozenLead" | "frozenNone" | "since" | "until" | "refusals" | "release" | "customer" | "empty" | "open"
  > & { erased: (devices: string, verifications: string) => string };
  incidents: Words<
    | "lead" | "start" | "target" | "which" | "reason" | "note" | "noteHelp" | "look" | "impact" | "live" | "customers" | "online" | "typeId" | "freeze" | "back" | "running" | "past" | "began" | "by" | "ended" | "none" | "report" | "end" | "endTitle"
    | "endNote" | "clocks" | "preliminary" | "final" | "improper" | "banner" | "go" | "step1" | "step2" | "warn" | "selfWarn" | "clocksNote"
  > & {
    targets: Words<Target["kind"]>;
    reasons: Words<Reason>;
    clock: Words<Clock>;
    left: Count;
    between: (from: string, by: string) => string;
    until: Say;
    bannerText: (target: string, since: string) => string;
    touches: (live: string) => string;
  };
  settings: Words<"lead" | "display" | "displayLead" | "trade" | "desk" | "number" | "work" | "zone" | "zoneHelp" | "idle" | "idleTail" | "baseline" | "baselineTail" | "baselineHelp" | "retention" | "retentionTail" | "retentionHelp" | "enrolment" | "reload" | "bad"> & {
    revision: Count;
  };
  errors: Words<Exclude<ErrorKey, "unknown">> & { unknown: Say };
}
