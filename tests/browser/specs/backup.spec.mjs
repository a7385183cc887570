// A backup in Chromium, whose authenticator has the PRF extension: made, the phone's storage lost, restored from the file,
// and a call passed with what was restored. One virtual authenticator plays the passkeys that a platform carries over.

import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, before, describe, it } from 'node:test'
import { launch } from '../support/browser.mjs'
import { openConsole } from '../support/console.mjs'
import { openPhone } from '../support/phone.mjs'
import { ANNA, startStack } from '../support/stack.mjs'

let stack, browser, desk, anna, file, text

const home = async () => {
  await anna.page.goto(`${stack.origin}/app/`)
  await anna.at('home').waitFor()
}

const choose = async (content) => {
  await anna.at('restore-file').setInputFiles({ name: 'honnin-backup.json', mimeType: 'application/json', buffer: Buffer.from(content) })
}

/** Everything that the browser kept for the app goes, as with a new phone; the authenticator's passkeys stay. */
async function lose() {
  await anna.page.goto('about:blank')
  const cdp = await anna.context.newCDPSession(anna.page)
  await cdp.send('Storage.clearDataForOrigin', { origin: stack.origin, storageTypes: 'all' })
  // Stays attached: a session that goes takes the page's virtual authenticator along.
}

describe('a backup', { timeout: 300_000 }, () => {
  before(async () => {
    stack = await startStack()
    browser = await launch()
    desk = await openConsole(browser, stack.invitation)
    anna = await openPhone(browser, undefined, { prf: true })
    await anna.enrol(await stack.offer(ANNA))
  })

  after(async () => {
    await browser?.close()
    await stack?.stop()
  })

  it('is made with a passkey and saved; nothing of it goes to the server', async () => {
    const asked = []
    const heard = (request) => asked.push(new URL(request.url()).pathname)
    await anna.at('settings').click()
    await anna.at('backup-open').click()
    await anna.at('backup').waitFor()
    assert.deepEqual(await anna.inspect('backup'), [])
    anna.page.on('request', heard)
    await anna.at('backup-make').click()
    await anna.page.locator('[data-testid=backup]:is([data-state=again], [data-state=ready])').waitFor()
    if ((await anna.at('backup').getAttribute('data-state')) === 'again') await anna.at('backup-make').click()
    await anna.page.locator('[data-testid=backup][data-state=ready]').waitFor()
    assert.deepEqual(await anna.inspect('backup-ready'), [])
    const [download] = await Promise.all([anna.page.waitForEvent('download'), anna.at('backup-save').click()])
    assert.match(download.suggestedFilename(), /^honnin-backup-\d{4}-\d\d-\d\d\.json$/)
    text = await readFile(await download.path(), 'utf8')
    file = JSON.parse(text)
    anna.page.off('request', heard)
    assert.deepEqual(Object.keys(file).sort(), ['honnin', 'nonce', 'passkey', 'salt', 'sealed', 'v'])
    assert.doesNotMatch(text, new RegExp(`${ANNA}|midori`))
    // Its own background calls apart, which an open app makes at any time.
    assert.deepEqual(asked.filter((path) => path.startsWith('/v1/') && !/^\/v1\/(?:device|tenants)\//.test(path)), [])
  })

  it('that was altered, or is newer, or is none, is refused on the new phone', async () => {
    await lose()
    await home()
    assert.equal(await anna.at('home').getAttribute('data-empty'), 'true')
    await anna.at('restore-page').click()
    await anna.at('restore').waitFor()
    assert.deepEqual(await anna.inspect('restore'), [])
    for (const [content, code] of [['{}', 'backup-unreadable'], [JSON.stringify({ ...file, v: 2 }), 'backup-newer']]) {
      await choose(content)
      await anna.page.locator(`[data-testid=trouble][data-code=${code}]`).waitFor()
    }
    const [first, ...rest] = file.sealed
    await choose(JSON.stringify({ ...file, sealed: [first === 'A' ? 'B' : 'A', ...rest].join('') }))
    await anna.at('restore-open').click()
    await anna.page.locator('[data-testid=trouble][data-code=backup-altered]').waitFor()
  })

  it('is opened with its passkey, and the enrolment gone on with passes a call', async () => {
    await choose(text)
    await anna.page.locator('[data-testid=restore][data-state=chosen]').waitFor()
    await anna.at('restore-open').click()
    await anna.page.locator('[data-testid=restored][data-outcome=waiting]').waitFor()
    assert.deepEqual(await anna.inspect('restored'), [])
    await anna.at('resume').click()
    await anna.at('enrol-start').click()
    await anna.at('make-passkey').waitFor({ timeout: 30_000 })
    await anna.at('make-passkey').click()
    await anna.at('enrolled').waitFor({ timeout: 30_000 })
    await anna.at('enrol-done').click()
    await anna.at('home').waitFor()
    const { code } = await desk.start(ANNA, 'address-change')
    await anna.request()
    await anna.type(code)
    await anna.approve()
    await anna.ended('verified')
    await desk.kind('verified')
    assert.deepEqual(anna.troubles, [])
  })
})
