// Calls that are announced, in Chromium: the notice turns the console green before anybody dials, a notice that is not
// the company's is a warning and nothing else, and the phone's first screen says whether a call is real.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launch, sideBySide } from '../support/browser.mjs'
import { openConsole } from '../support/console.mjs'
import { openPhone } from '../support/phone.mjs'
import { ANNA, startStack } from '../support/stack.mjs'

let stack, browser, desk, anna
const found = []
const look = async (who, name) => void found.push(...(await who.inspect(name)))

/** The company's line on the phone's first screen. */
const status = (at) => anna.page.locator(`[data-testid=company][data-call=${at}]`)

const home = async () => {
  await anna.page.goto(`${stack.origin}/app/`)
  await anna.at('home').waitFor()
}

/** Announces a call whose window has begun, with others on offer: its verification. */
const announce = async (others = 0) => {
  if ((await desk.at('start-form').count()) === 0) await desk.at('new-call').click()
  await desk.at('mode-call').click()
  await desk.at('handle').fill(ANNA)
  await desk.at('purpose-address-change').check()
  for (let n = 0; n <= others; n++) {
    if (n > 0) await desk.at('window-add').click()
    const start = await desk.page.evaluate((hours) => {
      const at = new Date(Date.now() + hours * 3_600_000)
      const two = (x) => String(x).padStart(2, '0')
      return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}T${two(at.getHours())}:${two(at.getMinutes())}`
    }, n * 3)
    await desk.at(`window-${n}`).fill(start)
  }
  await desk.at('start').click()
  await desk.kind('announced')
  return desk.at('call').getAttribute('data-id')
}

describe('an announced call', { timeout: 400_000 }, () => {
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

  it('nobody calls: hang up, as of a time', async () => {
    await status('none').waitFor()
    await anna.at('as-of').waitFor()
    await look(anna, 'home-not-calling')
  })

  it('is green before anybody dials, with two words on both sides', async () => {
    await announce()
    await look(desk, 'call-announced')
    await anna.request()
    await look(anna, 'call-announced')
    const boxes = await Promise.all(['refuse', 'approve'].map((id) => anna.at(id).boundingBox()))
    assert.ok(Math.abs(boxes[0].width - boxes[1].width) <= 1 && Math.abs(boxes[0].height - boxes[1].height) <= 1, 'refuse is as large as confirm')
    await anna.approve()
    await desk.kind('confirmed')
    await anna.ended('confirmed')
    await look(anna, 'call-confirmed')
    await look(desk, 'call-confirmed')
    await anna.close()
    await status('expected').waitFor()
    const words = (await desk.at('pair-words').textContent()).trim()
    assert.match(words, /^\S+・\S+$/)
    assert.ok((await anna.at('pair-words').textContent()).includes(words), 'the same words')
    await look(anna, 'home-expected')
    await sideBySide(browser, [desk.page, anna.page], 'announced')
  })

  it('is "talking to you now" while it is, and not a moment longer', async () => {
    for (const to of ['ringing', 'talking']) {
      await desk.at(`move-${to}`).click()
      await desk.kind(to)
      await status(to).waitFor()
      await look(anna, `home-${to}`)
    }
    await look(desk, 'call-talking')
    await desk.at('move-ended').click()
    await desk.kind('ended')
    await status('none').waitFor()
  })

  it('moves to another time that the customer picks', async () => {
    const first = await announce(2)
    await anna.request()
    await anna.at('another-time').click()
    await look(anna, 'call-other-times')
    await anna.at('window-1').click()
    await anna.page.waitForFunction((id) => !document.querySelector(`[data-testid=request][data-id="${id}"]`), first)
    await anna.request()
    await anna.approve()
    await anna.ended('confirmed')
    await anna.close()
    const views = await desk.page.evaluate(async () => (await (await fetch('/v1/calls')).json()).calls)
    const [left, right] = ['cancelled', 'confirmed'].map((state) => views.find((view) => view.call.state === state))
    assert.equal(left.call.rescheduled_to, right.call.id)
    assert.equal(right.call.from, left.call.offered[1].from)
  })

  it('that the customer reports is marked at the desk and cannot be dialled', async () => {
    await announce()
    await anna.request()
    await anna.at('report').click()
    await desk.kind('reported')
    assert.equal(await desk.at('move-ringing').count(), 0)
    await look(desk, 'call-reported')
    await home()
  })

  for (const [what, spoil] of [
    ['with another number', (answer) => void (answer.statement.call.number = '03-9999-0000')],
    ['by another key', (answer) => void (answer.notice = answer.notice.replace(/.{40}$/, 'A'.repeat(40)))],
    ['without a signature', (answer) => void (answer.notice = null)],
  ]) {
    it(`${what} is refused by the phone, which asks for no approval`, async () => {
      await anna.page.route('**/v1/device/requests/v_*', async (route) => {
        if (route.request().method() !== 'GET') return route.continue()
        const response = await route.fetch()
        const answer = await response.json()
        spoil(answer)
        return route.fulfill({ response, json: answer })
      })
      await announce()
      await anna.at('forged').waitFor()
      assert.equal(await anna.at('approve').count(), 0)
      assert.ok(!(await anna.page.content()).includes('03-9999-0000'), 'nothing of it is shown as the company’s word')
      await look(anna, 'call-forged')
      await anna.page.unroute('**/v1/device/requests/v_*')
      await anna.at('report').click()
      await desk.kind('reported')
      await home()
    })
  }

  it('without a connection nobody is trusted', async () => {
    await status('expected').waitFor()
    // A stream that runs is not cut by going offline, so the page comes up again without a way to the server.
    await anna.page.route('**/v1/**', (route) => route.abort('internetdisconnected'))
    await home()
    await status('unknown').waitFor({ timeout: 30_000 })
    await look(anna, 'home-offline')
    await anna.page.unroute('**/v1/**')
    await status('expected').waitFor({ timeout: 30_000 })
  })

  it('every screen met the accessibility rules', () => {
    assert.deepEqual(found, [])
  })

  it('no page had an error or broke its content policy', () => {
    const ours = (trouble) => !/ERR_INTERNET_DISCONNECTED|Failed to load resource|fetch/.test(trouble)
    assert.deepEqual(desk.troubles, [])
    assert.deepEqual(anna.troubles.filter(ours), [])
  })
})
