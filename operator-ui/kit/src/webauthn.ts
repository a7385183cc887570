/** base64url without padding. */
export function toB64u(bytes: ArrayBuffer | Uint8Array): string {
  const view = bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes);
  let binary = "";
  for (const byte of view) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** Inverse of {@link toB64u}; throws on any character outside the alphabet. */
export function fromB64u(text: string): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) throw new TypeError("not base64url");
  const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

/** Whether this browser can hold passkeys at all. */
export const passkeysAvailable = (): boolean => typeof globalThis.PublicKeyCredential === "function" && typeof navigator.credentials?.create === "function";

type Descriptor = PublicKeyCredentialDescriptorJSON;

const descriptors = (list: Descriptor[] | undefined): PublicKeyCredentialDescriptor[] | undefined =>
  list?.map((d) => ({
    type: "public-key",
    id: fromB64u(d.id),
    ...(d.transports === undefined ? {} : { transports: d.transports as AuthenticatorTransport[] }),
  }));

/** The server's JSON as options for `navigator.credentials.create`. No extension is asked for: their results (a PRF's secret) are nobody's. */
export function creationOptions(json: PublicKeyCredentialCreationOptionsJSON): PublicKeyCredentialCreationOptions {
  const native = globalThis.PublicKeyCredential?.parseCreationOptionsFromJSON;
  const { extensions: _unasked, ...plain } = json;
  if (typeof native === "function") return native.call(PublicKeyCredential, plain);
  const { challenge, user, excludeCredentials, ...rest } = plain;
  const exclude = descriptors(excludeCredentials);
  return {
    ...rest,
    challenge: fromB64u(challenge),
    user: { ...user, id: fromB64u(user.id) },
    ...(exclude === undefined ? {} : { excludeCredentials: exclude }),
  } as PublicKeyCredentialCreationOptions;
}

/** The server's JSON as options for `navigator.credentials.get`; no extension is asked for. */
export function requestOptions(json: PublicKeyCredentialRequestOptionsJSON): PublicKeyCredentialRequestOptions {
  const native = globalThis.PublicKeyCredential?.parseRequestOptionsFromJSON;
  const { extensions: _unasked, ...plain } = json;
  if (typeof native === "function") return native.call(PublicKeyCredential, plain);
  const { challenge, allowCredentials, ...rest } = plain;
  const allow = descriptors(allowCredentials);
  return {
    ...rest,
    challenge: fromB64u(challenge),
    ...(allow === undefined ? {} : { allowCredentials: allow }),
  } as PublicKeyCredentialRequestOptions;
}

/** The platform's own JSON; what an extension may have answered all the same stays here. */
const bare = (credential: PublicKeyCredential): object => ({ ...(credential.toJSON() as object), clientExtensionResults: {} });

const shell = (credential: PublicKeyCredential) => ({
  id: credential.id,
  rawId: toB64u(credential.rawId),
  type: credential.type,
  ...(credential.authenticatorAttachment ? { authenticatorAttachment: credential.authenticatorAttachment } : {}),
  clientExtensionResults: {},
});

/** RegistrationResponseJSON of a new credential. */
export function registrationJson(credential: PublicKeyCredential): RegistrationResponseJSON {
  if (typeof credential.toJSON === "function") return bare(credential) as RegistrationResponseJSON;
  const response = credential.response as AuthenticatorAttestationResponse;
  const key = response.getPublicKey();
  return {
    ...shell(credential),
    response: {
      clientDataJSON: toB64u(response.clientDataJSON),
      attestationObject: toB64u(response.attestationObject),
      authenticatorData: toB64u(response.getAuthenticatorData()),
      publicKeyAlgorithm: response.getPublicKeyAlgorithm(),
      transports: response.getTransports(),
      ...(key === null ? {} : { publicKey: toB64u(key) }),
    },
  } as RegistrationResponseJSON;
}

/** AuthenticationResponseJSON of an assertion. */
export function authenticationJson(credential: PublicKeyCredential): AuthenticationResponseJSON {
  if (typeof credential.toJSON === "function") return bare(credential) as AuthenticationResponseJSON;
  const response = credential.response as AuthenticatorAssertionResponse;
  return {
    ...shell(credential),
    response: {
      clientDataJSON: toB64u(response.clientDataJSON),
      authenticatorData: toB64u(response.authenticatorData),
      signature: toB64u(response.signature),
      ...(response.userHandle === null ? {} : { userHandle: toB64u(response.userHandle) }),
    },
  } as AuthenticationResponseJSON;
}

/** Creates a passkey. Throws the platform's DOMException when the person cancels (`NotAllowedError`). */
export async function createPasskey(json: PublicKeyCredentialCreationOptionsJSON, signal?: AbortSignal): Promise<RegistrationResponseJSON> {
  const made = await navigator.credentials.create({ publicKey: creationOptions(json), ...(signal === undefined ? {} : { signal }) });
  if (made === null) throw new DOMException("no credential", "NotAllowedError");
  return registrationJson(made as PublicKeyCredential);
}

/** Asks a passkey for an assertion. Throws the platform's DOMException when the person cancels (`NotAllowedError`). */
export async function getPasskey(json: PublicKeyCredentialRequestOptionsJSON, signal?: AbortSignal): Promise<AuthenticationResponseJSON> {
  const got = await navigator.credentials.get({ publicKey: requestOptions(json), ...(signal === undefined ? {} : { signal }) });
  if (got === null) throw new DOMException("no credential", "NotAllowedError");
  return authenticationJson(got as PublicKeyCredential);
}
