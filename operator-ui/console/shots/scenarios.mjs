import { announced, calls, earlier, kinds, listed, prospects, weaker } from "./fixtures.mjs";

const open = async (page, origin, hash = "") => {
  await page.goto(`${origin}/console/${hash}`);
};

/** The desk with earlier calls and one call on screen. */
const call = (kind) => async ({ page, mock, origin }) => {
  const now = Date.now();
  const shown = kinds[kind](now);
  mock.calls = [shown, ...earlier(now)];
  await open(page, origin);
  await page.click(`[data-testid=queue-row][data-id="${shown.id}"]`);
  await page.waitForSelector(`[data-testid=badge][data-kind=${kind}]`);
  await page.waitForSelector("[data-testid=link][data-link=live]");
};

/** The desk with one session of any kind on screen. */
const session = (made, prepare = () => undefined) => async (it) => {
  const { page, mock, origin } = it;
  const shown = made(Date.now());
  mock.who = { all: true };
  mock.calls = [shown, ...earlier(Date.now())];
  await open(page, origin);
  await page.click(`[data-testid=queue-row][data-id="${shown.id}"]`);
  await page.waitForSelector(`[data-testid=call][data-id="${shown.id}"]`);
  await page.waitForSelector("[data-testid=link][data-link=live]");
  await prepare(it);
};

/** A supervisor's desk with weaker checks that wait; the first of `pick` is on screen. */
const decide = (wait, pick, then = async () => undefined) => async (it) => {
  const { page, mock, origin } = it;
  mock.who = { supervisor: true };
  mock.fallbacks = wait.map((name) => listed[name](Date.now()));
  mock.calls = earlier(Date.now());
  await open(page, origin);
  await page.waitForSelector("[data-testid=link][data-link=live]");
  await page.waitForSelector("[data-testid=deciding-row]");
  if (pick !== null) await page.click(`[data-testid=deciding-row][data-id=${pick}]`);
  await then(it);
};
const click = (...ids) => async ({ page }) => {
  for (const testid of ids) await page.click(`[data-testid=${testid}]`);
};

/** The same for announced calls, payments and orders, with another call still to come. */
const announcedCall = (name) => async ({ page, mock, origin }) => {
  const now = Date.now();
  const shown = calls[name](now);
  mock.who = { all: true };
  mock.calls = [shown, announced(now, "announced", { from: 5_400_000, handle: "C-70031", alone: { id: "c_9" } }), ...earlier(now)];
  await open(page, origin);
  await page.click(`[data-testid=queue-row][data-id="${shown.id}"]`);
  await page.waitForSelector(`[data-testid=call][data-id="${shown.id}"]`);
  await page.waitForSelector("[data-testid=link][data-link=live]");
};

/** A form of the desk, filled. */
const form = (kind, ...steps) => async (it) => {
  it.mock.who = { all: true };
  await desk(it);
  await it.page.click(`[data-testid=mode-${kind}]`);
  await it.page.waitForSelector(`[data-testid=start-form][data-kind=${kind}]`);
  for (const [how, testid, text] of steps) await it.page.locator(`[data-testid=${testid}]`)[how](...(text === undefined ? [] : [text]));
};

const desk = async ({ page, mock, origin }) => {
  mock.calls = earlier(Date.now());
  await open(page, origin);
  await page.waitForSelector("[data-testid=start-form]");
  await page.waitForSelector("[data-testid=link][data-link=live]");
};

/** A page whose clock runs ahead: what waits for silence or idleness need not be waited for. */
const ahead = (kind, ms, pinging = false) => async ({ page, mock, origin }) => {
  await page.clock.install();
  await call(kind)({ page, mock, origin });
  mock.pinging = pinging;
  await page.clock.fastForward(ms);
};

export const scenarios = {
  login: async ({ page, mock, origin }) => {
    mock.session = "none";
    await open(page, origin);
    await page.waitForSelector("[data-testid=login]");
  },
  "login-company": async ({ page, mock, origin }) => {
    mock.session = "none";
    await open(page, origin);
    await page.click("[data-testid=company-open]");
    await page.fill("[data-testid=company-id]", "midori-bank");
    await page.click("[data-testid=company-button]");
    await page.waitForSelector("[data-testid=error][data-code=company-unknown]");
  },
  offline: async ({ page, mock, origin }) => {
    await page.route("**/v1/**", (route) => route.abort());
    await open(page, origin);
    await page.waitForSelector("[data-testid=retry]");
    mock.down = false;
  },
  invite: async ({ page, mock, origin }) => {
    mock.session = "none";
    await open(page, origin, "#invite=TOKEN");
    await page.waitForSelector("[data-testid=invite-button]");
  },
  "invite-company": async ({ page, mock, origin }) => {
    mock.session = "none";
    mock.provider = true;
    await open(page, origin, "#invite=TOKEN");
    await page.waitForSelector("[data-testid=invite-company]");
  },
  "invite-spent": async ({ page, mock, origin }) => {
    mock.session = "none";
    mock.invitation = "spent";
    await open(page, origin, "#invite=TOKEN");
    await page.waitForSelector("[data-testid=error][data-code=invitation-spent]");
  },
  empty: async ({ page, origin }) => {
    await open(page, origin);
    await page.waitForSelector("[data-testid=start-form]");
  },
  start: desk,
  "start-partner": async (it) => {
    it.mock.who = { companies: 2, supervisor: true };
    await desk(it);
    await it.page.selectOption("[data-testid=company]", "aoba");
    await it.page.waitForSelector("[data-testid=purpose-claim]:checked");
    it.mock.say("alert", { id: "a_1", kind: "burst" });
    await it.page.waitForSelector("[data-testid=alert-mark]");
  },
  "start-frozen": async (it) => {
    it.mock.who = { frozen: true };
    await open(it.page, it.origin);
    await it.page.waitForSelector("[data-testid=start-closed]");
    await it.page.waitForSelector("[data-testid=link][data-link=live]");
  },
  "start-hint": async (it) => {
    await desk(it);
    await it.page.fill("[data-testid=handle]", "090-1234-5678");
    await it.page.waitForSelector("[data-testid=handle-hint][data-hint=number]");
  },
  "start-refused": async (it) => {
    await desk(it);
    it.mock.refuseStart = "looks-like-personal-data";
    await it.page.fill("[data-testid=handle]", "佐藤花子");
    await it.page.click("[data-testid=start]");
    await it.page.waitForSelector("[data-testid=handle-error]");
  },
  ...Object.fromEntries(Object.keys(kinds).map((kind) => [kind, call(kind)])),
  ...Object.fromEntries(Object.keys(calls).map((name) => [`call-${name}`, announcedCall(name)])),
  "start-call": form("call", ["fill", "handle", "C-20481"], ["fill", "window-0", "2030-01-07T15:00"], ["click", "window-add"], ["fill", "window-1", "2030-01-07T17:00"]),
  "start-call-wrong": form("call", ["fill", "handle", "C-20481"], ["fill", "window-0", "2020-01-07T15:00"], ["click", "start"], ["waitFor", "window-error"]),
  "start-payment": form("payment", ["fill", "handle", "C-20481"], ["fill", "payee", "△△株式会社"], ["fill", "amount", "48,000"], ["fill", "instrument", "みどりカード"], ["fill", "order", "A-2210"]),
  "start-payment-wrong": form("payment", ["fill", "handle", "C-20481"], ["fill", "amount", "1.5"], ["click", "start"], ["waitFor", "amount-error"]),
  ...Object.fromEntries(Object.entries(weaker).map(([name, made]) => [name, session(made)])),
  ...Object.fromEntries(Object.entries(prospects).map(([name, made]) => [name, session(made)])),
  "weaker-form": session(kinds.timeout, click("weaker-reason-lost", "weaker-method-supervisors")),
  "weaker-missing": session(kinds.unreachable, click("weaker-start")),
  "weaker-none": session((now) => ({ ...kinds.timeout(now), purpose: { code: "balance", ja: "残高照会", en: "Balance enquiry" } })),
  "decide-queue": decide(["fresh", "second"], null),
  decide: decide(["fresh", "second"], "f_8"),
  "decide-given": decide(["fresh", "second"], "f_7", async (it) => {
    await click("decide-approve")(it);
    await it.page.waitForSelector("[data-testid=decide-given]");
  }),
  "decide-over": decide(["fresh", "second"], "f_8", async (it) => {
    await click("decide-refuse")(it);
    await it.page.waitForSelector("[data-testid=decide][data-open=false]");
  }),
  "lost-form": async (it) => {
    await desk(it);
    await click("mode-lost")(it);
    await it.page.fill("[data-testid=handle]", "C-20481");
    await click("lost-stolen")(it);
  },
  "lost-sure": async (it) => {
    await scenarios["lost-form"](it);
    await click("lost-next")(it);
    await it.page.waitForSelector("[data-testid=lost-sure]");
  },
  "lost-done": async (it) => {
    await scenarios["lost-sure"](it);
    await click("lost-stop")(it);
    await it.page.waitForSelector("[data-testid=lost-done]");
  },
  "lost-none": async (it) => {
    it.mock.phones = 0;
    await scenarios["lost-done"](it);
  },
  "start-eligibility": form("eligibility"),
  invited: async (it) => {
    await scenarios["start-eligibility"](it);
    await click("start")(it);
    await it.page.waitForSelector("[data-testid=invitation-qr]");
  },
  "invited-gone": async (it) => {
    await scenarios.invited(it);
    await it.page.reload();
    await it.page.click("[data-testid=queue-row]");
    await it.page.waitForSelector("[data-testid=invitation-gone]");
    await it.page.waitForSelector("[data-testid=link][data-link=live]");
  },
  "start-order": form("order", ["fill", "handle", "C-20481"], ["fill", "order", "A-2210"]),
  stale: async (it) => {
    await ahead("opened", 6_000)(it);
    await it.page.waitForSelector("[data-testid=stale-bar]");
  },
  "lock-warning": async (it) => {
    await ahead("verified", 275_000, true)(it);
    await it.page.waitForSelector("[data-testid=lock-warning]");
    await it.page.waitForSelector("[data-testid=link][data-link=live]");
  },
  locked: async (it) => {
    await call("opened")(it);
    await it.page.click("[data-testid=lock]");
    await it.page.waitForSelector("[data-testid=locked]");
  },
  "locked-idle": async (it) => {
    await ahead("opened", 301_000)(it);
    await it.page.waitForSelector("[data-testid=locked]");
  },
};
