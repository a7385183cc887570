import type { Localized } from "@honnin/kit";

/** A policy's document (docs/protocol.md, "Policy"). */
export type Operand = "handle" | "amount" | number | { years_before: number } | number[];

export interface Condition {
  slot: string;
  op: "EQ" | "GE" | "LE" | "INSET";
  value: Operand;
}

export interface PolicyDocument {
  v: 1;
  id: string;
  version: number;
  schema: "honnin-jp-1";
  name: Localized;
  predicates: Condition[];
  disclose: string[];
  user_verification: boolean;
  number_match: boolean;
  ttl_s: number;
  valid_s: number;
}

/** What is sent: the server numbers the versions. */
export type PolicyBody = Omit<PolicyDocument, "version">;

/** Ways of issuance that a policy can ask for (protocol/src/policy/words.rs). */
export const METHODS = [1, 2, 3, 4] as const;

/** A policy as the editor holds it: null or empty means that this is not asked. Fields hold what was typed. */
export interface PolicyForm {
  id: string;
  name: Localized;
  age: string | null;
  level: string | null;
  methods: readonly number[];
  regions: readonly number[];
  limit: string | null;
  /** For eligibility: it compares nothing with a handle, as a prospect has none. */
  prospects: boolean;
  /** Attributes that are sealed to a recipient: kept as they are. */
  disclose: readonly string[];
  /** Conditions that this editor has no words for: kept as they are. */
  others: readonly Condition[];
  userVerification: boolean;
  numberMatch: boolean;
  /** Seconds to answer. */
  ttl: string;
  /** Minutes that a verdict counts. */
  valid: string;
}

/** Conditions that fit: the circuit has four slots, and "account holder" takes one. */
export const mostConditions = (form: Pick<PolicyForm, "prospects">): number => (form.prospects ? 4 : 3);

export const emptyForm = (): PolicyForm => ({
  id: "",
  name: { ja: "", en: "" },
  age: null,
  level: null,
  methods: [],
  regions: [],
  limit: null,
  prospects: false,
  disclose: [],
  others: [],
  userVerification: true,
  numberMatch: true,
  ttl: "120",
  valid: "10",
});

const HOLDER: Condition = { slot: "subject", op: "EQ", value: "handle" };

/** Whether a policy is about an account's holder; one for eligibility is not. */
export const asksHolder = (document: Pick<PolicyDocument, "predicates">): boolean => document.predicates.some(isHolder);

const isHolder = ({ slot, op, value }: Condition): boolean => slot === "subject" && op === "EQ" && value === "handle";

/** Whether it is for payments or orders: it waits for an amount, or for somebody to seal to. */
export const asksTerms = (document: Pick<PolicyDocument, "predicates" | "disclose">): boolean => document.disclose.length > 0 || document.predicates.some(({ value }) => value === "amount");

export type FormField = "id" | "name" | "age" | "level" | "limit" | "conditions" | "ttl" | "valid";

const whole = (text: string, from: number, to: number): number | null => {
  if (!/^\d{1,15}$/.test(text.normalize("NFKC").replaceAll(",", "").trim())) return null;
  const number = Number(text.normalize("NFKC").replaceAll(",", "").trim());
  return number >= from && number <= to ? number : null;
};

/** How many conditions beside "account holder" are asked. */
export const asked = (form: PolicyForm): number => [form.age !== null, form.level !== null, form.methods.length > 0, form.regions.length > 0, form.limit !== null].filter(Boolean).length + form.others.length;

/** The document, or which fields are in the way. */
export function documentOf(form: PolicyForm): { body: PolicyBody; wrong: [] } | { body: null; wrong: FormField[] } {
  const wrong: FormField[] = [];
  const read = (field: FormField, text: string | null, from: number, to: number): number | null => {
    if (text === null) return null;
    const value = whole(text, from, to);
    if (value === null) wrong.push(field);
    return value;
  };
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(form.id)) wrong.push("id");
  if (form.name.ja.trim() === "" || form.name.en.trim() === "") wrong.push("name");
  const age = read("age", form.age, 1, 150);
  const level = read("level", form.level, 1, 9);
  const limit = read("limit", form.limit, 1, 9_007_199_254_740_991);
  const ttl = read("ttl", form.ttl, 1, 3600);
  const valid = read("valid", form.valid, 1, 1440);
  if (asked(form) > mostConditions(form)) wrong.push("conditions");
  if (wrong.length > 0 || ttl === null || valid === null) return { body: null, wrong };
  const predicates: Condition[] = form.prospects ? [] : [HOLDER];
  if (level !== null) predicates.push({ slot: "kyc_level", op: "GE", value: level });
  if (form.methods.length > 0) predicates.push({ slot: "method", op: "INSET", value: [...form.methods].sort((a, b) => a - b) });
  if (age !== null) predicates.push({ slot: "birth", op: "LE", value: { years_before: age } });
  if (form.regions.length > 0) predicates.push({ slot: "region", op: "INSET", value: [...form.regions].sort((a, b) => a - b) });
  if (limit !== null) predicates.push({ slot: "limit", op: "GE", value: limit });
  predicates.push(...form.others);
  return {
    body: {
      v: 1,
      id: form.id,
      schema: "honnin-jp-1",
      name: { ja: form.name.ja.trim(), en: form.name.en.trim() },
      predicates,
      disclose: [...form.disclose],
      user_verification: form.userVerification,
      number_match: form.numberMatch,
      ttl_s: ttl,
      valid_s: valid * 60,
    },
    wrong: [],
  };
}

/** The editor's form for a document; what it has no words for goes into `others`. */
export function formOf(document: PolicyDocument): PolicyForm {
  const form: PolicyForm = {
    ...emptyForm(),
    prospects: !asksHolder(document),
    disclose: document.disclose,
    id: document.id,
    name: document.name,
    userVerification: document.user_verification,
    numberMatch: document.number_match,
    ttl: String(document.ttl_s),
    valid: String(Math.ceil(document.valid_s / 60)),
  };
  const others: Condition[] = [];
  for (const condition of document.predicates) {
    const { slot, op, value } = condition;
    if (isHolder(condition)) continue;
    if (slot === "kyc_level" && op === "GE" && typeof value === "number" && form.level === null) form.level = String(value);
    else if (slot === "limit" && op === "GE" && typeof value === "number" && form.limit === null) form.limit = String(value);
    else if (slot === "birth" && op === "LE" && typeof value === "object" && "years_before" in value && form.age === null) form.age = String(value.years_before);
    else if (slot === "method" && op === "INSET" && Array.isArray(value) && form.methods.length === 0 && value.every((n) => (METHODS as readonly number[]).includes(n))) form.methods = value;
    else if (slot === "region" && op === "INSET" && Array.isArray(value) && form.regions.length === 0) form.regions = value;
    else others.push(condition);
  }
  form.others = others;
  return form;
}

/** The body of a version that exists, as a dry run wants it. */
export function bodyOf(document: PolicyDocument): PolicyBody {
  const { version: _numbered, ...body } = document;
  return body;
}
