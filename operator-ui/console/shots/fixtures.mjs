/** Fixed data that the mock server answers with. Synthetic throughout. */
const words = {
  proves: [
    { ja: "ご契約者本人である", en: "You are the account holder" },
    { ja: "本人確認が有効期限内である", en: "Your identity check is in date" },
  ],
  not_sent: { ja: ["氏名", "生年月日", "住所", "電話番号", "口座番号"], en: ["name", "birth date", "address", "phone number", "account number"] },
};
const highWords = { ...words, proves: [...words.proves, { ja: "20歳以上である", en: "You are 20 or older" }] };

const prospectWords = { ...words, proves: [{ ja: "20歳以上である", en: "You are 20 or older" }, { ja: "本人確認レベルが2以上である", en: "Your identity check is level 2 or higher" }] };

export const policies = [
  { id: "standard", version: 3, name: { ja: "標準", en: "Standard" }, words },
  { id: "high", version: 1, name: { ja: "重要手続き", en: "High assurance" }, words: highWords },
];

const own = { delegation: null, until: null };
const check = { kind: "verification", ...own };
export const purposes = [
  { code: "address-change", ja: "住所変更のお手続き", en: "Address change", policy: policies[0], ...check, fallbacks: ["callback", "supervisors", "re-enrolment"] },
  { code: "card-reissue", ja: "カード再発行", en: "Card reissue", policy: policies[1], ...check },
  { code: "balance", ja: "残高照会", en: "Balance enquiry", policy: policies[0], ...check },
  { code: "cancellation", ja: "解約", en: "Cancellation", policy: policies[1], ...check },
];

/** Purposes of the kinds that are not a check of an inbound call. */
export const further = [
  { code: "card-call", ja: "カード再発行のご連絡", en: "About your new card", kind: "call", policy: policies[0], ...own },
  { code: "order-payment", ja: "ご注文のお支払い", en: "Paying for an order", kind: "payment", policy: policies[1], ...own },
  { code: "delivery", ja: "ご注文のお届け", en: "Delivery of an order", kind: "order", policy: policies[0], ...own },
  { code: "open-account", ja: "口座の開設", en: "Opening an account", kind: "eligibility", policy: { id: "adult", version: 1, name: { ja: "口座開設の条件", en: "Opening an account" }, words: prospectWords }, ...own },
];

const midori = { id: "midori", display: { name: { ja: "みどり銀行", en: "Midori Bank" }, desk: { ja: "カスタマーセンター", en: "Customer centre" }, number: "0120-000-123" }, purposes, numbers: ["0120-000-123", "03-1234-5678"], recipients: [{ id: "r_1", name: { ja: "ひかり決済", en: "Hikari Pay" } }, { id: "r_2", name: { ja: "みどり配送", en: "Midori Delivery" } }] };
const aoba = {
  id: "aoba",
  display: { name: { ja: "あおば損保", en: "Aoba Insurance" }, desk: { ja: "事故受付", en: "Claims" }, number: "0120-000-456" },
  purposes: [{ code: "claim", ja: "事故のご連絡", en: "Claim", kind: "verification", policy: policies[1], delegation: "dl_1", until: 1_900_000_000_000 }],
};

export const me = (now, { companies = 1, supervisor = false, frozen = false, all = false } = {}) => ({
  person: { id: "p_sato", name: { ja: "佐藤 花", en: "Hana Sato" }, label: { ja: "佐藤(みどり銀行 委託先)", en: "Sato (for Midori Bank)" }, roles: [supervisor ? "supervisor" : "operator"] },
  organisation: { id: "midori", kind: companies > 1 ? "partner" : "tenant", name: companies > 1 ? { ja: "ひかりコンタクト", en: "Hikari Contact" } : midori.display.name, status: frozen ? "frozen" : "active" },
  rights: { verifications: ["view", "change"], ...(supervisor ? { alerts: ["view"] } : {}) },
  tenants: [all ? { ...midori, purposes: [...purposes, ...further] } : midori, aoba].slice(0, companies),
  idle_lock_s: 300,
  now,
});

let serial = 0;

/** A view as the server sends it; `age` is how long ago it was asked for, in milliseconds. */
export function view(now, { age = 42_000, handle = "C-20481", purpose = purposes[0], ...rest } = {}) {
  serial += 1;
  const created = now - age;
  const { policy, ...named } = purpose;
  return {
    id: `v_${String(serial).padStart(22, "0")}`,
    reference: "H7K2-93QD",
    handle,
    purpose: named,
    policy: { id: policy.id, version: policy.version, name: policy.name },
    words: policy.words,
    direction: "inbound",
    state: "created",
    detail: null,
    match_code: "47",
    created_at: created,
    delivered_at: null,
    opened_at: null,
    decided_at: null,
    expires_at: created + 120_000,
    valid_until: null,
    approve_ms: null,
    ...rest,
  };
}

const reached = (now, age) => ({ delivered_at: now - age + 210, opened_at: now - age + 14_000 });

/** Each kind that the console tells apart, as the wire would carry it. */
export const kinds = {
  sent: (now) => view(now, { age: 3_000 }),
  delivered: (now) => view(now, { age: 9_000, state: "delivered", delivered_at: now - 8_800 }),
  opened: (now) => view(now, { state: "opened", ...reached(now, 42_000) }),
  verified: (now) => view(now, { age: 60_000, ...reached(now, 60_000), state: "passed", match_code: null, decided_at: now - 30_000, valid_until: now + 570_000, approve_ms: 12 }),
  lapsed: (now) => view(now, { age: 900_000, ...reached(now, 900_000), state: "passed", match_code: null, decided_at: now - 860_000, valid_until: now - 260_000, approve_ms: 12 }),
  denied: (now) => view(now, { age: 50_000, ...reached(now, 50_000), state: "denied", match_code: null, decided_at: now - 20_000 }),
  reported: (now) => view(now, { age: 50_000, ...reached(now, 50_000), state: "denied", detail: "reported", match_code: null, decided_at: now - 20_000 }),
  unprovable: (now) => view(now, { age: 50_000, ...reached(now, 50_000), state: "failed", detail: "unprovable", match_code: null, decided_at: now - 20_000 }),
  number: (now) => view(now, { age: 50_000, ...reached(now, 50_000), state: "failed", detail: "number", match_code: null, decided_at: now - 20_000 }),
  invalid: (now) => view(now, { age: 50_000, ...reached(now, 50_000), state: "failed", detail: "proof_invalid", match_code: null, decided_at: now - 20_000 }),
  timeout: (now) => view(now, { age: 150_000, delivered_at: now - 149_000, state: "expired", match_code: null, decided_at: now - 30_000 }),
  unreachable: (now) => view(now, { age: 150_000, state: "expired", match_code: null, decided_at: now - 30_000 }),
  unenrolled: (now) => view(now, { age: 4_000, handle: "C-55120", state: "unreachable", detail: "not_enrolled", match_code: null, decided_at: now - 4_000 }),
  cancelled: (now) => view(now, { age: 50_000, delivered_at: now - 49_000, state: "cancelled", match_code: null, decided_at: now - 20_000 }),
};

const HOUR = 3_600_000;
const PAIR = { ja: ["あさがお", "みなと"], en: ["lantern", "harbour"] };
const alias = { ja: "山田", en: "Yamada" };

/** An announced call, `from` so many milliseconds away. */
export function announced(now, state, { from = 600_000, alone = {}, ...rest } = {}) {
  const answered = state !== "announced";
  return view(now, {
    age: 3 * HOUR, purpose: further[0], direction: "outbound", match_code: null, expires_at: now + from + HOUR / 2,
    delivered_at: now - 3 * HOUR + 400, opened_at: answered ? now - 2 * HOUR : null,
    ...(answered ? { state: "passed", decided_at: now - 2 * HOUR, valid_until: now + from + 2 * HOUR, approve_ms: 11 } : { state: "delivered" }),
    ...rest,
    call: { id: "c_1", state, number: "03-1234-5678", from: now + from, until: now + from + HOUR / 2, offered: [{ from: now + 3 * HOUR, until: now + 3.5 * HOUR }], alias, words: answered ? PAIR : null, rescheduled_to: null, ...alone },
  });
}

const payment = { amount: 48_000, currency: "JPY", payee: "△△株式会社", order: "A-2210", instrument: "みどりカード" };
const pay = (now, rest) => view(now, { purpose: further[1], payment, ...rest });
const over = { match_code: null };

/** Each kind of an announced call, a payment and an order. */
export const calls = {
  announced: (now) => announced(now, "announced"),
  confirmed: (now) => announced(now, "confirmed"),
  "confirmed-due": (now) => announced(now, "confirmed", { from: -60_000 }),
  ringing: (now) => announced(now, "ringing", { from: -60_000 }),
  talking: (now) => announced(now, "talking", { from: -120_000 }),
  unproven: (now) => announced(now, "ringing", { from: -60_000, state: "delivered", opened_at: null, decided_at: null, valid_until: null, alone: { words: null } }),
  ended: (now) => announced(now, "ended", { from: -HOUR }),
  missed: (now) => announced(now, "missed", { from: -HOUR }),
  undialled: (now) => announced(now, "expired", { from: -HOUR }),
  moved: (now) => announced(now, "cancelled", { state: "cancelled", decided_at: now - HOUR, valid_until: null, alone: { rescheduled_to: "c_2" } }),
  "call-reported": (now) => announced(now, "refused", { state: "denied", detail: "reported", decided_at: now - 60_000, valid_until: null, alone: { words: null } }),
  "payment-opened": (now) => pay(now, { state: "opened", ...reached(now, 42_000) }),
  "payment-say": (now) => pay(now, { state: "opened", direction: "outbound", ...reached(now, 42_000) }),
  approved: (now) => pay(now, { age: 60_000, ...reached(now, 60_000), ...over, state: "passed", decided_at: now - 30_000, valid_until: now + 570_000, approve_ms: 12 }),
  declined: (now) => pay(now, { age: 60_000, ...reached(now, 60_000), ...over, state: "denied", decided_at: now - 20_000 }),
  closed: (now) => pay(now, { age: 150_000, delivered_at: now - 149_000, ...over, state: "expired", decided_at: now - 30_000 }),
};

/** A weaker check. */
export const fallback = (now, { verification = "v_x", ...rest } = {}) => ({
  id: "f_1", verification, method: "supervisors", reason: "lost", state: "waiting", approvals: [], needed: 2, created_at: now - 80_000, expires_at: now + 520_000, decided_at: null, weaker: true, ...rest,
});
const kato = (now) => ({ person: "p_kato", label: { ja: "加藤(みどり銀行)", en: "Kato (Midori Bank)" }, at: now - 40_000 });
const ito = (now) => ({ person: "p_ito", label: { ja: "伊藤(みどり銀行)", en: "Ito (Midori Bank)" }, at: now - 20_000 });
const after = (now, rest) => {
  const made = kinds.timeout(now);
  return { ...made, fallback: fallback(now, { verification: made.id, ...rest }) };
};

/** Each stand of a weaker check on a session that nobody answered. */
export const weaker = {
  "weaker-waiting": (now) => after(now, { approvals: [kato(now)] }),
  "weaker-callback": (now) => after(now, { method: "callback", needed: 1, reason: "dead" }),
  "weaker-re-enrolment": (now) => after(now, { method: "re-enrolment", needed: 0, reason: "new", expires_at: now + 86_000_000 }),
  "weaker-accepted": (now) => after(now, { state: "accepted", approvals: [kato(now), ito(now)], decided_at: now - 20_000 }),
  "weaker-refused": (now) => after(now, { state: "refused", approvals: [kato(now)], decided_at: now - 20_000 }),
  "weaker-expired": (now) => after(now, { state: "expired", created_at: now - 700_000, expires_at: now - 100_000, decided_at: now - 100_000 }),
};

const about = (now) => ({ handle: "C-70031", reference: "9QW4-M2KD", purpose: { code: "card-reissue", ja: "カード再発行", en: "Card reissue" }, asker: { person: "p_mori", label: { ja: "森(みどり銀行 委託先)", en: "Mori (for Midori Bank)" } }, created_at: now - 80_000, expires_at: now + 520_000 });

/** What a supervisor's list holds. */
export const listed = {
  fresh: (now) => fallback(now, { id: "f_7", verification: "v_7", ...about(now) }),
  second: (now) => fallback(now, { id: "f_8", verification: "v_8", ...about(now), handle: "C-33007", reference: "H2RT-88PX", reason: "new", approvals: [kato(now)], expires_at: now + 200_000 }),
  given: (now) => fallback(now, { id: "f_9", verification: "v_9", ...about(now), approvals: [{ ...kato(now), person: "p_sato" }] }),
};

/** Prospects: no handle anywhere. */
const prospect = (now, rest) => view(now, { handle: null, kind: "eligibility", purpose: further[3], ...rest });
export const prospects = {
  uninvited: (now) => prospect(now, { age: 1_000_000, state: "expired", match_code: null, expires_at: now - 100_000, decided_at: now - 100_000 }),
  "prospect-opened": (now) => prospect(now, { state: "opened", ...reached(now, 42_000) }),
  "prospect-verified": (now) => prospect(now, { age: 60_000, ...reached(now, 60_000), state: "passed", match_code: null, decided_at: now - 30_000, valid_until: now + 570_000, approve_ms: 12 }),
};
export const invited = (now, minutes) => prospect(now, { age: 0, match_code: null, expires_at: now + minutes * 60_000 });

/** A code as the server draws one: 25 modules in a quiet zone of 4. */
export function qrSvg() {
  let path = "";
  let seed = 7;
  const finder = (x, y) => [[0, 0], [18, 0], [0, 18]].some(([fx, fy]) => x >= fx && x < fx + 7 && y >= fy && y < fy + 7 && (x === fx || x === fx + 6 || y === fy || y === fy + 6 || (x > fx + 1 && x < fx + 5 && y > fy + 1 && y < fy + 5)));
  const kept = (x, y) => (x < 8 && y < 8) || (x > 16 && y < 8) || (x < 8 && y > 16);
  for (let y = 0; y < 25; y += 1) {
    for (let x = 0; x < 25; x += 1) {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
      if (kept(x, y) ? finder(x, y) : seed > 1_000_000_000) path += `M${(x + 4) * 8} ${(y + 4) * 8}h8v8h-8z`;
    }
  }
  return `<?xml version="1.0" standalone="yes"?><svg xmlns="http://www.w3.org/2000/svg" version="1.1" width="264" height="264" viewBox="0 0 264 264" shape-rendering="crispEdges"><rect x="0" y="0" width="264" height="264" fill="#fff"/><path fill="#000" d="${path}"/></svg>`;
}

/** Earlier calls of the day, one of each shape. */
export const earlier = (now) => [
  view(now, { handle: "C-11873", age: 1_500_000, purpose: purposes[1], state: "passed", match_code: null, decided_at: now - 1_450_000, valid_until: now + 200_000, approve_ms: 9 }),
  view(now, { handle: "C-90212", age: 2_400_000, purpose: purposes[1], state: "denied", match_code: null, delivered_at: now - 2_399_000, decided_at: now - 2_350_000 }),
  view(now, { handle: "C-55120", age: 3_600_000, purpose: purposes[2], state: "expired", match_code: null, decided_at: now - 3_480_000 }),
  view(now, { handle: "C-33007", age: 5_400_000, purpose: purposes[3], state: "expired", match_code: null, delivered_at: now - 5_399_000, decided_at: now - 5_280_000 }),
];
