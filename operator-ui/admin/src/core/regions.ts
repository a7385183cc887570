import type { Localized } from "@honnin/kit";

/** Prefectures by JIS X 0401 code, code 1 first (protocol/src/region.rs). */
const NAMES =
  "北海道 Hokkaido 青森県 Aomori 岩手県 Iwate 宮城県 Miyagi 秋田県 Akita 山形県 Yamagata 福島県 Fukushima 茨城県 Ibaraki 栃木県 Tochigi 群馬県 Gunma 埼玉県 Saitama 千葉県 Chiba 東京都 Tokyo 神奈川県 Kanagawa 新潟県 Niigata 富山県 Toyama 石川県 Ishikawa 福井県 Fukui 山梨県 Yamanashi 長野県 Nagano 岐阜県 Gifu 静岡県 Shizuoka 愛知県 Aichi 三重県 Mie 滋賀県 Shiga 京都府 Kyoto 大阪府 Osaka 兵庫県 Hyogo 奈良県 Nara 和歌山県 Wakayama 鳥取県 Tottori 島根県 Shimane 岡山県 Okayama 広島県 Hiroshima 山口県 Yamaguchi 徳島県 Tokushima 香川県 Kagawa 愛媛県 Ehime 高知県 Kochi 福岡県 Fukuoka 佐賀県 Saga 長崎県 Nagasaki 熊本県 Kumamoto 大分県 Oita 宮崎県 Miyazaki 鹿児島県 Kagoshima 沖縄県 Okinawa".split(" ");

export interface Prefecture {
  code: number;
  name: Localized;
}

export const PREFECTURES: readonly Prefecture[] = Array.from({ length: 47 }, (_, i) => ({ code: i + 1, name: { ja: NAMES[2 * i] ?? "", en: NAMES[2 * i + 1] ?? "" } }));

export interface Region {
  name: Localized;
  codes: readonly number[];
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** The regions that people speak of. */
export const REGIONS: readonly Region[] = [
  { name: { ja: "北海道", en: "Hokkaido" }, codes: [1] },
  { name: { ja: "東北", en: "Tohoku" }, codes: range(2, 7) },
  { name: { ja: "関東", en: "Kanto" }, codes: range(8, 14) },
  { name: { ja: "中部", en: "Chubu" }, codes: range(15, 23) },
  { name: { ja: "近畿", en: "Kinki" }, codes: range(24, 30) },
  { name: { ja: "中国地方", en: "Chugoku" }, codes: range(31, 35) },
  { name: { ja: "四国", en: "Shikoku" }, codes: range(36, 39) },
  { name: { ja: "九州・沖縄", en: "Kyushu and Okinawa" }, codes: range(40, 47) },
];

/** Puts a whole region in, or takes it out when all of it is in. */
export function toggleRegion(chosen: readonly number[], codes: readonly number[]): number[] {
  const whole = codes.every((code) => chosen.includes(code));
  const kept = chosen.filter((code) => !codes.includes(code));
  return whole ? kept : [...kept, ...codes].sort((a, b) => a - b);
}
