// The admin pages as the people of an organisation work them.

import { inspect, openPage } from './browser.mjs'

/** Opens the admin pages with a one-time invitation and registers the person's passkey. */
export async function openOffice(browser, invitation, { locale = 'ja-JP', look = async () => {} } = {}) {
  const opened = await openPage(browser, { width: 1280, height: 900, locale })
  const office = new Office(opened)
  await office.page.goto(invitation)
  await office.at('invite-button').waitFor()
  await look(office, 'invite')
  await office.at('invite-button').click()
  await office.at('office').waitFor()
  return office
}

export class Office {
  constructor({ page, context, troubles }) {
    Object.assign(this, { page, context, troubles })
  }

  at(testid) {
    return this.page.getByTestId(testid)
  }

  /** A thing inside the row of that id. */
  row(id, testid) {
    return this.page.locator(`tr[data-id="${id}"]`).getByTestId(testid)
  }

  async toggleLanguage() {
    const before = await this.page.evaluate(() => document.documentElement.lang)
    // Under a dialog no pointer reaches it.
    await this.at('lang').first().evaluate((button) => button.click())
    await this.page.waitForFunction((lang) => document.documentElement.lang !== lang, before)
  }

  inspect(name, options = {}) {
    return inspect(this.page, `admin-${name}`, () => this.toggleLanguage(), { fullPage: true, ...options })
  }

  /** The pages that this person sees. */
  pages() {
    return this.page.locator('[data-testid^=nav-]').evaluateAll((links) => links.map((link) => link.dataset.testid.slice('nav-'.length)))
  }

  /** Goes to a page by its link, and waits until what it reads is there. */
  async go(page) {
    // On a narrow screen the links are behind the menu.
    await this.at(`nav-${page}`).evaluate((link) => link.click())
    await this.page.locator(`[data-testid=office][data-page=${page}]`).waitFor()
    await this.read()
  }

  /** Waits until nothing on the page is still being read. */
  async read() {
    await this.page.waitForFunction(() => document.querySelector('[data-testid=loading]') === null)
  }

  /** Presses a dialog's button and waits until the dialog is gone. */
  async submit(dialog) {
    await this.at(dialog).getByTestId('dialog-submit').click()
    await this.at(dialog).waitFor({ state: 'detached' })
  }

  /** The secret that is shown once; its window is closed. */
  async once() {
    const value = await this.at('once-value').inputValue()
    await this.at('once-done').click()
    await this.at('once').waitFor({ state: 'detached' })
    return value
  }

  /** What the server says to this person's session. */
  json(path) {
    return this.page.evaluate(async (at) => {
      const answer = await fetch(at)
      return { status: answer.status, body: await answer.json().catch(() => null) }
    }, path)
  }

  /** A download's name and text. */
  async download(testid) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), this.at(testid).click()])
    const stream = await download.createReadStream()
    const pieces = []
    for await (const piece of stream) pieces.push(piece)
    return { name: download.suggestedFilename(), text: Buffer.concat(pieces).toString('utf8') }
  }
}
