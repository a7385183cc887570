import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { data, dryRun, me, runningIncident } from "./fixtures.mjs";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * A stand-in for honnin-server's administration interface: real HTTP, a real event stream, and lists that change
 * with what is sent; no checking beyond what the pages rely on. `mock` is set by the scenario.
 */
export async function startMock(dist) {
  const streams = new Set();
  const fresh = () => ({ session: "in", invitation: "good", who: {}, refuse: {}, sent: [], locks: 0, state: data(Date.now()) });
  const mock = {
    ...fresh(),
    reset() {
      Object.assign(mock, fresh());
      for (const stream of streams) stream.end();
    },
    say(event, value) {
      for (const stream of streams) stream.write(`event: ${event}\nid: ${Date.now()}\ndata: ${JSON.stringify(value)}\n\n`);
    },
    streams,
  };
  const pings = setInterval(() => {
    for (const stream of streams) stream.write("event: ping\ndata: {}\n\n");
  }, 1_000);

  const problem = (res, status, code) => {
    res.writeHead(status, { "content-type": "application/problem+json" });
    res.end(JSON.stringify({ type: `https://honnin.invalid/problems/${code}`, title: code, status, code }));
  };
  const json = (res, value, status = 200) => {
    res.writeHead(status, { "content-type": "application/json" });
    res.end(JSON.stringify(value));
  };
  const none = (res) => res.writeHead(204).end();
  const challenge = () => randomBytes(32).toString("base64url");
  const creation = () => ({
    operator: { name: { ja: "田中 美咲", en: "Misaki Tanaka" } },
    passkey: {
      challenge: challenge(),
      rp: { id: "localhost", name: "Honnin" },
      user: { id: randomBytes(16).toString("base64url"), name: "tanaka", displayName: "Tanaka" },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    },
    provider: mock.provider === true,
  });

  const session = (res, call) => {
    if (call === "POST /v1/operator/login/start") return json(res, { login: "l1", passkey: { challenge: challenge(), rpId: "localhost", userVerification: "required" } });
    if (call === "POST /v1/operator/login/finish") {
      mock.session = "in";
      return none(res);
    }
    if (call === "POST /v1/operator/login/provider/start") return problem(res, 404, "not-found");
    if (call === "POST /v1/operator/login/provider/finish") {
      mock.session = "in";
      return none(res);
    }
    if (mock.invitation === "spent") return problem(res, 404, "not-found");
    if (call.endsWith("/start")) return json(res, creation());
    mock.session = "in";
    return none(res);
  };

  /** The organisation's calls: a table from call to what it does. */
  const org = (res, call, body, search) => {
    const s = mock.state;
    const drop = (list, id) => {
      s[list] = s[list].filter((it) => it.id !== id);
      none(res);
    };
    const part = call.split("/");
    const routes = {
      "GET ": () => json(res, mock.who.who === "partner" ? { ...s.org, id: "hikari", kind: "partner", settings: { zone: "Asia/Tokyo", idle_lock_s: 300 } } : s.org),
      "PUT /settings": () => {
        const { revision, ...settings } = body;
        if (revision !== s.org.revision) return problem(res, 409, "changed-meanwhile");
        s.org = { ...s.org, settings, revision: revision + 1 };
        return none(res);
      },
      "GET /people": () => json(res, { people: s.people }),
      "POST /people": () => {
        s.people = [...s.people, { id: "p_made", name: body.name, label: body.label, roles: body.roles.map((role) => ({ role, granted_at: Date.now(), last_used_at: null })), team: body.team ?? null, status: "active", passkeys: 0, created_at: Date.now(), last_login_at: null }];
        return json(res, { id: "p_made", invitation: "https://honnin.example/console/#invite=ONE-TIME-TOKEN" }, 201);
      },
      "GET /teams": () => json(res, { teams: s.teams }),
      "GET /review": () => json(res, s.review),
      "POST /review/remove": () => {
        s.review = { ...s.review, unused_rights: [], dormant: [] };
        return none(res);
      },
      "GET /identity-provider": () => json(res, { identity_provider: s.idp, redirect_uri: "https://honnin.example/v1/operator/login/provider/callback" }),
      "GET /machines": () => json(res, { machines: s.machines }),
      "POST /machines": () => json(res, { id: "m_9", ...(body.kind === "api_key" ? { secret: "hk_7Yt2Qm9Lx4Vb1Nc8Zr5Kd0Ws3Pf6Hj" } : {}) }, 201),
      "GET /delegations": () => json(res, { delegations: s.delegations }),
      "POST /delegations": () => json(res, { id: "dl_9" }, 201),
      "GET /policies": () => json(res, { policies: s.policies }),
      "POST /policies": () => json(res, { id: body.document.id, version: 4 }, 201),
      "POST /policies/dry-run": () => json(res, dryRun(body.document)),
      "GET /purposes": () => json(res, { purposes: s.purposes }),
      "GET /issuers": () => json(res, { issuers: s.issuers }),
      "GET /keys": () => json(res, s.keys),
      "POST /keys/rotate": () => none(res),
      "POST /customers/export": () => json(res, { customer: { id: "cu_7Qd2", enrolled: 1 }, consents: [{ purpose: "enrolment", given_at: 1_790_000_000_000 }], verifications: [{ reference: "H7K2-93QD", state: "passed" }] }),
      "POST /customers/erase": () => json(res, { devices: 1, verifications: 14 }),
      "GET /customers/frozen": () => json(res, { frozen: s.frozen }),
      "GET /audit": () => json(res, { events: s.audit.filter((it) => search.get("suspicious") !== "true" || it.flags.length > 0), cursor: search.get("cursor") === null ? "next" : null }),
      "GET /audit/checkpoint": () => res.writeHead(200, { "content-type": "text/plain" }).end("honnin.example/midori\n184203\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n— honnin.example/midori jS9sGkq7vX0c2Lr7Tt1kPz8eWb4sNf6uHj0aGi2xRoCy\n"),
      "GET /alerts": () => json(res, s.alerts),
      "PUT /alerts/webhook": () => {
        s.alerts = { ...s.alerts, webhook: body.url };
        return json(res, body.url === null ? {} : { secret: "whsec_3Rk8Zq1Vx6Nt9Lb4Wd7" });
      },
      "POST /incidents/preview": () => json(res, { live_calls: 7, affected_customers: 52, people_online: 3 }),
      "GET /incidents": () => json(res, { incidents: s.incidents }),
      "POST /incidents": () => {
        if (body.confirm !== body.target.id) return problem(res, 422, "malformed");
        s.incidents = [runningIncident(Date.now(), { target: body.target, reason: body.reason, note: body.note, began_at: Date.now() }), ...s.incidents];
        return json(res, { id: "in_1" }, 201);
      },
      "GET /dashboard": () => json(res, s.dashboard(Number(search.get("days")))),
    };
    if (routes[call] !== undefined) return routes[call]();
    if (/^PUT \/people\/.+\/roles$/.test(call)) return none(res);
    if (/^POST \/people\/.+\/invitation$/.test(call)) return json(res, { invitation: "https://honnin.example/console/#invite=ONE-TIME-TOKEN" });
    const dropped = /^DELETE \/(people|teams|machines|delegations)\/(.+)$/.exec(call);
    if (dropped !== null) return drop(dropped[1], dropped[2]);
    if (/^POST \/alerts\/.+\/acknowledge$/.test(call)) {
      s.alerts = { ...s.alerts, alerts: s.alerts.alerts.map((it) => (it.id === part[2] ? { ...it, acknowledged_at: Date.now(), acknowledged_by: "p_tanaka" } : it)) };
      return none(res);
    }
    if (/^POST \/incidents\/.+\/end$/.test(call)) {
      s.incidents = s.incidents.map((it) => (it.id === part[2] ? { ...it, ended_at: Date.now() } : it));
      return none(res);
    }
    if (/^(POST|PUT|DELETE) \/(policies|purposes|issuers|customers\/frozen)/.test(call)) return none(res);
    return problem(res, 404, "not-found");
  };

  async function api(req, res, url) {
    let text = "";
    for await (const piece of req) text += piece;
    const body = text === "" ? null : JSON.parse(text);
    const call = `${req.method} ${url.pathname}`;
    mock.sent.push({ call, search: url.search, body });
    if (mock.refuse[call] !== undefined) return problem(res, ...mock.refuse[call]);
    if (/^POST \/v1\/operator\/(login|invitations)\//.test(call)) return session(res, call);
    if (mock.session === "none") return problem(res, 401, "unauthenticated");
    if (mock.session === "locked") return problem(res, 401, "session-locked");
    switch (call) {
      case "GET /v1/operator/me":
        return json(res, me(Date.now(), mock.who));
      case "POST /v1/operator/lock":
        mock.locks += 1;
        mock.session = "locked";
        return none(res);
      case "POST /v1/operator/logout":
        mock.session = "none";
        return none(res);
      case "GET /v1/operator/stream":
        res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
        res.write("event: ping\ndata: {}\n\n");
        streams.add(res);
        res.on("close", () => streams.delete(res));
        return undefined;
      default: {
        const found = /^(\w+) \/v1\/orgs\/(midori|hikari)(.*)$/.exec(call);
        return found === null ? problem(res, 404, "not-found") : org(res, `${found[1]} ${found[3]}`, body, url.searchParams);
      }
    }
  }

  async function file(res, path) {
    const inside = normalize(path.replace(/^\/admin\/?/, "")) || "index.html";
    const name = inside === "." ? "index.html" : inside;
    try {
      const bytes = await readFile(join(dist, name));
      res.writeHead(200, { "content-type": TYPES[extname(name)] ?? "application/octet-stream", "content-security-policy": CSP });
      res.end(bytes);
    } catch {
      res.writeHead(404).end();
    }
  }

  const server = createServer((req, res) => {
    const url = new URL(req.url ?? "/", "http://localhost");
    if (url.pathname.startsWith("/v1/")) void api(req, res, url);
    else void file(res, url.pathname);
  });
  await new Promise((ready) => server.listen(0, "localhost", ready));
  return {
    mock,
    origin: `http://localhost:${server.address().port}`,
    close() {
      clearInterval(pings);
      for (const stream of streams) stream.end();
      server.close();
      server.closeAllConnections();
    },
  };
}
