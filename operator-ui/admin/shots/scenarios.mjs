import { HOSTILE, JWK, name, runningIncident } from "./fixtures.mjs";

const id = (testid) => `[data-testid=${testid}]`;

/** Opens a page of the administration and waits for what it shows. */
export const open = async ({ page, origin }, which, wait) => {
  await page.goto(`${origin}/admin/#/${which}`);
  await page.waitForSelector(`${id("office")}[data-page=${which}]`);
  if (wait !== undefined) await page.waitForSelector(id(wait));
};

const on = (which, wait, ...steps) => async (it) => {
  await open(it, which, wait);
  for (const step of steps) await step(it);
};
const click = (testid, wait, nth = 0) => async ({ page }) => {
  await page.locator(id(testid)).nth(nth).click();
  if (wait !== undefined) await page.waitForSelector(id(wait));
};
const type = (testid, text) => ({ page }) => page.fill(id(testid), text);
const tick = (testid) => ({ page }) => page.locator(id(testid)).check();
const select = (testid, value) => ({ page }) => page.selectOption(id(testid), value);
const set = (run) => (it) => void run(it.mock);

/** Sets the mock before the page opens. */
const with_ = (run, scenario) => async (it) => {
  run(it.mock);
  await scenario(it);
};

export const scenarios = {
  login: with_((mock) => (mock.session = "none"), async ({ page, origin }) => {
    await page.goto(`${origin}/admin/`);
    await page.waitForSelector(id("login"));
  }),
  "login-company": with_((mock) => (mock.session = "none"), async ({ page, origin }) => {
    await page.goto(`${origin}/admin/`);
    await page.click(id("company-open"));
    await page.fill(id("company-id"), "midori-bank");
    await page.waitForSelector(`${id("company-button")}:not(:disabled)`);
  }),
  "people-provider": on("people", "people-table", click("idp-edit", "idp-dialog")),
  "invite-spent": with_((mock) => Object.assign(mock, { session: "none", invitation: "spent" }), async ({ page, origin }) => {
    await page.goto(`${origin}/admin/#invite=TOKEN`);
    await page.waitForSelector(`${id("error")}[data-code=invitation-spent]`);
  }),
  dashboard: on("dashboard", "time-chart"),
  "dashboard-table": on("dashboard", "time-chart", select("period", "7"), click("outcomes-table-open", "outcomes-table")),
  "dashboard-empty": with_((mock) => {
    const full = mock.state.dashboard;
    mock.state.dashboard = () => ({ ...full(0), outcomes: [], start_to_verdict: { count: 0, median_ms: null, p95_ms: null, by_day: [] }, saved: { baseline_s: 75, minutes: 0 }, refusals: 0, reports: 0, open: 0, people_online: 1 });
  }, on("dashboard", "dashboard")),
  policies: on("policies", "purpose-table"),
  "policy-compare": on("policies", "purpose-table", click("compare", "changes")),
  "policy-publish": on("policies", "purpose-table", click("publish", "changes")),
  "policy-editor": on("policies", "purpose-table", click("policy-new", "editor"), type("policy-id", "kanto-20"), type("policy-ja", "関東・20歳以上"), type("policy-en", "Kanto, 20 or older"), tick("ask-age"), tick("method-1"), tick("method-2"), tick("region-8"), ({ page }) => page.waitForSelector(`${id("preview-ja")} li:nth-child(4)`), ({ page }) => page.waitForSelector(id("dry-run"))),
  "policy-prospects": on("policies", "purpose-table", click("policy-new", "editor"), type("policy-id", "adult"), type("policy-ja", "口座開設の条件"), type("policy-en", "Opening an account"), tick("for-prospects"), tick("ask-age"), ({ page }) => page.waitForSelector(id("dry-run"))),
  "policy-wrong": on("policies", "purpose-table", click("policy-new", "editor"), tick("ask-age"), type("value-age", "二十"), click("save-draft"), ({ page }) => page.waitForSelector("[aria-invalid=true]")),
  "policy-purpose": on("policies", "purpose-table", click("purpose-edit", "purpose-dialog")),
  "policy-purpose-eligibility": on("policies", "purpose-table", click("purpose-edit", "purpose-dialog", 4)),
  people: on("people", "people-table"),
  "people-roles": on("people", "people-table", click("person-roles", "roles-dialog")),
  "people-invite": on("people", "people-table", click("invite", "invite-dialog")),
  "people-link": on("people", "people-table", click("person-invite", "once-value")),
  "people-remove": on("people", "people-table", click("person-remove", "confirm")),
  "people-matrix": on("people", "people-table", ({ page }) => page.click(`${id("matrix")} summary`)),
  "people-hostile": with_((mock) => {
    mock.state.people[1].name = name(HOSTILE, HOSTILE);
  }, on("people", "people-table")),
  review: on("review", "dormant", ({ page }) => page.locator(`${id("dormant")} input`).first().check()),
  machines: on("machines", "machine-table"),
  "machine-new": on("machines", "machine-table", click("machine-new", "machine-dialog"), tick("kind-client"), type("machine-jwks", "{}")),
  "machine-key": on("machines", "machine-table", click("machine-new", "machine-dialog"), type("machine-name", "chatbot"), type("machine-ja", "チャット"), type("machine-en", "Chat"), click("dialog-submit", "once-value")),
  delegations: on("delegations", "delegation-table"),
  "delegation-new": on("delegations", "delegation-table", click("delegation-new", "delegation-dialog"), ({ page }) => page.waitForSelector(id("delegate-balance"))),
  "delegations-partner": with_((mock) => (mock.who = { who: "partner" }), on("delegations", "delegation-table")),
  issuers: on("issuers", "vkey"),
  "issuer-eligibility": on("issuers", "vkey", click("issuer-new", "issuer-dialog"), type("issuer-root", JSON.stringify(JWK)), tick("serves-eligibility"), type("issuer-certifies", "aozora")),
  "announcement-rotate": on("issuers", "announcement-table", click("announcement-rotate", "confirm")),
  "announcement-rotated": on("issuers", "announcement-table", click("announcement-rotate", "confirm"), click("dialog-submit", "done")),
  recipients: on("recipients", "recipient-table"),
  "recipients-none": with_((mock) => (mock.state.recipients = []), on("recipients", "recipients", ({ page }) => page.waitForSelector(".empty"))),
  "recipient-new": on("recipients", "recipient-table", click("recipient-new", "recipient-dialog"), type("recipient-ja", "ひかり決済"), type("recipient-en", "Hikari Pay"), type("recipient-url", "https://pay.hikari.example/honnin"), type("recipient-key", JSON.stringify(JWK)), ({ page }) => page.waitForSelector(`${id("recipient-thumbprint")} code`)),
  "recipient-wrong": on("recipients", "recipient-table", click("recipient-new", "recipient-dialog"), type("recipient-url", "http://pay.hikari.example"), type("recipient-key", JSON.stringify({ ...JWK, d: "secret" })), ({ page }) => page.waitForSelector(`${id("recipient-key")}[aria-invalid=true]`)),
  "recipient-secret": on("recipients", "recipient-table", click("recipient-new", "recipient-dialog"), type("recipient-ja", "ひかり決済"), type("recipient-en", "Hikari Pay"), type("recipient-url", "https://pay.hikari.example/honnin"), type("recipient-key", JSON.stringify(JWK)), ({ page }) => page.waitForSelector(`${id("dialog-submit")}:not(:disabled)`), click("dialog-submit", "once-value")),
  "recipient-remove": on("recipients", "recipient-table", click("recipient-remove", "confirm")),
  "issuer-revoke": on("issuers", "vkey", click("revoke", "confirm"), type("typed", "c0ffee")),
  "issuer-new": on("issuers", "vkey", click("issuer-new", "issuer-dialog"), type("issuer-root", '{"kty":"EC","d":"x"}')),
  audit: on("audit", "audit-table"),
  "audit-details": on("audit", "audit-table", ({ page }) => page.locator(`${id("audit-table")} summary`).nth(1).click(), click("checkpoint-show", "checkpoint")),
  "audit-empty": with_((mock) => (mock.state.audit = []), on("audit", "audit-results", ({ page }) => page.waitForSelector(".empty"))),
  alerts: on("alerts", "alert-table"),
  "alert-secret": on("alerts", "alert-table", click("webhook-edit", "webhook-dialog"), type("webhook-url", "https://soc.midori.example/new"), click("dialog-submit", "once-value")),
  customers: on("customers", "release"),
  "customers-supervisor": with_((mock) => (mock.who = { who: "supervisor" }), on("customers", "found")),
  "found-ask": on("customers", "release", type("found-handle", "C-20481"), click("found-button", "confirm")),
  "found-done": on("customers", "release", type("found-handle", "C-20481"), click("found-button", "confirm"), click("dialog-submit", "done")),
  "customer-export": on("customers", "release", type("customer-handle", "C-20481"), click("customer-export", "exported-json")),
  "customer-erase": on("customers", "release", type("customer-handle", "C-20481"), click("customer-erase", "confirm"), type("typed", "C-2048")),
  "customer-refused": with_((mock) => (mock.refuse["POST /v1/orgs/midori/customers/export"] = [422, "looks-like-personal-data"]), on("customers", "release", type("customer-handle", "佐藤花子"), click("customer-export", "error"))),
  incidents: on("incidents", "past"),
  "incident-step1": on("incidents", "past", click("incident-new", "incident-step1"), ({ page }) => page.waitForSelector(`select${id("incident-id")}`)),
  "incident-step2": on("incidents", "past", click("incident-new", "incident-step1"), ({ page }) => page.waitForSelector(`select${id("incident-id")}`), select("incident-id", "p_sato"), click("incident-look", "incident-step2"), type("incident-typed", "p_sa")),
  "incident-running": with_((mock) => mock.state.incidents.unshift(runningIncident(Date.now())), on("incidents", "incident", ({ page }) => page.waitForSelector(id("incident-banner")))),
  "incident-overdue": with_((mock) => {
    const now = Date.now();
    mock.state.incidents.unshift(runningIncident(now, { preliminary_from: now - 3e8, preliminary_by: now - 1e8, final_by: now + 3e7 }));
    mock.who = { frozen: true };
  }, on("settings", "settings-form", ({ page }) => page.waitForSelector(id("incident-banner")), ({ page }) => page.evaluate(() => (location.hash = "#/incidents")), ({ page }) => page.waitForSelector(id("incident")))),
  settings: on("settings", "settings-form", ({ page }) => page.waitForSelector(`select${id("enrolment")}`), ({ page }) => page.waitForSelector(id("fallbacks-balance"))),
  "settings-numbers-wrong": on("settings", "fallbacks-balance", type("numbers-list", "03-1234-5678\n佐藤")),
  "settings-changed": on("settings", "settings-form", set((mock) => (mock.state.org.revision += 1)), type("baseline", "90"), click("settings-save", "settings-reload")),
  "settings-auditor": with_((mock) => (mock.who = { who: "auditor" }), on("settings", "settings-form", ({ page }) => page.waitForSelector(`select${id("enrolment")}`))),
  "unknown-error": with_((mock) => (mock.refuse["GET /v1/orgs/midori/people"] = [418, "teapot-overheated"]), on("people", "error")),
  nothing: with_((mock) => (mock.who = { who: "operator" }), async ({ page, origin }) => {
    await page.goto(`${origin}/admin/`);
    await page.waitForSelector(id("nothing"));
  }),
  "lock-warning": async (it) => {
    await it.page.clock.install();
    await open(it, "machines", "machine-table");
    await it.page.clock.fastForward(275_000);
    await it.page.waitForSelector(id("lock-warning"));
  },
  locked: on("people", "people-table", click("lock", "locked")),
};

/** States whose layout depends on the width, pictured on a phone and on a wide screen too. */
export const wide = ["dashboard", "policies", "policy-editor", "people", "people-roles", "audit", "alerts", "incident-running", "incident-step2", "settings", "machines", "issuers", "recipients", "recipient-new", "review", "customers", "delegations", "login", "settings-auditor"];
