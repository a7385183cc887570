import 'fake-indexeddb/auto'
import { beforeEach, expect, test, vi } from 'vitest'
import { App } from '../src/app/app'
import { Enrolment } from '../src/app/enrol'
import { prfSalt, readBackup, seal, unseal, type BackedUp, type BackupFile } from '../src/core/backup'
import { toHex, utf8 } from '../src/core/bytes'
import { loadDeviceKey } from '../src/store/device'
import { PlayedAuthenticator } from './authenticator'
import { NOW } from './fixtures'
import { json, OFFER, ORIGIN, world, type World } from './world'

const entry: BackedUp = { tenant: 'midori', server: ORIGIN, issuer: 'https://issuer.example', handle: 'C-20481', credential: '{"values":{"name":"秘密"}}', holder: 'aG9sZGVy', issuer_certificate: 'jws', announcer: null }
const prf = () => new Uint8Array(32).fill(9)

test('the salt is the hash of the domain', async () => {
  expect(toHex(await prfSalt(crypto))).toBe(toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', utf8('honnin/backup/v1')))))
})

test('what is sealed is opened by the same secret, and by no other', async () => {
  const text = await seal(crypto, prf(), 'AAAA', [entry])
  const file = readBackup(text)
  expect(await unseal(crypto, prf(), 'AAAA', file)).toEqual([entry])
  await expect(unseal(crypto, prf(), 'BBBB', file)).rejects.toThrow('backup-wrong-passkey')
  await expect(unseal(crypto, new Uint8Array(32), 'AAAA', file)).rejects.toThrow('backup-altered')
  expect(text).not.toMatch(/midori|20481|秘密|issuer/)
})

test('two files of the same are nothing alike, and as long as each other', async () => {
  const [a, b] = [readBackup(await seal(crypto, prf(), 'AAAA', [entry])), readBackup(await seal(crypto, prf(), 'AAAA', [entry, { ...entry, tenant: 'aozora' }]))]
  for (const member of ['salt', 'nonce', 'sealed'] as const) expect(a[member]).not.toBe(b[member])
  expect(a.sealed.length).toBe(b.sealed.length)
})

test('every altered member is noticed', async () => {
  const file = readBackup(await seal(crypto, prf(), 'AAAA', [entry]))
  const turn = (text: string, at: number) => text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1)
  const altered: BackupFile[] = [{ ...file, salt: turn(file.salt, 3) }, { ...file, nonce: turn(file.nonce, 3) }, { ...file, sealed: turn(file.sealed, 5) }, { ...file, sealed: turn(file.sealed, file.sealed.length - 9) }]
  for (const it of altered) await expect(unseal(crypto, prf(), 'AAAA', it)).rejects.toThrow('backup-altered')
  // Another passkey's name written in is not believed either.
  await expect(unseal(crypto, prf(), 'BBBB', { ...file, passkey: 'BBBB' })).rejects.toThrow('backup-altered')
})

test('what is no backup, or a newer one, is told apart', async () => {
  const file = readBackup(await seal(crypto, prf(), 'AAAA', [entry]))
  for (const text of ['', 'null', '[]', '{', '{"v":1}', JSON.stringify({ ...file, more: 1 }), JSON.stringify({ ...file, salt: 'AAAA' }), JSON.stringify({ ...file, sealed: '+' }), JSON.stringify({ ...file, v: '1' }), 'x'.repeat(2_000_000)]) {
    expect(() => readBackup(text)).toThrow('backup-unreadable')
  }
  expect(() => readBackup(JSON.stringify({ ...file, v: 2, whatever: true }))).toThrow('backup-newer')
})

let authenticator: PlayedAuthenticator
let old: World

async function phone(): Promise<World> {
  const w = await world()
  w.deps.backup.passkeys = authenticator
  w.answers['POST /v1/device/challenge'] = () => json({ challenge: 'AAAA' })
  w.answers['POST /v1/device/session'] = () => json({ token: 't', expires_in: 3600 })
  w.answers['GET /v1/device/requests'] = () => json({ requests: [], now: NOW })
  w.answers['GET /v1/device/stream'] = () => new Response(new ReadableStream({}), { headers: { 'content-type': 'text/event-stream' } })
  return w
}
const started = async (w: World) => {
  const app = new App(w.deps, { lang: 'ja', saveLang: () => undefined, wait: () => new Promise(() => undefined), canScan: false, persist: () => undefined })
  await app.start(null)
  return app
}
const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { interval: 1 })
const make = (app: App) => app.model.value.backup.make
const restore = (app: App) => app.model.value.backup.restore

beforeEach(async () => {
  authenticator = new PlayedAuthenticator()
  old = await phone()
  const enrolment = new Enrolment(old.deps, () => undefined)
  await enrolment.read(OFFER)
  await enrolment.start()
  await enrolment.passkey('ja')
})

async function page(app: App, name: 'backup' | 'restore'): Promise<void> {
  app.go({ name: 'home' })
  app.openBackup(name)
  await soon(() => expect(app.model.value.page.name).toBe(name))
}

/** The file of the enrolled phone. */
async function made(app: App): Promise<string> {
  await page(app, 'backup')
  app.makeBackup()
  await soon(() => expect(make(app).at).toBe('ready'))
  const state = make(app)
  if (state.at !== 'ready') throw new Error('not ready')
  return state.text
}

test('a backup is made by one passkey, which the next one uses again; its secret is wiped', async () => {
  const app = await started(old)
  old.sent.length = 0
  const handed: string[] = []
  old.deps.handOver = async (name, text) => (handed.push(name, text), true)
  const text = await made(app)
  app.handBackup()
  await soon(() => expect(make(app)).toMatchObject({ at: 'ready', handed: true }))
  expect(handed).toEqual([expect.stringMatching(/^honnin-backup-\d{4}-\d\d-\d\d\.json$/) as string, text])
  await made(app)
  expect(authenticator.asked).toEqual(['create', `get ${authenticator.made[0]!.id}`])
  expect(authenticator.made[0]).toMatchObject({ name: 'Honnin backup' })
  for (const secret of authenticator.handed) expect(secret.every((b) => b === 0)).toBe(true)
  // Nobody hears of it.
  expect(old.sent.filter((s) => !s.line.includes('/v1/device/'))).toEqual([])
})

test('a platform that answers only when asked again gets a second tap', async () => {
  authenticator.atOnce = false
  const app = await started(old)
  await page(app, 'backup')
  app.makeBackup()
  await soon(() => expect(make(app)).toEqual({ at: 'again', error: null }))
  app.makeBackup()
  await soon(() => expect(make(app).at).toBe('ready'))
  expect(authenticator.made).toHaveLength(1)
})

test('without a PRF there is no file; a prompt that was called off can be tried again, or a new passkey made', async () => {
  const app = await started(old)
  authenticator.prf = false
  await page(app, 'backup')
  app.makeBackup()
  await soon(() => expect(make(app)).toEqual({ at: 'idle', error: 'backup-no-prf' }))
  expect(await old.deps.records.backupPasskey()).toBeNull()
  authenticator.prf = true
  await made(app)
  authenticator.fail = new DOMException('no', 'NotAllowedError')
  await page(app, 'backup')
  app.makeBackup()
  await soon(() => expect(make(app)).toEqual({ at: 'idle', error: 'passkey-cancelled' }))
  authenticator.fail = null
  app.newBackupPasskey()
  await soon(async () => expect(await old.deps.records.backupPasskey()).toBeNull())
  await made(app)
  expect(authenticator.asked.filter((a) => a === 'create')).toHaveLength(3)
})

test('on another phone: opened by the passkey, enrolled as ever with a new device key and the same secret', async () => {
  const text = await made(await started(old))
  const before = (await old.deps.records.tenant('midori'))!
  const w = await phone()
  w.answers['POST /v1/enrolments/e_1/complete'] = () => json({ device: 'd_2', others: 0 }, 201)
  const app = await started(w)
  await page(app, 'restore')
  app.chooseBackup('honnin-backup.json', async () => text)
  await soon(() => expect(restore(app)).toMatchObject({ at: 'chosen', error: null }))
  app.restoreBackup()
  await soon(() => expect(restore(app)).toMatchObject({ at: 'opened', companies: [{ tenant: 'midori', outcome: 'waiting', name: { en: 'Midori Bank' } }] }))
  expect(app.model.value.unfinished).toMatchObject([{ tenant: 'midori' }])
  // Nothing went out but the question who the company is.
  expect(w.sent.map((s) => s.line)).toEqual(['GET /v1/tenants/midori'])

  app.resumeEnrolment('midori')
  await soon(() => expect(app.model.value.enrolment).toMatchObject({ at: 'offered', offering: { restored: true } }))
  app.startEnrolment()
  await soon(() => expect(app.model.value.enrolment?.at).toBe('passkey'))
  app.makePasskey()
  await soon(() => expect(app.model.value.enrolment?.at).toBe('enrolled'))
  const after = (await w.deps.records.tenant('midori'))!
  expect(after).toMatchObject({ device: 'd_2', handle: before.handle, credential: before.credential, holder: before.holder, announcer: before.announcer })
  expect(after.restored).toBeUndefined()
  const [a, b] = await Promise.all([old, w].map((it) => loadDeviceKey(it.deps.db, crypto, 'device', 'midori')))
  expect(a!.jwk).not.toEqual(b!.jwk)
  expect(w.sent.some((s) => s.line.includes('issuer.example'))).toBe(false)
  // Opened once more where it is enrolled already: nothing is put down.
  await page(app, 'restore')
  app.chooseBackup('honnin-backup.json', async () => text)
  await soon(() => expect(restore(app).at).toBe('chosen'))
  app.restoreBackup()
  await soon(() => expect(restore(app)).toMatchObject({ at: 'opened', companies: [{ outcome: 'here' }] }))
  expect(await w.deps.records.pending()).toEqual([])
})

test.each<[string, (text: string) => string, (a: PlayedAuthenticator) => void, string]>([
  ['a wrong passkey', (t) => t, (a) => (a.wrong = a.made[1]!.id), 'backup-wrong-passkey'],
  ['an altered file', (t) => t.replace(/"sealed":"(.)(.)/, (_, x: string, y: string) => `"sealed":"${x}${y === 'A' ? 'B' : 'A'}`), () => undefined, 'backup-altered'],
  ['no PRF', (t) => t, (a) => (a.prf = false), 'backup-no-prf'],
  ['a prompt that was called off', (t) => t, (a) => (a.fail = new DOMException('no', 'NotAllowedError')), 'passkey-cancelled'],
])('%s is refused in its own words, and nothing is taken over', async (_, spoil, set, code) => {
  const text = await made(await started(old))
  await authenticator.create({ user: new Uint8Array(16), name: 'other', salt: new Uint8Array(32) })
  const w = await phone()
  const app = await started(w)
  await page(app, 'restore')
  app.chooseBackup('b.json', async () => spoil(text))
  await soon(() => expect(restore(app).at).toBe('chosen'))
  set(authenticator)
  app.restoreBackup()
  await soon(() => expect(restore(app)).toMatchObject({ at: 'chosen', busy: false, error: code }))
  expect(await w.deps.vault.ids('')).toEqual([])
  expect(w.sent).toEqual([])
})

test.each([['{"honnin":"backup","v":2}', 'backup-newer'], ['{}', 'backup-unreadable']])('a file %s is refused before any passkey is asked', async (text, code) => {
  const app = await started(await phone())
  await page(app, 'restore')
  app.chooseBackup('b.json', async () => text)
  await soon(() => expect(restore(app)).toEqual({ at: 'choose', error: code }))
  expect(authenticator.asked).toEqual([])
})

test('a company of another service, and one that this phone holds for another customer, are left alone', async () => {
  const app = await started(old)
  await made(app)
  const { id } = authenticator.made[0]!
  const secret = (await authenticator.get({ id, salt: await prfSalt(crypto) })).secret!
  const text = await seal(crypto, secret, id, [{ ...entry, handle: 'C-90210' }, { ...entry, tenant: 'elsewhere', server: 'https://other.example' }])
  await page(app, 'restore')
  app.chooseBackup('b.json', async () => text)
  await soon(() => expect(restore(app).at).toBe('chosen'))
  app.restoreBackup()
  await soon(() => expect(restore(app)).toMatchObject({ at: 'opened', companies: [{ outcome: 'failed', code: 'other-customer' }, { outcome: 'failed', code: 'other-server' }] }))
  expect(await old.deps.records.tenant('midori')).toMatchObject({ handle: 'C-20481', device: 'd_1' })
  expect(await old.deps.records.pending()).toEqual([])
})
