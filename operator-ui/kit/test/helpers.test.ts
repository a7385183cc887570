import { expect, test } from "vitest";
import { detectLang, formatSpan, formatTime, keyPaths } from "../src/i18n.ts";
import { creationOptions, fromB64u, requestOptions, toB64u } from "../src/webauthn.ts";

test("base64url round trip at every length, and refusal of the other alphabet", () => {
  for (let n = 0; n < 40; n += 1) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 73 + n) & 255);
    expect(fromB64u(toB64u(bytes))).toEqual(bytes);
  }
  for (const bad of ["a+b=", "ab/c", "abc=", "a", "あ"]) expect(() => fromB64u(bad)).toThrow(TypeError);
});

test("creation options without the platform's parser", () => {
  const options = creationOptions({
    challenge: "AQID",
    rp: { id: "localhost", name: "Midori" },
    user: { id: "BAUG", name: "sato", displayName: "Sato" },
    pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    excludeCredentials: [{ id: "BwgJ", type: "public-key", transports: ["internal"] }],
  });
  expect(options.challenge).toEqual(Uint8Array.of(1, 2, 3));
  expect(options.user.id).toEqual(Uint8Array.of(4, 5, 6));
  expect(options.excludeCredentials?.[0]).toEqual({ type: "public-key", id: Uint8Array.of(7, 8, 9), transports: ["internal"] });
  expect(options.rp.id).toBe("localhost");
});

test("request options without the platform's parser", () => {
  const options = requestOptions({ challenge: "AQID", rpId: "localhost", userVerification: "required", allowCredentials: [{ id: "BwgJ", type: "public-key" }] });
  expect(options.challenge).toEqual(Uint8Array.of(1, 2, 3));
  expect(options.userVerification).toBe("required");
  expect(options.allowCredentials).toEqual([{ type: "public-key", id: Uint8Array.of(7, 8, 9) }]);
});

test("language, time and span", () => {
  expect(detectLang("en", ["ja"])).toBe("en");
  expect(detectLang(null, ["fr", "en-US"])).toBe("en");
  expect(detectLang("xx", ["fr"])).toBe("ja");
  expect(formatTime(0, "ja", { zone: "Asia/Tokyo" })).toBe("09:00:00");
  expect(formatTime(0, "en", { zone: "UTC", seconds: false })).toBe("00:00");
  expect([formatSpan(-1), formatSpan(42_900), formatSpan(570_000), formatSpan(3_599_999), formatSpan(3_600_000), formatSpan(86_399_000)]).toEqual(["0:00", "0:42", "9:30", "59:59", "1:00:00", "23:59:59"]);
});

test("key paths", () => {
  expect(keyPaths({ b: { d: "", c: "" }, a: [1, 2] })).toEqual(["a.0", "a.1", "b.c", "b.d"]);
});
