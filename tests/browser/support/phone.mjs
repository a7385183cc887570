// The phone app as its user works it.

import { inspect, openPage } from './browser.mjs'

export async function openPhone(browser, locale, options = {}) {
  const opened = await openPage(browser, { width: 390, height: 844, mobile: true, locale, ...options })
  return new Phone(opened)
}

export class Phone {
  constructor({ page, context, troubles }) {
    Object.assign(this, { page, context, troubles })
  }

  at(testid) {
    return this.page.getByTestId(testid)
  }

  async toggleLanguage() {
    const before = await this.page.evaluate(() => document.documentElement.lang)
    await this.at('language').click()
    await this.page.waitForFunction((lang) => document.documentElement.lang !== lang, before)
  }

  /** Screens without a language button are looked at in the language they are in. */
  async inspect(name) {
    const canToggle = (await this.at('language').count()) > 0
    return inspect(this.page, `phone-${name}`, canToggle ? () => this.toggleLanguage() : null)
  }

  /** From the offer's link to "enrolled"; `look` is called at each screen with its name. */
  async enrol(link, look = async () => {}) {
    await this.page.goto(link)
    await this.at('enrol-start').waitFor()
    await look('offered')
    await this.at('enrol-start').click()
    await this.at('make-passkey').waitFor({ timeout: 30_000 })
    await look('consent')
    await this.at('make-passkey').click()
    await this.at('enrolled').waitFor({ timeout: 30_000 })
    await look('enrolled')
    await this.at('enrol-done').click()
    await this.at('home').waitFor()
  }

  /** Waits until the request is on the screen and its proof can be finished. */
  async request() {
    await this.page.locator('[data-testid=request]:is([data-readiness=prepared], [data-readiness=finished])').waitFor({ timeout: 30_000 })
  }

  /** Enters the number; the proof is finished as soon as it is complete. */
  async type(code) {
    await this.at('match-code').fill(code)
    await this.page.locator('[data-testid=request][data-readiness=finished]').waitFor()
  }

  /** Taps approve as soon as it may be tapped. */
  async approve() {
    await this.at('approve').click()
  }

  async ended(kind) {
    await this.page.locator(`[data-testid=ended][data-kind=${kind}]`).waitFor()
  }

  async close() {
    await this.at('close').click()
    await this.at('home').waitFor()
  }
}
