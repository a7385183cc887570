// Reaching a phone whose page is not open: a push as its service worker gets it, a link and a spoken code, each to the
// verdict. Chromium's own push service is not on this machine, so the browser is handed the push by DevTools.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launch } from '../support/browser.mjs'
import { openConsole } from '../support/console.mjs'
import { openPhone } from '../support/phone.mjs'
import { ANNA, startStack } from '../support/stack.mjs'

const PUSH = JSON.stringify({ v: 1, id: 'q83vEjRWeJCrze8SNFZ4kA' })

let stack, browser, desk, anna, cdp, registration

/** What the asker is given for a request. */
const link = (id) =>
  desk.page.evaluate(async (path) => {
    const answer = await fetch(path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })
    return answer.json()
  }, `/v1/verifications/${id}/link`)

const notifications = () =>
  anna.page.evaluate(async () => {
    const shown = await (await navigator.serviceWorker.ready).getNotifications()
    return shown.map(({ title, body, tag, data }) => ({ title, body, tag, data }))
  })

const home = async () => {
  await anna.page.goto(`${stack.origin}/app/`)
  await anna.at('home').waitFor()
}

const passes = async (code) => {
  await anna.request()
  await anna.type(code)
  await anna.approve()
  await desk.kind('verified')
}

describe('reaching a phone', { timeout: 300_000 }, () => {
  before(async () => {
    stack = await startStack()
    browser = await launch()
    desk = await openConsole(browser, stack.invitation)
    anna = await openPhone(browser)
    await anna.enrol(await stack.offer(ANNA))
  })

  after(async () => {
    await browser?.close()
    await stack?.stop()
  })

  it('asks nobody before they tap, and says calmly what that means', async () => {
    await home()
    // Chromium denies notifications without a window to ask in.
    const push = await anna.at('push').getAttribute('data-push')
    assert.ok(['ask', 'refused'].includes(push), push)
    assert.doesNotMatch(await anna.at('push').textContent(), /みどり|Midori/)
    assert.deepEqual(await anna.inspect('reach'), [])
  })

  it('a push shows one generic text while no page is in sight', async () => {
    await anna.context.grantPermissions(['notifications'], { origin: stack.origin })
    cdp = await anna.context.newCDPSession(anna.page)
    const found = new Promise((resolve) => {
      cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const ours = registrations.find((one) => one.scopeURL.endsWith('/app/') && !one.isDeleted)
        if (ours) resolve(ours.registrationId)
      })
    })
    await cdp.send('ServiceWorker.enable')
    await home()
    await anna.page.evaluate(() => navigator.serviceWorker.ready.then(() => undefined))
    registration = await found
    await anna.page.goto('about:blank')
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: stack.origin, registrationId: registration, data: PUSH })
    await home()
    await anna.page.waitForFunction(async () => (await (await navigator.serviceWorker.ready).getNotifications()).length > 0)
    assert.deepEqual(await notifications(), [
      { title: '確認のお願いがあります', body: 'タップして、アプリで内容を確かめてください。', tag: 'request', data: null },
    ])
  })

  it('and nothing over a page that is in sight', async () => {
    await anna.page.evaluate(async () => {
      for (const one of await (await navigator.serviceWorker.ready).getNotifications()) one.close()
      window.told = new Promise((resolve) => navigator.serviceWorker.addEventListener('message', (event) => resolve(event.data)))
      navigator.serviceWorker.startMessages()
    })
    await cdp.send('ServiceWorker.deliverPushMessage', { origin: stack.origin, registrationId: registration, data: PUSH })
    assert.deepEqual(await anna.page.evaluate(() => window.told), { type: 'push' })
    await anna.page.waitForFunction(async () => (await (await navigator.serviceWorker.ready).getNotifications()).length === 0)
  })

  it('a link leads to the verdict, once', async () => {
    await anna.page.goto('about:blank')
    const { id, code } = await desk.start(ANNA, 'address-change')
    const made = await link(id)
    assert.match(made.link, /\/app\/#r=[A-Za-z0-9_-]{22}$/)
    await anna.page.goto(made.link)
    await passes(code)
    assert.equal(new URL(anna.page.url()).hash, '', 'the token does not stay in the address')
    await anna.page.goto('about:blank')
    await anna.page.goto(made.link)
    await anna.at('code-entry').getByTestId('trouble').waitFor()
  })

  it('a spoken code leads to the verdict when no stream comes through', async () => {
    await anna.page.route('**/v1/device/stream', (route) => route.abort())
    await home()
    const { id, code } = await desk.start(ANNA, 'address-change')
    const made = await link(id)
    await anna.at('code-entry').locator('summary').click()
    await anna.at('code').fill(made.code === '000000' ? '111111' : '000000')
    await anna.at('code-open').click()
    await anna.at('code-entry').getByTestId('trouble').waitFor()
    await anna.inspect('reach-wrong-code')
    await anna.at('code').fill(`${made.code.slice(0, 3)} ${made.code.slice(3)}`)
    await anna.at('code-open').click()
    await passes(code)
  })
})
