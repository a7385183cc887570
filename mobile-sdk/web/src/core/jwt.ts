import { toB64u, utf8, type Bytes } from './bytes'
import type { DeviceJwk } from './wire'

/** Signs message bytes with ES256, giving r ‖ s. */
export type Sign = (message: Bytes) => Promise<Bytes>

export interface ProofClaims {
  /** The issuer's identifier. */
  aud: string
  /** Seconds since the epoch. */
  iat: number
  nonce: string
  /** The holder commitment, hex: only this leaves the phone, never the secret. */
  holder: string
}

/** The OpenID4VCI proof of possession, binding the holder commitment to the device key. */
export async function proofJwt(jwk: DeviceJwk, claims: ProofClaims, sign: Sign): Promise<string> {
  const header = { alg: 'ES256', typ: 'openid4vci-proof+jwt', jwk }
  const payload = { aud: claims.aud, iat: claims.iat, nonce: claims.nonce, honnin_holder: claims.holder }
  const input = `${part(header)}.${part(payload)}`
  return `${input}.${toB64u(await sign(utf8(input)))}`
}

function part(value: unknown): string {
  return toB64u(utf8(JSON.stringify(value)))
}
