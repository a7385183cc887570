import { expect, test } from "vitest";
import { canResend, isStopped, kindOf, LOOKS, scriptOf, timeLeft, type Kind } from "../src/core/present.ts";
import type { CallPart, CallState, WireState } from "../src/core/types.ts";
import { NOW, view } from "./fixtures.ts";

const cases: [Kind, Parameters<typeof view>[0]][] = [
  ["sent", {}],
  ["delivered", { state: "delivered", delivered_at: NOW }],
  ["opened", { state: "opened", delivered_at: NOW, opened_at: NOW }],
  ["verified", { state: "passed", valid_until: NOW + 1 }],
  ["lapsed", { state: "passed", valid_until: NOW }],
  ["lapsed", { state: "passed", valid_until: null }],
  ["denied", { state: "denied" }],
  ["reported", { state: "denied", detail: "reported" }],
  ["unprovable", { state: "failed", detail: "unprovable" }],
  ["number", { state: "failed", detail: "number" }],
  ["invalid", { state: "failed", detail: "proof_invalid" }],
  ["invalid", { state: "failed", detail: null }],
  ["timeout", { state: "expired", delivered_at: NOW }],
  ["unreachable", { state: "expired", delivered_at: null }],
  ["unreachable", { state: "unreachable", detail: null }],
  ["unenrolled", { state: "unreachable", detail: "not_enrolled" }],
  ["cancelled", { state: "cancelled" }],
];

test.each(cases)("%s", (kind, over) => {
  expect(kindOf(view(over), NOW)).toBe(kind);
});

const call = (over: Partial<CallPart> = {}): CallPart => ({ id: "c_1", state: "announced", from: NOW, until: NOW + 60_000, number: "03-1234-5678", offered: [], alias: null, words: null, rescheduled_to: null, ...over });
const STATES: WireState[] = ["created", "delivered", "opened", "passed", "failed", "denied", "expired", "cancelled", "unreachable"];
const CALLS: CallState[] = ["announced", "confirmed", "ringing", "talking", "ended", "missed", "expired", "refused", "failed", "cancelled"];
const payment = { amount: 1, currency: "JPY", payee: "P", order: "O", instrument: "I" };

test("whatever it is about, only the server's pass closes the seal, and a call's or a check's only within its validity", () => {
  for (const state of STATES) {
    for (const valid_until of [null, NOW, NOW + 1]) {
      const passed = state === "passed";
      const within = passed && valid_until === NOW + 1;
      const closed = (over: Parameters<typeof view>[0]): boolean => LOOKS[kindOf(view({ state, valid_until, ...over }), NOW)].shape === "closed";
      expect(closed({})).toBe(within);
      for (const at of CALLS) if (closed({ call: call({ state: at }) })) expect([within, ["confirmed", "ringing", "talking", "announced"].includes(at)]).toEqual([true, true]);
      expect(closed({ payment })).toBe(passed);
    }
  }
});

const green = { state: "passed", valid_until: NOW + 1 } as const;
test.each<[Kind, Parameters<typeof view>[0]]>([
  ["announced", { state: "opened", call: call() }],
  ["confirmed", { ...green, call: call({ state: "confirmed" }) }],
  ["ringing", { ...green, call: call({ state: "ringing" }) }],
  ["talking", { ...green, call: call({ state: "talking" }) }],
  ["unproven", { state: "delivered", call: call({ state: "ringing" }) }],
  ["unproven", { state: "denied", call: call({ state: "talking" }) }],
  ["lapsed", { state: "passed", valid_until: NOW, call: call({ state: "talking" }) }],
  ["ended", { ...green, call: call({ state: "ended" }) }],
  ["missed", { ...green, call: call({ state: "missed" }) }],
  ["undialled", { ...green, call: call({ state: "expired" }) }],
  ["timeout", { state: "expired", delivered_at: NOW, call: call({ state: "expired" }) }],
  ["unreachable", { state: "expired", call: call({ state: "expired" }) }],
  ["unenrolled", { state: "unreachable", detail: "not_enrolled", call: call({ state: "failed" }) }],
  ["denied", { state: "denied", call: call({ state: "refused" }) }],
  ["reported", { state: "denied", detail: "reported", call: call({ state: "refused" }) }],
  ["cancelled", { state: "cancelled", call: call({ state: "cancelled" }) }],
  ["moved", { state: "cancelled", call: call({ state: "cancelled", rescheduled_to: "c_2" }) }],
  ["approved", { state: "passed", payment }],
  ["approved", { state: "passed", kind: "order" }],
  ["sent", { payment }],
  ["reported", { state: "denied", detail: "reported", payment }],
])("%s, of a call or a payment", (kind, over) => {
  expect(kindOf(view(over), NOW)).toBe(kind);
});

test("a call that came to nothing is not read out, and neither it nor a payment is asked for again as a check", () => {
  const denied = view({ state: "denied", detail: "reported", call: call({ state: "refused" }) });
  expect([isStopped(denied, "reported"), isStopped(view({ call: call() }), "announced"), isStopped(view(), "denied")]).toEqual([true, false, false]);
  expect(canResend(view(), "timeout")).toBe(true);
  for (const over of [{ call: call() }, { payment }, { kind: "order" as const }]) for (const kind of Object.keys(LOOKS) as Kind[]) expect(canResend(view(over), kind)).toBe(false);
});

test("of a payment that was not approved the agent learns nothing more", () => {
  for (const [state, detail] of [["denied", null], ["failed", "unprovable"], ["failed", "number"], ["failed", "proof_invalid"], ["failed", null]] as const) {
    for (const over of [{ payment }, { kind: "order" as const }]) expect(kindOf(view({ state, detail, ...over }), NOW)).toBe("declined");
  }
  for (const delivered_at of [null, NOW]) expect(kindOf(view({ state: "expired", delivered_at, payment }), NOW)).toBe("closed");
});

test("unreachable is never red, a refusal never asks to resend", () => {
  for (const kind of ["unreachable", "unenrolled", "timeout", "unproven", "missed", "closed"] as const) expect(LOOKS[kind].tone).toBe("unreachable");
  for (const look of Object.values(LOOKS)) if (look.tone === "refused") expect(look.resend).toBe(false);
});

test("every end without a verdict has the one script", () => {
  for (const kind of ["denied", "reported", "unprovable", "number", "invalid", "timeout", "unreachable", "unenrolled", "cancelled", "unproven", "declined", "closed"] as const) expect(scriptOf(kind)).toBe("other");
});

test("time left runs from 1 to 0 and stays there", () => {
  expect([NOW, NOW + 60_000, NOW + 120_000, NOW + 500_000].map((now) => timeLeft(view(), now))).toEqual([1, 0.5, 0, 0]);
  expect(timeLeft(view({ state: "denied" }), NOW)).toBe(0);
});
