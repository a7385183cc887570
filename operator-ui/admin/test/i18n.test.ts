import { keyPaths } from "@honnin/kit";
import { expect, test } from "vitest";
import { PROBLEM_CODES } from "../src/core/errors.ts";
import { PAGES, RESOURCES, ROLES } from "../src/core/rights.ts";
import { ALERT_KINDS, OUTCOMES, REASONS } from "../src/core/types.ts";
import { texts } from "../src/i18n/index.ts";

/** Every text, functions called with marked arguments. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String((value as (...a: unknown[]) => string)("⟨a⟩", "⟨b⟩"))]];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

const shape = (value: unknown): string[] => [...new Set(keyPaths(value).map((path) => path.replace(/\.\d+$/, ".*")))];
const JAPANESE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;

test("both languages have the same keys", () => {
  expect(shape(texts.en)).toEqual(shape(texts.ja));
});

test("no text is empty, and neither language falls back on the other", () => {
  for (const [path, text] of leaves(texts.en)) {
    expect(text.trim(), path).not.toBe("");
    if (path !== ".switchTo") expect(text, path).not.toMatch(JAPANESE);
  }
  const bare = new Set([".switchTo", ".sep", ".audit.csv", ".audit.jsonl", ".issuers.url", ".alerts.seenBy", ".machines.kinds.api_key"]);
  for (const [path, text] of leaves(texts.ja)) {
    expect(text.trim(), path).not.toBe("");
    if (!bare.has(path)) expect(text, path).toMatch(JAPANESE);
  }
});

test("every page, role, resource, code, flag, outcome and reason has its words", () => {
  for (const t of [texts.ja, texts.en]) {
    for (const page of PAGES) expect(t.pages).toHaveProperty(page);
    for (const role of ROLES) expect(t.roles).toHaveProperty(role);
    for (const resource of RESOURCES) expect(t.resources).toHaveProperty(resource);
    for (const code of PROBLEM_CODES) expect(t.errors).toHaveProperty([code]);
    for (const kind of ALERT_KINDS) expect(t.flags).toHaveProperty([kind]);
    for (const outcome of OUTCOMES) expect(t.outcomes).toHaveProperty(outcome);
    for (const reason of REASONS) expect(t.incidents.reasons).toHaveProperty([reason]);
    expect(t.errors.unknown("tea-pot 418")).toContain("tea-pot 418");
  }
});
