import { fromB64u, toB64u, type Bytes } from './core/bytes'
import type { BackupPasskeys, Evaluated } from './app/backup'

interface PrfOutputs {
  prf?: { enabled?: boolean; results?: { first?: BufferSource } }
}

const TIMEOUT_MS = 120_000

function secretOf(credential: PublicKeyCredential): Bytes | null {
  const first = (credential.getClientExtensionResults() as PrfOutputs).prf?.results?.first
  if (!first) return null
  // A copy that can be wiped, and no view into anything else.
  return new Uint8Array(ArrayBuffer.isView(first) ? (first.buffer as ArrayBuffer).slice(first.byteOffset, first.byteOffset + first.byteLength) : first.slice(0))
}

function evaluated(credential: Credential | null): Evaluated {
  if (credential === null) throw new DOMException('no credential', 'NotAllowedError')
  const made = credential as PublicKeyCredential
  return { id: toB64u(made.rawId), secret: secretOf(made) }
}

/**
 * The backup's own passkey. Its relying party is this app's own host, as nobody but this app ever asks for it; its user
 * handle is random and its name says what it is for, so that it stands apart from the companies' and replaces none of
 * them. It is discoverable, which is what platforms carry over to the next phone. No server hears of it: only its PRF is
 * used, and the challenge signs nothing.
 */
export const backupPasskeys: BackupPasskeys = {
  async create({ user, name, salt, challenge }) {
    const made = await navigator.credentials.create({
      publicKey: {
        rp: { name: 'Honnin' },
        user: { id: user, name, displayName: name },
        challenge,
        pubKeyCredParams: [{ type: 'public-key', alg: -7 }, { type: 'public-key', alg: -257 }],
        authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
        timeout: TIMEOUT_MS,
        extensions: { prf: { eval: { first: salt } } } as AuthenticationExtensionsClientInputs,
      },
    })
    const able = made !== null && (made as PublicKeyCredential).getClientExtensionResults() as PrfOutputs | false
    return { ...evaluated(made), able: able !== false && (able.prf?.enabled === true || able.prf?.results?.first !== undefined) }
  },
  async get({ id, salt, challenge }) {
    return evaluated(
      await navigator.credentials.get({
        publicKey: {
          challenge,
          allowCredentials: [{ type: 'public-key', id: fromB64u(id) }],
          userVerification: 'required',
          timeout: TIMEOUT_MS,
          extensions: { prf: { eval: { first: salt } } } as AuthenticationExtensionsClientInputs,
        },
      }),
    )
  },
}
