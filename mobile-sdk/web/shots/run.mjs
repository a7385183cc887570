// Pictures and an axe run of every state: `npm run shots [-- name-part]`. Fails on a violation, on sideways scrolling,
// on unequal answers, on small targets, or when the number or an answer needs a scroll. Pictures go to target/shots/phone.
import { mkdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { chromium } from 'playwright-core'
import { createServer } from 'vite'

const out = new URL('../../../target/shots/phone/', import.meta.url).pathname
mkdirSync(out, { recursive: true })
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const only = process.argv[2] ?? ''

const server = await createServer({
  root: new URL('..', import.meta.url).pathname, server: { port: 0, host: '127.0.0.1' }, logLevel: 'error', appType: 'mpa',
})
await server.listen()
const base = `${server.resolvedUrls.local[0]}shots/index.html`
const browser = await chromium.launch({
  executablePath: '/usr/bin/chromium',
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
})

const SIZES = [['390x844', 390, 844], ['360x640', 360, 640], ['320x640', 320, 640]]
const problems = []
/** What is tapped before a state's picture: what opens only then. */
const TAPS = {
  'settings-phones': ['phones-open', 'phone-name'],
  'settings-phone-remove': ['phones-open', 'phone-remove'],
  'home-phone-remove': ['phone-not-mine'],
}
const open = async (page, name, lang) => {
  await page.goto(`${base}?state=${name}&lang=${lang}`)
  await page.locator('.screen').waitFor()
  // Pages whose code is fetched when they are opened.
  if (/^(?:backup|invited)/.test(name)) await page.locator('[data-testid=backup], [data-testid=restore], [data-testid=invited]').waitFor()
  for (const id of TAPS[name] ?? []) await page.locator(`[data-testid=${id}]`).nth(id === 'phone-name' ? 1 : 0).click()
}

async function look(page, label, withAxe) {
  const found = !withAxe ? [] : await page.evaluate(async () => {
    const r = await globalThis.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
    return r.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`)
  })
  for (const v of found) problems.push(`${label} axe ${v}`)
  const layout = await page.evaluate(() => {
    const bad = []
    if (document.documentElement.scrollWidth > innerWidth) bad.push(`scrolls sideways: ${document.documentElement.scrollWidth} of ${innerWidth}`)
    const [a, b] = [...document.querySelectorAll('footer .answer, .forged .pair .btn')].map((el) => el.getBoundingClientRect())
    if (a && b && (Math.abs(a.width - b.width) > 1 || Math.abs(a.height - b.height) > 1)) bad.push('the two answers differ in size')
    for (const el of document.querySelectorAll('button, a, .digits input, .offer-entry input')) {
      const r = el.getBoundingClientRect()
      if (r.height < 44 || r.width < 44) bad.push(`small target ${el.dataset.testid ?? el.textContent}: ${Math.round(r.width)}x${Math.round(r.height)}`)
    }
    // The reader may have to scroll through what is asked, never to the number or the answers.
    for (const selector of ['.foot .digits', '.foot .keys', '.foot .answer', '.foot .report', '.foot .say-digits']) {
      for (const el of document.querySelectorAll(selector)) {
        const r = el.getBoundingClientRect()
        if (r.top < 0 || r.bottom > innerHeight) bad.push(`${selector} needs a scroll: ${Math.round(r.top)} to ${Math.round(r.bottom)}`)
      }
    }
    // The payee, the amount and the times of a call are read whole, or not agreed to.
    for (const el of document.querySelectorAll('[data-testid=payee], [data-testid=amount], .sentence, [data-testid=call-window], [data-testid=call-number], .answer-main, .say-digits')) {
      if (el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).display !== 'inline') bad.push(`${el.dataset.testid ?? el.className} is clipped`)
      const r = el.getBoundingClientRect()
      if (r.left < -1 || r.right > innerWidth + 1) bad.push(`${el.dataset.testid ?? el.className} leaves the screen`)
    }
    // A button's Japanese words are never parted: a line begins with a word, and not with a particle or an ending.
    const words = new Intl.Segmenter('ja', { granularity: 'word' })
    for (const el of document.querySelectorAll('.btn')) {
      const text = el.textContent
      if (document.documentElement.lang !== 'ja' || text.trim() === '') continue
      const starts = new Set([...words.segment(text)].map((s) => s.index))
      const walker = document.createTreeWalker(el, NodeFilter.SHOW_TEXT)
      let at = 0
      let line = null
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
        for (let i = 0; i < node.data.length; i++, at++) {
          const range = document.createRange()
          range.setStart(node, i)
          range.setEnd(node, i + 1)
          const r = range.getBoundingClientRect()
          const block = node.parentElement.closest('.answer-main, .answer-sub, .btn')
          const same = line !== null && line.block === block
          if (same && r.top > line.top + 4 && (!starts.has(at) || /[\p{Script=Hiragana}ー]/u.test(text[at]) && /[^\p{P} ]/u.test(text[at - 1]) && !/^(?:この|その|すべ|もう|あと)/u.test(text.slice(at)))) bad.push(`「${text.slice(0, at)}|${text.slice(at)}」 breaks inside a word`)
          line = { block, top: r.height > 0 ? r.top : line?.top ?? r.top }
        }
      }
    }
    const focused = document.activeElement?.getAttribute('data-testid')
    if (focused === 'approve' || focused === 'refuse') bad.push(`${focused} is focused first`)
    return bad
  })
  for (const b of layout) problems.push(`${label} ${b}`)
}

try {
  for (const scheme of ['light', 'dark']) {
    for (const lang of ['ja', 'en']) {
      for (const [size, width, height] of SIZES) {
        const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce', deviceScaleFactor: 2, locale: lang === 'ja' ? 'ja-JP' : 'en-GB', timezoneId: 'Asia/Tokyo' })
        await context.addInitScript(axe)
        const page = await context.newPage()
        page.on('pageerror', (e) => problems.push(`${size} ${e.message}`))
        await page.goto(base)
        const names = JSON.parse(await page.locator('#root').textContent()).filter((n) => n.includes(only))
        for (const name of names) {
          await open(page, name, lang)
          await page.screenshot({ path: `${out}${name}-${lang}-${scheme}-${size}.png`, fullPage: true })
          // Colours do not depend on the size, targets do not depend on the colours.
          await look(page, `${name} ${lang} ${scheme} ${size}`, size === '390x844' || (scheme === 'light' && size === '320x640'))
        }
        if (size === '320x640' && scheme === 'light') {
          for (const name of names) {
            await open(page, name, lang)
            await page.evaluate(() => { document.documentElement.style.fontSize = '200%' })
            await page.setViewportSize({ width: 390, height: 844 })
            const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
            if (wide > 0) problems.push(`${name} ${lang} 200% text scrolls sideways by ${wide}`)
            const clipped = await page.evaluate(() => [...document.querySelectorAll('[data-testid=payee], [data-testid=amount], .sentence, [data-testid=call-window], [data-testid=call-number], .answer-main, .say-digits')]
              .filter((el) => el.getBoundingClientRect().right > innerWidth + 1 || el.scrollWidth > el.clientWidth + 1 && getComputedStyle(el).display !== 'inline').map((el) => el.dataset.testid ?? el.className))
            for (const what of clipped) problems.push(`${name} ${lang} 200% text clips ${what}`)
            await page.screenshot({ path: `${out}${name}-${lang}-200.png` })
          }
        }
        await context.close()
      }
    }
  }
} finally {
  await browser.close()
  await server.close()
}
for (const p of [...new Set(problems)]) console.log(p)
console.log(`${problems.length} problems`)
process.exit(problems.length > 0 ? 1 : 0)
