import { locale, type Lang } from "./i18n.ts";

/**
 * ISO 4217 by number of minor digits, the same list as the server's (`honnin-protocol`, `currency.rs`). Not from Intl:
 * its digits are how a currency is usually written, not what a minor unit is.
 */
const DIGITS: readonly [number, string][] = [
  [0, "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"],
  [
    2,
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG",
  ],
  [3, "BHD IQD JOD KWD LYD OMR TND"],
];

/** Most digits before the decimal point: what one line of a phone holds. */
const WHOLE_DIGITS = 12;

/** Digits after the point; null for what is no currency. */
export function minorDigits(currency: unknown): number | null {
  if (typeof currency !== "string" || !/^[A-Z]{3}$/.test(currency)) return null;
  return DIGITS.find(([, codes]) => codes.split(" ").includes(currency))?.[0] ?? null;
}

/** Whether an amount of minor units can be shown whole and exact. */
export function amountFits(amount: unknown, currency: unknown): amount is number {
  const digits = minorDigits(currency);
  if (digits === null || !Number.isSafeInteger(amount)) return false;
  return (amount as number) > 0 && Math.floor((amount as number) / 10 ** digits) < 10 ** WHOLE_DIGITS;
}

/** 48,000円, 12.50米ドル; ¥48,000, US$12.50. At most 15 digits, so a double divides them exactly enough to print. */
export function money(amount: number, currency: string, lang: Lang): string {
  const digits = minorDigits(currency) ?? 0;
  // The yen alone goes by its bare sign: two currencies share it, and the other keeps its letters.
  const currencyDisplay = lang === "ja" ? "name" : currency === "JPY" ? "narrowSymbol" : "symbol";
  return new Intl.NumberFormat(locale(lang), {
    style: "currency",
    currency,
    currencyDisplay,
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(amount / 10 ** digits);
}

/** Minor units of what was typed (48000, 48,000, 12.5, full-width digits too); null when it is no such amount. */
export function parseAmount(typed: string, currency: string): number | null {
  const digits = minorDigits(currency);
  const found = /^([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.([0-9]+))?$/.exec(typed.normalize("NFKC").trim());
  if (digits === null || found === null) return null;
  const [, whole = "", minor = ""] = found;
  if (minor.length > digits) return null;
  const amount = Number(whole.replaceAll(",", "") + minor.padEnd(digits, "0"));
  return amountFits(amount, currency) ? amount : null;
}
