import { json, none, problem, serve } from "../../kit/shots/server.mjs";
import { announced, fallback, invited, me, qrSvg, view } from "./fixtures.mjs";

/** The operator's calls; `mock.calls` is the list, and `mock.push(view)` writes to it and says so, as the server would. */
export async function startMock(dist) {
  const served = await serve({
    base: "/console/",
    dist,
    inside: "desk",
    fresh: () => ({ refuseStart: null, calls: [], fallbacks: [], phones: 2 }),
    person: { ja: "佐藤 花", en: "Hana Sato" },
    answer,
  });
  const { mock } = served;
  mock.push = (next) => {
    mock.calls = [next, ...mock.calls.filter((known) => known.id !== next.id)];
    mock.say("verification", next);
  };
  return served;
}

function answer(mock, res, { call, body }) {
  const cancel = /^POST \/v1\/verifications\/([^/]+)\/cancel$/.exec(call);
  if (cancel) {
    const found = mock.calls.find((known) => known.id === cancel[1]);
    if (found === undefined) return problem(res, 404, "not-found");
    const next = { ...found, state: "cancelled", match_code: null, decided_at: Date.now() };
    mock.push(next);
    return json(res, next);
  }
  const move = /^POST \/v1\/calls\/([^/]+)\/(state|cancel)$/.exec(call);
  if (move) {
    const found = mock.calls.find((known) => known.call?.id === move[1]);
    if (found === undefined) return problem(res, 404, "not-found");
    const next = { ...found, call: { ...found.call, state: move[2] === "cancel" ? "cancelled" : body.state } };
    mock.push(next);
    return json(res, next);
  }
  const asked = /^POST \/v1\/verifications\/([^/]+)\/fallback$/.exec(call);
  if (asked) {
    const found = mock.calls.find((known) => known.id === asked[1]);
    if (found === undefined || Object.keys(body).sort().join() !== "method,reason") return problem(res, 400, "malformed");
    const made = fallback(Date.now(), { verification: found.id, ...body, created_at: Date.now(), expires_at: Date.now() + 600_000 });
    mock.push({ ...found, fallback: made });
    return json(res, made, 201);
  }
  const word = /^POST \/v1\/fallbacks\/([^/]+)\/(approve|refuse)$/.exec(call);
  if (word) {
    const me_ = { person: "p_sato", label: { ja: "佐藤", en: "Sato" }, at: Date.now() };
    mock.fallbacks = mock.fallbacks.flatMap((it) => (it.id !== word[1] ? [it] : word[2] === "refuse" || it.approvals.length > 0 ? [] : [{ ...it, approvals: [me_] }]));
    return none(res);
  }
  const purposeOf = () => me(Date.now(), mock.who).tenants.find((it) => it.id === body.tenant)?.purposes.find((p) => p.code === body.purpose);
  const exactly = (...members) => Object.keys(body).sort().join() === members.sort().join();
  switch (call) {
    case "GET /v1/fallbacks":
      return json(res, { fallbacks: mock.fallbacks, now: Date.now() });
    case "POST /v1/customers/lost":
      if (Object.keys(body).sort().join() !== "handle,reason,tenant") return problem(res, 400, "malformed");
      return json(res, { phones: mock.phones });
    case "POST /v1/eligibility": {
      if (purposeOf()?.kind !== "eligibility" || !exactly("tenant", "purpose", "minutes")) return problem(res, 400, "malformed");
      const made = invited(Date.now(), body.minutes);
      mock.push(made);
      return json(res, { ...made, invitation: { link: "https://honnin.example/#/invited/3Rk8Zq1Vx6Nt9Lb4Wd7Yt2Qm9Lx4Vb1Nc8Zr5Kd0Ws", qr_svg: qrSvg(), expires_at: made.expires_at } }, 201);
    }
    case "GET /v1/calls":
      return json(res, { calls: mock.calls.filter((known) => known.call), now: Date.now() });
    case "POST /v1/calls": {
      if (purposeOf()?.kind !== "call" || !exactly("tenant", "handle", "purpose", "number", "windows", ...("alias" in body ? ["alias"] : []))) return problem(res, 400, "malformed");
      const [window, ...offered] = body.windows;
      const made = announced(Date.now(), "announced", { age: 0, handle: body.handle, delivered_at: null, state: "created", alone: { ...window, offered, number: body.number, alias: body.alias ?? null } });
      mock.push(made);
      return json(res, made, 201);
    }
    case "POST /v1/payments": {
      if (purposeOf()?.kind !== "payment" || !exactly("tenant", "handle", "purpose", "amount", "currency", "payee", "order", "instrument", "recipient")) return problem(res, 400, "malformed");
      const { amount, currency, payee, order, instrument } = body;
      const made = view(Date.now(), { age: 0, handle: body.handle, purpose: purposeOf(), payment: { amount, currency, payee, order, instrument } });
      mock.push(made);
      return json(res, made, 201);
    }
    case "POST /v1/orders": {
      if (purposeOf()?.kind !== "order" || !exactly("tenant", "handle", "purpose", "order", "recipient")) return problem(res, 400, "malformed");
      const made = view(Date.now(), { age: 0, handle: body.handle, purpose: purposeOf(), kind: "order" });
      mock.push(made);
      return json(res, made, 201);
    }
    case "GET /v1/operator/me":
      return json(res, me(Date.now(), mock.who));
    case "GET /v1/verifications":
      return json(res, { verifications: mock.calls.filter((known) => !known.call), now: Date.now() });
    case "POST /v1/verifications": {
      if (mock.refuseStart !== null) return problem(res, 422, mock.refuseStart);
      const tenant = me(Date.now(), mock.who).tenants.find((it) => it.id === body.tenant);
      const purpose = tenant?.purposes.find((p) => p.code === body.purpose);
      // Unknown members and foreign companies are refused, as the server does.
      if (purpose === undefined || Object.keys(body).sort().join() !== "direction,handle,purpose,tenant") return problem(res, 400, "malformed");
      const made = view(Date.now(), { age: 0, handle: body.handle, purpose });
      mock.push(made);
      return json(res, made, 201);
    }
    default:
      return problem(res, 404, "not-found");
  }
}
