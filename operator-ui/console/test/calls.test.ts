import { amountFits, money, parseAmount } from "@honnin/kit";
import { expect, test } from "vitest";
import { DIALS_BEFORE, moves, newerCall, nextHalfHour, upcoming, windowsOf } from "../src/core/calls.ts";
import { initial, newer, queue, reduce } from "../src/core/state.ts";
import type { CallPart, CallState } from "../src/core/types.ts";
import { me, NOW, view } from "./fixtures.ts";

const call = (over: Partial<CallPart> = {}): CallPart => ({ id: "c_1", state: "announced", from: NOW + 3_600_000, until: NOW + 5_400_000, number: "03-1234-5678", offered: [], alias: null, words: null, rescheduled_to: null, ...over });
const order: CallState[][] = [["announced"], ["confirmed"], ["ringing"], ["talking"], ["ended", "missed", "expired", "refused", "failed", "cancelled"]];
const ranked = order.flatMap((states, rank) => states.map((state) => ({ state, rank })));

test("a call never goes back, and an end stays", () => {
  for (const a of ranked) {
    for (const b of ranked) {
      const wins = a.rank === 4 ? a.state : b.rank >= a.rank ? b.state : a.state;
      expect(newerCall(call({ state: a.state }), call({ state: b.state }))?.state, `${a.state}, then ${b.state}`).toBe(wins);
    }
  }
  expect(newerCall(null, call())).toEqual(call());
  expect(newerCall(call(), undefined)).toEqual(call());
  expect(newerCall(undefined, null)).toBeNull();
});

test("the telephone goes on after the customer's answer, and takes nothing of that answer back", () => {
  const confirmed = view({ state: "passed", valid_until: NOW + 1, call: call({ state: "confirmed" }) });
  expect(newer(confirmed, { ...confirmed, state: "opened", call: call({ state: "ringing" }) })).toMatchObject({ state: "passed", call: { state: "ringing" } });
  const later = newer(newer(confirmed, { ...confirmed, call: call({ state: "talking" }) }), { ...confirmed, call: call({ state: "ringing" }) });
  expect(later.call?.state).toBe("talking");
});

test("calls to come stand beside the queue, the next first, and join it when they are over", () => {
  const views = [view({ id: "v_late", call: call({ from: NOW + 9 }) }), view({ id: "v_soon", call: call({ from: NOW + 1 }) }), view({ id: "v_over", call: call({ state: "ended" }) }), view({ id: "v_check" })];
  const state = reduce(initial, { do: "session", me: me(), calls: views });
  expect(upcoming(Object.values(state.calls)).map((v) => v.id)).toEqual(["v_soon", "v_late"]);
  expect(queue(state).map((v) => v.id).sort()).toEqual(["v_check", "v_over"]);
});

test("dialling opens five minutes before the window and closes with it", () => {
  const it = call({ state: "confirmed" });
  expect([it.from - DIALS_BEFORE - 1, it.from - DIALS_BEFORE, it.until - 1, it.until].map((now) => moves(it, now))).toEqual([[], ["ringing"], ["ringing"], []]);
  expect(moves(call({ state: "ringing" }), NOW)).toEqual(["talking", "missed"]);
  expect(moves(call({ state: "talking" }), NOW)).toEqual(["ended"]);
  for (const state of order[4] ?? []) expect(moves(call({ state }), it.from)).toEqual([]);
});

test("windows are read by this machine's clock, and the first that is wrong is named", () => {
  const now = new Date(2026, 10, 22, 12, 7).getTime();
  expect(nextHalfHour(now)).toBe("2026-11-22T12:30");
  expect(nextHalfHour(new Date(2026, 11, 31, 23, 45).getTime())).toBe("2027-01-01T00:00");
  const row = { start: "2026-11-22T15:00", minutes: 30 };
  const from = new Date(2026, 10, 22, 15, 0).getTime();
  expect(windowsOf([row], now)).toEqual({ ok: true, windows: [{ from, until: from + 1_800_000 }] });
  const wrong: [object, string][] = [
    [{ ...row, start: "" }, "empty"], [{ ...row, start: "soon" }, "empty"], [{ ...row, start: "2026-11-22T11:00" }, "past"],
    [{ ...row, start: "2026-12-07T12:00" }, "far"], [{ ...row, minutes: 241 }, "long"], [{ ...row, minutes: 0 }, "long"], [row, "twice"],
  ];
  for (const [second, fault] of wrong) expect(windowsOf([row, second as typeof row], now)).toEqual({ ok: false, row: 1, fault });
});

test("an amount is typed as people type it, and becomes exact minor units or nothing", () => {
  const good: [string, string, number][] = [["48000", "JPY", 48_000], ["48,000", "JPY", 48_000], ["48,000", "JPY", 48_000], ["12.5", "USD", 1_250], ["12", "USD", 1_200], ["1,234.56", "USD", 123_456], ["0.001", "KWD", 1], ["999999999999", "JPY", 999_999_999_999]];
  for (const [typed, currency, amount] of good) expect(parseAmount(typed, currency), typed).toBe(amount);
  for (const [typed, currency] of [["0", "JPY"], ["-1", "JPY"], ["1.5", "JPY"], ["1.234", "USD"], ["4,80,00", "JPY"], ["1e3", "JPY"], ["", "JPY"], ["1000000000000", "JPY"], ["12", "ZZZ"], ["１２３.４.５", "USD"], ["0x10", "JPY"]] as const) {
    expect(parseAmount(typed, currency), typed).toBeNull();
  }
  expect(amountFits(1, "JPY")).toBe(true);
  expect(money(48_000, "JPY", "ja")).toBe("48,000円");
});
