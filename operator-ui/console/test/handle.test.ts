import { expect, test } from "vitest";
import { handleHint } from "../src/core/handle.ts";

test.each([
  ["sato@example.jp", "email"],
  ["090-1234-5678", "number"],
  ["+81 90 1234 5678", "number"],
  ["4111 1111 1111 1111", "number"],
  ["1234５６７８９０12", "number"],
  ["佐藤花子", "name"],
  ["サトウ", "name"],
  ["Hana Sato", "name"],
  ["C-\u202E20481", "unsafe"],
  ["C-2\u200B0481", "unsafe"],
  ["C-20481", null],
  ["20481", null],
  ["cust_000123-ABC", null],
  ["", null],
  ["  ", null],
])("%j looks like %s", (entered, hint) => {
  expect(handleHint(entered)).toBe(hint);
});
