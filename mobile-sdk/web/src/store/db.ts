import { Problem } from '../core/problem'

/** Three stores: `keys` (non-extractable CryptoKeys), `sealed` (encrypted records), `blobs` (public files by hash). */
export type StoreName = 'keys' | 'sealed' | 'blobs'
const STORES: StoreName[] = ['keys', 'sealed', 'blobs']

/** One write of several that happen together or not at all; without a value the key is deleted. */
export interface Change {
  store: StoreName
  key: string
  value?: unknown
}

export interface Db {
  get<T>(store: StoreName, key: string): Promise<T | undefined>
  put(store: StoreName, key: string, value: unknown): Promise<void>
  delete(store: StoreName, key: string): Promise<void>
  /** All of `changes` in one transaction. */
  change(changes: Change[]): Promise<void>
  /** All keys beginning with `prefix`, in order. */
  keys(store: StoreName, prefix: string): Promise<string[]>
  close(): void
}

/** Opens the database; a browser that refuses storage gives `storage-refused`. */
export async function openDb(factory: IDBFactory, name = 'honnin'): Promise<Db> {
  let db: IDBDatabase
  try {
    const request = factory.open(name, 1)
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store)
    }
    db = await result(request)
  } catch {
    throw new Problem('storage-refused')
  }
  db.onversionchange = () => db.close()

  async function run<T>(store: StoreName, mode: IDBTransactionMode, act: (s: IDBObjectStore) => IDBRequest<T>): Promise<T> {
    try {
      const tx = db.transaction(store, mode, { durability: 'strict' })
      const done = finished(tx)
      const value = await result(act(tx.objectStore(store)))
      await done
      return value
    } catch {
      throw new Problem('storage-refused')
    }
  }

  async function change(changes: Change[]): Promise<void> {
    try {
      const tx = db.transaction([...new Set(changes.map((c) => c.store))], 'readwrite', { durability: 'strict' })
      const done = finished(tx)
      try {
        for (const { store, key, value } of changes) {
          if (value === undefined) tx.objectStore(store).delete(key)
          else tx.objectStore(store).put(value, key)
        }
      } catch {
        // A value that cannot be stored throws at once: what stands before it must go too.
        tx.abort()
      }
      await done
    } catch {
      throw new Problem('storage-refused')
    }
  }

  return {
    change,
    get: (store, key) => run(store, 'readonly', (s) => s.get(key)),
    put: async (store, key, value) => void (await run(store, 'readwrite', (s) => s.put(value, key))),
    delete: async (store, key) => void (await run(store, 'readwrite', (s) => s.delete(key))),
    keys: async (store, prefix) =>
      (await run(store, 'readonly', (s) => s.getAllKeys(IDBKeyRange.bound(prefix, `${prefix}\uffff`)))).map(String),
    close: () => db.close(),
  }
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

function finished(tx: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    tx.oncomplete = () => resolve()
    tx.onabort = () => reject(tx.error)
    tx.onerror = () => reject(tx.error)
  })
}
