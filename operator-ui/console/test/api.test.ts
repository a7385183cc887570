import { expect, test } from "vitest";
import { Api } from "../src/core/api.ts";
import { ApiError, errorKey, PROBLEM_CODES, problemKey } from "../src/core/errors.ts";
import { NOW, view } from "./fixtures.ts";

const api = (answer: (path: string, init: RequestInit) => Response | Promise<Response>): Api => new Api({ fetch: async (input, init) => answer(String(input), init ?? {}), now: () => NOW });
const problem = (status: number, body: string): Response => new Response(body, { status, headers: { "content-type": "application/problem+json" } });

test.each(PROBLEM_CODES)("problem %s keeps its code", async (code) => {
  const failing = api(() => problem(422, JSON.stringify({ code, title: "secret detail", status: 422 })));
  const thrown = await failing.calls().catch((e: unknown) => e);
  expect(thrown).toBeInstanceOf(ApiError);
  expect(errorKey(thrown)).toBe(code);
});

test("what is not a known problem is never guessed", async () => {
  expect(problemKey(500, null)).toBe("unknown");
  expect(problemKey(400, { code: "toString" })).toBe("unknown");
  expect(problemKey(422, { code: 7 })).toBe("unknown");
  expect(problemKey(401, "<html>")).toBe("unauthenticated");
  expect(errorKey(await api(() => problem(502, "<html>")).me().catch((e: unknown) => e))).toBe("unknown");
  expect(errorKey(await api(() => new Response("not json")).me().catch((e: unknown) => e))).toBe("unknown");
});

test("no answer is offline", async () => {
  const thrown = await api(() => Promise.reject(new TypeError("Failed to fetch"))).session.lock().catch((e: unknown) => e);
  expect(errorKey(thrown)).toBe("offline");
});

test("a passkey prompt that was closed is told apart from a browser without passkeys", () => {
  expect(errorKey(new DOMException("", "NotAllowedError"))).toBe("passkey-cancelled");
  expect(errorKey(new DOMException("", "NotSupportedError"))).toBe("passkey-missing");
  expect(errorKey(new Error("bug"))).toBe("unknown");
});

test("calls go where the contract says, as JSON, with the page's own cookie", async () => {
  const seen: { path: string; init: RequestInit }[] = [];
  const recording = api((path, init) => {
    seen.push({ path, init });
    return Response.json(view());
  });
  await recording.start({ tenant: "midori", handle: "C-1", purpose: "p", direction: "inbound" });
  await recording.cancel("v_a/../b");
  await recording.me();
  expect(seen.map(({ path, init }) => `${init.method} ${path}`)).toEqual(["POST /v1/verifications", "POST /v1/verifications/v_a%2F..%2Fb/cancel", "GET /v1/operator/me"]);
  expect(JSON.parse(String(seen[0]?.init.body))).toEqual({ tenant: "midori", handle: "C-1", purpose: "p", direction: "inbound" });
  expect(seen.every(({ init }) => init.credentials === "same-origin" && init.redirect === "error")).toBe(true);
});
