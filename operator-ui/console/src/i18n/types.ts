import type { GateTexts } from "@honnin/kit";
import type { ErrorKey } from "../core/errors.ts";
import type { HandleHint } from "../core/handle.ts";
import type { Kind } from "../core/present.ts";
import type { WindowFault } from "../core/calls.ts";
import type { Starting } from "../core/state.ts";
import type { CallMove, Direction, FallbackMethod, FallbackReason, FallbackState, LostReason } from "../core/types.ts";

/** The words for one kind of call. */
export interface KindText {
  /** Status word, large on the badge. */
  word: string;
  /** The same in a queue's row. */
  short: string;
  /** One sentence under the word. */
  note: string;
  /** What the operator does next, in order; empty while waiting, when the script says it. */
  next: readonly string[];
}

/** A fallback that the operator can open and follow. */
export interface Procedure {
  title: string;
  steps: readonly string[];
}

/** Every word of the console. Both languages fill all of it; nothing falls back. */
export interface Texts extends GateTexts {
  /** Between facts on one line. */
  sep: string;
  skip: string;
  top: { desk: (tenant: string) => string; lock: string; signOut: string; live: string; connecting: string; stale: string; alerts: (n: number) => string; admin: string };
  bar: { stale: (time: string) => string; lockSoon: string };
  queue: { title: string; empty: string; add: string; upcoming: string };
  direction: Record<Direction, string>;
  start: {
    title: string;
    handle: string;
    handleHelp: string;
    handleBrief: string;
    purpose: string;
    company: string;
    policy: (name: string) => string;
    noCompany: string;
    frozen: string;
    direction: string;
    directionNote: string;
    button: string;
    empty: string;
    modes: string;
    mode: Record<Starting, string>;
  };
  announce: {
    title: string;
    note: string;
    number: string;
    windows: string;
    windowsHelp: string;
    first: string;
    other: (n: number) => string;
    length: string;
    minutes: (n: number) => string;
    add: string;
    remove: string;
    alias: string;
    aliasHelp: string;
    aliasJa: string;
    aliasEn: string;
    button: string;
    faults: Record<WindowFault, string>;
  };
  terms: {
    payTitle: string;
    payNote: string;
    orderTitle: string;
    orderNote: string;
    amount: string;
    amountHelp: string;
    amountWrong: string;
    payee: string;
    order: string;
    instrument: string;
    instrumentHelp: string;
    recipient: string;
    noRecipient: string;
    missing: string;
    payButton: string;
    orderButton: string;
  };
  dial: {
    title: string;
    window: string;
    number: string;
    alias: string;
    moves: Record<CallMove, string>;
    hint: string;
    early: (time: string) => string;
    over: string;
    unconfirmed: string;
    /** What is done when a call came to nothing before it was dialled. */
    stopped: readonly string[];
    words: string;
  };
  eligibility: {
    title: string;
    note: string;
    minutes: string;
    span: (minutes: number) => string;
    button: string;
    hand: string;
    qr: string;
    link: string;
    copy: string;
    copied: string;
    until: (time: string, left: string) => string;
    once: string;
    gone: string;
  };
  lost: {
    title: string;
    lead: string;
    fromCall: string;
    reason: string;
    reasons: Record<LostReason, string>;
    missing: string;
    next: string;
    sure: (handle: string) => string;
    follows: string;
    consequences: readonly string[];
    back: string;
    stop: string;
    stopped: (n: number) => string;
    of: (handle: string) => string;
    noneTitle: string;
    none: (handle: string) => string;
    then: readonly string[];
  };
  fallback: {
    title: string;
    /** Stands wherever a fallback does. */
    weaker: string;
    none: string;
    reason: string;
    reasons: Record<FallbackReason, string>;
    method: string;
    methods: Record<FallbackMethod, string>;
    /** What follows from choosing it. */
    follows: Record<FallbackMethod, string>;
    missing: string;
    start: string;
    waiting: Record<FallbackMethod, string>;
    results: Record<Exclude<FallbackState, "waiting">, string>;
    approved: (n: number, needed: number) => string;
    decided: (time: string) => string;
  };
  /** A supervisor's word on a weaker check. */
  decide: {
    queue: (n: number) => string;
    short: string;
    say: (about: string) => string;
    title: string;
    word: string;
    over: string;
    asker: string;
    before: string;
    steps: readonly string[];
    refuse: string;
    approve: string;
    given: string;
  };
  hint: Record<HandleHint, string>;
  call: { customer: string; prospect: string; policy: (name: string) => string; cancel: string; left: string; remaining: (span: string) => string; number: string; sayFirst: string; speed: string; seconds: (s: string) => string; staleBadge: string };
  kinds: Record<Kind, KindText>;
  steps: { title: string; sent: string; delivered: string; opened: string; result: string; done: string; waiting: string; none: string; after: (s: string) => string };
  script: { title: string; waiting: (code: string) => string; waitingNoCode: string; verified: (purpose: string) => string; lapsed: string; approved: string; invited: string; weaker: string; other: string; sayFirst: (code: string) => string; call: (company: string, who: string, pair: string) => string };
  next: { title: string; resend: string };
  panel: { title: string; held: string; heldNote: string; open: string; openNote: (handle: string) => string; openEligible: string; openProspect: (reference: string) => string; sealed: string; sealedNote: string; weaker: string; weakerNote: string };
  aside: { proves: string; notSent: string; call: string; reference: string; policy: string; valid: string; validCall: string; validUntil: (time: string) => string; version: (name: string, version: number) => string; fallback: string };
  procedures: { callback: Procedure; supervisor: Procedure; enrol: Procedure };
  errors: Record<ErrorKey, string>;
}
