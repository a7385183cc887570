import type { Source } from "@honnin/kit";
import { expect, test } from "vitest";
import { Api } from "../src/core/api.ts";
import { Office } from "../src/ui/office.ts";
import { incident, me, NOW } from "./fixtures.ts";

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

/** An office on a server that answers from a table. */
async function office() {
  const clock = { ms: NOW };
  const seen: string[] = [];
  const sources: FakeSource[] = [];
  const answers: Record<string, () => Response> = {
    "GET /v1/operator/me": () => Response.json({ ...me(), now: clock.ms }),
    "GET /v1/orgs/midori": () => Response.json({ id: "midori", kind: "tenant", status: "active", name: me().organisation.name, settings: { zone: "Asia/Tokyo", idle_lock_s: 300 }, revision: 1 }),
    "GET /v1/orgs/midori/incidents": () => Response.json({ incidents: [incident(), incident({ id: "in_2", ended_at: NOW })] }),
    "GET /v1/orgs/midori/alerts": () => Response.json({ alerts: [{ id: "a_1", acknowledged_at: null }, { id: "a_2", acknowledged_at: 1 }], webhook: null }),
    "GET /v1/orgs/midori/people": () => Response.json({ people: [{ id: "p_2", name: { ja: "佐藤 花", en: "Hana Sato" } }] }),
    "POST /v1/operator/lock": () => new Response(null, { status: 204 }),
    "POST /v1/operator/login/start": () => Response.json({ login: "l", passkey: { challenge: "AQID" } }),
    "POST /v1/operator/login/finish": () => new Response(null, { status: 204 }),
  };
  const it = new Office({
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
    later: () => undefined,
    createPasskey: async () => ({}) as RegistrationResponseJSON,
    getPasskey: async () => ({}) as AuthenticationResponseJSON,
    passkeysAvailable: () => true,
    leave: () => undefined,
    storage: null,
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
  return { it, clock, seen, sources, answers, settled, refuse };
}

test("a session brings what stands on every page: running incidents, new alerts, names, the zone", async () => {
  const { it } = await office();
  expect(it.phase.value).toEqual({ at: "in" });
  expect(it.incidents.value.map((one) => one.id)).toEqual(["in_1"]);
  expect(it.alerts.value).toBe(1);
  expect(it.names.value.get("p_2")?.en).toBe("Hana Sato");
  expect(it.zone.value).toBe("Asia/Tokyo");
  expect(it.page.value).toBe("dashboard");
});

test("the address chooses among the pages that the person may see", async () => {
  const { it } = await office();
  it.go("#/incidents");
  expect(it.page.value).toBe("incidents");
  it.go("#/customers");
  expect(it.page.value).toBe("dashboard");
});

test("an alert on the stream reads again; one that ends the session closes the page at once", async () => {
  const { it, sources, seen, settled, refuse } = await office();
  sources[0]?.emit("alert", { id: "a_9" });
  await settled();
  expect(seen).toEqual(["GET /v1/orgs/midori/incidents", "GET /v1/orgs/midori/alerts"]);
  expect(it.news.value).toBe(1);
  refuse("GET /v1/operator/me", 401, "unauthenticated");
  sources[0]?.emit("error");
  await settled();
  expect(it.phase.value).toEqual({ at: "login" });
  expect(it.me.value).toBeNull();
  expect(it.names.value.size).toBe(0);
});

test("a drop while a node restarts leaves the page as it is", async () => {
  const { it, sources, answers, settled } = await office();
  answers["GET /v1/operator/me"] = () => {
    throw new TypeError("node is gone");
  };
  sources[0]?.emit("error");
  await settled();
  expect(it.phase.value).toEqual({ at: "in" });
});

test("idle locks, tells the server, and leaves nothing of the organisation", async () => {
  const { it, clock, seen, sources, settled } = await office();
  clock.ms += 280_000;
  it.tick();
  expect(it.lockWarning.value).toBe(true);
  clock.ms += 20_000;
  it.tick();
  expect(it.phase.value).toEqual({ at: "locked", why: "idle" });
  await settled();
  expect(seen).toContain("POST /v1/operator/lock");
  expect(sources[0]?.readyState).toBe(2);
  expect(it.incidents.value).toEqual([]);
  expect(it.names.value.size).toBe(0);
  await it.login();
  await settled();
  expect(it.phase.value).toEqual({ at: "in" });
});

test("a person at work is reported to the server, nobody is not", async () => {
  const { it, clock, seen } = await office();
  clock.ms += 60_000;
  it.tick();
  expect(seen).toEqual([]);
  it.touch();
  it.tick();
  it.touch();
  it.tick();
  expect(seen).toEqual(["GET /v1/operator/me"]);
});

test("a page's refused call: the server's lock and an ended session change the screen, all else is the page's", async () => {
  for (const [code, phase] of [["session-locked", { at: "locked", why: "server" }], ["unauthenticated", { at: "login" }], ["not-permitted", { at: "in" }]] as const) {
    const { it, refuse } = await office();
    refuse("GET /v1/orgs/midori/machines", code === "not-permitted" ? 403 : 401, code);
    const failure = await it.org.machines().then(
      () => null,
      (thrown: unknown) => it.caught(thrown),
    );
    expect(failure).toEqual(code === "not-permitted" ? { key: code, reference: "" } : null);
    expect(it.phase.value).toEqual(phase);
  }
});
