import { expect, test } from "vitest";
import { Api } from "../src/core/api.ts";
import type { Source } from "@honnin/kit";
import { Desk } from "../src/ui/desk.ts";
import { companyOf } from "../src/ui/work.ts";
import { me, NOW, view } from "./fixtures.ts";

class FakeSource implements Source {
  readyState = 1;
  readonly listeners = new Map<string, (event: MessageEvent<string>) => void>();
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.listeners.set(type, listener);
  }
  close(): void {
    this.readyState = 2;
  }
  emit(type: string, data: unknown = {}): void {
    this.listeners.get(type)?.({ data: JSON.stringify(data) } as MessageEvent<string>);
  }
}

/** A desk on a server that answers from a table; `answers` may be changed as the test goes on. */
async function desk() {
  const clock = { ms: NOW };
  const seen: string[] = [];
  const sources: FakeSource[] = [];
  const laters: (() => void)[] = [];
  const stored = new Map<string, string>();
  const left: string[] = [];
  const answers: Record<string, () => Response> = {
    "GET /v1/operator/me": () => Response.json({ ...me(), now: clock.ms }),
    "GET /v1/verifications": () => Response.json({ verifications: [view({ id: "v_1", state: "opened", delivered_at: NOW, opened_at: NOW })], now: clock.ms }),
    "GET /v1/calls": () => Response.json({ calls: [], now: clock.ms }),
    "POST /v1/operator/lock": () => new Response(null, { status: 204 }),
    "POST /v1/operator/logout": () => new Response(null, { status: 204 }),
    "POST /v1/operator/login/start": () => Response.json({ login: "l", passkey: { challenge: "AQID" } }),
    "POST /v1/operator/login/finish": () => new Response(null, { status: 204 }),
  };
  const it = new Desk({
    api: new Api({
      now: () => clock.ms,
      fetch: async (input, init) => {
        const call = `${init?.method ?? "GET"} ${String(input)}`;
        seen.push(call);
        const answer = answers[call];
        if (answer === undefined) throw new TypeError(`no answer for ${call}`);
        return answer();
      },
    }),
    openStream: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
    now: () => clock.ms,
    later: (run) => laters.push(run),
    createPasskey: async () => ({}) as RegistrationResponseJSON,
    getPasskey: async () => ({}) as AuthenticationResponseJSON,
    passkeysAvailable: () => true,
    leave: (url) => void left.push(url),
    visible: () => true,
    storage: { getItem: (key) => stored.get(key) ?? null, setItem: (key, value) => void stored.set(key, value) },
    languages: ["ja"],
  });
  const settled = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
    await new Promise((done) => setTimeout(done));
  };
  const refuse = (call: string, status: number, code: string): void => {
    answers[call] = () => new Response(JSON.stringify({ code }), { status });
  };
  await it.begin(null);
  await settled();
  seen.length = 0;
  return { it, left, stored, clock, seen, sources, laters, answers, settled, refuse };
}

test("somebody at work is reported to the server, nobody is not", async () => {
  const { it, clock, seen } = await desk();
  clock.ms += 60_000;
  it.tick();
  expect(seen).toEqual([]);
  it.touch();
  it.tick();
  it.touch();
  it.tick();
  expect(seen).toEqual(["GET /v1/operator/me"]);
  clock.ms += 15_000;
  it.tick();
  expect(seen).toHaveLength(2);
});

test("idle: locks, tells the server, drops the calls and the stream", async () => {
  const { it, clock, seen, sources, settled } = await desk();
  clock.ms += 300_000;
  it.tick();
  expect(it.state.value.phase).toEqual({ at: "locked", why: "idle" });
  expect(it.state.value.calls).toEqual({});
  expect(sources[0]?.readyState).toBe(2);
  await settled();
  expect(seen).toContain("POST /v1/operator/lock");
});

test("a lock that the server did not hear of is told again", async () => {
  const { it, seen, laters, answers, settled } = await desk();
  const good = answers["POST /v1/operator/lock"];
  answers["POST /v1/operator/lock"] = () => {
    throw new TypeError("down");
  };
  it.lock("button");
  await settled();
  expect(laters).toHaveLength(1);
  if (good !== undefined) answers["POST /v1/operator/lock"] = good;
  laters[0]?.();
  await settled();
  expect(seen.filter((call) => call === "POST /v1/operator/lock")).toHaveLength(2);
  expect(laters).toHaveLength(1);
});

test("the server's lock and an ended session are told apart, also when nobody clicked", async () => {
  const locked = await desk();
  locked.refuse("GET /v1/verifications", 401, "session-locked");
  locked.sources[0]?.emit("open");
  await locked.settled();
  expect(locked.it.state.value.phase).toEqual({ at: "locked", why: "server" });
  expect(locked.seen).not.toContain("POST /v1/operator/lock");

  const ended = await desk();
  ended.refuse("GET /v1/verifications", 401, "unauthenticated");
  ended.sources[0]?.emit("open");
  await ended.settled();
  expect(ended.it.state.value.phase).toEqual({ at: "login" });
  expect(ended.it.state.value.error).toBe("unauthenticated");
});

test("approval to display is measured for a verdict that came live, and only for that", async () => {
  const { it, clock, sources } = await desk();
  const passed = view({ id: "v_1", state: "passed", decided_at: clock.ms, valid_until: clock.ms + 600_000, approve_ms: 8 });
  sources[0]?.emit("verification", passed);
  clock.ms += 90;
  it.painted(passed);
  expect(it.state.value.painted).toEqual({ v_1: 98 });
  const old = view({ id: "v_2", state: "passed", decided_at: clock.ms - 50_000, valid_until: clock.ms + 600_000, approve_ms: 8 });
  sources[0]?.emit("verification", old);
  it.painted(old);
  expect(it.state.value.painted).toEqual({ v_1: 98 });
});

test("unlocking comes back to the call, with the challenge fetched before the tap", async () => {
  const { it, seen, settled } = await desk();
  it.select("v_1");
  it.lock("button");
  await settled();
  expect(seen.filter((call) => call.endsWith("/login/start"))).toHaveLength(1);
  await it.login();
  expect(seen.filter((call) => call.endsWith("/login/start"))).toHaveLength(1);
  expect(it.state.value.phase).toEqual({ at: "desk" });
  expect(it.call.value?.id).toBe("v_1");
  expect(it.state.value.busy).toBe(false);
});

test("a drop asks at once whether the session still stands, and the login gate follows", async () => {
  const removed = await desk();
  removed.refuse("GET /v1/verifications", 401, "unauthenticated");
  removed.sources[0]?.emit("error");
  await removed.settled();
  expect(removed.it.state.value.phase).toEqual({ at: "login" });

  const restarted = await desk();
  restarted.answers["GET /v1/verifications"] = () => {
    throw new TypeError("node is gone");
  };
  restarted.sources[0]?.emit("error");
  await restarted.settled();
  expect(restarted.it.state.value.phase).toEqual({ at: "desk" });
});

test("an alert leaves one mark however often it comes, and none after it was seen", async () => {
  const { it, sources } = await desk();
  for (const id of ["a_1", "a_1", "a_2"]) sources[0]?.emit("alert", { id });
  expect(it.state.value.alerts).toEqual(["a_1", "a_2"]);
  it.alertsSeen();
  expect(it.state.value.alerts).toEqual([]);
});

test("asking again goes to the company of the first call, never to a guess among several", async () => {
  const { it, seen, answers, settled } = await desk();
  answers["POST /v1/verifications"] = () => Response.json(view({ id: "v_9", state: "cancelled" }));
  const other = { ...me().tenants[0], id: "aoba" } as ReturnType<typeof me>["tenants"][number];
  const two = { ...me(), tenants: [...me().tenants, other] };
  expect(companyOf(two, view())).toBeNull();
  expect(companyOf(me(), view())).toBe("midori");
  expect(companyOf(two, view({ tenant: "aoba" }))).toBe("aoba");
  await it.work.start({ tenant: "aoba", handle: "C-1", purpose: "address-change", direction: "inbound" });
  await settled();
  expect(it.work.company(view({ id: "v_9" }))).toBe("aoba");
  expect(seen).toContain("POST /v1/verifications");
});

test("through the company: away to its provider, remembered only once it is known", async () => {
  const { it, left, stored, answers, refuse, settled } = await desk();
  refuse("POST /v1/operator/login/provider/start", 404, "not-found");
  await it.throughCompany("midorri");
  expect(it.state.value.error).toBe("company-unknown");
  expect([left, stored.has("honnin-company")]).toEqual([[], false]);
  answers["POST /v1/operator/login/provider/start"] = () => Response.json({ redirect: "https://idp.example/authorize" });
  await it.throughCompany("midori");
  expect([left, it.companyId]).toEqual([["https://idp.example/authorize"], "midori"]);
  await settled();
});

test("back from the company: in, or at the gate with a sentence that says why", async () => {
  const { it, seen, answers } = await desk();
  answers["POST /v1/operator/login/provider/finish"] = () => new Response(null, { status: 204 });
  await it.returned({ state: "console.s", code: "c", iss: "https://idp.example" });
  expect(it.state.value.phase.at).toBe("desk");
  expect(seen[0]).toBe("POST /v1/operator/login/provider/finish");
  expect(it.companyId, "an invitation did not say it").toBe(me().organisation.id);
  const other = await desk();
  other.it.toLogin();
  for (const [status, code, said] of [
    [410, "expired", "login-spent"],
    [403, "login-not-linked", "login-not-linked"],
    [422, "login-refused", "login-refused"],
    [409, "already-decided", "invitation-spent"],
  ] as const) {
    other.refuse("POST /v1/operator/login/provider/finish", status, code);
    other.refuse("GET /v1/operator/me", 401, "unauthenticated");
    await other.it.returned({ state: "console.s", code: "c" });
    expect([other.it.state.value.phase.at, other.it.state.value.error]).toEqual(["login", said]);
  }
  await other.it.returned("refused");
  expect(other.it.state.value.error).toBe("login-refused");
});
