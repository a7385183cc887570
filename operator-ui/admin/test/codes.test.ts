import { expect, test } from "vitest";
import source from "../../../server/src/http/problem.rs?raw";
import { PROBLEM_CODES } from "../src/core/errors.ts";

test("every code that the server can answer with has its own sentence", () => {
  const parts = source.slice(source.indexOf("pub fn parts("), source.indexOf("pub fn code("));
  // A variant's arm: a status, then the code.
  const codes = [...parts.matchAll(/StatusCode::[A-Z_]+,\s*"([a-z-]+)"/g)].map(([, code]) => code);
  expect(codes.length).toBeGreaterThan(30);
  expect(codes.filter((code) => !(PROBLEM_CODES as readonly string[]).includes(code ?? ""))).toEqual([]);
});
