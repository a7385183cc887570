// The admin pages against the real server: every page as it looks, then an organisation's work from the first
// invitation to an incident, with a call in between.

import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { launch } from '../support/browser.mjs'
import { openConsole } from '../support/console.mjs'
import { openOffice } from '../support/office.mjs'
import { openPhone } from '../support/phone.mjs'
import { ANNA, startStack } from '../support/stack.mjs'

const HUNDRED_DAYS = 100 * 86_400_000
const OWNER = ['dashboard', 'policies', 'recipients', 'people', 'review', 'machines', 'delegations', 'issuers', 'audit', 'alerts', 'customers', 'incidents', 'settings']
const SECURITY = OWNER

let stack, browser, owner, hara, ueda, desk, partner, anna, newcomer, passed
const found = []
const look = async (who, name, options = { brief: true }) => void found.push(...(await who.inspect(name, options)))

/** How long after a deed the gate is on a page, milliseconds. */
async function outAfter(who, deed) {
  const gone = who.at('login').waitFor().then(() => performance.now())
  const done = await deed()
  return (await gone) - done
}

describe('the admin pages', { timeout: 300_000 }, () => {
  before(async () => {
    stack = await startStack()
    browser = await launch()
  })

  after(async () => {
    await browser?.close()
    await stack?.stop()
  })

  it('an owner and two security people register passkeys with one-time links', async () => {
    owner = await openOffice(browser, await stack.invite('mori'), { look: (who, name) => look(who, name) })
    hara = await openOffice(browser, await stack.invite('hara'))
    ueda = await openOffice(browser, await stack.invite('ueda'), { locale: 'en-GB' })
    assert.deepEqual(await owner.pages(), OWNER)
    assert.deepEqual(await hara.pages(), SECURITY)
  })

  it('the owner invites an operator, who registers and is on the console', async () => {
    await owner.go('people')
    await owner.at('invite').click()
    for (const [field, text] of [['name-ja', '清水 葵'], ['name-en', 'Aoi Shimizu'], ['label-ja', '清水(みどり銀行)'], ['label-en', 'Shimizu (Midori Bank)']]) await owner.at(field).fill(text)
    await look(owner, 'invite-dialog')
    await owner.at('invite-dialog').getByTestId('dialog-submit').click()
    const link = await owner.once()
    desk = await openConsole(browser, link)
    await owner.go('people')
    newcomer = await owner.page.locator('tr', { hasText: '清水 葵' }).getAttribute('data-id')
  })

  it('and gives them a second role', async () => {
    await owner.row(newcomer, 'person-roles').click()
    await owner.at('role-supervisor').check()
    await owner.submit('roles-dialog')
    const { body } = await owner.json('/v1/orgs/midori/people')
    assert.deepEqual(body.people.find((person) => person.id === newcomer).roles.map((held) => held.role).sort(), ['operator', 'supervisor'])
  })

  it('a policy is drafted in plain words, tried, and published by a second person', async () => {
    await hara.go('policies')
    await hara.at('policy-new').click()
    for (const [field, text] of [['policy-id', 'kanto-adult'], ['policy-ja', '関東の成人'], ['policy-en', 'Adults in Kanto']]) await hara.at(field).fill(text)
    await hara.at('ask-age').check()
    await hara.at('value-age').fill('20')
    await hara.at('region-8').check()
    await hara.at('dry-run-devices').waitFor()
    assert.match(await hara.at('preview-ja').textContent(), /20歳以上/)
    assert.match(await hara.at('preview-en').textContent(), /20/)
    await look(hara, 'policy-editor')
    await hara.at('save-draft').click()
    await hara.at('done').waitFor()
    const draft = (who) => who.page.locator('[data-testid=policy][data-id=kanto-adult] [data-testid=version][data-status=draft]')
    assert.ok(await draft(hara).getByTestId('publish').isDisabled(), 'the author does not publish')
    await ueda.go('policies')
    await draft(ueda).getByTestId('publish').click()
    await ueda.at('confirm').getByTestId('dry-run-devices').waitFor()
    await look(ueda, 'policy-publish')
    await ueda.submit('confirm')
    await ueda.page.locator('[data-testid=policy][data-id=kanto-adult] [data-testid=version][data-status=published]').waitFor()
  })

  it('a purpose asks for it', async () => {
    await hara.go('policies')
    await hara.at('purpose-new').click()
    for (const [field, text] of [['purpose-code', 'seminar'], ['purpose-ja', 'セミナーのお申し込み'], ['purpose-en', 'Seminar booking']]) await hara.at(field).fill(text)
    await hara.at('purpose-policy').selectOption('kanto-adult')
    await hara.submit('purpose-dialog')
    await hara.page.locator('tr[data-id=seminar]').waitFor()
  })

  it('the owner lets a partner work for the new purpose', async () => {
    await owner.go('delegations')
    await owner.at('delegation-new').click()
    await owner.at('delegation-partner').fill('hikari')
    await owner.at('delegate-seminar').check()
    await owner.submit('delegation-dialog')
    partner = await openConsole(browser, await stack.invite('ito'))
    await partner.at('purpose-seminar').waitFor()
  })

  it('an API key is shown once and works', async () => {
    await owner.go('machines')
    await owner.at('machine-new').click()
    for (const [field, text] of [['machine-name', 'IVR'], ['machine-ja', '自動音声'], ['machine-en', 'Automatic voice'], ['machine-days', '30']]) await owner.at(field).fill(text)
    await owner.at('scope-audit:read').check()
    await owner.at('machine-dialog').getByTestId('dialog-submit').click()
    await owner.at('once').waitFor()
    await look(owner, 'key-once')
    const key = await owner.once()
    assert.match(key, /^hk_/)
    assert.ok(!(await owner.page.content()).includes(key), 'the key is gone from the page')
    const asked = (path) => fetch(`${stack.origin}${path}`, { headers: { authorization: `Bearer ${key}` } })
    assert.equal((await asked('/v1/orgs/midori/audit?limit=1')).status, 200)
    assert.equal((await asked('/v1/orgs/midori/people')).status, 404, 'not in its scopes')
  })

  it('the data keys are rotated while everything runs', async () => {
    await hara.go('issuers')
    const versions = async () => (await hara.json('/v1/orgs/midori/keys')).body.keys.filter((key) => key.kind === 'data').map((key) => key.version)
    const before = Math.max(...(await versions()))
    await hara.at('rotate').click()
    await hara.submit('confirm')
    await hara.at('done').waitFor()
    assert.equal(Math.max(...(await versions())), before + 1)
  })

  it('the new operator calls for the new purpose, and the customer passes', async () => {
    anna = await openPhone(browser)
    await anna.enrol(await stack.offer(ANNA))
    // The console learnt of the purpose when it was opened: an operator who comes later sees it too.
    await desk.page.reload()
    await desk.at('start-form').waitFor()
    const { id, code } = await desk.start(ANNA, 'seminar')
    passed = id
    await anna.request()
    await anna.type(code)
    await anna.approve()
    await desk.kind('verified')
    await anna.ended('verified')
    await anna.close()
  })

  it('the audit log shows the call to its filters and exports it', async () => {
    await ueda.go('audit')
    await ueda.page.locator(`[data-testid=audit-person] option[value=${newcomer}]`).waitFor({ state: 'attached' })
    await ueda.at('audit-verification').fill(passed)
    await ueda.at('audit-search').click()
    const kinds = () => ueda.at('audit-table').locator('tbody th').allTextContents()
    await ueda.page.waitForFunction(() => document.querySelectorAll('[data-testid=audit-table] tbody tr').length < 10)
    assert.ok((await kinds()).includes('verification.passed'), String(await kinds()))
    const csv = await ueda.download('export-csv')
    assert.equal(csv.name, 'audit.csv')
    const lines = csv.text.trim().split('\r\n')
    assert.equal(lines[0], 'index,at,time,kind,person,verification,flags,data')
    assert.ok(lines.length > 2 && lines.slice(1).every((line) => line.includes(passed)), csv.text)
    assert.equal((await ueda.download('export-jsonl')).name, 'audit.jsonl')
    assert.equal((await ueda.download('export-bundle')).name, 'audit-bundle.jsonl')
    await ueda.at('audit-verification').fill('')
    await ueda.at('audit-person').selectOption(newcomer)
    await ueda.at('audit-kind').fill('verification.created')
    await ueda.at('audit-search').click()
    await ueda.page.waitForFunction(() => document.querySelectorAll('[data-testid=audit-table] tbody tr').length === 1)
    await look(ueda, 'audit-found')
    for (const text of [ANNA, '高橋']) assert.ok(!csv.text.includes(text), 'no handle and no name in an export')
  })

  it('the dashboard counts it', async () => {
    await owner.go('dashboard')
    const { body } = await owner.json('/v1/orgs/midori/dashboard?days=30')
    assert.equal(body.outcomes.at(-1).passed, 1)
    assert.equal(body.start_to_verdict.count, 1)
    assert.equal(body.devices, 1)
    assert.equal(body.saved.baseline_s, 75)
  })

  it('every page is sound in both languages, light and dark, on a desk and on a phone', async () => {
    const seen = [[owner, ['dashboard', 'people', 'review', 'machines', 'delegations', 'settings']], [hara, ['policies', 'recipients', 'issuers', 'audit', 'alerts', 'customers', 'incidents']]]
    assert.deepEqual(seen.flatMap(([, pages]) => pages).sort(), [...SECURITY].sort(), 'none is left out')
    await Promise.all(seen.map(async ([who, pages]) => {
      for (const [width, height, size] of [[390, 844, 'phone'], [1280, 900, 'desk']]) {
        await who.page.setViewportSize({ width, height })
        for (const page of pages) {
          await who.go(page)
          await look(who, `${page}-${size}`, { brief: size === 'phone' })
        }
      }
    }))
  })

  it('an incident stops the partner at once, and ends', async () => {
    const { id } = await partner.start(ANNA, 'seminar')
    await hara.go('incidents')
    await hara.at('incident-new').click()
    await hara.at('target-partner').check()
    await hara.at('incident-id').selectOption('hikari')
    await hara.at('incident-reason').selectOption('insider')
    await hara.at('incident-note').fill('席を離れた端末から操作された疑い')
    await hara.at('incident-look').click()
    await hara.at('touches').waitFor()
    assert.match(await hara.at('touches').textContent(), /1/)
    await look(hara, 'incident-preview')
    await hara.at('incident-typed').fill('hikari')
    await hara.at('incident-freeze').click()
    await hara.at('incident').waitFor()
    await hara.at('incident-banner').waitFor()
    await look(hara, 'incident-running')
    const { body } = await hara.json(`/v1/orgs/midori/audit?verification=${id}`)
    assert.ok(body.events.some((event) => event.kind === 'verification.cancelled'), JSON.stringify(body))
    assert.equal((await hara.download('incident-report')).name, 'incident.json')
    await hara.at('incident-end').click()
    await hara.at('typed').fill('hikari')
    await hara.submit('confirm')
    await hara.at('past').locator('tbody tr').first().waitFor()
    assert.equal(await hara.at('incident-banner').count(), 0)
  })

  it('a person who has not come for a hundred days is removed in one action', async () => {
    await stack.sql(`UPDATE people SET created_at = created_at - ${HUNDRED_DAYS} WHERE id = 'sato'; UPDATE roles SET granted_at = granted_at - ${HUNDRED_DAYS} WHERE person = 'sato';`)
    await owner.go('review')
    await look(owner, 'review-dormant')
    await owner.at('dormant').locator('input[type=checkbox]').check()
    await owner.at('review-remove').click()
    await owner.submit('confirm')
    const { body } = await owner.json('/v1/orgs/midori/people')
    assert.equal(body.people.find((person) => person.id === 'sato')?.status ?? 'removed', 'removed')
  })

  it('a removed person is out of the console within a second', async () => {
    await owner.go('people')
    await desk.at('desk').waitFor()
    await owner.row(newcomer, 'person-remove').click()
    const took = await outAfter(desk, async () => {
      await owner.at('confirm').getByTestId('dialog-submit').click()
      return performance.now()
    })
    assert.ok(took < 1_000, `${took} ms`)
  })

  it('every screen met the accessibility rules', () => {
    assert.deepEqual(found, [])
  })

  it('no page had an error or broke its content policy', () => {
    for (const who of [owner, hara, ueda, desk, partner, anna]) assert.deepEqual(who.troubles, [])
  })
})
