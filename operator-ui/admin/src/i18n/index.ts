import type { Lang } from "@honnin/kit";
import { en } from "./en.ts";
import { ja } from "./ja.ts";
import type { Texts } from "./types.ts";

export type { Texts } from "./types.ts";
export const texts: Readonly<Record<Lang, Texts>> = { ja, en };
