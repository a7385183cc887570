import { json, none, problem, serve } from "../../kit/shots/server.mjs";
import { data, dryRun, me, runningIncident } from "./fixtures.mjs";

/** The administration interface with lists that change with what is sent. `mock` is set by the scenario. */
export const startMock = (dist) =>
  serve({
    base: "/admin/",
    dist,
    inside: "in",
    fresh: () => ({ state: data(Date.now()) }),
    person: { ja: "田中 美咲", en: "Misaki Tanaka" },
    answer(mock, res, { call, body, search }) {
      if (call === "GET /v1/operator/me") return json(res, me(Date.now(), mock.who));
      const found = /^(\w+) \/v1\/orgs\/(midori|hikari)(.*)$/.exec(call);
      return found === null ? problem(res, 404, "not-found") : organisation(mock, res, `${found[1]} ${found[3]}`, body, search);
    },
  });

/** The organisation's calls: a table from call to what it does. */
function organisation(mock, res, call, body, search) {
  const s = mock.state;
  const drop = (list, id) => {
    s[list] = s[list].filter((it) => it.id !== id);
    none(res);
  };
  const part = call.split("/");
  const routes = {
    "GET ": () => json(res, mock.who.who === "partner" ? { ...s.org, id: "hikari", kind: "partner", settings: { zone: "Asia/Tokyo", idle_lock_s: 300 } } : s.org),
    "PUT /settings": () => {
      // As the server reads it: these two members and no others.
      const { revision, settings, ...others } = body;
      if (settings === undefined || Object.keys(others).length > 0) return problem(res, 400, "malformed");
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
    "GET /recipients": () => json(res, { recipients: s.recipients }),
    "POST /recipients": () => {
      if (Object.keys(body).sort().join() !== "key,name,url" || Object.keys(body.key).sort().join() !== "crv,kty,x,y") return problem(res, 400, "malformed");
      s.recipients = [...s.recipients, { ...body, id: "r_9", thumbprint: "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U", created_at: Date.now() }];
      return json(res, { id: "r_9", secret: "whsec_8Lx4Vb1Nc8Zr5Kd0Ws3Pf6Hj" }, 201);
    },
    "POST /keys/announcement/rotate": () => {
      s.keys = { ...s.keys, keys: [...s.keys.keys, { kind: "announcement", id: "0aGi2xRoCyUq1mX7Ab3Dcc2Lr7Tt1kPz8eWb4sNf6uH", version: 3, made_at: Date.now(), age_days: 0, warn: false }] };
      return none(res);
    },
    "POST /customers/found": () => json(res, { phones: 2 }),
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
  const dropped = /^DELETE \/(people|teams|machines|delegations|recipients)\/(.+)$/.exec(call);
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
}
