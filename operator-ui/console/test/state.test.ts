import { describe, expect, test } from "vitest";
import { current, initial, newer, queue, reduce, type State } from "../src/core/state.ts";
import type { WireState } from "../src/core/types.ts";
import { me, view } from "./fixtures.ts";

const desk = (...calls: ReturnType<typeof view>[]): State => reduce(initial, { do: "session", me: me(), calls });

describe("a call never goes back", () => {
  const order: WireState[][] = [["created"], ["delivered"], ["opened"], ["passed", "failed", "denied", "expired", "cancelled", "unreachable"]];
  const ranked = order.flatMap((states, rank) => states.map((state) => ({ state, rank })));
  for (const a of ranked) {
    for (const b of ranked) {
      const wins = a.rank === 3 ? a.state : b.rank >= a.rank ? b.state : a.state;
      test(`${a.state}, then ${b.state}: ${wins}`, () => {
        expect(newer(view({ state: a.state }), view({ state: b.state })).state).toBe(wins);
      });
    }
  }
});

test("a session starts clean, newest call first", () => {
  const state = desk(view({ id: "v_a", created_at: 1 }), view({ id: "v_b", created_at: 3 }), view({ id: "v_c", created_at: 2 }));
  expect(state.phase).toEqual({ at: "desk" });
  expect(queue(state).map((v) => v.id)).toEqual(["v_b", "v_c", "v_a"]);
  expect(current(state)).toBeNull();
});

test("starting a call puts it on screen and clears the error", () => {
  const state = reduce(reduce(desk(), { do: "error", error: "looks-like-personal-data" }), { do: "started", view: view({ id: "v_n" }) });
  expect(current(state)?.id).toBe("v_n");
  expect(state.error).toBeNull();
});

test("another tab's call enters the queue and does not take the screen", () => {
  const state = reduce(reduce(desk(), { do: "started", view: view({ id: "v_mine" }) }), { do: "views", calls: [view({ id: "v_other" })] });
  expect(current(state)?.id).toBe("v_mine");
  expect(Object.keys(state.calls)).toHaveLength(2);
});

test("the lock keeps no call, and late events put none back", () => {
  const secret = view({ id: "v_s", handle: "C-SECRET", match_code: "47" });
  const locked = reduce(reduce(reduce(desk(secret), { do: "select", id: "v_s" }), { do: "painted", id: "v_s", ms: 5 }), { do: "lock", why: "idle" });
  expect(locked.phase).toEqual({ at: "locked", why: "idle" });
  expect(JSON.stringify(locked)).not.toContain("C-SECRET");
  expect(locked.painted).toEqual({});
  const late = reduce(locked, { do: "views", calls: [secret] });
  expect(late.calls).toEqual({});
  expect(reduce(locked, { do: "started", view: secret }).calls).toEqual({});
});

test("unlocking returns to the call, unless another operator came", () => {
  const mine = view({ id: "v_m" });
  const locked = reduce(reduce(desk(mine), { do: "select", id: "v_m" }), { do: "lock", why: "button" });
  expect(current(reduce(locked, { do: "session", me: me(), calls: [mine] }))?.id).toBe("v_m");
  expect(reduce(locked, { do: "session", me: me(), calls: [] }).selected).toBeNull();
});

test("a second lock keeps the first reason", () => {
  const locked = reduce(desk(), { do: "lock", why: "button" });
  expect(reduce(locked, { do: "lock", why: "server" }).phase).toEqual({ at: "locked", why: "button" });
});

test("signing out forgets everything", () => {
  const out = reduce(desk(view()), { do: "signed-out", error: "unauthenticated" });
  expect(out).toEqual({ ...initial, phase: { at: "login" }, error: "unauthenticated" });
});

test("the first paint of a verdict counts", () => {
  const once = reduce(desk(view({ id: "v_p" })), { do: "painted", id: "v_p", ms: 140 });
  expect(reduce(once, { do: "painted", id: "v_p", ms: 9_000 }).painted).toEqual({ v_p: 140 });
});
