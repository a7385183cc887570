import assert from "node:assert/strict";
import { earlier, kinds, listed } from "./fixtures.mjs";

async function authenticator(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("WebAuthn.enable");
  await cdp.send("WebAuthn.addVirtualAuthenticator", {
    options: { protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
}

/** From the invitation to the green badge, by keyboard alone. */
async function wholeCall({ page, mock, origin }) {
  mock.session = "none";
  await authenticator(page);
  await page.goto(`${origin}/console/#invite=TOKEN`);
  await page.waitForSelector("[data-testid=invite-button]:not(:disabled)");
  assert.equal(new URL(page.url()).hash, "", "the token must leave the address");
  await tabTo(page, "invite-button");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-testid=start-form]");
  await page.waitForSelector("[data-testid=link][data-link=live]");
  await page.keyboard.type("C-20481");
  await page.keyboard.press("Enter");
  await page.waitForSelector("[data-testid=badge][data-kind=sent]");
  const [made] = mock.calls;
  assert.equal(await page.textContent("[data-testid=match-code]"), "47");
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("data-testid")), "call-title");
  mock.push({ ...made, state: "opened", delivered_at: made.created_at + 200, opened_at: Date.now() });
  await page.waitForSelector("[data-testid=badge][data-kind=opened]");
  const decided = Date.now();
  mock.push({ ...made, state: "passed", match_code: null, delivered_at: made.created_at + 200, opened_at: decided - 1, decided_at: decided, valid_until: decided + 600_000, approve_ms: 8 });
  await page.waitForSelector("[data-testid=badge][data-kind=verified]");
  await page.waitForSelector("[data-testid=approve-to-display]");
  const marks = await page.evaluate(() => performance.getEntriesByName("honnin:badge-green").map((m) => ({ detail: m.detail, at: performance.timeOrigin + m.startTime })));
  assert.equal(marks.length, 1);
  assert.equal(marks[0].detail.verification, made.id);
  assert.ok(marks[0].at >= decided && marks[0].at - decided < 1_000, `painted after ${marks[0].at - decided} ms`);
  assert.equal(await page.locator("[data-testid=match-code]").count(), 0);
  assert.match(await page.textContent("[data-testid=say-status]"), /確認済み/);
  // A late, older view takes nothing back.
  mock.push({ ...made, state: "opened" });
  mock.push({ ...made, id: "v_marker", handle: "C-MARK" });
  await page.waitForSelector("[data-testid=queue-row][data-id=v_marker]");
  assert.equal(await page.getAttribute("[data-testid=badge]", "data-kind"), "verified");
}

async function tabTo(page, testid) {
  for (let i = 0; i < 40; i += 1) {
    await page.keyboard.press("Tab");
    if ((await page.evaluate(() => document.activeElement?.getAttribute("data-testid"))) === testid) return;
  }
  assert.fail(`${testid} is not reached by Tab`);
}

/** The lock leaves nothing of the customer, holds the focus, tells the server, and gives the call back. */
async function lockAndUnlock({ page, mock, origin }) {
  await authenticator(page);
  mock.session = "none";
  await page.goto(`${origin}/console/#invite=TOKEN`);
  await page.click("[data-testid=invite-button]:not(:disabled)");
  await page.waitForSelector("[data-testid=start-form]");
  const shown = kinds.opened(Date.now());
  for (const view of [...earlier(Date.now()), shown]) mock.push(view);
  await page.click(`[data-testid=queue-row][data-id="${shown.id}"]`);
  await page.waitForSelector("[data-testid=badge]");
  await page.click("[data-testid=lock]");
  await page.waitForSelector("[data-testid=locked]");
  const html = await page.content();
  for (const secret of [shown.handle, shown.reference, "C-11873", "住所変更", ">47<"]) assert.ok(!html.includes(secret), `${secret} still in the page`);
  const stops = new Set();
  for (let i = 0; i < 7; i += 1) {
    stops.add(await page.evaluate(() => document.activeElement?.getAttribute("data-testid")));
    await page.keyboard.press(i < 4 ? "Tab" : "Shift+Tab");
  }
  assert.deepEqual([...stops].sort(), ["lang", "unlock"]);
  await page.waitForFunction(() => true);
  assert.equal(mock.locks, 1);
  assert.equal(mock.streams.size, 0, "the stream stays open behind the lock");
  await page.click("[data-testid=unlock]");
  await page.waitForSelector(`[data-testid=call][data-id="${shown.id}"]`);
}

/** A lock from the server's side, a lost session and a lost line each show as what they are. */
async function serverSide({ page, mock, origin }) {
  mock.calls = [kinds.opened(Date.now())];
  await page.goto(`${origin}/console/`);
  await page.click("[data-testid=queue-row]");
  mock.session = "locked";
  await page.click("[data-testid=cancel]");
  await page.waitForSelector("[data-testid=locked]");
  assert.equal(mock.locks, 0);
  mock.session = "locked";
  await page.reload();
  await page.waitForSelector("[data-testid=locked]");
  mock.session = "desk";
  await page.reload();
  await page.waitForSelector("[data-testid=desk]");
  await page.waitForSelector("[data-testid=link][data-link=live]");
  mock.session = "none";
  for (const stream of mock.streams) stream.end();
  // At once: well before the browser would try the stream again by itself.
  await page.waitForSelector("[data-testid=login]", { timeout: 1_500 });
}

/** Events missed while the line was down are made up for. */
async function resume({ page, mock, origin }) {
  const shown = kinds.opened(Date.now());
  mock.calls = [shown];
  await page.goto(`${origin}/console/`);
  await page.click("[data-testid=queue-row]");
  await page.waitForSelector("[data-testid=link][data-link=live]");
  mock.calls = [{ ...shown, state: "denied", match_code: null, decided_at: Date.now() }];
  for (const stream of mock.streams) stream.end();
  await page.waitForSelector("[data-testid=badge][data-kind=denied]", { timeout: 15_000 });
  assert.match(await page.textContent("[data-testid=say-alert]"), /拒否/);
}

/** Resend asks again with the same words, cancel ends, the language switches in place. */
async function actions({ page, mock, origin }) {
  mock.calls = [kinds.timeout(Date.now())];
  await page.goto(`${origin}/console/`);
  await page.click("[data-testid=queue-row]");
  await page.click("[data-testid=resend]");
  await page.waitForSelector("[data-testid=badge][data-kind=sent]");
  assert.equal(mock.calls.length, 2);
  assert.equal(mock.calls[0].handle, mock.calls[1].handle);
  await page.click("[data-testid=lang]");
  assert.equal(await page.textContent("[data-testid=badge-word]"), "Awaiting customer");
  assert.equal(await page.getAttribute("html", "lang"), "en");
  await page.click("[data-testid=cancel]");
  await page.waitForSelector("[data-testid=badge][data-kind=cancelled]");
  await page.reload();
  assert.equal(await page.getAttribute("html", "lang"), "en");
}

/** A partner's operator: the company decides the purposes, the purpose decides the policy; repeated views say nothing new. */
async function partner({ page, mock, origin }) {
  mock.who = { companies: 2 };
  await page.goto(`${origin}/console/`);
  await page.waitForSelector("[data-testid=link][data-link=live]");
  await page.selectOption("[data-testid=company]", "aoba");
  await page.fill("[data-testid=handle]", "K-7");
  await page.click("[data-testid=start]");
  await page.waitForSelector("[data-testid=badge][data-kind=sent]");
  assert.equal(mock.calls[0].purpose.code, "claim");
  assert.equal(mock.calls[0].policy.id, "high");
  const said = await page.textContent("[data-testid=say-status]");
  assert.match(said, /K-7/);
  await page.evaluate(() => {
    globalThis.spoken = "";
    new MutationObserver((list) => {
      for (const record of list) for (const node of record.addedNodes) globalThis.spoken += node.textContent;
    }).observe(document.querySelector("[data-testid=say-status]"), { subtree: true, childList: true });
  });
  mock.say("verification", mock.calls[0]);
  mock.say("verification", mock.calls[0]);
  mock.push({ ...mock.calls[0], id: "v_marker", handle: "K-8" });
  await page.waitForSelector("[data-testid=queue-row][data-id=v_marker]");
  await page.waitForFunction(() => globalThis.spoken.includes("K-8"));
  assert.equal(await page.locator("[data-testid=queue-row]").count(), 2);
  assert.ok(!(await page.evaluate(() => globalThis.spoken)).includes("K-7"), "a repeated view was read out again");
}

/** Nobody hears a countdown: over seconds of waiting the live regions stay as they were. */
async function quiet({ page, mock, origin }) {
  await page.clock.install();
  mock.calls = [kinds.opened(Date.now())];
  await page.goto(`${origin}/console/`);
  await page.click("[data-testid=queue-row]");
  await page.waitForSelector("[data-testid=link][data-link=live]");
  const wait = await page.textContent("[data-testid=wait]");
  await page.evaluate(() => {
    globalThis.spoken = 0;
    const watch = new MutationObserver((list) => (globalThis.spoken += list.length));
    for (const region of document.querySelectorAll("[role=status], [role=alert]")) watch.observe(region, { subtree: true, childList: true, characterData: true });
  });
  await page.clock.runFor(4_000);
  assert.notEqual(await page.textContent("[data-testid=wait]"), wait, "the countdown did not move");
  assert.equal(await page.evaluate(() => globalThis.spoken), 0);
}

/** From the notice to the end of the call: green before anybody dials, the pair in sight, each move told to the server. */
async function announcedWhole({ page, mock, origin }) {
  mock.who = { all: true };
  await page.goto(`${origin}/console/`);
  await page.waitForSelector("[data-testid=link][data-link=live]");
  await page.click("[data-testid=mode-call]");
  await page.fill("[data-testid=handle]", "C-20481");
  await page.selectOption("[data-testid=number]", "03-1234-5678");
  // Half an hour from now, by the form's own proposal.
  await page.click("[data-testid=start]");
  await page.waitForSelector("[data-testid=badge][data-kind=announced]");
  const [made] = mock.calls;
  assert.equal(made.call.number, "03-1234-5678");
  assert.equal(await page.locator("[data-testid=upcoming] [data-testid=queue-row]").count(), 1);
  assert.equal(await page.locator("[data-testid^=move-]").count(), 0, "nobody dials before the time");
  const due = { ...made, state: "passed", decided_at: Date.now(), valid_until: Date.now() + 3_600_000, call: { ...made.call, state: "confirmed", from: Date.now() - 1_000, until: Date.now() + 1_800_000, words: { ja: ["あさがお", "みなと"], en: ["lantern", "harbour"] } } };
  mock.push(due);
  await page.waitForSelector("[data-testid=badge][data-kind=confirmed][data-shape=closed]");
  assert.match(await page.textContent("[data-testid=badge-word]"), /発信前に確認済み/);
  assert.equal(await page.textContent("[data-testid=pair-words]"), "あさがお・みなと");
  assert.match(await page.textContent("[data-testid=script]"), /あさがお・みなと/);
  for (const [to, kind] of [["ringing", "ringing"], ["talking", "talking"], ["ended", "ended"]]) {
    await page.click(`[data-testid=move-${to}]`);
    await page.waitForSelector(`[data-testid=badge][data-kind=${kind}]`);
  }
  assert.deepEqual(mock.sent.filter((it) => it.call.endsWith("/state")).map((it) => it.body), [{ state: "ringing" }, { state: "talking" }, { state: "ended" }]);
  assert.equal(await page.locator("[data-testid=upcoming]").count(), 0, "what is over stands in the day's queue");
  assert.equal(await page.locator("[data-testid=pair-words]").count(), 0);
}

/** A payment goes as exact minor units; what comes back is approved or not, and never what it is paid with. */
async function paymentWhole({ page, mock, origin }) {
  mock.who = { all: true };
  await page.goto(`${origin}/console/`);
  await page.waitForSelector("[data-testid=link][data-link=live]");
  await page.click("[data-testid=mode-payment]");
  await page.fill("[data-testid=handle]", "C-20481");
  await page.fill("[data-testid=payee]", "△△株式会社");
  assert.equal(await page.locator("[data-testid=currency]").count(), 0, "a limit is in yen: no other currency is offered");
  await page.fill("[data-testid=amount]", "12.5");
  await page.fill("[data-testid=instrument]", "みどりカード");
  await page.fill("[data-testid=order]", "A-2210");
  await page.click("[data-testid=start]");
  await page.waitForSelector("[data-testid=amount-error]");
  assert.equal(mock.sent.filter((it) => it.call === "POST /v1/payments").length, 0);
  await page.fill("[data-testid=amount]", "48,000");
  await page.click("[data-testid=start]");
  await page.waitForSelector("[data-testid=badge][data-kind=sent]");
  assert.equal(mock.sent.find((it) => it.call === "POST /v1/payments").body.amount, 48_000);
  assert.equal(mock.sent.find((it) => it.call === "POST /v1/payments").body.currency, "JPY");
  assert.equal(await page.textContent("[data-testid=amount]"), "48,000円");
  const [made] = mock.calls;
  mock.push({ ...made, state: "failed", detail: "unprovable", match_code: null, decided_at: Date.now() });
  await page.waitForSelector("[data-testid=badge][data-kind=declined]");
  assert.equal(await page.locator("[data-testid=resend]").count(), 0);
}

/** On a small desk's screen the button is there without scrolling, in either language. */
async function withinScreen({ page, mock, origin }) {
  mock.who = { all: true };
  for (const width of [1280, 1440, 1920]) {
    await page.setViewportSize({ width, height: 800 });
    await page.goto(`${origin}/console/`);
    await page.waitForSelector("[data-testid=link][data-link=live]");
    for (const kind of ["payment", "order", "verification"]) {
      await page.click(`[data-testid=mode-${kind}]`);
      await page.waitForSelector(`[data-testid=start-form][data-kind=${kind}]`);
      for (let turn = 0; turn < 2; turn += 1) {
        const box = await page.locator("[data-testid=start]").boundingBox();
        assert.ok(box.y + box.height <= 800, `${kind} at ${width}: the button ends at ${Math.round(box.y + box.height)}`);
        await page.click("[data-testid=lang]");
      }
    }
  }
}

/** The green seal's shape and word are nowhere on a screen that shows a weaker check. */
async function weakerNeverGreen(page) {
  assert.equal(await page.getAttribute("[data-testid=badge]", "data-tone"), "weaker");
  assert.equal(await page.locator("main .seal-closed, main .tone-verified").count(), 0);
  assert.doesNotMatch(await page.textContent("[data-testid=badge-word]"), /^確認済み/);
  assert.equal(await page.getAttribute("[data-testid=customer-panel]", "data-open"), "false");
}

/** Nobody answered: a weaker check is asked for, waits, is approved twice, and is never green; another node's late view takes nothing back. */
async function fallbackWhole({ page, mock, origin }) {
  mock.calls = [kinds.timeout(Date.now())];
  await page.goto(`${origin}/console/`);
  await page.waitForSelector("[data-testid=link][data-link=live]");
  await page.click("[data-testid=queue-row]");
  await page.click("[data-testid=weaker-start]");
  await page.waitForSelector("[data-testid=weaker-missing]");
  assert.equal(mock.sent.filter((it) => it.call.endsWith("/fallback")).length, 0);
  await page.click("[data-testid=weaker-reason-dead]");
  await page.click("[data-testid=weaker-method-supervisors]");
  await page.click("[data-testid=weaker-start]");
  await page.waitForSelector("[data-testid=badge][data-kind=weaker-waiting][data-shape=diamond]");
  assert.deepEqual(mock.sent.find((it) => it.call.endsWith("/fallback")).body, { method: "supervisors", reason: "dead" });
  assert.equal(await page.locator("[data-testid=weaker-form]").count(), 0, "one at a time");
  await weakerNeverGreen(page);
  assert.match(await page.textContent("[data-testid=say-status]"), /弱い確認/);
  const [made] = mock.calls;
  const by = (person) => ({ person, label: { ja: person, en: person }, at: Date.now() });
  mock.push({ ...made, fallback: { ...made.fallback, approvals: [by("p_1")] } });
  await page.waitForSelector("[data-testid=approvals][data-count='1']");
  mock.push({ ...made, fallback: { ...made.fallback, approvals: [by("p_1"), by("p_2")], state: "accepted", decided_at: Date.now() } });
  await page.waitForSelector("[data-testid=badge][data-kind=weaker-accepted][data-shape=half]");
  await weakerNeverGreen(page);
  assert.match(await page.textContent("[data-testid=step-result]"), /時間切れ/, "the session's own end stands");
  assert.equal(await page.evaluate(() => performance.getEntriesByName("honnin:badge-green").length), 0);
  mock.say("verification", { ...made, fallback: { ...made.fallback, approvals: [] } });
  mock.push({ ...made, id: "v_marker", handle: "C-MARK" });
  await page.waitForSelector("[data-testid=queue-row][data-id=v_marker]");
  assert.equal(await page.getAttribute("[data-testid=badge]", "data-kind"), "weaker-accepted");
}

/** A refused, reported or failed session offers no weaker way. */
async function fallbackNever({ page, mock, origin }) {
  const all = ["denied", "reported", "unprovable", "number", "invalid", "verified", "lapsed", "opened"];
  mock.calls = all.map((kind) => kinds[kind](Date.now()));
  await page.goto(`${origin}/console/`);
  for (const kind of all) {
    await page.click(`[data-testid=queue-row][data-kind=${kind}]`);
    await page.waitForSelector(`[data-testid=call][data-kind=${kind}]`);
    assert.equal(await page.locator("[data-testid=weaker]").count(), 0, kind);
  }
}

/** A supervisor hears of it at once, and refuses as easily as approves. */
async function supervisorDecides({ page, mock, origin }) {
  mock.who = { supervisor: true };
  await page.goto(`${origin}/console/`);
  await page.waitForSelector("[data-testid=link][data-link=live]");
  mock.fallbacks = [listed.fresh(Date.now()), listed.second(Date.now()), listed.given(Date.now())];
  await page.waitForSelector("[data-testid=deciding-row]", { timeout: 8_000 });
  assert.match(await page.textContent("[data-testid=say-alert]"), /弱い確認が、あなたの判断を待っています/);
  assert.equal(await page.locator("[data-testid=deciding-row]").count(), 2, "what this person approved waits for others");
  await page.click("[data-testid=deciding-row][data-id=f_7]");
  for (const width of [1440, 390]) {
    await page.setViewportSize({ width, height: 900 });
    const [no, yes] = await Promise.all(["decide-refuse", "decide-approve"].map((it) => page.locator(`[data-testid=${it}]`).boundingBox()));
    assert.ok(Math.abs(no.width - yes.width) <= 1 && Math.abs(no.height - yes.height) <= 1, `${JSON.stringify(no)} ${JSON.stringify(yes)}`);
  }
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), "H1");
  await page.click("[data-testid=decide-approve]");
  await page.waitForSelector("[data-testid=decide-given]");
  await page.click("[data-testid=deciding-row][data-id=f_8]");
  await page.click("[data-testid=decide-refuse]");
  await page.waitForSelector("[data-testid=decide][data-open=false]");
  assert.deepEqual(mock.sent.filter((it) => it.call.startsWith("POST /v1/fallbacks/")).map((it) => it.call), ["POST /v1/fallbacks/f_7/approve", "POST /v1/fallbacks/f_8/refuse"]);
  await page.click("[data-testid=lock]");
  await page.waitForSelector("[data-testid=locked]");
  assert.ok(!(await page.content()).includes("C-33007"));
}

/** From a call's screen to stopped phones: nothing happens before what follows was read. */
async function lostWhole({ page, mock, origin }) {
  mock.calls = [kinds.unreachable(Date.now())];
  await page.goto(`${origin}/console/`);
  await page.click("[data-testid=queue-row]");
  await page.click("[data-testid=weaker-lost]");
  await page.waitForSelector("[data-testid=lost-form]");
  assert.equal(await page.inputValue("[data-testid=handle]"), "C-20481");
  await page.click("[data-testid=lost-next]");
  await page.waitForSelector("[data-testid=lost-missing]");
  await page.click("[data-testid=lost-stolen]");
  await page.click("[data-testid=lost-next]");
  await page.waitForSelector("[data-testid=lost-sure]");
  assert.equal(mock.sent.filter((it) => it.call === "POST /v1/customers/lost").length, 0);
  const [back, stop] = await Promise.all(["lost-back", "lost-stop"].map((it) => page.locator(`[data-testid=${it}]`).boundingBox()));
  assert.ok(Math.abs(back.width - stop.width) <= 1 && Math.abs(back.height - stop.height) <= 1);
  mock.refuse["POST /v1/customers/lost"] = [429, "too-many-requests"];
  await page.click("[data-testid=lost-stop]");
  await page.waitForSelector("[data-testid=error][data-code=too-many-requests]");
  mock.refuse = {};
  await page.click("[data-testid=lost-stop]");
  await page.waitForSelector("[data-testid=lost-done][data-phones='2']");
  assert.deepEqual(mock.sent.filter((it) => it.call === "POST /v1/customers/lost").at(-1).body, { tenant: "midori", handle: "C-20481", reason: "stolen" });
}

/** No handle is asked for or shown; the invitation stands on this screen alone, and the verdict is the ordinary one. */
async function eligibilityWhole({ page, mock, origin }) {
  mock.who = { all: true };
  await page.context().grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${origin}/console/`);
  await page.waitForSelector("[data-testid=link][data-link=live]");
  await page.click("[data-testid=mode-eligibility]");
  assert.equal(await page.locator("[data-testid=handle]").count(), 0);
  await page.selectOption("[data-testid=minutes]", "60");
  await page.click("[data-testid=start]");
  await page.waitForSelector("[data-testid=badge][data-kind=invited]");
  assert.deepEqual(mock.sent.find((it) => it.call === "POST /v1/eligibility").body, { tenant: "midori", purpose: "open-account", minutes: 60 });
  const link = await page.inputValue("[data-testid=invitation-link]");
  await page.click("[data-testid=invitation-copy]");
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), link);
  assert.ok((await page.locator("[data-testid=invitation-qr] path").getAttribute("d")).length > 500);
  assert.match(await page.textContent("[data-testid=call-title]"), /お申し込みの方/);
  assert.match(await page.textContent("[data-testid=say-status]"), /お申し込みの方/);
  const [made] = mock.calls;
  mock.push({ ...made, state: "opened", delivered_at: Date.now(), opened_at: Date.now() });
  await page.waitForSelector("[data-testid=badge][data-kind=opened]");
  assert.equal(await page.locator("[data-testid=invitation]").count(), 0, "a used invitation is not shown");
  mock.push({ ...made, state: "passed", delivered_at: Date.now(), opened_at: Date.now(), decided_at: Date.now(), valid_until: Date.now() + 600_000 });
  await page.waitForSelector("[data-testid=badge][data-kind=verified][data-shape=closed]");
  await page.click("[data-testid=lock]");
  await page.waitForSelector("[data-testid=locked]");
  assert.ok(!(await page.content()).includes(link), "the link is still in the page");
}

export const behaviours = { wholeCall, lockAndUnlock, serverSide, resume, actions, partner, quiet, announcedWhole, paymentWhole, withinScreen, fallbackWhole, fallbackNever, supervisorDecides, lostWhole, eligibilityWhole };
