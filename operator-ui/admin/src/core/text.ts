/** A piece of a text: as it is, or a character that must not act, by its code point. */
export type Piece = { text: string } | { code: string };

// Controls, format characters (bidi overrides, zero-width), private use, lone surrogates, line and paragraph separators.
const UNSEEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/u;

/** Takes a text from outside apart, so that what would reorder or hide its neighbours is shown instead of obeyed. */
export function pieces(text: string): Piece[] {
  const out: Piece[] = [];
  let run = "";
  for (const char of text) {
    if (!UNSEEN.test(char)) {
      run += char;
      continue;
    }
    if (run !== "") out.push({ text: run });
    run = "";
    out.push({ code: `U+${(char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}` });
  }
  if (run !== "") out.push({ text: run });
  return out;
}

/** The same as one string, for labels that can hold no markup. */
export const plain = (text: string): string => pieces(text).map((piece) => ("text" in piece ? piece.text : `[${piece.code}]`)).join("");
