import { expect, test } from "vitest";
import { FALLBACK_WITHIN, methodsFor, newerFallback, stateOf, waitingForMe } from "../src/core/fallbacks.ts";
import { kindOf, LOOKS, outcomeOf, scriptOf } from "../src/core/present.ts";
import { qrOf } from "../src/core/qr.ts";
import { deciding, initial, newer, reduce, type State } from "../src/core/state.ts";
import type { Fallback, FallbackMethod, FallbackState, Me, WireState } from "../src/core/types.ts";
import { me, NOW, view } from "./fixtures.ts";

const fallback = (over: Partial<Fallback> = {}): Fallback => ({ id: "f_1", verification: "v_0000000000000000000001", method: "supervisors", reason: "lost", state: "waiting", approvals: [], needed: 2, created_at: NOW, expires_at: NOW + 600_000, decided_at: null, weaker: true, ...over });
const by = (person: string): Fallback["approvals"][number] => ({ person, label: { ja: person, en: person }, at: NOW });
const ALL: FallbackMethod[] = ["callback", "supervisors", "re-enrolment"];
const STATES: FallbackState[] = ["waiting", "accepted", "refused", "expired"];
const WIRE: WireState[] = ["created", "delivered", "opened", "passed", "failed", "denied", "expired", "cancelled", "unreachable"];
const ended = { state: "expired", delivered_at: NOW, decided_at: NOW } as const;

test("whatever a weaker check comes to, it is amber with a shape of its own or an end, never the seal nor the verified words", () => {
  for (const state of WIRE) {
    for (const detail of [null, "reported", "not_enrolled"] as const) {
      for (const of of STATES) {
        const base = { state, detail, valid_until: NOW + 1, decided_at: NOW };
        const without = kindOf(view(base), NOW);
        const kind = kindOf(view({ ...base, fallback: fallback({ state: of }) }), NOW);
        // A verdict, a refusal or a report stays what it is; a weaker check changes only an end without an answer.
        if (["expired", "cancelled", "unreachable"].includes(state)) expect(kind).toBe(`weaker-${of}`);
        else expect(kind).toBe(without);
        if (kind !== without) {
          expect(LOOKS[kind].shape).not.toBe("closed");
          expect(LOOKS[kind].tone).not.toBe("verified");
          expect(scriptOf(kind)).not.toBe("verified");
          expect(outcomeOf(view({ ...base, fallback: fallback({ state: of }) }), NOW)).toBe(without);
        }
      }
    }
  }
  const shapes = new Set(Object.entries(LOOKS).filter(([kind]) => !kind.startsWith("weaker")).map(([, it]) => it.shape));
  for (const kind of ["weaker-waiting", "weaker-accepted"] as const) expect([LOOKS[kind].tone, shapes.has(LOOKS[kind].shape)]).toEqual(["weaker", false]);
});

test("a weaker check is offered after an end without an answer, for 15 minutes, one at a time, and only as the purpose allows", () => {
  const offered = (over: Parameters<typeof view>[0], now = NOW, allowed: readonly FallbackMethod[] = ALL): FallbackMethod[] | null => methodsFor(view({ ...ended, ...over }), now, allowed);
  expect(offered({})).toEqual(ALL);
  expect(offered({}, NOW, ["callback"])).toEqual(["callback"]);
  expect(offered({}, NOW, [])).toEqual([]);
  expect(offered({}, NOW + FALLBACK_WITHIN - 1)).toEqual(ALL);
  expect(offered({}, NOW + FALLBACK_WITHIN)).toBeNull();
  for (const over of [{ state: "cancelled" }, { state: "unreachable" }, { state: "unreachable", detail: "not_enrolled" }, { delivered_at: null }] as const) expect(offered(over)).toEqual(ALL);
  for (const over of [{ state: "denied" }, { state: "denied", detail: "reported" }, { state: "failed" }, { state: "failed", detail: "number" }, { state: "passed", valid_until: NOW + 1 }, { state: "opened" }] as const) expect(offered(over)).toBeNull();
  const payment = { amount: 1, currency: "JPY", payee: "P", order: "O", instrument: "I" };
  for (const over of [{ payment }, { kind: "order" }, { kind: "eligibility" }, { handle: null }] as const) expect(offered(over)).toBeNull();
  expect(offered({ fallback: fallback() })).toBeNull();
  expect(offered({ fallback: fallback({ state: "accepted" }) })).toBeNull();
  expect(offered({ fallback: fallback({ state: "refused" }) })).toEqual(["callback", "re-enrolment"]);
  // The sweeper has not come by yet.
  expect(offered({ fallback: fallback({ expires_at: NOW }) })).toEqual(["callback", "re-enrolment"]);
});

test("a late answer takes no weaker check back", () => {
  const one = fallback({ approvals: [by("p_2")] });
  expect(newerFallback(one, fallback())).toBe(one);
  expect(newerFallback(fallback(), one)).toBe(one);
  const done = fallback({ state: "accepted", approvals: [by("p_2"), by("p_3")], decided_at: NOW });
  expect(newerFallback(done, one)).toBe(done);
  expect(newerFallback(one, done)).toBe(done);
  const later = fallback({ id: "f_2", created_at: NOW + 1 });
  expect([newerFallback(done, later), newerFallback(later, done), newerFallback(done, null), newerFallback(null, done)]).toEqual([later, later, done, done]);
  expect(newer(view({ ...ended }), view({ ...ended, fallback: one })).fallback).toBe(one);
  expect(newer(view({ ...ended, fallback: done }), view({ state: "opened" })).fallback).toBe(done);
  expect([stateOf(fallback(), NOW + 599_999), stateOf(fallback(), NOW + 600_000), stateOf(done, NOW + 900_000)]).toEqual(["waiting", "expired", "accepted"]);
});

const supervisor = (): Me => ({ ...me(), person: { ...me().person, roles: ["supervisor"] } });

test("a supervisor is shown what waits for them, and never their own", () => {
  const list = [fallback({ id: "f_1" }), fallback({ id: "f_2", expires_at: NOW + 1_000 }), fallback({ id: "f_own", asker: { person: "p_1", label: { ja: "私", en: "me" } } }), fallback({ id: "f_given", approvals: [by("p_1")] }), fallback({ id: "f_call", method: "callback" }), fallback({ id: "f_done", state: "refused" }), fallback({ id: "f_late", expires_at: NOW }), fallback({ id: "f_not", may_decide: false })];
  const ids = (who: Me, calls = {}): string[] => waitingForMe(list, who, calls, NOW).map((it) => it.id);
  expect(ids(supervisor())).toEqual(["f_2", "f_1"]);
  expect(ids(me())).toEqual([]);
  // Where the server does not say who asked: one that hangs on a session of this desk.
  const mine = view({ ...ended, fallback: fallback({ id: "f_1" }) });
  expect(ids(supervisor(), { [mine.id]: mine })).toEqual(["f_2"]);
});

test("one that is decided while it is on screen stays there, marked; a lock leaves none", () => {
  const desk: State = { ...initial, phase: { at: "desk" }, me: supervisor(), selected: "f_1", fallbacks: [fallback()] };
  const after = reduce(desk, { do: "fallbacks", list: [fallback({ id: "f_2" })] });
  expect(deciding(after)).toMatchObject({ id: "f_1", over: true });
  expect(reduce(after, { do: "lock", why: "idle" }).fallbacks).toEqual([]);
  const invited = reduce(desk, { do: "invitation", id: "v_1", invitation: { link: "https://x/#/invited/t", qr_svg: "", expires_at: NOW } });
  expect(reduce(invited, { do: "lock", why: "idle" }).invitations).toEqual({});
  expect(reduce({ ...initial, phase: { at: "login" } }, { do: "invitation", id: "v_1", invitation: { link: "", qr_svg: "", expires_at: NOW } }).invitations).toEqual({});
});

test("a prospect goes without a handle: invited, lapsed, then as any other", () => {
  const prospect = { handle: null, kind: "eligibility" } as const;
  expect(kindOf(view({ ...prospect }), NOW)).toBe("invited");
  expect(kindOf(view({ ...prospect, state: "expired" }), NOW)).toBe("uninvited");
  expect(kindOf(view({ ...prospect, state: "expired", delivered_at: NOW }), NOW)).toBe("timeout");
  expect(kindOf(view({ ...prospect, state: "opened", delivered_at: NOW }), NOW)).toBe("opened");
  expect(kindOf(view({ ...prospect, state: "passed", delivered_at: NOW, valid_until: NOW + 1 }), NOW)).toBe("verified");
  expect(kindOf(view({ ...prospect, state: "denied", detail: "reported", delivered_at: NOW }), NOW)).toBe("reported");
});

test("of the server's drawing only the squares come into the page", () => {
  const svg = '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 264 264"><rect fill="#fff"/><path fill="#000" d="M32 32h8v8h-8zM40 32h8v8h-8z"/></svg>';
  expect(qrOf(svg)).toEqual({ size: 264, path: "M32 32h8v8h-8zM40 32h8v8h-8z" });
  for (const bad of ["", "<svg/>", svg.replace("264 264", "264 100"), svg.replace("M32", "javascript:"), svg.replace(/d="[^"]*"/, "")]) expect(qrOf(bad), bad).toBeNull();
});
