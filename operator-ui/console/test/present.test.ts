import { expect, test } from "vitest";
import { kindOf, LOOKS, scriptOf, timeLeft, type Kind } from "../src/core/present.ts";
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

test("only a pass within its validity closes the seal", () => {
  const closed = Object.entries(LOOKS).filter(([, look]) => look.shape === "closed" || look.tone === "verified");
  expect(closed.map(([kind]) => kind)).toEqual(["verified"]);
});

test("unreachable is never red, a refusal never asks to resend", () => {
  for (const kind of ["unreachable", "unenrolled", "timeout"] as const) expect(LOOKS[kind].tone).toBe("unreachable");
  for (const look of Object.values(LOOKS)) if (look.tone === "refused") expect(look.resend).toBe(false);
});

test("every end without a verdict has the one script", () => {
  for (const kind of ["denied", "reported", "unprovable", "number", "invalid", "timeout", "unreachable", "unenrolled", "cancelled"] as const) expect(scriptOf(kind)).toBe("other");
});

test("time left runs from 1 to 0 and stays there", () => {
  expect([NOW, NOW + 60_000, NOW + 120_000, NOW + 500_000].map((now) => timeLeft(view(), now))).toEqual([1, 0.5, 0, 0]);
  expect(timeLeft(view({ state: "denied" }), NOW)).toBe(0);
});
