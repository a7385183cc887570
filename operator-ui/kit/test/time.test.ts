import { expect, test } from "vitest";
import { ServerClock } from "../src/clock.ts";
import { IdleTimer } from "../src/idle.ts";
import { LiveStream, STALE_AFTER, type Link, type Source } from "../src/stream.ts";

function idle(limit = 300_000, warnBefore = 30_000) {
  const log: string[] = [];
  const clock = { ms: 0 };
  const timer = new IdleTimer({ limit, warnBefore, now: () => clock.ms, onWarn: (on) => log.push(on ? "warn" : "calm"), onIdle: () => log.push("lock") });
  const at = (ms: number, act: "check" | "touch" = "check"): void => {
    clock.ms = ms;
    timer[act]();
  };
  return { log, at };
}

test("idle: warns, then locks once", () => {
  const { log, at } = idle();
  for (const ms of [1_000, 269_999, 270_000, 271_000, 299_999, 300_000, 301_000, 900_000]) at(ms);
  expect(log).toEqual(["warn", "calm", "lock"]);
});

test("idle: input starts the time again", () => {
  const { log, at } = idle();
  at(280_000);
  at(290_000, "touch");
  at(500_000);
  expect(log).toEqual(["warn", "calm"]);
  at(590_000);
  expect(log.at(-1)).toBe("lock");
});

test("idle: a machine that slept past the limit is locked by its first input, not woken by it", () => {
  const { log, at } = idle();
  at(3_600_000, "touch");
  expect(log).toEqual(["lock"]);
});

test("server clock: the tightest answer wins, and ages", () => {
  const clock = { ms: 0 };
  const server = new ServerClock(() => clock.ms);
  server.learn(1_000_050, 0, 100);
  expect(server.now()).toBe(1_000_000);
  server.learn(1_000_900, 100, 900);
  expect(server.now()).toBe(1_000_000);
  server.learn(1_000_965, 1_000, 1_010);
  expect(server.now()).toBe(999_960);
  server.learn(1_400_000, 400_000, 402_000);
  expect(server.now()).toBe(999_000);
});

class FakeSource implements Source {
  readyState = 1;
  closed = false;
  readonly #listeners = new Map<string, (event: MessageEvent<string>) => void>();
  addEventListener(type: string, listener: (event: MessageEvent<string>) => void): void {
    this.#listeners.set(type, listener);
  }
  close(): void {
    this.closed = true;
    this.readyState = 2;
  }
  emit(type: string, data = "{}"): void {
    this.#listeners.get(type)?.({ data } as MessageEvent<string>);
  }
}

function live(session = true) {
  const clock = { ms: 0 };
  const sources: FakeSource[] = [];
  const links: Link[] = [];
  const views: unknown[] = [];
  const laters: { run: () => void; ms: number }[] = [];
  let opened = 0;
  let asked = 0;
  const stream = new LiveStream({
    open: () => {
      const source = new FakeSource();
      sources.push(source);
      return source;
    },
    now: () => clock.ms,
    later: (run, ms) => laters.push({ run, ms }),
    on: { thing: (v) => views.push(v) },
    onLink: (link) => links.push(link),
    onOpen: () => (opened += 1),
    onClosed: async () => {
      asked += 1;
      return session;
    },
  });
  return { clock, sources, links, views, laters, stream, opened: () => opened, asked: () => asked };
}

test("stream: stale after five seconds of silence, live again with the next sign", () => {
  const it = live();
  it.sources[0]?.emit("open");
  it.clock.ms = STALE_AFTER - 1;
  it.stream.check();
  expect(it.links).toEqual(["live"]);
  it.clock.ms = STALE_AFTER;
  it.stream.check();
  expect(it.links.at(-1)).toBe("stale");
  it.sources[0]?.emit("ping");
  expect(it.links.at(-1)).toBe("live");
  it.sources[0]?.emit("thing", JSON.stringify({ id: "x" }));
  expect(it.views).toEqual([{ id: "x" }]);
  expect(it.opened()).toBe(1);
});

test("stream: a drop is the browser's to mend, a refusal is retried more and more slowly", async () => {
  const it = live();
  it.sources[0]?.emit("error");
  expect(it.asked()).toBe(1);
  expect(it.laters).toHaveLength(0);
  for (let i = 0; i < 6; i += 1) {
    const source = it.sources.at(-1);
    if (source === undefined) throw new Error("no source");
    source.readyState = 2;
    source.emit("error");
    await Promise.resolve();
    it.laters.at(-1)?.run();
  }
  expect(it.laters.map((l) => l.ms)).toEqual([500, 1_000, 2_000, 4_000, 8_000, 8_000]);
  expect(it.sources).toHaveLength(7);
});

test("stream: no retry once the session is over or the desk is locked", async () => {
  const over = live(false);
  const first = over.sources[0];
  if (first === undefined) throw new Error("no source");
  first.readyState = 2;
  first.emit("error");
  await Promise.resolve();
  expect(over.laters).toHaveLength(0);

  const locked = live();
  locked.stream.stop();
  expect(locked.sources[0]?.closed).toBe(true);
  locked.sources[0]?.emit("thing", "{}");
  locked.clock.ms = 60_000;
  locked.stream.check();
  expect(locked.views).toEqual([]);
  expect(locked.links).toEqual([]);
});
