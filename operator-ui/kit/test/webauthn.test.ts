import { afterEach, expect, test, vi } from "vitest";
import { authenticationJson, creationOptions, registrationJson, requestOptions } from "../src/webauthn.ts";

afterEach(() => vi.unstubAllGlobals());

const ASKED = { prf: { eval: { first: "AQID" } }, credProps: true } as AuthenticationExtensionsClientInputsJSON;
const CREATE: PublicKeyCredentialCreationOptionsJSON = {
  challenge: "AQID",
  rp: { id: "localhost", name: "Midori" },
  user: { id: "BAUG", name: "sato", displayName: "Sato" },
  pubKeyCredParams: [{ type: "public-key", alg: -7 }],
};
const GET: PublicKeyCredentialRequestOptionsJSON = { challenge: "AQID", rpId: "localhost" };

test("the platform's parsers see no extensions, and all the rest", () => {
  const parseCreationOptionsFromJSON = vi.fn((json: object) => json);
  const parseRequestOptionsFromJSON = vi.fn((json: object) => json);
  vi.stubGlobal("PublicKeyCredential", { parseCreationOptionsFromJSON, parseRequestOptionsFromJSON });
  const create = { ...CREATE, extensions: ASKED };
  creationOptions(create);
  requestOptions({ ...GET, extensions: ASKED });
  expect(parseCreationOptionsFromJSON).toHaveBeenCalledWith(CREATE);
  expect(parseRequestOptionsFromJSON).toHaveBeenCalledWith(GET);
  expect(create.extensions).toBe(ASKED);
});

test("without the platform's parsers no extension is asked for either", () => {
  expect(creationOptions({ ...CREATE, extensions: ASKED })).not.toHaveProperty("extensions");
  expect(requestOptions({ ...GET, extensions: ASKED })).not.toHaveProperty("extensions");
});

test("what an extension answered is not sent", () => {
  const json = { id: "a", rawId: "a", type: "public-key", response: { clientDataJSON: "c" }, clientExtensionResults: { prf: { results: { first: "secret" } } } };
  const credential = { toJSON: () => json } as unknown as PublicKeyCredential;
  const bare = { ...json, clientExtensionResults: {} };
  expect(registrationJson(credential)).toEqual(bare);
  expect(authenticationJson(credential)).toEqual(bare);
});
