// Debian's Chromium with a passkey authenticator a page, screenshots, and a record of everything that went wrong.

import { mkdirSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { chromium } from 'playwright-core'
import { ROOT } from './stack.mjs'

const SHOTS = join(ROOT, 'target/shots')
mkdirSync(SHOTS, { recursive: true })

export const launch = () =>
  chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })

/** A page in a context of its own, with a platform authenticator that verifies its user without asking. `prf`: one that has the PRF extension. */
export async function openPage(browser, { width, height, mobile = false, locale = 'ja-JP', prf = false }) {
  const context = await browser.newContext({
    viewport: { width, height }, locale, timezoneId: 'Asia/Tokyo', reducedMotion: 'no-preference',
    ...(mobile ? { hasTouch: true, isMobile: true, deviceScaleFactor: 2 } : {}),
  })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const cdp = await context.newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true, ...(prf ? { ctap2Version: 'ctap2_1', hasPrf: true } : {}) },
  })
  const troubles = []
  page.on('pageerror', (error) => troubles.push(`page error: ${error}`))
  page.on('console', (message) => {
    if (!['error', 'warning'].includes(message.type())) return
    const { url } = message.location()
    // A refusal by our own interface is part of some tests; the page shows it, and the test looks there.
    if (/status of 4\d\d/.test(message.text()) && new URL(url, 'http://x').pathname.startsWith('/v1/')) return
    // The server verifies ES256 alone; Chromium would rather see RS256 offered too.
    if (message.text().includes('pubKeyCredParams is missing at least one of the default algorithm')) return
    troubles.push(`console ${message.type()}: ${message.text()} (${url})`)
  })
  await page.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`))
  })
  return { page, context, troubles }
}

const axeSource = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

/** Violations of WCAG 2.2 AA on the page as it is, in words. */
export async function axe(page) {
  await page.evaluate(`if (!window.axe) { ${axeSource} }`)
  const violations = await page.evaluate(async () => {
    // A finished animation, not a colour half way, is what people read.
    await Promise.all(document.getAnimations().map((animation) => animation.finished.catch(() => {})))
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']
    const result = await window.axe.run(document, { runOnly: { type: 'tag', values: tags } })
    return result.violations.map((v) => `${v.id}: ${v.nodes.map((node) => `${node.target} ${node.failureSummary}`).join(' | ')}`)
  })
  return violations
}

export const shot = (page, name, options = {}) => page.screenshot({ path: join(SHOTS, `${name}.png`), animations: 'disabled', ...options })

/**
 * Screenshots and axe in both languages, light and dark; the page ends as it began. Returns all violations. `brief`: the
 * first language light and the other dark, for a screen whose colours and words are looked at elsewhere too.
 */
export async function inspect(page, name, toggleLanguage, { brief = false, ...options } = {}) {
  const found = []
  for (const first of [true, false]) {
    for (const colorScheme of brief ? [first ? 'light' : 'dark'] : ['light', 'dark']) {
      await page.emulateMedia({ colorScheme })
      const lang = await page.evaluate(() => document.documentElement.lang)
      await shot(page, `${name}-${lang}-${colorScheme}`, options)
      for (const violation of await axe(page)) found.push(`${name} ${lang} ${colorScheme}: ${violation}`)
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      if (wide > 0) found.push(`${name} ${lang}: ${wide} px wider than the screen`)
    }
    await page.emulateMedia({ colorScheme: 'light' })
    if (toggleLanguage) await toggleLanguage()
    else if (first) break
  }
  return found
}

/** One picture of several screens side by side, for the README. */
export async function sideBySide(browser, pages, name) {
  const images = await Promise.all(pages.map((page) => page.screenshot({ animations: 'disabled' })))
  const context = await browser.newContext({ viewport: { width: 1600, height: 760 } })
  const page = await context.newPage()
  const html = images.map((png) => `<img src="data:image/png;base64,${png.toString('base64')}">`).join('')
  await page.setContent(`<style>body{margin:0;padding:20px;display:flex;gap:20px;height:720px;background:#e9e6dd}img{height:100%;border:1px solid #7a7f86;border-radius:12px}</style>${html}`)
  await page.waitForFunction(() => [...document.images].every((image) => image.complete))
  const box = await page.evaluate(() => Math.ceil([...document.images].at(-1).getBoundingClientRect().right) + 20)
  await page.setViewportSize({ width: box, height: 760 })
  await page.screenshot({ path: join(SHOTS, `${name}.png`) })
  await context.close()
}
