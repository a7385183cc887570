import { keyPaths } from "@honnin/kit";
import { expect, test } from "vitest";
import { PROBLEM_CODES } from "../src/core/errors.ts";
import { LOOKS } from "../src/core/present.ts";
import { texts } from "../src/i18n/index.ts";

/** Every text, functions called with marked arguments. */
function leaves(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value === "function") return [[path, String((value as (...a: unknown[]) => string)("⟨a⟩", 7))]];
  return Object.entries(value as object).flatMap(([key, inner]) => leaves(inner, `${path}.${key}`));
}

// Steps and points may differ in number between languages; everything else must not.
const shape = (value: unknown): string[] => [...new Set(keyPaths(value).map((path) => path.replace(/\.\d+$/, ".*")))];

test("both languages have the same keys", () => {
  expect(shape(texts.en)).toEqual(shape(texts.ja));
});

test("no text is empty, and English holds no Japanese (nor the other way round)", () => {
  for (const [path, text] of leaves(texts.en)) {
    expect(text.trim(), path).not.toBe("");
    if (path !== ".switchTo") expect(text, path).not.toMatch(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u);
  }
  for (const [path, text] of leaves(texts.ja)) {
    expect(text.trim(), path).not.toBe("");
    if (![".switchTo", ".sep", ".aside.version"].includes(path)) expect(text, path).toMatch(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u);
  }
});

test("each kind and each problem has its own words", () => {
  for (const t of [texts.ja, texts.en]) {
    for (const kind of Object.keys(LOOKS)) expect(t.kinds).toHaveProperty(kind);
    for (const code of PROBLEM_CODES) expect(t.errors).toHaveProperty([code]);
    const ends = Object.entries(t.kinds).filter(([kind]) => !["sent", "delivered", "opened"].includes(kind));
    expect(new Set(ends.map(([, text]) => text.word)).size).toBe(ends.length);
  }
});

test("the script for everything that is not verified is the agreed one", () => {
  expect(texts.ja.script.other).toContain("アプリでの確認ができませんでした。別の方法をご案内します");
  expect(texts.en.script.other).toContain("We couldn't confirm in the app; here is another way");
});
