import { toHex, type Bytes } from '../core/bytes'
import type { Fetch } from '../core/http'
import { Problem } from '../core/problem'
import type { ProvingKeyInfo } from '../core/wire'
import type { Db } from './db'

/** A server cannot make the phone swallow more than this. */
const MOST_BYTES = 64 * 1024 * 1024

/**
 * The proving key by its hash: from the cache, else fetched, checked and cached. `progress` runs from 0 to 1. A new
 * one takes the place of the others but for those (by SHA-256) that are `inUse`: companies may differ for a while.
 */
export async function provingKey(
  deps: { db: Db; crypto: Crypto; fetch: Fetch },
  server: string,
  info: ProvingKeyInfo,
  progress: (done: number) => void = () => undefined,
  inUse: () => Promise<string[]> = () => Promise.resolve([]),
): Promise<Bytes> {
  const id = `proving-key:${info.sha256}`
  const cached = await deps.db.get<Bytes>('blobs', id)
  if (cached && (await hash(deps.crypto, cached)) === info.sha256) return cached
  const bytes = await download(deps.fetch, new URL(info.url, server).href, info.bytes, progress)
  if ((await hash(deps.crypto, bytes)) !== info.sha256) throw new Problem('key-hash-mismatch')
  const keep = new Set((await inUse()).map((sha256) => `proving-key:${sha256}`))
  for (const old of await deps.db.keys('blobs', 'proving-key:')) if (!keep.has(old)) await deps.db.delete('blobs', old)
  await deps.db.put('blobs', id, bytes)
  return bytes
}

/**
 * Brings the proving key's bytes here if they are not. Called before anything depends on what a credential meets: a
 * download that only some answers caused would tell the server the answer.
 */
export async function ensureProvingKey(deps: { db: Db; crypto: Crypto; fetch: Fetch }, server: string, info: ProvingKeyInfo, inUse?: () => Promise<string[]>): Promise<void> {
  const id = `proving-key:${info.sha256}`
  if (!(await deps.db.keys('blobs', id)).includes(id)) await provingKey(deps, server, info, undefined, inUse)
}

async function hash(crypto: Crypto, bytes: Bytes): Promise<string> {
  return toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)))
}

async function download(fetch: Fetch, url: string, expected: number, progress: (done: number) => void): Promise<Bytes> {
  if (!(expected > 0 && expected <= MOST_BYTES)) throw new Problem('malformed-answer')
  const response = await fetch(url, { credentials: 'omit' }).catch(() => {
    throw new Problem('offline')
  })
  if (!response.ok || !response.body) throw new Problem('key-unavailable', response.status)
  const out = new Uint8Array(expected)
  let at = 0
  const reader = response.body.getReader()
  for (;;) {
    const { done, value } = await reader.read().catch(() => {
      throw new Problem('offline')
    })
    if (done) break
    if (at + value.length > expected) throw new Problem('key-hash-mismatch')
    out.set(value, at)
    at += value.length
    progress(at / expected)
  }
  if (at !== expected) throw new Problem('key-hash-mismatch')
  return out
}
