import { callJson, post, type Fetch } from './http'
import { httpUrl } from './offer'
import { Problem } from './problem'

const GRANT = 'urn:ietf:params:oauth:grant-type:pre-authorized_code'
const CONFIGURATION = 'honnin-jp-1'

/** A read offer: who gives it, for which company, and the code that can be used once. */
export interface Offer {
  issuer: string
  code: string
  metadata: IssuerMetadata
  tokenEndpoint: string
}

export interface IssuerMetadata {
  credential_issuer: string
  credential_endpoint: string
  nonce_endpoint: string
  honnin: { server: string; tenant: string; root: unknown }
}

interface OfferDocument {
  credential_issuer: string
  credential_configuration_ids: string[]
  grants: Record<string, { 'pre-authorized_code'?: string }>
}

/** Reads the offer and its issuer's metadata. Spends nothing: the customer has not agreed to anything yet. */
export async function readOffer(fetch: Fetch, url: string): Promise<Offer> {
  const offer = await callJson<OfferDocument>(fetch, url).catch(offerGone)
  const code = offer.grants?.[GRANT]?.['pre-authorized_code']
  if (!code || !offer.credential_configuration_ids?.includes(CONFIGURATION)) throw new Problem('offer-unsupported')
  const issuer = httpUrl(offer.credential_issuer).replace(/\/$/, '')
  if (new URL(url).origin !== new URL(issuer).origin) throw new Problem('issuer-unknown')
  const [metadata, oauth] = await Promise.all([
    callJson<IssuerMetadata>(fetch, wellKnown(issuer, 'openid-credential-issuer')),
    callJson<{ token_endpoint: string }>(fetch, wellKnown(issuer, 'oauth-authorization-server')),
  ])
  if (metadata.credential_issuer?.replace(/\/$/, '') !== issuer || !metadata.honnin?.tenant) throw new Problem('issuer-unknown')
  return { issuer: metadata.credential_issuer, code, metadata, tokenEndpoint: oauth.token_endpoint }
}

/** Trades the single-use code for an access token; a code that is gone is `offer-used`. */
export async function redeem(fetch: Fetch, offer: Offer): Promise<string> {
  const form = new URLSearchParams({ grant_type: GRANT, 'pre-authorized_code': offer.code })
  const init = { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' }, body: form.toString() }
  const answer = await callJson<{ access_token: string }>(fetch, offer.tokenEndpoint, init).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'invalid_grant') throw new Problem('offer-used')
    throw error
  })
  return answer.access_token
}

export async function nonce(fetch: Fetch, offer: Offer): Promise<string> {
  return (await callJson<{ c_nonce: string }>(fetch, offer.metadata.nonce_endpoint, { method: 'POST' })).c_nonce
}

/** Fetches the credential document, as JSON text. */
export async function credential(fetch: Fetch, offer: Offer, token: string, proof: string): Promise<string> {
  const body = { credential_configuration_id: CONFIGURATION, proofs: { jwt: [proof] } }
  const answer = await callJson<{ credentials: { credential: unknown }[] }>(fetch, offer.metadata.credential_endpoint, post(body, token))
  const document = answer.credentials?.[0]?.credential
  if (document === undefined) throw new Problem('malformed-answer')
  return typeof document === 'string' ? document : JSON.stringify(document)
}

/** OpenID4VCI 1.0: the well-known part goes between host and path. */
function wellKnown(issuer: string, name: string): string {
  const url = new URL(issuer)
  return `${url.origin}/.well-known/${name}${url.pathname === '/' ? '' : url.pathname}`
}

function offerGone(error: unknown): never {
  if (error instanceof Problem) {
    if (error.status === 410 || error.code === 'expired') throw new Problem('offer-expired')
    if (error.status === 404 || error.status === 409) throw new Problem('offer-used')
  }
  throw error
}
