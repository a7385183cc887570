/** Most numbers beside the displayed one, and most characters of one (docs/admin-api.md, "Organisation"). */
export const MOST_NUMBERS = 20;
const MOST_CHARACTERS = 32;

/** Whether a phone's display could show this as the number of a caller; the server decides. */
export function isCallingNumber(text: string): boolean {
  return text.length <= MOST_CHARACTERS && /^[0-9 +\-()#*]+$/.test(text) && text.replace(/\D/g, "").length >= 3;
}

export type NumberFault = "bad" | "twice" | "many";

/** The numbers of a text with one a line; or the first line that is wrong. */
export function numbersOf(text: string, displayed: string): { ok: true; numbers: string[] } | { ok: false; line: string; fault: NumberFault } {
  const numbers: string[] = [];
  for (const line of text.split("\n").map((it) => it.trim()).filter((it) => it !== "")) {
    if (!isCallingNumber(line)) return { ok: false, line, fault: "bad" };
    if (line === displayed || numbers.includes(line)) return { ok: false, line, fault: "twice" };
    if (numbers.length === MOST_NUMBERS) return { ok: false, line, fault: "many" };
    numbers.push(line);
  }
  return { ok: true, numbers };
}
