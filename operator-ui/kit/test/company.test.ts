import { expect, test } from "vitest";
import { CompanyLogin, SessionApi, takeReturn, Transport } from "../src/index.ts";

function at(hash: string): { location: Location; replaced: string[]; history: History } {
  const replaced: string[] = [];
  const location = { hash, pathname: "/console/" } as Location;
  const history = { replaceState: (_: unknown, __: string, url: string) => void replaced.push(url) } as unknown as History;
  return { location, replaced, history };
}

test("what the provider sent back is taken out of the address at once", () => {
  const full = at("#state=console.s&code=a%2Bb&iss=https%3A%2F%2Fidp.example");
  expect(takeReturn(full.location, full.history)).toEqual({ state: "console.s", code: "a+b", iss: "https://idp.example" });
  expect(full.replaced).toEqual(["/console/"]);
  const bare = at("#state=console.s&code=c");
  expect(takeReturn(bare.location, bare.history)).toEqual({ state: "console.s", code: "c" });
  const refused = at("#state=console.s&error=refused");
  expect(takeReturn(refused.location, refused.history)).toBe("refused");
  for (const other of ["", "#invite=TOKEN", "#/people"]) {
    const page = at(other);
    expect([takeReturn(page.location, page.history), page.replaced]).toEqual([null, []]);
  }
});

test("an invitation goes along, an id is remembered, and nothing is where the server refuses", async () => {
  const sent: unknown[] = [];
  const left: string[] = [];
  const stored = new Map<string, string>();
  let refuse = false;
  const transport = new Transport({
    now: () => 0,
    fail: (status) => new Error(String(status)),
    fetch: async (input, init) => {
      sent.push([String(input), JSON.parse(String(init?.body))]);
      return refuse ? new Response(null, { status: 404 }) : Response.json({ redirect: "https://idp.example/a" });
    },
  });
  const storage = { getItem: (key: string) => stored.get(key) ?? null, setItem: (key: string, value: string) => void stored.set(key, value) };
  const login = new CompanyLogin(new SessionApi(transport), { page: "admin", storage, leave: (url) => void left.push(url) });
  expect(login.remembered).toBe("");
  await login.accept("TOKEN");
  await login.leave("midori");
  refuse = true;
  await expect(login.leave("nobody")).rejects.toThrow("404");
  expect(sent).toEqual([
    ["/v1/operator/login/provider/start", { page: "admin", invitation: "TOKEN" }],
    ["/v1/operator/login/provider/start", { page: "admin", organisation: "midori" }],
    ["/v1/operator/login/provider/start", { page: "admin", organisation: "nobody" }],
  ]);
  expect([left, login.remembered]).toEqual([["https://idp.example/a", "https://idp.example/a"], "midori"]);
});
