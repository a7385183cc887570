import type { Fallback, FallbackMethod, FallbackState, Me, View } from "./types.ts";
import { outcomeOf, type Kind } from "./present.ts";

/** A fallback is asked for so long after the session's end, ms. */
export const FALLBACK_WITHIN = 15 * 60_000;

/** Ends without an answer: whoever refused, reported or failed gets no weaker way. */
const WITHOUT_ANSWER: ReadonlySet<Kind> = new Set(["timeout", "unreachable", "unenrolled", "cancelled"]);

/** Whether a session of this outcome can have a fallback at all. */
export const endedWithoutAnswer = (outcome: Kind): boolean => WITHOUT_ANSWER.has(outcome);

/** When the session ended; the sweeper writes an expiry a moment late. */
const endedAt = (view: View): number => view.decided_at ?? view.expires_at;

/**
 * The procedures that can be asked for now, of those that the purpose allows; null where there is nothing to say of
 * them: another end, another kind of session, too late, or one that waits or was accepted.
 */
export function methodsFor(view: View, now: number, allowed: readonly FallbackMethod[]): FallbackMethod[] | null {
  const plain = !view.call && !view.payment && (view.kind ?? "verification") === "verification" && view.handle !== null;
  if (!plain || !endedWithoutAnswer(outcomeOf(view, now)) || now >= endedAt(view) + FALLBACK_WITHIN) return null;
  const last = view.fallback ?? null;
  if (last !== null && (stateOf(last, now) === "waiting" || last.state === "accepted")) return null;
  return allowed.filter((method) => method !== last?.method);
}

/** The state at a moment of the server's clock: one whose time is up waits for nobody. */
export const stateOf = (fallback: Fallback, now: number): FallbackState => (fallback.state === "waiting" && now >= fallback.expires_at ? "expired" : fallback.state);

/** A late answer never takes a fallback back: a later request wins, an end stays, approvals only grow. */
export function newerFallback(known: Fallback | null | undefined, seen: Fallback | null | undefined): Fallback | null {
  if (!known || !seen) return seen ?? known ?? null;
  if (known.id !== seen.id) return seen.created_at >= known.created_at ? seen : known;
  if (known.state !== "waiting") return known;
  return seen.state !== "waiting" || seen.approvals.length >= known.approvals.length ? seen : known;
}

/** What the desk lists: with `over`, one that was on the screen when it was decided. */
export type Listed = Fallback & { over?: boolean };

/** Whether this person asked for it: nobody decides their own. */
const isOwn = (it: Fallback, me: Me, calls: Readonly<Record<string, View>>): boolean => (it.asker !== undefined ? it.asker.person === me.person.id : calls[it.verification]?.fallback?.id === it.id);

/** Those that wait for this person's word, the most pressing first. */
export function waitingForMe(list: readonly Listed[], me: Me, calls: Readonly<Record<string, View>>, now: number): Listed[] {
  if (!me.person.roles.includes("supervisor")) return [];
  return list
    .filter((it) => it.over !== true && it.may_decide !== false && it.method === "supervisors" && stateOf(it, now) === "waiting" && !isOwn(it, me, calls) && !it.approvals.some((by) => by.person === me.person.id))
    .sort((a, b) => a.expires_at - b.expires_at || (a.id < b.id ? -1 : 1));
}
