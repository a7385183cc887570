// oidc-provider with the authorisation code flow, where everybody who comes is the same person; see README.md.
// node login.mjs REDIRECT_URI; the first line says {"issuer", "client_id", "client_secret"}.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const client = { client_id: "honnin", client_secret: randomBytes(32).toString("base64url") };
const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

let provider;
const server = createServer(async (req, res) => {
  if (!req.url.startsWith("/interaction/")) return provider.callback()(req, res);
  const { params } = await provider.interactionDetails(req, res);
  const login = { accountId: "person-1" };
  const grant = new provider.Grant({ ...login, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  return provider.interactionFinished(req, res, { login, consent: { grantId: await grant.save() } });
});
server.listen(0, "127.0.0.1", () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  provider = new Provider(issuer, {
    clients: [{ ...client, redirect_uris: [process.argv[2]] }],
    jwks: { keys: [{ ...key, use: "sig", kid: "rsa", alg: "RS256" }] },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    ttl: { AccessToken: 3600, Grant: 3600, IdToken: 3600, Interaction: 600, Session: 3600 },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: async (_ctx, id) => ({ accountId: id, claims: async () => ({ sub: id }) }),
    features: { devInteractions: { enabled: false } },
  });
  console.log(JSON.stringify({ issuer, ...client }));
});
process.stdin.on("end", () => process.exit(0)).resume();
