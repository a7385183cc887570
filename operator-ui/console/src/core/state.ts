import type { Link, LockReason } from "@honnin/kit";
import { isUpcoming, newerCall } from "./calls.ts";
import type { ErrorKey } from "./errors.ts";
import { isOpen, type Me, type PurposeKind, type View, type WireState } from "./types.ts";

export type Phase =
  | { at: "starting" }
  | { at: "invite"; token: string }
  | { at: "login" }
  | { at: "desk" }
  | { at: "locked"; why: LockReason };

export interface State {
  phase: Phase;
  me: Me | null;
  calls: Readonly<Record<string, View>>;
  /** The call on screen; null shows the start form. */
  selected: string | null;
  /** What the start form is for. */
  starting: PurposeKind;
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
  | { do: "starting"; kind: PurposeKind }
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
  return call === (further.call ?? null) ? further : { ...further, call };
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
      return { ...state, selected: null, starting: action.kind, error: null };
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
