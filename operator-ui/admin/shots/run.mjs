/**
 * Pictures of every state, in both languages, light and dark, into target/shots/admin; axe and overflow checks on each,
 * and a few behaviours that need a browser. Exits 1 on any finding. Needs a build in dist/ (`npm run build`).
 */
import { mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { axe, overflow, pseudo, targets } from "../../kit/shots/checks.mjs";
import { behaviours } from "./behaviours.mjs";
import { scenarios, wide } from "./scenarios.mjs";
import { startMock } from "./server.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const out = here("../../../target/shots/admin");
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
  const context = await browser.newContext({ locale: "ja-JP", timezoneId: "Asia/Tokyo", viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(8_000);
  page.on("pageerror", (error) => note(where, [`page error: ${error.message}`]));
  page.on("console", (message) => {
    // A refused call is part of some scenarios and always logged by the browser itself.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource")) note(where, [`console: ${message.text()}`]);
  });
  try {
    await run(page, context);
  } catch (error) {
    note(where, [String(error)]);
  } finally {
    await context.close();
  }
}

const sizes = [
  { width: 1280, height: 900 },
  { width: 390, height: 844 },
];
let shots = 0;

async function shoot(name, scenario, lang, scheme, viewport, extra = {}) {
  const where = `${name}-${lang}-${scheme}${viewport.width === 1280 ? "" : `-${viewport.width}`}${extra.suffix ?? ""}`;
  await withPage(where, { locale: lang === "ja" ? "ja-JP" : "en-GB", colorScheme: scheme, viewport, ...extra.context }, async (page) => {
    await scenario({ page, mock, origin });
    const set = await page.getAttribute("html", "lang");
    if (set !== lang) note(where, [`lang is ${set}`]);
    await page.screenshot({ path: `${out}/${where}.png`, fullPage: (await page.locator("dialog[open]").count()) === 0 });
    shots += 1;
    note(where, await axe(page));
    note(where, await overflow(page));
    note(where, await targets(page));
    if (extra.pseudo) {
      await pseudo(page);
      note(`${where} +40%`, await overflow(page));
      await page.screenshot({ path: `${out}/${where}-long.png`, fullPage: true });
    }
  });
}

for (const [name, scenario] of Object.entries(scenarios)) {
  if (only !== undefined && !name.startsWith(only)) continue;
  for (const lang of ["ja", "en"]) for (const scheme of ["light", "dark"]) await shoot(name, scenario, lang, scheme, sizes[0]);
}
for (const name of wide) {
  if (only !== undefined && !name.startsWith(only)) continue;
  await shoot(name, scenarios[name], "ja", "light", sizes[1], { pseudo: true });
  await shoot(name, scenarios[name], "en", "dark", sizes[1], { pseudo: true });
  await shoot(name, scenarios[name], "ja", "dark", sizes[0], { suffix: "-forced", context: { forcedColors: "active" } });
}
let passed = 0;
for (const [name, run] of Object.entries(behaviours)) {
  if (only !== undefined && !name.startsWith(only)) continue;
  const before = findings.length;
  await withPage(name, {}, (page, context) => run({ page, context, mock, origin }));
  if (findings.length === before) passed += 1;
}

await browser.close();
close();
console.log(`${shots} pictures, ${passed} behaviours, ${findings.length} findings; pictures in target/shots/admin`);
process.exitCode = findings.length === 0 ? 0 : 1;
