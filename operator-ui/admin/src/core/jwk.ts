/** A public P-256 key, and nothing beside it. */
export interface PublicJwk {
  kty: "EC";
  crv: "P-256";
  x: string;
  y: string;
}

/** A P-256 public key as JSON, or null: anything else, and anything with a private value, is not to leave this page. */
function publicKey(value: unknown): PublicJwk | null {
  if (typeof value !== "object" || value === null || !("kty" in value && "crv" in value && "x" in value && "y" in value)) return null;
  if ("d" in value || value.kty !== "EC" || value.crv !== "P-256" || typeof value.x !== "string" || typeof value.y !== "string") return null;
  return { kty: value.kty, crv: value.crv, x: value.x, y: value.y };
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** A pasted JWK: its four members alone, as the server takes no others. */
export const readJwk = (text: string): PublicJwk | null => publicKey(parsed(text));

/** A pasted JWKS of at least one public key. */
export function readJwks(text: string): object | null {
  const value = parsed(text);
  if (typeof value !== "object" || value === null || !("keys" in value) || !Array.isArray(value.keys) || value.keys.length === 0) return null;
  return value.keys.every((key) => publicKey(key) !== null) ? value : null;
}

/** RFC 7638 thumbprint of a key that lies on the curve; null for one that does not. */
export async function thumbprintOf(key: PublicJwk, subtle: SubtleCrypto): Promise<string | null> {
  const bare = { crv: key.crv, kty: key.kty, x: key.x, y: key.y };
  try {
    await subtle.importKey("jwk", bare, { name: "ECDH", namedCurve: "P-256" }, true, []);
  } catch {
    return null;
  }
  const digest = new Uint8Array(await subtle.digest("SHA-256", new TextEncoder().encode(JSON.stringify(bare))));
  return btoa(String.fromCharCode(...digest)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

/** Largest key file that is read. */
const MOST_BYTES = 10_000;

/** The text of a chosen file; null for what is too large to be a key. */
export const readKeyFile = async (file: Pick<File, "size" | "text">): Promise<string | null> => (file.size > MOST_BYTES ? null : await file.text());
