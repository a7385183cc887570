// What the phone prepares in the background, and what its worker costs, against the real services.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launch } from '../support/browser.mjs'
import { openConsole } from '../support/console.mjs'
import { openPhone } from '../support/phone.mjs'
import { ANNA, startStack } from '../support/stack.mjs'

/** The app's own bound (`MOST_WORKER_BYTES`): a worker past it would be ended after every job. */
const MOST_WORKER_BYTES = 64 * 2 ** 20

let stack, browser, phone
const measures = (name) =>
  phone.page.evaluate((entry) => performance.getEntriesByName(`honnin:${entry}`, 'measure').map((m) => ({ ms: m.duration, peak: m.detail.peak })), name)
const ready = () => phone.page.locator('[data-testid=company][data-prepared=ready]').waitFor({ timeout: 120_000 })

describe('preparing', { timeout: 300_000 }, () => {
  before(async () => {
    stack = await startStack()
    browser = await launch()
    phone = await openPhone(browser)
  })

  after(async () => {
    await browser?.close()
    await stack?.stop()
  })

  it('after enrolment every policy is prepared, with a key that was loaded once', async () => {
    await phone.enrol(await stack.offer(ANNA))
    await ready()
    // What waits for a payment or a recipient is prepared when it is asked.
    const plain = (policy) => policy.disclose.length === 0 && policy.predicates.every((p) => p.value !== 'amount')
    const policies = (await (await fetch(`${stack.origin}/v1/tenants/midori`)).json()).policies.filter(plain).length
    const made = (await measures('prepare')).length - 1
    assert.ok(made === policies || made === 2 * policies, `${made} states for ${policies} policies, one or two days`)
    assert.equal((await measures('loadKey')).length, 1)
  })

  it("the worker's memory is measured and stays below its bound", async () => {
    for (const { peak } of [...(await measures('loadKey')), ...(await measures('prepare'))]) {
      assert.ok(peak > 0 && peak <= MOST_WORKER_BYTES, `${(peak / 2 ** 20).toFixed(1)} MiB`)
    }
  })

  it('an idle worker is ended, with the memory it held', async () => {
    while (phone.page.workers().length > 1) await Promise.race(phone.page.workers().map((worker) => worker.waitForEvent('close', { timeout: 60_000 })))
    assert.equal(phone.page.workers().length, 1)
  })

  it('a page opened again prepares nothing twice, and a request finds its state there', async () => {
    await phone.page.reload()
    await ready()
    const desk = await openConsole(browser, stack.invitation)
    const { code } = await desk.start(ANNA, 'address-change')
    await phone.request()
    await phone.type(code)
    await phone.approve()
    await desk.kind('verified')
    await phone.ended('verified')
    assert.deepEqual(await measures('prepare'), [])
    assert.deepEqual(await measures('loadKey'), [])
    for (const { peak } of await measures('finish')) assert.ok(peak > 0 && peak <= MOST_WORKER_BYTES)
    assert.deepEqual([...phone.troubles, ...desk.troubles], [])
  })
})
