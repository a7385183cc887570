/** A P-256 public key as JSON, or null: anything else, and anything with a private value, is not to leave this page. */
function publicKey(value: unknown): object | null {
  if (typeof value !== "object" || value === null || !("kty" in value && "crv" in value && "x" in value && "y" in value)) return null;
  if ("d" in value || value.kty !== "EC" || value.crv !== "P-256" || typeof value.x !== "string" || typeof value.y !== "string") return null;
  return value;
}

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** A pasted JWK. */
export const readJwk = (text: string): object | null => publicKey(parsed(text));

/** A pasted JWKS of at least one public key. */
export function readJwks(text: string): object | null {
  const value = parsed(text);
  if (typeof value !== "object" || value === null || !("keys" in value) || !Array.isArray(value.keys) || value.keys.length === 0) return null;
  return value.keys.every((key) => publicKey(key) !== null) ? value : null;
}
