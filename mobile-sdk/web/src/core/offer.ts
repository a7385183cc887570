import { Problem } from './problem'

/** Where a credential offer is to be read from. */
export interface OfferLink {
  url: string
}

/**
 * Finds the offer's address in whatever the customer opened, pasted or scanned: the phone link (`…/app/#offer=…`),
 * the wallet link (`openid-credential-offer://?credential_offer_uri=…`), or the address itself.
 */
export function parseOffer(text: string): OfferLink {
  return { url: unwrap(text.trim(), 3) }
}

function unwrap(text: string, depth: number): string {
  if (depth === 0 || text.length > 4096) throw new Problem('offer-malformed')
  const fragment = /#offer=([^&\s]+)/.exec(text)?.[1]
  if (fragment) return unwrap(decode(fragment), depth - 1)
  if (text.startsWith('openid-credential-offer:')) {
    const uri = new URLSearchParams(text.slice(text.indexOf('?') + 1)).get('credential_offer_uri')
    if (!uri) throw new Problem('offer-malformed')
    return unwrap(uri, depth - 1)
  }
  return httpUrl(text)
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new Problem('offer-malformed')
  }
}

/** HTTPS everywhere; plain HTTP only on this very machine, as browsers hold that to be secure too. */
export function httpUrl(text: string): string {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    throw new Problem('offer-malformed')
  }
  const loopback = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname) || url.hostname.endsWith('.localhost')
  if (url.username || url.password) throw new Problem('offer-malformed')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)) throw new Problem('offer-malformed')
  return url.href
}
