import { expect, test } from "vitest";
import { Api } from "../src/core/api.ts";
import { initial, reduce, type State } from "../src/core/state.ts";
import type { CallPart } from "../src/core/types.ts";
import { Work } from "../src/ui/work.ts";
import { me, NOW, view } from "./fixtures.ts";

const part: CallPart = { id: "c_1", state: "announced", from: NOW, until: NOW + 1, number: "03-1234-5678", offered: [], alias: null, words: null, rescheduled_to: null };

function desk() {
  let state: State = reduce(initial, { do: "session", me: me(), calls: [] });
  const sent: [string, unknown][] = [];
  const answers: Record<string, unknown> = {
    "POST /v1/calls": view({ id: "v_c", direction: "outbound", call: part }),
    "POST /v1/calls/c_1/state": view({ id: "v_c", direction: "outbound", call: { ...part, state: "ringing" } }),
    "POST /v1/calls/c_1/cancel": view({ id: "v_c", state: "cancelled", call: { ...part, state: "cancelled" } }),
    "POST /v1/payments": view({ id: "v_p", payment: { amount: 48_000, currency: "JPY", payee: "P", order: "O", instrument: "I" } }),
    "POST /v1/orders": view({ id: "v_o", kind: "order" }),
    "POST /v1/verifications/v_p/cancel": view({ id: "v_p", state: "cancelled" }),
  };
  const work = new Work({
    api: new Api({
      now: () => NOW,
      fetch: async (input, init) => {
        const line = `${init?.method ?? "GET"} ${String(input)}`;
        sent.push([line, init?.body === undefined || init.body === null ? null : JSON.parse(String(init.body))]);
        return Response.json(answers[line]);
      },
    }),
    state: () => state,
    apply: (action) => (state = reduce(state, action)),
    busy: (run) => run(),
  });
  return { work, sent, state: () => state };
}

test("a call is announced, moved and cancelled at its own addresses, and stands on screen", async () => {
  const { work, sent, state } = desk();
  const asked = { tenant: "midori", handle: "C-1", purpose: "card", number: "03-1234-5678", windows: [{ from: NOW, until: NOW + 1 }], alias: { ja: "山田", en: "Yamada" } };
  await work.announce(asked);
  expect(state().selected).toBe("v_c");
  expect(work.company(view({ id: "v_c" }))).toBe("midori");
  await work.move("c_1", "ringing");
  expect(state().calls["v_c"]?.call?.state).toBe("ringing");
  const shown = state().calls["v_c"];
  if (shown !== undefined) await work.cancel(shown);
  expect(sent).toEqual([["POST /v1/calls", asked], ["POST /v1/calls/c_1/state", { state: "ringing" }], ["POST /v1/calls/c_1/cancel", null]]);
  expect(state().calls["v_c"]?.call?.state).toBe("cancelled");
});

test("a payment and an order go as they were entered, and are cancelled as verifications", async () => {
  const { work, sent, state } = desk();
  const order = { tenant: "midori", handle: "C-1", purpose: "pay", order: "O", recipient: "r_1" };
  await work.pay({ ...order, amount: 48_000, currency: "JPY", payee: "P", instrument: "I" });
  await work.order(order);
  const paid = state().calls["v_p"];
  if (paid !== undefined) await work.cancel(paid);
  expect(sent.map(([line]) => line)).toEqual(["POST /v1/payments", "POST /v1/orders", "POST /v1/verifications/v_p/cancel"]);
  expect(sent[0]?.[1]).toEqual({ ...order, amount: 48_000, currency: "JPY", payee: "P", instrument: "I" });
});
