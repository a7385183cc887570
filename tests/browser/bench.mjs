// From the tap on approve to the green badge, and the prover's own times, in real Chromium.
// Usage: node bench.mjs OUT.json

import { writeFile } from 'node:fs/promises'
import { launch } from './support/browser.mjs'
import { openConsole } from './support/console.mjs'
import { openPhone } from './support/phone.mjs'
import { ANNA, BEN, startStack } from './support/stack.mjs'
import { median, noise, quantile, round } from './support/stats.mjs'

const CALLS = 21
const out = process.argv[2]

const durations = (phone, name) => phone.page.evaluate((entry) => performance.getEntriesByName(entry, 'measure').map((measure) => measure.duration), name)
/** When a mark was made, on the clock that all pages share. */
const marked = (who, name, id) =>
  who.page.evaluate(([entry, verification]) => {
    const mark = performance.getEntriesByName(entry, 'mark').findLast((one) => one.detail?.verification === verification)
    return mark ? performance.timeOrigin + mark.startTime : null
  }, [name, id])

const stack = await startStack()
const browser = await launch()
try {
  const desk = await openConsole(browser, stack.invitation)
  const phones = []
  for (const handle of [ANNA, BEN]) {
    const phone = await openPhone(browser)
    await phone.enrol(await stack.offer(handle))
    phones.push(phone)
  }
  const [phone] = phones
  // Every policy is prepared in the background after enrolment.
  for (const one of phones) await one.page.locator('[data-testid=company][data-prepared=ready]').waitFor({ timeout: 120_000 })
  const taps = []
  for (let i = 0; i < CALLS + 2; i++) {
    const { id, code } = await desk.start(ANNA, 'address-change')
    await phone.request()
    await phone.type(code)
    await phone.approve()
    await desk.kind('verified')
    await phone.ended('verified')
    await desk.page.waitForFunction((v) => performance.getEntriesByName('honnin:badge-green').some((mark) => mark.detail?.verification === v), id)
    const [tap, green] = [await marked(phone, 'honnin:approve-tap', id), await marked(desk, 'honnin:badge-green', id)]
    if (tap === null || green === null) throw new Error(`call ${i}: no mark`)
    // The first two warm the code up.
    if (i >= 2) taps.push(green - tap)
    await phone.close()
  }
  const prepare = (await Promise.all(phones.map((one) => durations(one, 'honnin:prepare')))).flat()
  const finish = await durations(phone, 'honnin:finish')
  if (prepare.length < 11 || finish.length < 11) throw new Error(`too few runs: ${prepare.length} prepared, ${finish.length} finished`)
  const summary = {
    wasm: { prepare_ms: round(median(prepare)), finish_ms: round(median(finish)), prepare_runs: prepare.length, finish_runs: finish.length },
    approve_to_badge_ms: { median: round(median(taps)), p95: round(quantile(taps, 0.95)), runs: taps.length },
    noise: { wasm_prepare: noise(prepare), wasm_finish: noise(finish), approve_to_badge: noise(taps) },
  }
  await writeFile(out, JSON.stringify(summary, null, 2))
} finally {
  await browser.close()
  await stack.stop()
}
