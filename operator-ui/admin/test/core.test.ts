import { expect, test } from "vitest";
import { query } from "../src/core/api.ts";
import { runs, shown, stack, ticks, total } from "../src/core/charts.ts";
import { clockOf, dayEnd, dayOf, dayStart, daysLeft } from "../src/core/dates.ts";
import { failureOf, PROBLEM_CODES } from "../src/core/errors.ts";
import { format } from "../src/core/format.ts";
import { readJwk, readJwks, readKeyFile, thumbprintOf } from "../src/core/jwk.ts";
import { numbersOf } from "../src/core/numbers.ts";
import { mayGive, pageOf, pagesFor, ROLES, roleMay, RESOURCES, VERBS, type Rights, type Role } from "../src/core/rights.ts";
import { pieces, plain } from "../src/core/text.ts";

const rightsOf = (...roles: Role[]): Rights => Object.fromEntries(RESOURCES.map((it) => [it, VERBS.filter((verb) => roles.some((role) => roleMay(role, it, verb)))]));

test("days begin and end in the organisation's zone, also where clocks change", () => {
  expect(dayStart("2026-11-20", "Asia/Tokyo")).toBe(Date.parse("2026-11-20T00:00:00+09:00"));
  expect(dayEnd("2026-11-20", "Asia/Tokyo")).toBe(Date.parse("2026-11-21T00:00:00+09:00"));
  // Berlin turns its clocks on 25 October 2026: that day has 25 hours.
  expect(dayStart("2026-10-25", "Europe/Berlin")).toBe(Date.parse("2026-10-25T00:00:00+02:00"));
  expect(dayEnd("2026-10-25", "Europe/Berlin")).toBe(Date.parse("2026-10-26T00:00:00+01:00"));
  expect(dayStart("2026-03-29", "Europe/Berlin")).toBe(Date.parse("2026-03-29T00:00:00+01:00"));
  for (const bad of ["", "2026-02-30", "20-11-2026", "2026-13-01"]) expect(dayStart(bad, "Asia/Tokyo"), bad).toBeNull();
  expect(dayOf(Date.parse("2026-11-20T23:30:00Z"), "Asia/Tokyo")).toBe("2026-11-21");
});

test("a duty's clock: early, due, soon, overdue, at the edges", () => {
  const day = 86_400_000;
  const [from, by] = [3 * day, 5 * day];
  expect([0, from - 1, from, by - day - 1, by - day, by - 1, by, by + day].map((now) => clockOf(now, from, by))).toEqual(["early", "early", "due", "due", "soon", "soon", "overdue", "overdue"]);
  expect([0, by - 1, by, by + day].map((now) => daysLeft(now, by))).toEqual([5, 0, 0, 0]);
});

test("axes reach the top in round steps", () => {
  expect(ticks(0)).toEqual([0, 1]);
  expect(ticks(3)).toEqual([0, 1, 2, 3]);
  expect(ticks(640)).toEqual([0, 200, 400, 600, 800]);
  for (const top of [1, 7, 49, 50, 51, 999, 12_345]) {
    const marks = ticks(top);
    expect(marks.at(-1)).toBeGreaterThanOrEqual(top);
    expect(marks.length).toBeLessThanOrEqual(6);
  }
});

test("a bar's parts pile up to its sum and leave out what is none", () => {
  const values = { a: 3, b: 0, c: 2 };
  expect(stack(values, ["a", "b", "c"])).toEqual([{ key: "a", from: 0, size: 3 }, { key: "c", from: 3, size: 2 }]);
  expect(total(values, ["a", "b", "c"])).toBe(5);
});

test("the newest label always stands; a missing day breaks the line", () => {
  const label = shown(30, 10);
  expect(label(29)).toBe(true);
  expect(Array.from({ length: 30 }, (_, i) => label(i)).filter(Boolean)).toHaveLength(10);
  expect(runs([1, null, null, 2, 3])).toEqual([[{ i: 0, value: 1 }], [{ i: 3, value: 2 }, { i: 4, value: 3 }]]);
});

test("numbers and times as each language writes them, with the zone", () => {
  const at = Date.parse("2026-11-22T05:07:00Z");
  expect(format("ja", "Asia/Tokyo").moment(at)).toMatch(/2026\/11\/22.*14:07.*JST/);
  expect(format("en", "Asia/Tokyo").moment(at)).toMatch(/22 Nov 2026.*14:07.*(GMT\+9|JST)/);
  expect(format("ja", "UTC").number(1_234_567)).toBe("1,234,567");
  expect(format("en", "UTC").monthDay("2026-11-22")).toBe("22 Nov");
  expect(format("en", "UTC").monthDay("<b>")).toBe("<b>");
});

test("each known code keeps its sentence; an unknown one is quoted only when it is a plain code", () => {
  for (const code of PROBLEM_CODES) expect(failureOf(409, { code })).toEqual({ key: code, reference: "" });
  expect(failureOf(418, { code: "tea-pot" })).toEqual({ key: "unknown", reference: "tea-pot 418" });
  expect(failureOf(418, { code: "<img src=x>" })).toEqual({ key: "unknown", reference: "418" });
  expect(failureOf(500, null)).toEqual({ key: "unknown", reference: "500" });
  expect(failureOf(401, "<html>")).toEqual({ key: "unauthenticated", reference: "" });
  expect(failureOf(0, null)).toEqual({ key: "offline", reference: "" });
});

test("pages follow the rights and the kind of organisation", () => {
  expect(pagesFor(rightsOf("operator"), "tenant")).toEqual([]);
  expect(pagesFor(rightsOf("auditor"), "tenant")).not.toContain("customers");
  expect(pagesFor(rightsOf("owner", "security"), "tenant")).toHaveLength(13);
  for (const page of ["policies", "recipients", "issuers", "customers"] as const) expect(pagesFor(rightsOf("owner", "security"), "partner")).not.toContain(page);
  expect(pagesFor(rightsOf("supervisor"), "tenant")).not.toContain("customers");
  expect(pagesFor(rightsOf("supervisor"), "tenant", ["supervisor"])).toContain("customers");
  expect(pagesFor(rightsOf("supervisor"), "partner", ["supervisor"])).not.toContain("customers");
  expect(pageOf("#/people")).toBe("people");
  for (const hash of ["", "#/", "#/people/p_1", "#people", "#/__proto__"]) expect(pageOf(hash)).toBeNull();
});

test("who may give which role, as the server has it", () => {
  const given = (...roles: Role[]): Role[] => ROLES.filter((role) => mayGive(roles, rightsOf(...roles), role));
  expect(given("owner")).toEqual([...ROLES]);
  expect(given("admin")).toEqual(["admin", "supervisor", "operator", "integration"]);
  expect(given("operator")).toEqual(["operator"]);
});

test("what would reorder or hide its neighbours is shown, not obeyed", () => {
  expect(plain("山田\u202Egnp.exe\u200B")).toBe("山田[U+202E]gnp.exe[U+200B]");
  expect(pieces("a\nb")).toEqual([{ text: "a" }, { code: "U+000A" }, { text: "b" }]);
  expect(pieces("<b>髙橋 👩 é</b>")).toEqual([{ text: "<b>髙橋 👩 é</b>" }]);
});

test("public keys only", () => {
  const key = { kty: "EC", crv: "P-256", x: "AQ", y: "Ag" };
  expect(readJwk(JSON.stringify(key))).toEqual(key);
  expect(readJwks(JSON.stringify({ keys: [key] }))).toEqual({ keys: [key] });
  for (const bad of ["", "7", "null", "{}", JSON.stringify({ ...key, d: "secret" }), JSON.stringify({ ...key, crv: "P-384" })]) expect(readJwk(bad), bad).toBeNull();
  for (const bad of ["[]", '{"keys":[]}', JSON.stringify({ keys: [key, { ...key, d: "s" }] })]) expect(readJwks(bad), bad).toBeNull();
});

test("a key is good when it is on the curve, is read bare, and has the thumbprint of RFC 7638", async () => {
  // RFC 7515, A.3.
  const key = { kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" } as const;
  expect(readJwk(JSON.stringify({ ...key, kid: "1", use: "enc" }))).toEqual(key);
  expect(await thumbprintOf(key, crypto.subtle)).toBe("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  expect(await thumbprintOf({ ...key, y: `A${key.y.slice(1)}` }, crypto.subtle)).toBeNull();
  expect(await thumbprintOf({ ...key, x: "AQ" }, crypto.subtle)).toBeNull();
  expect(await readKeyFile({ size: 10, text: async () => "{}" })).toBe("{}");
  expect(await readKeyFile({ size: 10_001, text: async () => "{}" })).toBeNull();
});

test("numbers to call from: one a line, each a telephone number, none twice, 20 at most", () => {
  expect(numbersOf("03-1234-5678\n\n +81 3 1234 5678 ", "0120-000-123")).toEqual({ ok: true, numbers: ["03-1234-5678", "+81 3 1234 5678"] });
  expect(numbersOf("", "")).toEqual({ ok: true, numbers: [] });
  for (const bad of ["12", "佐藤", "0120\u202E000", "1".repeat(33), "03-1234-5678 x"]) expect(numbersOf(bad, ""), bad).toEqual({ ok: false, line: bad, fault: "bad" });
  expect(numbersOf("0120-000-123", "0120-000-123")).toMatchObject({ fault: "twice" });
  expect(numbersOf("111\n111", "")).toMatchObject({ fault: "twice" });
  expect(numbersOf(Array.from({ length: 21 }, (_, i) => `03-${1000 + i}`).join("\n"), "")).toMatchObject({ fault: "many" });
});

test("a query holds what is set, encoded", () => {
  expect(query({})).toBe("");
  expect(query({ a: undefined, b: "", c: false })).toBe("");
  expect(query({ from: 1, kind: "a&b=c", suspicious: true })).toBe("?from=1&kind=a%26b%3Dc&suspicious=true");
});
