// Whole calls in Chromium: a phone and a console, each in a context of its own, against the real services.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launch, shot, sideBySide } from '../support/browser.mjs'
import { openConsole } from '../support/console.mjs'
import { openPhone } from '../support/phone.mjs'
import { ANNA, BEN, MINA, startStack } from '../support/stack.mjs'

let stack, browser, desk, anna, mina
const found = []
const look = (who) => async (name) => void found.push(...(await who.inspect(name)))

describe('a call', { timeout: 400_000 }, () => {
  before(async () => {
    stack = await startStack()
    browser = await launch()
  })

  after(async () => {
    await browser?.close()
    await stack?.stop()
  })

  it('the operator registers a passkey with a one-time link', async () => {
    desk = await openConsole(browser, stack.invitation, async (page, name) => look(page)(name))
    await look(desk)('start')
  })

  it('the customer enrols from an offer', async () => {
    anna = await openPhone(browser)
    const link = await stack.offer(ANNA)
    const agreed = []
    await anna.enrol(link, async (name) => {
      if (name === 'consent') agreed.push(await anna.at('consent-text').textContent())
      await look(anna)(name)
    })
    await look(anna)('home')
    // What was agreed to is what the settings show, and what can be taken back there.
    assert.match(agreed[0], /みどり銀行.*同意します.*取り消せます/s)
    await anna.at('settings').click()
    await anna.at('consents-open').click()
    assert.ok((await anna.at('consent').textContent()).includes(agreed[0]))
    await look(anna)('consents')
    await anna.page.goto(`${stack.origin}/app/`)
    await anna.at('home').waitFor()
  })

  it('an offer that is spent says so', async () => {
    const link = await stack.offer(BEN)
    const first = await openPhone(browser)
    await first.enrol(link)
    await first.context.close() // wiped: this phone is never heard of again
    const second = await openPhone(browser)
    await second.page.goto(link)
    // Spent offers are refused at once or when the code is redeemed; either way in words.
    await second.at('enrol-start').or(second.at('trouble')).first().waitFor()
    if ((await second.at('enrol-start').count()) > 0) await second.at('enrol-start').click()
    await second.at('trouble').first().waitFor()
    await look(second)('offer-spent')
    assert.deepEqual(second.troubles.filter((trouble) => !/status of 4\d\d/.test(trouble)), [])
    await second.context.close()
  })

  it('passes', async () => {
    const { code } = await desk.start(ANNA, 'address-change')
    await anna.request()
    await desk.kind('opened')
    await look(desk)('waiting')
    await look(anna)('request')
    const boxes = await Promise.all(['refuse', 'approve'].map((id) => anna.at(id).boundingBox()))
    assert.ok(Math.abs(boxes[0].width - boxes[1].width) <= 1 && Math.abs(boxes[0].height - boxes[1].height) <= 1, 'refuse is as large as approve')
    assert.ok(boxes.every((box) => box.height >= 44 && box.width >= 44), 'large enough for a thumb')
    const focused = await anna.page.evaluate(() => document.activeElement?.dataset?.testid)
    assert.ok(!['refuse', 'approve'].includes(focused), 'neither answer is focused first')
    assert.ok(await anna.at('approve').isDisabled(), 'no approval before the number')
    await anna.type(code)
    await shot(anna.page, 'phone-request-number')
    await sideBySide(browser, [desk.page, anna.page], 'screens')
    await anna.approve()
    await desk.kind('verified')
    await anna.ended('verified')
    await look(anna)('verified')
    await look(desk)('verified')
    const spoken = (await anna.at('reference').textContent()).trim()
    assert.match(spoken, /^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/)
    assert.equal((await desk.at('reference').textContent()).trim(), spoken)
    await anna.close()
  })

  it('passes after one wrong number', async () => {
    const { code } = await desk.start(ANNA, 'card-reissue')
    await anna.request()
    await anna.type(code === '11' ? '22' : '11')
    await anna.approve()
    await anna.at('wrong-number').waitFor()
    await look(anna)('wrong-number')
    await anna.type(code)
    await anna.approve()
    await desk.kind('verified')
    await anna.ended('verified')
    await anna.close()
  })

  it('is refused', async () => {
    await desk.start(ANNA, 'address-change')
    await anna.request()
    await anna.at('refuse').click()
    await anna.ended('refused')
    await desk.kind('denied')
    await look(anna)('refused')
    await look(desk)('refused')
    await anna.close()
  })

  it('cannot be proven', async () => {
    mina = await openPhone(browser, 'en-GB')
    await mina.enrol(await stack.offer(MINA))
    await desk.start(MINA, 'address-change')
    await mina.at('unprovable').waitFor({ timeout: 30_000 })
    await look(mina)('unprovable')
    await mina.at('tell-unprovable').click()
    await desk.kind('unprovable')
    await mina.ended('unprovable')
    await look(mina)('unprovable-told')
    await look(desk)('unprovable')
    await mina.close()
  })

  it('times out', async () => {
    await desk.start(ANNA, 'short')
    await anna.at('request').waitFor()
    await anna.ended('timedOut')
    await desk.kind('timeout')
    await look(anna)('timed-out')
    await look(desk)('timed-out')
    await anna.close()
  })

  it('a wiped phone is unreachable, never a pass', async () => {
    await desk.start(BEN, 'short')
    await desk.kind('unreachable')
    await look(desk)('unreachable')
  })

  it('a customer without the app is told apart', async () => {
    await desk.start('C-77777', 'address-change')
    await desk.kind('unenrolled')
    await look(desk)('unenrolled')
  })

  it('a handle that looks like a phone number is refused at its field', async () => {
    await desk.at('new-call').click()
    await desk.at('handle').fill('09012345678')
    await desk.at('start').click()
    await desk.at('handle-error').waitFor()
    await look(desk)('personal-data')
  })

  it('the history remembers each call, with a way to report it', async () => {
    await anna.at('history-link').click()
    await anna.at('history').waitFor()
    assert.ok((await anna.at('history-entry').count()) >= 4)
    assert.equal(await anna.at('history-report').count(), await anna.at('history-entry').count())
    await look(anna)('history')
  })

  it('the lock clears the customer and opens with the passkey', async () => {
    await desk.at('lock').click()
    await desk.at('locked').waitFor()
    assert.ok(!(await desk.page.content()).includes(ANNA), 'no handle is left in the page')
    for (let i = 0; i < 6; i++) {
      await desk.page.keyboard.press('Tab')
      assert.ok(await desk.page.evaluate(() => document.querySelector('[data-testid=locked]').contains(document.activeElement)), 'focus stays inside')
    }
    await look(desk)('locked')
    await desk.at('unlock').click()
    await desk.at('desk').waitFor()
  })

  it('the request fits a small screen', async () => {
    const { code } = await desk.start(ANNA, 'balance')
    if ((await anna.at('request').count()) === 0) await anna.page.goto(`${stack.origin}/app/`)
    await anna.request()
    for (const [width, height] of [[360, 640], [320, 568]]) {
      await anna.page.setViewportSize({ width, height })
      await shot(anna.page, `phone-request-${width}`)
      const wide = await anna.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      assert.ok(wide <= 0, `${wide} px too wide at ${width}`)
      for (const id of ['key-1', 'key-clear', 'refuse', 'approve', 'report']) {
        const box = await anna.at(id).boundingBox()
        assert.ok(box.y >= 0 && box.y + box.height <= height, `${id} needs a scroll at ${width}`)
      }
    }
    await anna.type(code)
    await anna.approve()
    await desk.kind('verified')
  })

  it('every screen met the accessibility rules', () => {
    assert.deepEqual(found, [])
  })

  it('no page had an error or broke its content policy', () => {
    for (const who of [desk, anna, mina]) assert.deepEqual(who.troubles, [])
  })
})
