import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export const json = (res, value, status = 200) => {
  res.writeHead(status, { "content-type": "application/json" });
  res.end(JSON.stringify(value));
};
export const none = (res) => res.writeHead(204).end();
export const problem = (res, status, code) => {
  res.writeHead(status, { "content-type": "application/problem+json" });
  res.end(JSON.stringify({ type: `https://honnin.invalid/problems/${code}`, title: code, status, code }));
};

const challenge = () => randomBytes(32).toString("base64url");
const creation = (person, provider) => ({
  operator: { name: person },
  passkey: {
    challenge: challenge(),
    rp: { id: "localhost", name: "Honnin" },
    user: { id: randomBytes(16).toString("base64url"), name: "invited", displayName: person.en },
    pubKeyCredParams: [{ type: "public-key", alg: -7 }],
    authenticatorSelection: { residentKey: "required", userVerification: "required" },
  },
  provider,
});

/**
 * A stand-in for honnin-server: real HTTP, a real event stream, passkey options, sessions, and a built application
 * under `base`; no checking beyond what the pages rely on. `fresh` makes the state that every scenario begins with,
 * `inside` the session's state after a login, `person` who an invitation is for, and `answer(mock, res, {call, body,
 * search})` does the application's own calls.
 */
export async function serve({ base, dist, fresh, inside, person, answer }) {
  const streams = new Set();
  const say = (event, value) => {
    for (const stream of streams) stream.write(`event: ${event}\nid: ${Date.now()}\ndata: ${JSON.stringify(value)}\n\n`);
  };
  const begin = () => ({ session: inside, invitation: "good", who: {}, refuse: {}, sent: [], locks: 0, down: false, pinging: true, ...fresh() });
  const mock = {
    ...begin(),
    streams,
    say,
    reset() {
      Object.assign(mock, begin());
      for (const stream of streams) stream.end();
    },
  };
  const pings = setInterval(() => {
    if (mock.pinging) for (const stream of streams) stream.write("event: ping\ndata: {}\n\n");
  }, 1_000);

  /** The gate's calls; false when the call is none of them. */
  const gate = (res, call) => {
    if (call === "POST /v1/operator/login/start") json(res, { login: "l1", passkey: { challenge: challenge(), rpId: "localhost", userVerification: "required" } });
    else if (call === "POST /v1/operator/login/provider/start") problem(res, 404, "not-found");
    else if (call === "POST /v1/operator/login/finish" || call === "POST /v1/operator/login/provider/finish") {
      mock.session = inside;
      none(res);
    } else if (/^POST \/v1\/operator\/invitations\//.test(call)) {
      if (mock.invitation === "spent") problem(res, 404, "not-found");
      else if (call.endsWith("/start")) json(res, creation(person, mock.provider === true));
      else {
        mock.session = inside;
        none(res);
      }
    } else return false;
    return true;
  };

  async function api(req, res, url) {
    let text = "";
    for await (const piece of req) text += piece;
    if (mock.down) return req.socket.destroy();
    const body = text === "" ? null : JSON.parse(text);
    const call = `${req.method} ${url.pathname}`;
    mock.sent.push({ call, search: url.search, body });
    if (mock.refuse[call] !== undefined) return problem(res, ...mock.refuse[call]);
    if (gate(res, call)) return undefined;
    if (mock.session === "none") return problem(res, 401, "unauthenticated");
    if (mock.session === "locked") return problem(res, 401, "session-locked");
    switch (call) {
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
        return answer(mock, res, { call, body, search: url.searchParams });
    }
  }

  async function file(res, path) {
    const inner = normalize(path.startsWith(base) ? path.slice(base.length) : path.replace(/^\//, "")) || "index.html";
    const name = inner === "." ? "index.html" : inner;
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
