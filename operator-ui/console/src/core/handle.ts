/** What an entered handle looks like. Only a hint while typing: the server decides. */
export type HandleHint = "email" | "number" | "name" | "unsafe";

const SEPARATORS = /[\s\-‐-―−ー.()+]/g;

/** What personal datum the text resembles, or null. */
export function handleHint(entered: string): HandleHint | null {
  const text = entered.normalize("NFKC").trim();
  if (text === "") return null;
  if (/[\p{Cc}\p{Cf}\p{Co}]/u.test(text)) return "unsafe";
  if (text.includes("@")) return "email";
  if (/^\d{10,19}$/.test(text.replace(SEPARATORS, ""))) return "number";
  if (/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)) return "name";
  if (/^\p{L}[\p{L}'’.-]*(\s+\p{L}[\p{L}'’.-]*)+$/u.test(text)) return "name";
  return null;
}
