// Payments and orders in Chromium: the customer authorises, the agent sees approved or declined, and what goes sealed is
// opened by its recipient alone, with the program that we ship.

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { launch, sideBySide } from '../support/browser.mjs'
import { openConsole } from '../support/console.mjs'
import { openOffice } from '../support/office.mjs'
import { openPhone } from '../support/phone.mjs'
import { ANNA, CUSTOMERS, MINA, ROOT, startStack } from '../support/stack.mjs'

const run = promisify(execFile)
const anna = CUSTOMERS.find((customer) => customer.handle === ANNA)

let stack, browser, desk, phone, hara, dir, provider, told, webhook, trust
const found = []
const look = async (who, name) => void found.push(...(await who.inspect(name)))

/** A P-256 key as JWK, both halves. */
const keyPair = async () => {
  const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits'])
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', pair.privateKey)
  return { public: { kty, crv, x, y }, private: { kty, crv, x, y, d } }
}

/** A POST of the security person's session. */
const post = (path, body) =>
  hara.page.evaluate(
    async ([at, text]) => {
      const answer = await fetch(at, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text })
      return { status: answer.status, body: await answer.json() }
    },
    [path, JSON.stringify(body)],
  )

/** The next thing that the recipient is told. */
const next = async () => {
  for (let i = 0; i < 200 && told.length === 0; i++) await new Promise((resolve) => setTimeout(resolve, 100))
  assert.ok(told.length > 0, 'nothing was delivered')
  return told.shift()
}

/** What `honnin open` makes of a message: the values, or how it ended. */
const open = async (message, key) => {
  const write = async (name, value) => {
    const path = join(dir, name)
    await writeFile(path, JSON.stringify(value), { mode: 0o600 })
    return path
  }
  const [receipt, box, jwk] = [await write('receipt.json', message.data.receipt), await write('box.json', message.data.box), await write('key.json', key)]
  const args = ['open', receipt, '--box', box, '--key', jwk, '--verifying-key', join(ROOT, 'target/keys/circuit.vk'), '--log-key', trust.vkey, '--issuer-root', trust.root]
  return run(join(ROOT, 'target/debug/honnin'), args).then(
    ({ stdout }) => ({ ok: true, values: JSON.parse(stdout) }),
    (error) => ({ ok: false, why: error.stderr }),
  )
}

/** Starts a payment or an order at the desk; the number to read out. */
const ask = async (kind, purpose, fields) => {
  if ((await desk.at('start-form').count()) === 0) await desk.at('new-call').click()
  await desk.at(`mode-${kind}`).click()
  await desk.page.locator(`[data-testid=start-form][data-kind=${kind}]`).waitFor()
  await desk.at('handle').fill(fields.handle ?? ANNA)
  await desk.at(`purpose-${purpose}`).check()
  for (const [name, value] of Object.entries(fields)) if (name !== 'handle') await desk.at(name).fill(value)
  await look(desk, `${kind}-form`)
  await desk.at('start').click()
  await desk.at('call').waitFor()
  return (await desk.at('match-code').textContent()).trim()
}

const PAYMENT = { amount: '48000', payee: '△△株式会社', order: 'A-2210', instrument: 'みどりカード' }

describe('paying', { timeout: 400_000 }, () => {
  before(async () => {
    stack = await startStack()
    browser = await launch()
    dir = await mkdtemp(join(tmpdir(), 'honnin-paying-'))
    told = []
    webhook = createServer((request, response) => {
      const parts = []
      request.on('data', (part) => parts.push(part))
      request.on('end', () => {
        told.push(JSON.parse(Buffer.concat(parts).toString('utf8')))
        response.writeHead(204).end()
      })
    })
    await new Promise((resolve) => webhook.listen(0, '127.0.0.1', resolve))
    hara = await openOffice(browser, await stack.invite('hara'))
    provider = await keyPair()
    const url = `http://127.0.0.1:${webhook.address().port}/told`
    const added = await post('/v1/orgs/midori/recipients', { name: { ja: 'さくらペイ', en: 'Sakura Pay' }, key: provider.public, url })
    assert.equal(added.status, 201, JSON.stringify(added.body))
    const [keys, issuers] = [await hara.json('/v1/orgs/midori/keys'), await hara.json('/v1/orgs/midori/issuers')]
    trust = { vkey: keys.body.log.vkey, root: issuers.body.issuers[0].thumbprint }
    desk = await openConsole(browser, stack.invitation)
    phone = await openPhone(browser)
    await phone.enrol(await stack.offer(ANNA))
  })

  after(async () => {
    await browser?.close()
    await stack?.stop()
    webhook?.close()
    webhook?.closeAllConnections()
    if (dir) await rm(dir, { recursive: true, force: true })
  })

  it('is approved, and the token reaches the provider alone', async () => {
    const code = await ask('payment', 'card-payment', PAYMENT)
    await phone.at('terms').waitFor()
    assert.match(await phone.at('amount').textContent(), /48,000/)
    assert.equal((await phone.at('payee').textContent()).trim(), PAYMENT.payee)
    await look(phone, 'payment-terms')
    await look(desk, 'payment-waiting')
    await phone.at('review').click()
    await phone.request()
    await look(phone, 'payment-review')
    await phone.type(code)
    assert.match(await phone.at('approve').textContent(), /48,000/, 'the amount stands in the button')
    await sideBySide(browser, [desk.page, phone.page], 'paying')
    await phone.approve()
    await desk.kind('approved')
    await phone.ended('paid')
    await look(phone, 'payment-approved')
    await look(desk, 'payment-approved')
    assert.ok(!(await desk.page.content()).includes(anna.payment_token), 'the agent sees no token')
    const message = await next()
    assert.equal(message.type, 'payment.approved')
    assert.deepEqual(await open(message, provider.private), { ok: true, values: { payment_token: anna.payment_token } })
    const stranger = await open(message, (await keyPair()).private)
    assert.ok(!stranger.ok && !stranger.why.includes(anna.payment_token), 'another key opens nothing')
    await phone.close()
  })

  it('is declined', async () => {
    await ask('payment', 'card-payment', PAYMENT)
    await phone.at('terms').waitFor()
    await phone.at('refuse').click()
    await phone.ended('declined')
    await desk.kind('declined')
    await look(phone, 'payment-declined')
    await look(desk, 'payment-declined')
    await phone.close()
  })

  it('fits 320 pixels with payee and amount whole', async () => {
    await ask('payment', 'card-payment', { ...PAYMENT, payee: '株式会社みどりの丘総合サービスセンター' })
    await phone.at('terms').waitFor()
    await phone.page.setViewportSize({ width: 320, height: 640 })
    for (const id of ['payee', 'amount']) {
      const clipped = await phone.at(id).evaluate((it) => it.scrollWidth > it.clientWidth + 1)
      assert.ok(!clipped, `${id} is clipped`)
    }
    await phone.page.setViewportSize({ width: 390, height: 844 })
    await phone.at('refuse').click()
    await phone.ended('declined')
    await phone.close()
  })

  it('sends of an order what the customer picks, opened by fulfilment', async () => {
    const code = await ask('order', 'delivery', { order: 'B-17' })
    await phone.at('picking').waitFor()
    assert.ok(await phone.at('review').isDisabled(), 'nothing is ticked for the customer')
    for (const slot of ['name', 'address']) await phone.at(`slot-${slot}`).check()
    await look(phone, 'order-picking')
    await phone.at('review').click()
    await phone.request()
    await look(phone, 'order-review')
    await phone.type(code)
    await phone.approve()
    await desk.kind('approved')
    await phone.ended('sent')
    await look(desk, 'order-approved')
    for (const value of [anna.name, anna.address]) assert.ok(!(await desk.page.content()).includes(value), 'the agent sees none of it')
    const message = await next()
    assert.equal(message.data.order, 'B-17')
    assert.deepEqual(await open(message, provider.private), { ok: true, values: { name: anna.name, address: anna.address } })
    await phone.close()
  })

  it('beyond the limit is declined, and the desk does not learn why', async () => {
    const mina = await openPhone(browser, 'en-GB')
    await mina.enrol(await stack.offer(MINA))
    await ask('payment', 'card-payment', { ...PAYMENT, handle: MINA })
    await mina.at('unprovable').waitFor({ timeout: 30_000 })
    await mina.at('tell-unprovable').click()
    await desk.kind('declined')
    assert.equal(told.length, 0)
    await mina.context.close()
  })

  it('every screen met the accessibility rules', () => {
    assert.deepEqual(found, [])
  })

  it('no page had an error or broke its content policy', () => {
    for (const who of [desk, phone, hara]) assert.deepEqual(who.troubles, [])
  })
})
