// The console as its operator works it.

import { inspect, openPage } from './browser.mjs'

/** Opens the console with a one-time invitation and registers the operator's passkey. */
export async function openConsole(browser, invitation, look = async () => {}) {
  const opened = await openPage(browser, { width: 1280, height: 800 })
  const desk = new Console(opened)
  await desk.page.goto(invitation)
  await desk.at('invite-button').waitFor()
  await look(desk, 'invite')
  await desk.at('invite-button').click()
  await desk.at('start-form').waitFor()
  return desk
}

export class Console {
  constructor({ page, context, troubles }) {
    Object.assign(this, { page, context, troubles })
  }

  at(testid) {
    return this.page.getByTestId(testid)
  }

  async inspect(name) {
    return inspect(this.page, `console-${name}`, async () => {
      const before = await this.page.evaluate(() => document.documentElement.lang)
      await this.at('lang').first().click()
      await this.page.waitForFunction((lang) => document.documentElement.lang !== lang, before)
    })
  }

  /** Starts a call: { id, code } (code null when there is none to read out). */
  async start(handle, purpose) {
    if ((await this.at('start-form').count()) === 0) await this.at('new-call').click()
    await this.at('handle').fill(handle)
    await this.at(`purpose-${purpose}`).check()
    await this.at('start').click()
    await this.at('call').waitFor()
    const id = await this.at('call').getAttribute('data-id')
    const number = this.at('match-code')
    const code = (await number.count()) > 0 ? (await number.textContent()).trim() : null
    return { id, code }
  }

  /** Waits until the badge says this. */
  async kind(kind) {
    await this.page.locator(`[data-testid=badge][data-kind=${kind}]`).waitFor()
  }
}
