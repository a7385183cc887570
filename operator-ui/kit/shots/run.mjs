import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { axe, overflow, pseudo } from "./checks.mjs";

const LOCALE = { ja: "ja-JP", en: "en-GB" };
/** A browser that says nothing for so long (ms) has hung: a finding, not a wait without end. */
const PATIENCE = 60_000;

const within = async (work) => {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`the browser said nothing for ${PATIENCE / 1000} s`)), PATIENCE);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/**
 * Pictures of every state of an application, in both languages, light and dark, into target/shots/<name>; axe and
 * overflow checks on each, and its behaviours that need a browser. Exits 1 on any finding. Needs a build in dist/.
 * `from` is the caller's import.meta.url; `size` the usual window; `whole(page, viewport)` says whether a picture holds
 * what is below the fold; `checks` are run beside the usual ones; `further` lists [state, language, scheme, viewport,
 * {suffix, context, pseudo}] to draw beside the usual four. An argument draws only states that begin with it.
 */
export async function draw({ name, from, startMock, scenarios, behaviours, size, whole, checks = [], further }) {
  const here = (path) => fileURLToPath(new URL(path, from));
  const out = here(`../../../target/shots/${name}`);
  const only = process.argv[2];
  await mkdir(out, { recursive: true });
  const { mock, origin, close } = await startMock(here("../dist"));
  const browser = await chromium.launch({
    executablePath: process.env.HONNIN_CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const findings = [];
  const note = (where, lines) => {
    for (const line of lines) {
      findings.push(`${where}: ${line}`);
      console.error(`FINDING ${where}: ${line}`);
    }
  };

  async function withPage(where, options, run) {
    mock.reset();
    try {
      await within(drawn(where, options, run));
    } catch (error) {
      note(where, [String(error)]);
    }
  }

  async function drawn(where, options, run) {
    const context = await browser.newContext({ locale: LOCALE.ja, timezoneId: "Asia/Tokyo", viewport: size, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(8_000);
    page.on("pageerror", (error) => note(where, [`page error: ${error.message}`]));
    page.on("console", (message) => {
      // A refused call is part of some scenarios and always logged by the browser itself.
      if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) note(where, [`console: ${message.text()}`]);
    });
    try {
      await run(page, context);
    } finally {
      await context.close();
    }
  }

  let shots = 0;
  async function shoot(state, lang, scheme, viewport, extra = {}) {
    const where = `${state}-${lang}-${scheme}${viewport.width === size.width ? "" : `-${viewport.width}`}${extra.suffix ?? ""}`;
    await withPage(where, { locale: LOCALE[lang], colorScheme: scheme, viewport, ...extra.context }, async (page) => {
      await scenarios[state]({ page, mock, origin });
      const set = await page.getAttribute("html", "lang");
      if (set !== lang) note(where, [`lang is ${set}`]);
      await page.screenshot({ path: `${out}/${where}.png`, fullPage: await whole(page, viewport) });
      shots += 1;
      for (const check of [axe, overflow, ...checks]) note(where, await check(page));
      if (extra.pseudo) {
        await pseudo(page);
        note(`${where} +40%`, await overflow(page));
        await page.screenshot({ path: `${out}/${where}-long.png`, fullPage: true });
      }
    });
  }

  const wanted = (state) => only === undefined || state.startsWith(only);
  for (const state of Object.keys(scenarios).filter(wanted)) for (const lang of ["ja", "en"]) for (const scheme of ["light", "dark"]) await shoot(state, lang, scheme, size);
  for (const [state, ...rest] of further) if (wanted(state)) await shoot(state, ...rest);
  let passed = 0;
  for (const [title, run] of Object.entries(behaviours)) {
    if (!wanted(title)) continue;
    const before = findings.length;
    await withPage(title, {}, (page, context) => run({ page, context, mock, origin }));
    if (findings.length === before) passed += 1;
  }

  await browser.close();
  close();
  console.log(`${shots} pictures, ${passed} behaviours, ${findings.length} findings; pictures in target/shots/${name}`);
  process.exitCode = findings.length === 0 ? 0 : 1;
}
