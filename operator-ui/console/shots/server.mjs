import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { me, view } from "./fixtures.mjs";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * A stand-in for honnin-server's operator calls, real HTTP and a real event stream, without any checking:
 * for pictures and for the page's own behaviour. `mock.session` and `mock.calls` are set by the scenario.
 */
export async function startMock(dist) {
  const streams = new Set();
  const mock = {
    session: "desk",
    invitation: "good",
    refuseStart: null,
    down: false,
    calls: [],
    locks: 0,
    /** What `me` is made with. */
    who: {},
    /** Sends an event to every open stream. */
    say(event, data) {
      for (const stream of streams) stream.write(`event: ${event}\nid: ${Date.now()}\ndata: ${JSON.stringify(data)}\n\n`);
    },
    /** Writes a view to the list and to every open stream, as the server would. */
    push(next) {
      mock.calls = [next, ...mock.calls.filter((known) => known.id !== next.id)];
      mock.say("verification", next);
    },
    pinging: true,
    reset() {
      Object.assign(mock, { session: "desk", invitation: "good", refuseStart: null, down: false, calls: [], locks: 0, who: {}, pinging: true });
      for (const stream of streams) stream.end();
    },
    streams,
  };
  const pings = setInterval(() => {
    if (mock.pinging) for (const stream of streams) stream.write("event: ping\ndata: {}\n\n");
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
    operator: { name: { ja: "佐藤 花", en: "Hana Sato" } },
    passkey: {
      challenge: challenge(),
      rp: { id: "localhost", name: "Honnin" },
      user: { id: randomBytes(16).toString("base64url"), name: "sato", displayName: "Sato" },
      pubKeyCredParams: [{ type: "public-key", alg: -7 }],
      authenticatorSelection: { residentKey: "required", userVerification: "required" },
    },
    provider: mock.provider === true,
  });

  async function api(req, res, path) {
    let body = "";
    for await (const piece of req) body += piece;
    if (mock.down) return req.socket.destroy();
    const call = `${req.method} ${path}`;
    if (call === "POST /v1/operator/login/start") return json(res, { login: "l1", passkey: { challenge: challenge(), rpId: "localhost", userVerification: "required" } });
    if (call === "POST /v1/operator/login/finish") {
      mock.session = "desk";
      return none(res);
    }
    if (call === "POST /v1/operator/login/provider/start") return problem(res, 404, "not-found");
    if (call === "POST /v1/operator/login/provider/finish") {
      mock.session = "desk";
      return none(res);
    }
    if (path.startsWith("/v1/operator/invitations/")) {
      if (mock.invitation === "spent") return problem(res, 404, "not-found");
      if (path.endsWith("/start")) return json(res, creation());
      mock.session = "desk";
      return none(res);
    }
    if (mock.session === "none") return problem(res, 401, "unauthenticated");
    if (mock.session === "locked") return problem(res, 401, "session-locked");
    const cancel = /^POST \/v1\/verifications\/([^/]+)\/cancel$/.exec(call);
    if (cancel) {
      const found = mock.calls.find((known) => known.id === cancel[1]);
      if (found === undefined) return problem(res, 404, "not-found");
      const next = { ...found, state: "cancelled", match_code: null, decided_at: Date.now() };
      mock.push(next);
      return json(res, next);
    }
    switch (call) {
      case "GET /v1/operator/me":
        return json(res, me(Date.now(), mock.who));
      case "GET /v1/verifications":
        return json(res, { verifications: mock.calls, now: Date.now() });
      case "POST /v1/verifications": {
        if (mock.refuseStart !== null) return problem(res, 422, mock.refuseStart);
        const asked = JSON.parse(body);
        const tenant = me(Date.now(), mock.who).tenants.find((it) => it.id === asked.tenant);
        const purpose = tenant?.purposes.find((p) => p.code === asked.purpose);
        // Unknown members and foreign companies are refused, as the server does.
        if (purpose === undefined || Object.keys(asked).sort().join() !== "direction,handle,purpose,tenant") return problem(res, 400, "malformed");
        const made = view(Date.now(), { age: 0, handle: asked.handle, purpose });
        mock.push(made);
        return json(res, made, 201);
      }
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
      default:
        return problem(res, 404, "not-found");
    }
  }

  async function file(res, path) {
    const inside = normalize(path.replace(/^\/console\/?/, "")) || "index.html";
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
    const { pathname } = new URL(req.url ?? "/", "http://localhost");
    if (pathname.startsWith("/v1/")) void api(req, res, pathname);
    else void file(res, pathname);
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
