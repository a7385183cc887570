/** Fixed data that the mock server answers with. Synthetic throughout. */
const DAY = 86_400_000;

export const name = (ja, en) => ({ ja, en });

const FULL = ["view", "change", "delete"];
const ALL = ["settings", "people", "provider", "delegations", "policies", "issuers", "machines", "keys", "audit", "alerts", "incidents", "customers", "dashboard"];

/** Who is logged in: `everything` holds every right, so that one set of pictures shows every page. */
export const people = {
  everything: { roles: ["owner", "security"], rights: Object.fromEntries(ALL.map((it) => [it, FULL])) },
  auditor: { roles: ["auditor"], rights: Object.fromEntries([...ALL.filter((it) => it !== "customers"), "verifications"].map((it) => [it, ["view"]])) },
  supervisor: { roles: ["supervisor"], rights: Object.fromEntries(["settings", "people", "delegations", "policies", "alerts", "incidents", "dashboard", "verifications"].map((it) => [it, ["view"]])) },
  operator: { roles: ["operator"], rights: { verifications: ["view", "change"] } },
  partner: { roles: ["admin"], rights: Object.fromEntries(["settings", "people", "delegations", "machines", "alerts", "incidents", "dashboard", "audit"].map((it) => [it, FULL])) },
};

export const me = (now, { who = "everything", frozen = false } = {}) => ({
  person: { id: "p_tanaka", name: name("田中 美咲", "Misaki Tanaka"), label: name("田中(みどり銀行)", "Tanaka (Midori Bank)"), roles: people[who].roles },
  organisation:
    who === "partner"
      ? { id: "hikari", kind: "partner", name: name("ひかりコンタクト", "Hikari Contact"), status: frozen ? "frozen" : "active" }
      : { id: "midori", kind: "tenant", name: name("みどり銀行", "Midori Bank"), status: frozen ? "frozen" : "active" },
  rights: people[who].rights,
  tenants: [],
  idle_lock_s: 300,
  now,
});

/** A point of the curve: the example key of RFC 7515, A.3. */
export const JWK = { kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" };

export const HOSTILE = "山田\u202E<img src=x onerror=alert(1)>\u200Bmoc.lige";

const words = (...proves) => ({ proves: [...proves, name("本人確認が有効期限内である", "Your identity check is still valid")], not_sent: { ja: ["氏名", "生年月日", "住所", "電話番号", "口座番号", "暗証番号"], en: ["name", "birth date", "address", "phone number", "account number", "PIN"] } });
const holder = name("ご契約者本人である", "You are the account holder");
const document = (id, version, title, predicates) => ({
  v: 1, id, version, schema: "honnin-jp-1", name: title,
  predicates: [{ slot: "subject", op: "EQ", value: "handle" }, ...predicates],
  disclose: [], user_verification: true, number_match: true, ttl_s: 120, valid_s: 600,
});
const level = { slot: "kyc_level", op: "GE", value: 2 };
const age = { slot: "birth", op: "LE", value: { years_before: 20 } };
const kanto = { slot: "region", op: "INSET", value: [8, 9, 10, 11, 12, 13, 14] };
const standard = name("標準", "Standard");
const high = name("重要手続き", "High assurance");

/** Words for a dry run, as far as the pictures need them; the real ones are the server's. */
export function dryRun(body) {
  const lines = body.predicates.filter((it) => it.slot !== "subject").map((it) => {
    if (it.slot === "kyc_level") return name(`本人確認レベルが${it.value}以上である`, `Your identity check is level ${it.value} or higher`);
    if (it.slot === "birth") return name(`${it.value.years_before}歳以上である`, `You are ${it.value.years_before} or older`);
    if (it.slot === "region") return name("関東にお住まいである", "You live in Kanto");
    if (it.slot === "method") return name("公的個人認証(JPKI)またはモバイル運転免許証等(mDL)で本人確認を済ませている", "Your identity was checked with My Number card (JPKI) or a mobile driving licence (mDL)");
    return name(`利用限度額が${it.value}円以上である`, `Your spending limit is at least ¥${it.value}`);
  });
  return {
    words: words(holder, ...lines),
    conditions: body.predicates.map((it) => ({ slot: it.slot, op: it.op, operand: it.value })),
    purposes: ["card-reissue", "cancellation"],
    devices: 18_240,
    changes: [{ member: "predicates", from: [level], to: body.predicates.slice(1) }, { member: "valid_s", from: 600, to: body.valid_s }],
  };
}

const outcomes = (now, days) =>
  Array.from({ length: days }, (_, i) => {
    const day = new Date(now - i * DAY).toISOString().slice(0, 10);
    const busy = [0.35, 1, 0.9, 0.95, 1.1, 1.2, 0.5][new Date(now - i * DAY).getUTCDay()];
    const n = Math.round(420 * busy + ((i * 37) % 60));
    return { day, passed: n, denied: Math.round(n * 0.03), failed: Math.round(n * 0.02), expired: Math.round(n * 0.06), unreachable: Math.round(n * 0.05), cancelled: Math.round(n * 0.015) };
  });

export function data(now) {
  const ago = (days) => now - days * DAY;
  const person = (id, ja, en, roles, over = {}) => ({
    id, name: name(ja, en), label: name(`${ja}(みどり銀行)`, `${en} (Midori Bank)`),
    roles: roles.map((role, i) => ({ role, granted_at: ago(200 + i), last_used_at: i === 0 ? ago(1) : ago(120) })),
    team: "t_1", status: "active", passkeys: 1, created_at: ago(300), last_login_at: ago(1), ...over,
  });
  const key = (kind, id, version, days) => ({ kind, id, version, made_at: ago(days), age_days: days, warn: days >= 90 });
  return {
    org: {
      id: "midori", kind: "tenant", status: "active", name: name("みどり銀行", "Midori Bank"), revision: 7,
      settings: { zone: "Asia/Tokyo", idle_lock_s: 300, display: { name: name("みどり銀行", "Midori Bank"), desk: name("カスタマーセンター", "Customer centre"), number: "0120-000-123" }, baseline_s: 75, retention_days: 365, enrolment_policy: "standard", outbound_numbers: ["03-1234-5678"], fallbacks: [{ purpose: "address-change", methods: ["callback", "supervisors"] }] },
    },
    people: [
      person("p_tanaka", "田中 美咲", "Misaki Tanaka", ["owner", "security"]),
      person("p_sato", "佐藤 花", "Hana Sato", ["operator"]),
      person("p_kato", "加藤 健", "Ken Kato", ["supervisor", "operator"], { team: "t_2" }),
      person("p_suzuki", "鈴木 陽子", "Yoko Suzuki", ["auditor"], { team: null, last_login_at: ago(140) }),
      person("p_new", "高橋 翔", "Sho Takahashi", ["operator"], { last_login_at: null, passkeys: 0 }),
      person("p_gone", "伊藤 誠", "Makoto Ito", [], { status: "removed" }),
    ],
    teams: [{ id: "t_1", name: "東京センター", members: 4 }, { id: "t_2", name: "札幌センター", members: 1 }],
    review: {
      days: 90,
      unused_rights: [{ person: "p_kato", name: name("加藤 健", "Ken Kato"), role: "operator", granted_at: ago(201), last_used_at: ago(120) }, { person: "p_tanaka", name: name("田中 美咲", "Misaki Tanaka"), role: "security", granted_at: ago(201), last_used_at: ago(120) }],
      dormant: [{ person: "p_suzuki", name: name("鈴木 陽子", "Yoko Suzuki"), last_login_at: ago(140), created_at: ago(300) }, { person: "p_new", name: name("高橋 翔", "Sho Takahashi"), last_login_at: null, created_at: ago(95) }],
    },
    idp: { issuer: "https://idp.midori.example", client_id: "honnin-admin", secret: true, required: false },
    machines: [
      { id: "m_1", kind: "api_key", name: "IVR", label: name("自動音声", "Voice menu"), scopes: ["verifications:start"], created_at: ago(30), expires_at: now + 60 * DAY, last_used_at: ago(0.01), status: "active" },
      { id: "m_2", kind: "client", name: "CRM", label: name("業務システム", "CRM"), scopes: ["verifications:start", "verifications:read"], created_at: ago(100), expires_at: now + 265 * DAY, last_used_at: null, status: "active" },
      { id: "m_3", kind: "api_key", name: "old-export", label: name("監査の書き出し", "Audit export"), scopes: ["audit:read"], created_at: ago(200), expires_at: ago(20), last_used_at: ago(21), status: "active" },
      { id: "m_4", kind: "api_key", name: "pilot", label: name("試行", "Pilot"), scopes: ["verifications:start"], created_at: ago(400), expires_at: ago(100), last_used_at: ago(200), status: "revoked" },
    ],
    delegations: [
      { id: "dl_1", tenant: "midori", tenant_name: name("みどり銀行", "Midori Bank"), partner: "hikari", partner_name: name("ひかりコンタクト", "Hikari Contact"), purposes: ["address-change", "balance"], not_before: ago(100), not_after: now + 265 * DAY, status: "active", created_by: "p_tanaka", created_at: ago(101) },
      { id: "dl_2", tenant: "midori", tenant_name: name("みどり銀行", "Midori Bank"), partner: "aozora", partner_name: name("あおぞらサポート", "Aozora Support"), purposes: ["card-reissue"], not_before: now + 10 * DAY, not_after: now + 100 * DAY, status: "active", created_by: "p_tanaka", created_at: ago(2) },
      { id: "dl_3", tenant: "midori", tenant_name: name("みどり銀行", "Midori Bank"), partner: "kaze", partner_name: name("かぜコール", "Kaze Call"), purposes: ["balance"], not_before: ago(400), not_after: ago(35), status: "ended", created_by: "p_tanaka", created_at: ago(401) },
    ],
    policies: [
      {
        id: "standard", name: standard, current: 3,
        versions: [
          { version: 3, status: "published", document: document("standard", 3, standard, [level]), words: words(holder, name("本人確認レベルが2以上である", "Your identity check is level 2 or higher")), created_by: "p_kato", created_at: ago(41), published_by: "p_tanaka", published_at: ago(40) },
          { version: 2, status: "retired", document: document("standard", 2, standard, []), words: words(holder), created_by: "p_tanaka", created_at: ago(200), published_by: "p_kato", published_at: ago(199) },
        ],
      },
      {
        id: "adult", name: name("口座開設の条件", "Opening an account"), current: 1,
        versions: [{ version: 1, status: "published", document: { ...document("adult", 1, name("口座開設の条件", "Opening an account"), []), predicates: [age, level] }, words: { ...words(name("20歳以上である", "You are 20 or older")), proves: [name("20歳以上である", "You are 20 or older"), name("本人確認レベルが2以上である", "Your identity check is level 2 or higher")] }, created_by: "p_kato", created_at: ago(10), published_by: "p_tanaka", published_at: ago(9) }],
      },
      {
        id: "high", name: high, current: 1,
        versions: [
          { version: 2, status: "draft", document: document("high", 2, high, [level, age, kanto]), words: words(holder, name("本人確認レベルが2以上である", "Your identity check is level 2 or higher"), name("20歳以上である", "You are 20 or older"), name("関東にお住まいである", "You live in Kanto")), created_by: "p_kato", created_at: ago(1), published_by: null, published_at: null },
          { version: 1, status: "published", document: document("high", 1, high, [level, age]), words: words(holder, name("本人確認レベルが2以上である", "Your identity check is level 2 or higher"), name("20歳以上である", "You are 20 or older")), created_by: "p_tanaka", created_at: ago(90), published_by: "p_kato", published_at: ago(89) },
        ],
      },
    ],
    purposes: [
      { code: "address-change", ja: "住所変更のお手続き", en: "Address change", policy: "standard" },
      { code: "card-reissue", ja: "カード再発行", en: "Card reissue", policy: "high" },
      { code: "balance", ja: "残高照会", en: "Balance enquiry", policy: "standard" },
      { code: "cancellation", ja: "解約", en: "Cancellation", policy: "high" },
      { code: "open-account", ja: "口座の開設", en: "Opening an account", policy: "adult", kind: "eligibility" },
    ],
    recipients: [
      { id: "r_1", name: name("ひかり決済", "Hikari Pay"), key: JWK, thumbprint: "Uq1mX7cLr2Tt0kPz8eWb4sNf6uHj0aGi2xRoCyAb3Dc", url: "https://pay.hikari.example/honnin", created_at: ago(40) },
      { id: "r_2", name: name("みどり配送", "Midori Delivery"), key: JWK, thumbprint: "9Xk1d0Yv5Q9c2Lr7Tt1kPz8eWb4sNf6uHj0aGi2xRoC", url: "https://post.midori.example/v2/orders", created_at: ago(3) },
    ],
    issuers: [
      {
        id: "is_1", url: "https://kyc.midori.example", thumbprint: "k7Jd0cQ2mB8sYw1zv5p3LxR9aT6uEoNf4hGiC2bKqXs", status: "active",
        certificates: [
          { id: "c0ffee25d1e5a7b3", not_before: ago(60), not_after: now + 305 * DAY, status: "active", devices: 18_240 },
          { id: "badcab1e0ddba115", not_before: ago(425), not_after: ago(60), status: "active", devices: 12 },
          { id: "deadbea7cafef00d", not_before: ago(500), not_after: ago(100), status: "revoked", devices: 0 },
        ],
      },
      { id: "is_3", url: "https://kyc.aozora.example", thumbprint: "Hj0aGi2xRoCyUq1mX7cLr2Tt0kPz8eWb4sNf6uAb3Dc", status: "active", certificates: [], serves: "eligibility", certifies: "aozora" },
      { id: "is_2", url: "https://kyc-old.midori.example", thumbprint: "Zq3xN8vR1tYb6uJm0sKd5wPf2hLg9cAe7oTiXnBzQ4w", status: "suspended", certificates: [] },
    ],
    keys: {
      keys: [key("kek", "kek-2026a", 1, 120), key("data", "midori", 4, 30), key("index", "midori", 1, 80), key("log", "midori", 1, 80), { ...key("announcement", "Pz8eWb4sNf6uHj0aGi2xRoCyUq1mX7cLr2Tt0kAb3Dc", 1, 80), warn: false }, { ...key("announcement", "c2Lr7Tt1kPz8eWb4sNf6uHj0aGi2xRoCyUq1mX7Ab3Dc", 2, 12), warn: false }],
      warn_after_days: 90,
      log: { origin: "honnin.example/midori", vkey: "honnin.example/midori+8d2f6c1a+AXm3d0Yv5Q9c2Lr7Tt1kPz8eWb4sNf6uHj0aGi2xRoCy", size: 184_203 },
    },
    frozen: [{ id: "cu_7Qd2", since: ago(0.2), until: now + DAY, refusals: 4 }, { id: "cu_9Xk1", since: ago(2), until: null, refusals: 9 }],
    audit: [
      { index: 184_202, at: ago(0.001), kind: "audit.searched", person: "p_tanaka", verification: null, data: { filters: ["suspicious"] }, flags: ["log-viewed"] },
      { index: 184_201, at: ago(0.02), kind: "verification.passed", person: "p_sato", verification: "v_0000000000000000000001", data: { purpose: "address-change", policy: "standard", version: 3 }, flags: [] },
      { index: 184_200, at: ago(0.3), kind: "verification.created", person: "p_sato", verification: "v_0000000000000000000002", data: { purpose: "card-reissue" }, flags: ["odd-hours", "burst"] },
      { index: 184_199, at: ago(0.31), kind: "verification.denied", person: "p_kato", verification: "v_0000000000000000000003", data: { detail: "reported" }, flags: ["repeated-refusals"] },
      { index: 184_198, at: ago(1.2), kind: "verification.created", person: "p_kato", verification: "v_0000000000000000000004", data: {}, flags: ["many-customers"] },
      { index: 184_197, at: ago(1.4), kind: "policy.published", person: "p_tanaka", verification: null, data: { policy: "standard", version: 3 }, flags: [] },
    ],
    alerts: {
      alerts: [
        { id: "a_1", at: ago(0.3), kind: "burst", person: "p_sato", data: { starts: 14, minutes: 5 }, acknowledged_at: null, acknowledged_by: null },
        { id: "a_2", at: ago(0.31), kind: "reported", person: "p_kato", data: { verification: "v_0000000000000000000003" }, acknowledged_at: null, acknowledged_by: null },
        { id: "a_3", at: ago(1), kind: "customer-frozen", person: null, data: { customer: "cu_9Xk1", refusals: 9 }, acknowledged_at: ago(0.9), acknowledged_by: "p_tanaka" },
        { id: "a_4", at: ago(3), kind: "key-age", person: null, data: { kind: "kek", age_days: 117 }, acknowledged_at: ago(2.9), acknowledged_by: "p_tanaka" },
        { id: "a_5", at: ago(4), kind: "odd-hours", person: "p_kato", data: { at: "03:12" }, acknowledged_at: ago(3.9), acknowledged_by: "p_kato" },
      ],
      webhook: "https://soc.midori.example/hooks/honnin",
    },
    incidents: [
      { id: "in_0", target: { kind: "issuer", id: "is_2" }, reason: "key-compromise", note: "試験の鍵", began_at: ago(60), began_by: "p_tanaka", ended_at: ago(59), preliminary_from: ago(57), preliminary_by: ago(55), final_by: ago(30), final_by_if_improper: ago(0), affected_customers: 12, live_calls: 0 },
    ],
    dashboard: (days) => {
      const list = outcomes(now, days);
      return {
        outcomes: list,
        start_to_verdict: {
          count: list.reduce((n, day) => n + day.passed, 0), median_ms: 21_400, p95_ms: 58_900,
          by_day: list.map((day, i) => ({ day: day.day, median_ms: i === 5 ? null : 20_000 + ((i * 7) % 9) * 500, p95_ms: i === 5 ? null : 52_000 + ((i * 11) % 13) * 1_100 })),
        },
        saved: { baseline_s: 75, minutes: 9_310 }, refusals: 214, reports: 6, weaker: 38, open: 11, devices: 18_240, people_online: 37,
      };
    },
  };
}

export const runningIncident = (now, over = {}) => ({
  id: "in_1", target: { kind: "person", id: "p_sato" }, reason: "unauthorised-access", note: "深夜に多数の開始があった。端末を回収済み。",
  began_at: now - 2.4 * DAY, began_by: "p_tanaka", ended_at: null, preliminary_from: now + 0.6 * DAY, preliminary_by: now + 2.6 * DAY, final_by: now + 27.6 * DAY, final_by_if_improper: now + 57.6 * DAY,
  affected_customers: 31, live_calls: 2, ...over,
});
