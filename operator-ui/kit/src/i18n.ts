/** The two languages of every screen. */
export type Lang = "ja" | "en";
export const LANGS: readonly Lang[] = ["ja", "en"];

/** A text that the server sends in both languages. */
export interface Localized {
  ja: string;
  en: string;
}

/** The text in the wanted language. */
export const pick = (text: Localized, lang: Lang): string => text[lang];

/** First choice: a stored wish; then the browser's languages; Japanese when neither says English. */
export function detectLang(stored: string | null, languages: readonly string[]): Lang {
  if (stored === "ja" || stored === "en") return stored;
  for (const tag of languages) {
    const primary = tag.toLowerCase().split("-")[0];
    if (primary === "ja" || primary === "en") return primary;
  }
  return "ja";
}

/** BCP 47 tag for Intl. */
export const locale = (lang: Lang): string => (lang === "ja" ? "ja-JP" : "en-GB");

/** Hours, minutes and (unless left out) seconds on a 24-hour clock. `zone` is an IANA name; without it the machine's own. */
export function formatTime(ms: number, lang: Lang, options: { seconds?: boolean; zone?: string } = {}): string {
  return new Intl.DateTimeFormat(locale(lang), {
    hour: "2-digit",
    minute: "2-digit",
    ...(options.seconds === false ? {} : { second: "2-digit" as const }),
    hourCycle: "h23",
    ...(options.zone === undefined ? {} : { timeZone: options.zone }),
  }).format(ms);
}

/** A span as m:ss, from an hour on as h:mm:ss (never negative): waiting time and time left. */
export function formatSpan(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const two = (n: number): string => String(n).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** Every leaf's path in a dictionary, sorted: two languages must give the same list. */
export function keyPaths(value: unknown, prefix = ""): string[] {
  if (typeof value !== "object" || value === null) return [prefix];
  return Object.entries(value)
    .flatMap(([key, inner]) => keyPaths(inner, prefix === "" ? key : `${prefix}.${key}`))
    .sort();
}
