// Several phones of one customer, a phone that is lost, what stands in for it, and somebody without an account.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launch, shot } from '../support/browser.mjs'
import { openConsole } from '../support/console.mjs'
import { openOffice } from '../support/office.mjs'
import { openPhone } from '../support/phone.mjs'
import { ANNA, BEN, startStack } from '../support/stack.mjs'

const PURPOSE = 'address-change'

let stack, browser, desk, first, second

/** A supervisor: their passkey is registered in the admin pages, their work is at the console. */
async function supervisor(person) {
  const office = await openOffice(browser, await stack.invite(person))
  await office.page.goto(`${stack.origin}/console/`)
  return office
}

describe('phones', { timeout: 300_000 }, () => {
  before(async () => {
    stack = await startStack()
    browser = await launch()
    desk = await openConsole(browser, stack.invitation)
    ;[first, second] = [await openPhone(browser), await openPhone(browser)]
  })

  after(async () => {
    await browser?.close()
    await stack?.stop()
  })

  it('a second phone stands beside the first, which says so', async () => {
    await first.enrol(await stack.offer(ANNA))
    await second.enrol(await stack.offer(ANNA))
    await first.at('phone-added').waitFor()
    assert.deepEqual(await first.inspect('phone-added'), [])
    await first.at('phone-mine').click()
    await first.at('phone-added').waitFor({ state: 'detached' })
    await first.at('settings').click()
    await first.at('phones-open').click()
    await first.page.locator('[data-testid=phone][data-this=false]').waitFor()
    assert.equal(await first.at('phone').count(), 2)
    assert.deepEqual(await first.inspect('phones'), [])
    await first.page.goto(`${stack.origin}/app/`)
    await first.at('home').waitFor()
  })

  it('both are asked, and the first that answers decides', async () => {
    const { code } = await desk.start(ANNA, PURPOSE)
    await Promise.all([first.request(), second.request()])
    await second.type(code)
    await second.approve()
    await desk.kind('verified')
    await first.ended('elsewhere')
    await first.inspect('answered-elsewhere')
    assert.deepEqual([...first.troubles, ...second.troubles], [])
  })

  it('a phone that is reported lost is asked no more', async () => {
    await desk.at('new-call').click()
    await desk.at('mode-lost').click()
    await desk.at('handle').fill(ANNA)
    await desk.at('lost-lost').check()
    await desk.at('lost-next').click()
    await desk.at('lost-sure').waitFor()
    assert.deepEqual(await desk.inspect('lost-sure'), [])
    await desk.at('lost-stop').click()
    await desk.at('lost-done').waitFor()
    assert.equal(await desk.at('lost-done').getAttribute('data-phones'), '2')
    await desk.at('mode-verification').click()
    await desk.start(ANNA, PURPOSE)
    await desk.at('weaker-form').waitFor()
  })

  it('two supervisors stand in for it, and nothing turns green', async () => {
    await desk.at('weaker-reason-lost').check()
    await desk.at('weaker-method-supervisors').check()
    await desk.at('weaker-start').click()
    const progress = (state) => desk.page.locator(`[data-testid=weaker-progress][data-state=${state}]`)
    await progress('waiting').waitFor()
    for (const [said, person] of ['mori', 'oki'].entries()) {
      const office = await supervisor(person)
      await office.at('deciding-row').first().click()
      await office.at('decide').waitFor()
      if (said === 0) await shot(office.page, 'console-decide-ja')
      await office.at('decide-approve').click()
      await desk.page.locator(`[data-testid=approvals][data-count="${said + 1}"]`).waitFor()
      await office.context.close()
    }
    await progress('accepted').waitFor()
    assert.notEqual(await desk.at('badge').getAttribute('data-tone'), 'verified')
    assert.notEqual(await desk.at('badge').getAttribute('data-kind'), 'verified')
    assert.deepEqual(await desk.inspect('weaker-accepted'), [])
  })

  it('somebody without an account proves what it takes to open one', async () => {
    const card = await openConsole(browser, await stack.invite('abe'))
    await card.at('mode-eligibility').click()
    await card.at('start').click()
    await card.at('invitation-link').waitFor()
    assert.deepEqual(await card.inspect('invitation'), [])
    const link = await card.at('invitation-link').inputValue()
    const number = card.at('match-code')
    const code = (await number.count()) > 0 ? (await number.textContent()).trim() : null

    const ben = await openPhone(browser)
    await ben.enrol(await stack.offer(BEN))
    await ben.page.goto('about:blank')
    await ben.page.goto(link)
    await ben.at('invited-accept').waitFor({ timeout: 30_000 })
    assert.match(await ben.at('source').textContent(), /みどり/)
    assert.deepEqual(await ben.inspect('invited'), [])
    await ben.at('invited-accept').click()
    await ben.request()
    if (code !== null) await ben.type(code)
    await ben.approve()
    await card.kind('verified')
    assert.doesNotMatch(await card.page.locator('main').textContent(), new RegExp(BEN))
    await card.inspect('prospect-verified')
    // The invitation serves once.
    await ben.page.goto('about:blank')
    await ben.page.goto(link)
    await ben.at('invited-leave').waitFor({ timeout: 30_000 })
    assert.equal(await ben.at('invited-accept').count(), 0)
    await card.context.close()
  })
})
