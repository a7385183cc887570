// oidc-provider with CIBA in poll mode, approving by itself; see README.md.
import { generateKeyPairSync, randomBytes } from "node:crypto";
import { createServer } from "node:http";
import Provider from "oidc-provider";

const CIBA = "urn:openid:params:grant-type:ciba";

const secret = randomBytes(32).toString("base64url");
const jwk = (type, options, more) => ({
  ...generateKeyPairSync(type, options).privateKey.export({ format: "jwk" }),
  ...more,
  use: "sig",
});

const client = (alg) => ({
  client_id: `desk-${alg}`,
  client_secret: secret,
  grant_types: [CIBA],
  response_types: [],
  redirect_uris: [],
  token_endpoint_auth_method: "client_secret_basic",
  backchannel_token_delivery_mode: "poll",
  id_token_signed_response_alg: alg,
});

let provider;
const configuration = {
  clients: ["RS256", "ES256"].map(client),
  jwks: {
    keys: [
      jwk("rsa", { modulusLength: 2048 }, { kid: "rsa", alg: "RS256" }),
      jwk("ec", { namedCurve: "P-256" }, { kid: "ec", alg: "ES256" }),
    ],
  },
  cookies: { keys: [randomBytes(32).toString("base64url")] },
  // Only what a token's lifetime would be in any deployment: the library warns about its placeholders otherwise.
  ttl: { AccessToken: 3600, BackchannelAuthenticationRequest: 600, Grant: 3600, IdToken: 3600 },
  async findAccount(_ctx, id) {
    return { accountId: id, claims: async () => ({ sub: id }) };
  },
  features: {
    devInteractions: { enabled: false },
    ciba: {
      enabled: true,
      deliveryModes: ["poll"],
      async processLoginHint(_ctx, hint) {
        return hint;
      },
      async validateBindingMessage() {},
      async validateRequestContext() {},
      async verifyUserCode() {},
      async triggerAuthenticationDevice(_ctx, request, account, asking) {
        const grant = new provider.Grant({ accountId: account.accountId, clientId: asking.clientId });
        grant.addOIDCScope(request.scope);
        await grant.save();
        await provider.backchannelResult(request, grant);
      },
    },
  },
};

const server = createServer();
server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  provider = new Provider(`http://localhost:${port}`, configuration);
  provider.on("server_error", (_ctx, error) => console.error(error));
  server.on("request", provider.callback());
  console.log(JSON.stringify({ port, client_secret: secret }));
});
process.stdin.resume().on("end", () => process.exit(0));
