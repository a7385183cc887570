import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const axeSource = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** axe's violations as lines of text. Evaluated through the debugger, so the page's CSP stays as it is. */
export async function axe(page) {
  await page.evaluate(axeSource);
  const found = await page.evaluate((tags) => globalThis.axe.run(document, { runOnly: { type: "tag", values: tags } }), TAGS);
  return found.violations.map((v) => `${v.id}: ${v.nodes.map((n) => `${n.target.join(" ")} (${n.failureSummary?.split("\n")[1]?.trim() ?? ""})`).join("; ")}`);
}

/** Sideways scrolling, and text that its box cuts off. */
export function overflow(page) {
  return page.evaluate(() => {
    const out = [];
    if (document.documentElement.scrollWidth > innerWidth + 1) out.push(`page is ${document.documentElement.scrollWidth} wide in ${innerWidth}`);
    for (const el of document.querySelectorAll("#app *")) {
      if (el.closest(".visually-hidden, svg") || el.classList.contains("visually-hidden")) continue;
      // A table's head that a narrow screen hides, as its cells name themselves there.
      const head = el.closest("thead");
      if (head !== null && getComputedStyle(head).position === "absolute") continue;
      const style = getComputedStyle(el);
      const clips = style.overflowX !== "visible";
      if (clips && el.scrollWidth > el.clientWidth + 1 && el.tagName !== "INPUT") out.push(`${el.className || el.tagName} cut off`);
      const box = el.getBoundingClientRect();
      if (box.width > 0 && box.right > innerWidth + 1) out.push(`${el.className || el.tagName} reaches ${Math.round(box.right)} of ${innerWidth}`);
    }
    return out;
  });
}

/** Lengthens every text by 40 % in place, as a wordier language would. */
export function pseudo(page) {
  return page.evaluate(() => {
    const walker = document.createTreeWalker(document.getElementById("app"), NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.nodeValue ?? "";
      if (/^[\d:.\s]*$/.test(text)) continue;
      node.nodeValue = text + text.slice(0, Math.ceil(text.length * 0.4));
    }
  });
}

/** Things to press that are smaller than 24 px, other than links in running text. */
export function targets(page, least = 24) {
  return page.evaluate((min) => {
    const out = [];
    for (const el of document.querySelectorAll("button, a[href], input, select, textarea, summary")) {
      if (el.closest(".visually-hidden, .skip") || (el.tagName === "A" && getComputedStyle(el).display === "inline")) continue;
      // A box in a label is pressed through the label.
      const box = (el.closest("label") ?? el).getBoundingClientRect();
      if (box.width === 0 && box.height === 0) continue;
      if (box.width < min - 0.5 || box.height < min - 0.5) out.push(`${el.getAttribute("data-testid") ?? el.className ?? el.tagName} is ${Math.round(box.width)} by ${Math.round(box.height)}`);
    }
    return out;
  }, least);
}
