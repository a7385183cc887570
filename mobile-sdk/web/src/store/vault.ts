import { utf8, type Bytes } from '../core/bytes'
import { Problem } from '../core/problem'
import type { Change, Db } from './db'

/** Encrypted records under one AES-256-GCM key that the browser will not give out. */
export interface Vault {
  read(id: string): Promise<Bytes | null>
  /** `others` are written in the same transaction, or not at all. */
  write(id: string, plain: Bytes, others?: Change[]): Promise<void>
  remove(id: string): Promise<void>
  ids(prefix: string): Promise<string[]>
}

interface Sealed {
  iv: Bytes
  data: ArrayBuffer
}

const KEY = 'vault'

/** Opens the vault, making its key at first use. A record that does not decrypt (moved, altered) is `storage-damaged`. */
export async function openVault(db: Db, crypto: Crypto): Promise<Vault> {
  let key = await db.get<CryptoKey>('keys', KEY)
  if (!key) {
    key = await crypto.subtle.generateKey({ name: 'AES-GCM', length: 256 }, false, ['encrypt', 'decrypt'])
    await db.put('keys', KEY, key)
  }
  const sealing = key
  // The record's own id is authenticated: one record cannot be passed off as another.
  const params = (id: string, iv: Bytes) => ({ name: 'AES-GCM', iv, additionalData: utf8(`honnin/vault/v1\0${id}`) })
  return {
    async read(id) {
      const sealed = await db.get<Sealed>('sealed', id)
      if (!sealed) return null
      try {
        return new Uint8Array(await crypto.subtle.decrypt(params(id, sealed.iv), sealing, sealed.data))
      } catch {
        throw new Problem('storage-damaged')
      }
    },
    async write(id, plain, others = []) {
      const iv = crypto.getRandomValues(new Uint8Array(12))
      const data = await crypto.subtle.encrypt(params(id, iv), sealing, plain)
      const value: Sealed = { iv, data }
      await db.change([{ store: 'sealed', key: id, value }, ...others])
    },
    remove: (id) => db.delete('sealed', id),
    ids: (prefix) => db.keys('sealed', prefix),
  }
}

/**
 * Writes and reads back a record and a key, as private modes may accept the write and lose the value.
 * Throws `storage-refused`.
 */
export async function probe(db: Db, vault: Vault, crypto: Crypto): Promise<void> {
  const id = 'probe'
  const plain = crypto.getRandomValues(new Uint8Array(32))
  try {
    await vault.write(id, plain)
    const back = await vault.read(id)
    const key = await db.get<CryptoKey>('keys', KEY)
    if (!back || back.some((b, i) => b !== plain[i]) || !key || key.extractable) throw new Problem('storage-refused')
  } catch {
    throw new Problem('storage-refused')
  } finally {
    await vault.remove(id).catch(() => undefined)
  }
}
