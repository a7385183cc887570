import { locale, type Lang } from "@honnin/kit";

/** Numbers, times and days as one language and one zone write them. */
export interface Format {
  number: (value: number) => string;
  percent: (part: number) => string;
  /** Day and time with the zone's short name. */
  moment: (ms: number) => string;
  /** Day and time without the zone, for tables whose head names it. */
  brief: (ms: number) => string;
  day: (ms: number) => string;
  /** A calendar day YYYY-MM-DD, month and day only. */
  monthDay: (day: string) => string;
  /** Milliseconds as seconds. */
  seconds: (ms: number) => string;
  list: (items: readonly string[]) => string;
  zone: string;
}

export function format(lang: Lang, zone: string): Format {
  const tag = locale(lang);
  const date = { year: "numeric", month: lang === "ja" ? "numeric" : "short", day: "numeric" } as const;
  const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" } as const;
  const make = (options: Intl.DateTimeFormatOptions): ((ms: number) => string) => {
    const formatter = new Intl.DateTimeFormat(tag, { timeZone: zone, ...options });
    return (ms) => formatter.format(ms);
  };
  const monthDay = new Intl.DateTimeFormat(tag, { timeZone: "UTC", month: lang === "ja" ? "numeric" : "short", day: "numeric" });
  const number = new Intl.NumberFormat(tag);
  const percent = new Intl.NumberFormat(tag, { style: "percent", maximumFractionDigits: 1 });
  const seconds = new Intl.NumberFormat(tag, { style: "unit", unit: "second", unitDisplay: lang === "ja" ? "long" : "short", maximumFractionDigits: 1 });
  const list = new Intl.ListFormat(tag, { type: "unit", style: lang === "ja" ? "narrow" : "short" });
  return {
    number: (value) => number.format(value),
    percent: (part) => percent.format(part),
    moment: make({ ...date, ...time, timeZoneName: "short" }),
    brief: make({ ...date, ...time }),
    day: make(date),
    monthDay: (day) => {
      const ms = Date.parse(`${day}T00:00:00Z`);
      return Number.isNaN(ms) ? day : monthDay.format(ms);
    },
    seconds: (ms) => seconds.format(ms / 1000),
    list: (items) => (lang === "ja" ? items.join("・") : list.format([...items])),
    zone,
  };
}
