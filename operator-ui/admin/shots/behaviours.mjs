import assert from "node:assert/strict";
import { HOSTILE, JWK, name } from "./fixtures.mjs";
import { open } from "./scenarios.mjs";

const id = (testid) => `[data-testid=${testid}]`;

async function authenticator(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
}

async function tabTo(page, testid) {
  for (let i = 0; i < 80; i += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))) === testid) return;
  }
  assert.fail(`${testid} is not reached by Tab`);
}

/** From the invitation to a role given, by keyboard alone; the dialog holds the focus and gives it back. */
async function keyboard({ page, mock, origin }) {
  mock.session = "none";
  await authenticator(page);
  await page.goto(`${origin}/admin/#invite=TOKEN`);
  await page.waitForSelector(`${id("invite-button")}:not(:disabled)`);
  assert.equal(new URL(page.url()).hash, "", "the token must leave the address");
  await tabTo(page, "invite-button");
  await page.keyboard.press("Enter");
  await page.waitForSelector(id("dashboard"));
  await tabTo(page, "nav-people");
  await page.keyboard.press("Enter");
  await page.waitForSelector(id("people-table"));
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-testid")), "page-title");
  await tabTo(page, "person-roles");
  await page.keyboard.press("Enter");
  await page.waitForSelector(id("roles-dialog"));
  await page.keyboard.press("Escape");
  await page.waitForSelector(id("roles-dialog"), { state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-testid")), "person-roles");
  await page.keyboard.press("Enter");
  await tabTo(page, "role-supervisor");
  await page.keyboard.press("Space");
  await tabTo(page, "dialog-submit");
  await page.keyboard.press("Enter");
  await page.waitForSelector(id("roles-dialog"), { state: "detached" });
  const sent = mock.sent.find((it) => it.call === "PUT /v1/orgs/midori/people/p_sato/roles");
  assert.deepEqual(sent?.body, { roles: ["operator", "supervisor"] });
}

/** The freeze needs the id typed in full; its banner then stands on every page, and is gone when it is lifted. */
async function incident({ page, mock, origin }) {
  await open({ page, origin }, "incidents", "past");
  await page.click(id("incident-new"));
  await page.waitForSelector(`select${id("incident-id")}`);
  await page.selectOption(id("incident-id"), "p_sato");
  await page.fill(id("incident-note"), "調査中");
  await page.click(id("incident-look"));
  await page.waitForSelector(id("incident-step2"));
  assert.match(await page.textContent(id("touches")), /7/);
  assert.ok(await page.isDisabled(id("incident-freeze")));
  await page.fill(id("incident-typed"), "p_sat");
  await page.keyboard.press("Enter");
  assert.ok(!mock.sent.some((it) => it.call === "POST /v1/orgs/midori/incidents"), "frozen without the id");
  await page.fill(id("incident-typed"), "p_sato");
  await page.click(id("incident-freeze"));
  await page.waitForSelector(id("incident-banner"));
  assert.deepEqual(mock.sent.find((it) => it.call === "POST /v1/orgs/midori/incidents")?.body, { target: { kind: "person", id: "p_sato" }, reason: "unauthorised-access", note: "調査中", confirm: "p_sato" });
  for (const which of ["dashboard", "policies", "recipients", "people", "review", "machines", "delegations", "issuers", "audit", "alerts", "customers", "settings"]) {
    await page.click(id(`nav-${which}`));
    await page.waitForSelector(`${id("office")}[data-page=${which}]`);
    assert.ok(await page.isVisible(id("incident-banner")), `no banner on ${which}`);
  }
  await page.click(id("nav-incidents"));
  await page.click(id("incident-end"));
  await page.fill(id("typed"), "p_sato");
  await page.click(id("dialog-submit"));
  await page.waitForSelector(id("incident-banner"), { state: "detached" });
}

/** A removed person's pages close at once, with nothing left behind; so does a lock. */
async function ended({ page, mock, origin }) {
  await open({ page, origin }, "people", "people-table");
  await page.waitForFunction(() => true);
  while (mock.streams.size === 0) await page.waitForTimeout(20);
  mock.session = "none";
  for (const stream of mock.streams) stream.end();
  await page.waitForSelector(id("login"), { timeout: 1_500 });
  assert.ok(!(await page.content()).includes("佐藤 花"), "a name is still in the page");
  mock.session = "in";
  await page.reload();
  await page.waitForSelector(id("people-table"));
  await page.click(id("lock"));
  await page.waitForSelector(id("locked"));
  assert.ok(!(await page.content()).includes("佐藤 花"), "a name is still in the page");
  assert.equal(mock.locks, 1);
  const stops = new Set();
  for (let i = 0; i < 5; i += 1) {
    stops.add(await page.evaluate(() => document.activeElement?.getAttribute("data-testid")));
    await page.keyboard.press("Tab");
  }
  assert.deepEqual([...stops].sort(), ["lang", "unlock"]);
}

/** Names that would act, in a page that runs no script of theirs and turns no text around. */
async function hostile({ page, mock, origin }) {
  const evil = name(HOSTILE, HOSTILE);
  mock.state.people[1].name = evil;
  mock.state.alerts.alerts[0].data = { note: HOSTILE };
  mock.state.audit[0].kind = HOSTILE;
  mock.state.policies[0].name = evil;
  mock.state.policies[0].versions[0].words.proves[0] = evil;
  mock.state.machines[0].name = HOSTILE;
  mock.state.delegations[0].partner_name = evil;
  mock.state.issuers[0].url = HOSTILE;
  let dialogs = 0;
  page.on("dialog", (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  for (const [which, wait] of [["people", "people-table"], ["alerts", "alert-table"], ["audit", "audit-table"], ["policies", "purpose-table"], ["machines", "machine-table"], ["delegations", "delegation-table"], ["issuers", "issuer"]]) {
    await page.goto(`${origin}/admin/`);
    await open({ page, origin }, which, wait);
    const found = await page.evaluate(() => ({ images: document.querySelectorAll("img").length, acting: /[\u202A-\u202E\u2066-\u2069\u200B]/.test(document.getElementById("app").innerHTML) }));
    assert.deepEqual(found, { images: 0, acting: false }, which);
    if (which !== "audit" && which !== "alerts") assert.match(await page.textContent("main"), /U\+202E/, which);
  }
  assert.equal(dialogs, 0);
}

/** No handle, name or note in any address, of the page or of a call. */
async function addresses({ page, mock, origin }) {
  await open({ page, origin }, "customers", "release");
  await page.fill(id("customer-handle"), "C-SECRET-7");
  await page.click(id("customer-export"));
  await page.waitForSelector(id("exported-json"));
  await page.click(id("customer-erase"));
  await page.fill(id("typed"), "C-SECRET-7");
  await page.click(id("dialog-submit"));
  await page.waitForSelector(id("done"));
  assert.deepEqual(mock.sent.find((it) => it.call.endsWith("/customers/erase"))?.body, { handle: "C-SECRET-7" });
  for (const { call, search } of mock.sent) assert.ok(!`${call}${search}`.includes("SECRET"), `${call}${search}`);
  assert.ok(!page.url().includes("SECRET"));
  assert.equal(await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }).includes("SECRET")), false);
}

/** Each right hides or shows its page and its buttons. */
async function rights({ page, mock, origin }) {
  mock.who = { who: "auditor" };
  await open({ page, origin }, "people", "people-table");
  assert.equal(await page.locator(id("nav-customers")).count(), 0);
  for (const which of ["people", "policies", "recipients", "machines", "delegations", "issuers", "incidents", "settings", "alerts", "review"]) {
    await page.click(id(`nav-${which}`));
    await page.waitForSelector(`${id("office")}[data-page=${which}]`);
    await page.waitForSelector(id("loading"), { state: "detached" });
    assert.equal(await page.locator("main .btn-primary, main .btn-danger").count(), 0, `${which} offers an auditor a change`);
  }
}

/** The filters go as milliseconds of the organisation's day, and the export asks for the same. */
async function audit({ page, mock, origin }) {
  await open({ page, origin }, "audit", "audit-table");
  await page.fill(id("audit-from"), "2026-11-20");
  await page.fill(id("audit-to"), "2026-11-20");
  await page.check(id("audit-suspicious"));
  await page.click(id("audit-search"));
  const begin = Date.parse("2026-11-20T00:00:00+09:00");
  await page.waitForFunction((href) => document.querySelector("[data-testid=export-csv]").getAttribute("href") === href, `/v1/orgs/midori/audit/export?format=csv&from=${begin}&to=${begin + 86_400_000}&suspicious=true`);
  assert.ok(mock.sent.some((it) => it.search === `?from=${begin}&to=${begin + 86_400_000}&suspicious=true&limit=50`));
  await page.click(id("audit-more"));
  await page.waitForSelector(id("audit-more"), { state: "detached" });
}

/** On a phone the header is two lines in both languages, and a long address has the page's width. */
async function narrow({ page, mock, origin }) {
  mock.who = { who: "auditor" };
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 844 });
    await open({ page, origin }, "people", "identity-provider");
    await page.waitForSelector("[data-testid=identity-provider] .facts");
    for (let turn = 0; turn < 2; turn += 1) {
      const tops = await page.locator(".top > *:visible, .top-actions > *").evaluateAll((all) => all.filter((el) => !el.matches(".top-actions")).map((el) => Math.round((el.getBoundingClientRect().top + el.getBoundingClientRect().bottom) / 2)));
      assert.ok(new Set(tops).size <= 2, `header lines at ${width}: ${tops}`);
      const values = await page.locator("[data-testid=identity-provider] .facts dd").evaluateAll((all) => all.map((el) => el.getBoundingClientRect().width));
      assert.ok(values.every((wide) => wide > width * 0.8), `values are ${values} wide of ${width}`);
      await page.click("[data-testid=lang]");
    }
  }
}

/** A key goes bare and only when it is on the curve; a private or bent one never leaves the page; the secret is shown once. */
async function recipient({ page, mock, origin }) {
  await open({ page, origin }, "recipients", "recipient-table");
  await page.click(id("recipient-new"));
  await page.fill(id("recipient-ja"), "倉庫");
  await page.fill(id("recipient-en"), "Warehouse");
  await page.fill(id("recipient-url"), "https://warehouse.example/in");
  const bent = { ...JWK, y: `A${JWK.y.slice(1)}` };
  for (const bad of [{ ...JWK, d: "secret" }, bent, { ...JWK, crv: "P-384" }]) {
    await page.fill(id("recipient-key"), JSON.stringify(bad));
    await page.waitForSelector(`${id("recipient-key")}[aria-invalid=true]`);
    assert.ok(await page.isDisabled(id("dialog-submit")));
  }
  await page.setInputFiles(id("recipient-file"), { name: "key.jwk", mimeType: "application/json", buffer: Buffer.from(JSON.stringify({ ...JWK, kid: "1", use: "enc" })) });
  await page.waitForSelector(`${id("recipient-thumbprint")} code`);
  assert.equal(await page.textContent(`${id("recipient-thumbprint")} code`), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
  await page.click(id("dialog-submit"));
  await page.waitForSelector(id("once-value"));
  const posts = mock.sent.filter((it) => it.call === "POST /v1/orgs/midori/recipients");
  assert.deepEqual(posts.map((it) => it.body), [{ name: { ja: "倉庫", en: "Warehouse" }, key: JWK, url: "https://warehouse.example/in" }]);
  await page.click(id("once-done"));
  assert.ok(!(await page.content()).includes("whsec_"), "the secret stays in the page");
  assert.equal(await page.locator(`${id("recipient-table")} tbody tr`).count(), 3);
}

/** Settings go whole and as the server reads them: one part's form changes its part and keeps the rest. */
async function settingsParts({ page, mock, origin }) {
  await open({ page, origin }, "settings", "fallbacks-balance");
  const was = structuredClone(mock.state.org.settings);
  await page.fill(id("numbers-list"), "03-9999-0000\n050-1111-2222");
  await page.click(id("numbers-save"));
  await page.waitForSelector(id("done"));
  await page.waitForSelector(id("fallbacks-balance"));
  await page.check(id("fallback-balance-callback"));
  await page.uncheck(id("fallback-address-change-supervisors"));
  await page.waitForSelector(id("done"), { state: "detached" });
  await page.click(id("fallbacks-save"));
  await page.waitForSelector(id("done"));
  await page.waitForSelector(`${id("fallback-balance-callback")}:checked`);
  await page.fill(id("baseline"), "90");
  await page.click(id("settings-save"));
  await page.waitForSelector(id("done"));
  const sent = mock.sent.filter((it) => it.call === "PUT /v1/orgs/midori/settings").map((it) => it.body);
  assert.equal(sent.length, 3);
  const numbers = { outbound_numbers: ["03-9999-0000", "050-1111-2222"] };
  assert.deepEqual(sent[0].settings, { ...was, ...numbers });
  assert.deepEqual(sent[1].settings.fallbacks, [{ purpose: "address-change", methods: ["callback"] }, { purpose: "balance", methods: ["callback"] }]);
  assert.deepEqual(sent[2].settings, { ...was, ...numbers, fallbacks: sent[1].settings.fallbacks, baseline_s: 90 });
}

export const behaviours = { keyboard, incident, ended, hostile, addresses, rights, audit, narrow, recipient, settingsParts };
