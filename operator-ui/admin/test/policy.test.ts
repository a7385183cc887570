import { expect, test } from "vitest";
import { asked, asksHolder, asksTerms, bodyOf, documentOf, emptyForm, formOf, mostConditions, type PolicyDocument, type PolicyForm } from "../src/core/policy.ts";
import { PREFECTURES, REGIONS, toggleRegion } from "../src/core/regions.ts";

const form = (over: Partial<PolicyForm> = {}): PolicyForm => ({ ...emptyForm(), id: "standard", name: { ja: "標準", en: "Standard" }, ...over });

/** docs/protocol.md, "Policy". */
const DOCUMENT: PolicyDocument = {
  v: 1, id: "standard", version: 1, schema: "honnin-jp-1", name: { ja: "標準", en: "Standard" },
  predicates: [
    { slot: "subject", op: "EQ", value: "handle" },
    { slot: "kyc_level", op: "GE", value: 2 },
    { slot: "birth", op: "LE", value: { years_before: 20 } },
    { slot: "region", op: "INSET", value: [8, 9, 10, 11, 12, 13, 14] },
  ],
  disclose: [], user_verification: true, number_match: true, ttl_s: 120, valid_s: 600,
};

test("the protocol's example is made from plain words, and read back into them", () => {
  const kanto = REGIONS.find((region) => region.name.en === "Kanto")?.codes ?? [];
  const made = documentOf(form({ age: "20", level: "2", regions: kanto }));
  expect(made.body).toEqual(bodyOf(DOCUMENT));
  const back = formOf(DOCUMENT);
  expect(back).toMatchObject({ age: "20", level: "2", regions: [8, 9, 10, 11, 12, 13, 14], limit: null, others: [], valid: "10" });
  expect(documentOf(back).body).toEqual(bodyOf(DOCUMENT));
});

test("a policy for prospects compares nothing with a handle, holds four conditions, and stays one when it is edited", () => {
  const made = documentOf(form({ prospects: true, age: "20", level: "2", limit: "1", methods: [1] })).body;
  expect(made?.predicates.map((it) => it.slot)).toEqual(["kyc_level", "method", "birth", "limit"]);
  expect(documentOf(form({ age: "20", level: "2", limit: "1", methods: [1] })).wrong).toEqual(["conditions"]);
  if (made === null) throw new Error("no document");
  expect([asksHolder(made), asksHolder(DOCUMENT)]).toEqual([false, true]);
  expect(documentOf(formOf({ ...made, version: 1 })).body).toEqual(made);
});

test("what is sealed to a recipient stays in the policy, and makes it one of payments and orders", () => {
  const order = { ...DOCUMENT, disclose: ["name", "address"] };
  expect(documentOf(formOf(order)).body?.disclose).toEqual(["name", "address"]);
  const payment = { ...DOCUMENT, predicates: [...DOCUMENT.predicates.slice(0, 1), { slot: "limit", op: "GE", value: "amount" } as const] };
  expect([asksTerms(order), asksTerms(payment), asksTerms(DOCUMENT)]).toEqual([true, true, false]);
  expect(documentOf(formOf(payment)).body).toEqual(bodyOf(payment));
});

test("every policy for customers asks for the account holder, and nobody can take that out", () => {
  expect(documentOf(form()).body?.predicates).toEqual([{ slot: "subject", op: "EQ", value: "handle" }]);
});

test("what the editor has no words for stays in the policy", () => {
  const odd = { slot: "birth", op: "GE", value: { years_before: 65 } } as const;
  const eq = { slot: "region", op: "EQ", value: 13 } as const;
  const read = formOf({ ...DOCUMENT, predicates: [...DOCUMENT.predicates.slice(0, 2), odd, eq] });
  expect(read.others).toEqual([odd, eq]);
  expect(documentOf(read).body?.predicates).toEqual([...DOCUMENT.predicates.slice(0, 2), odd, eq]);
});

test("sets go out ascending, whichever was ticked first", () => {
  expect(documentOf(form({ methods: [2, 1], regions: [14, 8] })).body?.predicates.slice(1).map((it) => it.value)).toEqual([[1, 2], [8, 14]]);
});

test("digits may be full-width or grouped; anything else is refused at its field", () => {
  expect(documentOf(form({ limit: "１,000,000" })).body?.predicates[1]).toEqual({ slot: "limit", op: "GE", value: 1_000_000 });
  const wrong: [Partial<PolicyForm>, string][] = [
    [{ age: "0" }, "age"], [{ age: "151" }, "age"], [{ age: "20.5" }, "age"], [{ age: "" }, "age"],
    [{ limit: "-1" }, "limit"], [{ limit: "9007199254740992" }, "limit"],
    [{ ttl: "3601" }, "ttl"], [{ valid: "1441" }, "valid"], [{ id: "a b" }, "id"], [{ id: "" }, "id"],
    [{ name: { ja: "", en: "x" } }, "name"],
  ];
  for (const [over, field] of wrong) expect(documentOf(form(over)), JSON.stringify(over)).toEqual({ body: null, wrong: [field] });
});

test("three conditions beside the holder, not four", () => {
  const three = form({ age: "20", level: "2", limit: "1" });
  expect(asked(three)).toBe(mostConditions(emptyForm()));
  expect(documentOf(three).wrong).toEqual([]);
  expect(documentOf({ ...three, regions: [13] }).wrong).toEqual(["conditions"]);
});

test("regions cover each prefecture once; a region goes in whole and out whole", () => {
  expect(PREFECTURES).toHaveLength(47);
  expect(PREFECTURES.every((it) => it.name.ja !== "" && /^[A-Z][a-z]+$/.test(it.name.en))).toBe(true);
  expect(REGIONS.flatMap((region) => region.codes)).toEqual(PREFECTURES.map((it) => it.code));
  expect(toggleRegion([13, 1], [8, 13])).toEqual([1, 8, 13]);
  expect(toggleRegion([1, 8, 13], [8, 13])).toEqual([1]);
});
