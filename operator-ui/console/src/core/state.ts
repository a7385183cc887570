import type { Link, LockReason } from "@honnin/kit";
import { isUpcoming, newerCall } from "./calls.ts";
import { newerFallback, type Listed } from "./fallbacks.ts";
import type { ErrorKey } from "./errors.ts";
import { isOpen, type Fallback, type Invitation, type Me, type PurposeKind, type View, type WireState } from "./types.ts";

export type Phase =
  | { at: "starting" }
  | { at: "invite"; token: string }
  | { at: "login" }
  | { at: "desk" }
  | { at: "locked"; why: LockReason };

/** What the form is for: something to start, or a phone that is gone. */
export type Starting = PurposeKind | "lost";

export interface State {
  phase: Phase;
  me: Me | null;
  calls: Readonly<Record<string, View>>;
  /** The call on screen; null shows the start form. */
  selected: string | null;
  /** What the start form is for. */
  starting: Starting;
  /** Whose phone is said to be gone, when that form was opened from a call. */
  losing: { tenant: string | null; handle: string } | null;
  /** Invitations that this page made, by session: the server shows each once. */
  invitations: Readonly<Record<string, Invitation>>;
  /** Weaker checks that this person may decide, and their own. */
  fallbacks: readonly Listed[];
  link: Link;
  /** Calls whose verdict this page saw arrive: receipt of the approval to paint, in milliseconds. */
  painted: Readonly<Record<string, number>>;
  busy: boolean;
  error: ErrorKey | null;
  /** The idle lock is near: a word of warning stands on the screen. */
  lockWarning: boolean;
  /** Alerts that came while the desk was open; only who may view alerts is sent any. */
  alerts: readonly string[];
}

export type Action =
  | { do: "invited"; token: string }
  | { do: "signed-out"; error?: ErrorKey }
  | { do: "session"; me: Me; calls: readonly View[] }
  | { do: "views"; calls: readonly View[] }
  | { do: "started"; view: View }
  | { do: "select"; id: string | null }
  | { do: "starting"; kind: Starting; losing?: State["losing"] }
  | { do: "invitation"; id: string; invitation: Invitation }
  | { do: "fallbacks"; list: readonly Fallback[] }
  | { do: "lock"; why: LockReason }
  | { do: "lock-warning"; on: boolean }
  | { do: "link"; link: Link }
  | { do: "busy"; on: boolean }
  | { do: "error"; error: ErrorKey | null }
  | { do: "painted"; id: string; ms: number }
  | { do: "alert"; id: string }
  | { do: "alerts-seen" };

export const initial: State = {
  phase: { at: "starting" },
  me: null,
  calls: {},
  selected: null,
  starting: "verification",
  losing: null,
  invitations: {},
  fallbacks: [],
  link: "connecting",
  painted: {},
  busy: false,
  error: null,
  lockWarning: false,
  alerts: [],
};

const RANK: Readonly<Record<WireState, number>> = { created: 0, delivered: 1, opened: 2, passed: 3, failed: 3, denied: 3, expired: 3, cancelled: 3, unreachable: 3 };

/** A late answer never takes a call back: the further state stays, and an end stays as it was written. */
export function newer(known: View | undefined, seen: View): View {
  if (known === undefined) return seen;
  const further = isOpen(known) && RANK[seen.state] >= RANK[known.state] ? seen : known;
  // What the desk does with its telephone goes on after the customer's answer.
  const call = newerCall(known.call, seen.call);
  // So does a weaker check.
  const fallback = newerFallback(known.fallback, seen.fallback);
  return call === (further.call ?? null) && fallback === (further.fallback ?? null) ? further : { ...further, call, fallback };
}

function merged(calls: State["calls"], seen: readonly View[]): State["calls"] {
  const next = { ...calls };
  for (const view of seen) next[view.id] = newer(next[view.id], view);
  return next;
}

/** Today's calls, newest first; those that are announced and not over stand in a list of their own. */
export const queue = (state: State): View[] => Object.values(state.calls).filter((view) => !isUpcoming(view)).sort((a, b) => b.created_at - a.created_at || (a.id < b.id ? 1 : -1));

/** The call on screen, if any. */
export const current = (state: State): View | null => (state.selected === null ? null : (state.calls[state.selected] ?? null));

/** The weaker check on screen for a supervisor's word, if any. */
export const deciding = (state: State): Listed | null => state.fallbacks.find((it) => it.id === state.selected) ?? null;

/** The list as the server has it now; the one on screen stays, marked, when it waits no longer. */
function listed(state: State, list: readonly Fallback[]): Listed[] {
  const left = deciding(state);
  return left === null || list.some((it) => it.id === left.id) ? [...list] : [...list, { ...left, over: true }];
}

/** The whole of the console's behaviour that needs neither DOM nor network. */
export function reduce(state: State, action: Action): State {
  switch (action.do) {
    case "invited":
      return { ...initial, phase: { at: "invite", token: action.token } };
    case "signed-out":
      return { ...initial, phase: { at: "login" }, error: action.error ?? null };
    case "session": {
      const calls = merged({}, action.calls);
      const selected = state.selected !== null && calls[state.selected] !== undefined ? state.selected : null;
      return { ...initial, phase: { at: "desk" }, me: action.me, calls, selected };
    }
    case "views":
      return state.phase.at === "desk" ? { ...state, calls: merged(state.calls, action.calls) } : state;
    case "started":
      if (state.phase.at !== "desk") return state;
      return { ...state, calls: merged(state.calls, [action.view]), selected: action.view.id, error: null };
    case "select":
      return { ...state, selected: action.id, error: null };
    case "starting":
      return { ...state, selected: null, starting: action.kind, losing: action.losing ?? null, error: null };
    case "invitation":
      return state.phase.at === "desk" ? { ...state, invitations: { ...state.invitations, [action.id]: action.invitation } } : state;
    case "fallbacks":
      return state.phase.at === "desk" ? { ...state, fallbacks: listed(state, action.list) } : state;
    case "lock":
      // Nothing of a customer stays in the page; the id of the open call does, so that unlocking returns to it.
      return state.phase.at === "locked" ? state : { ...initial, phase: { at: "locked", why: action.why }, me: state.me, selected: state.selected };
    case "lock-warning":
      return state.lockWarning === action.on ? state : { ...state, lockWarning: action.on };
    case "link":
      return state.link === action.link ? state : { ...state, link: action.link };
    case "busy":
      return { ...state, busy: action.on };
    case "error":
      return { ...state, error: action.error };
    case "alert":
      // After a change of node the same alert may come once more.
      return state.phase.at !== "desk" || state.alerts.includes(action.id) ? state : { ...state, alerts: [...state.alerts, action.id] };
    case "alerts-seen":
      return { ...state, alerts: [] };
    case "painted":
      return state.painted[action.id] === undefined ? { ...state, painted: { ...state.painted, [action.id]: action.ms } } : state;
  }
}
