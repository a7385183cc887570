import type { GateTexts } from "@honnin/kit";
import type { ErrorKey } from "../core/errors.ts";
import type { HandleHint } from "../core/handle.ts";
import type { Kind } from "../core/present.ts";
import type { WindowFault } from "../core/calls.ts";
import type { CallMove, Direction, PurposeKind } from "../core/types.ts";

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
    mode: Record<PurposeKind, string>;
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
  hint: Record<HandleHint, string>;
  call: { customer: string; policy: (name: string) => string; cancel: string; left: string; remaining: (span: string) => string; number: string; sayFirst: string; speed: string; seconds: (s: string) => string; staleBadge: string };
  kinds: Record<Kind, KindText>;
  steps: { title: string; sent: string; delivered: string; opened: string; result: string; done: string; waiting: string; none: string; after: (s: string) => string };
  script: { title: string; waiting: (code: string) => string; waitingNoCode: string; verified: (purpose: string) => string; lapsed: string; approved: string; other: string; sayFirst: (code: string) => string; call: (company: string, who: string, pair: string) => string };
  next: { title: string; resend: string };
  panel: { title: string; held: string; heldNote: string; open: string; openNote: (handle: string) => string; sealed: string; sealedNote: string };
  aside: { proves: string; notSent: string; call: string; reference: string; policy: string; valid: string; validCall: string; validUntil: (time: string) => string; version: (name: string, version: number) => string; fallback: string };
  procedures: { callback: Procedure; supervisor: Procedure; enrol: Procedure };
  errors: Record<ErrorKey, string>;
}
