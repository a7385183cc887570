//! The demo's client enterprise: its purposes and policies. Everything in it is made up.

use serde_json::{Value, json};

/// The tenant's identifier.
pub const TENANT: &str = "midori";
/// The one operator.
pub const OPERATOR: &str = "sato";
/// Answers for the tenant: owner and supervisor.
pub const OWNER: &str = "mori";
/// The tenant's two security people: one drafts, the other publishes.
pub const SECURITY: [&str; 2] = ["hara", "ueda"];
/// Leads operators; with the owner, who is a supervisor too, the second of two who let a fallback through.
pub const SUPERVISOR: &str = "oki";
/// The BPO that works for the tenant.
pub const PARTNER: &str = "hikari";
/// Its operator.
pub const PARTNER_OPERATOR: &str = "ito";

/// A card company, where Midori's customers prove conditions before they have an account.
pub const AOZORA: &str = "aozora";
/// Its operator.
pub const AOZORA_OPERATOR: &str = "abe";
/// Its purpose and policy for that.
pub const OPENING: &str = "open-account";

fn policy(id: &str, ja: &str, en: &str, predicates: Value, ttl_s: u32) -> Value {
    json!({"v": 1, "id": id, "version": 1, "schema": "honnin-jp-1", "name": {"ja": ja, "en": en},
        "predicates": predicates, "disclose": [], "user_verification": true, "number_match": true,
        "ttl_s": ttl_s, "valid_s": 600})
}

fn holder() -> Value {
    json!({"slot": "subject", "op": "EQ", "value": "handle"})
}

/// Policies an operator may choose; with `short`, also one whose requests run out within seconds, for tests.
pub fn policies(short: bool) -> Vec<Value> {
    let mut all = vec![
        policy(
            "standard",
            "標準",
            "Standard",
            json!([holder(), {"slot": "kyc_level", "op": "GE", "value": 2}, {"slot": "birth", "op": "LE", "value": {"years_before": 20}}]),
            120,
        ),
        policy("holder", "契約者本人", "Account holder", json!([holder()]), 120),
        policy(
            "kanto",
            "関東のお客様",
            "Kanto customers",
            json!([holder(), {"slot": "region", "op": "INSET", "value": [8, 9, 10, 11, 12, 13, 14]}]),
            120,
        ),
        policy(
            "limit",
            "ご利用枠30万円以上",
            "Limit of 300,000 yen or more",
            json!([holder(), {"slot": "limit", "op": "GE", "value": 300_000}]),
            120,
        ),
    ];
    let sealed = |mut policy: Value, slots: Value| {
        policy["disclose"] = slots;
        policy
    };
    all.push(sealed(
        policy(
            "payment",
            "お支払いの承認",
            "Payment",
            json!([holder(), {"slot": "limit", "op": "GE", "value": "amount"}]),
            180,
        ),
        json!(["payment_token"]),
    ));
    all.push(sealed(
        policy("delivery", "お届け先の送付", "Delivery", json!([holder()]), 180),
        json!(["name", "address", "phone"]),
    ));
    if short {
        all.push(policy("short", "標準(短時間)", "Standard (short)", json!([holder()]), 4));
    }
    all
}

/// One of the operators beside the usual one.
pub fn extra_operator(index: usize) -> String {
    format!("extra-{index}")
}

fn operator(id: &str) -> Value {
    person(id, "佐藤", "Sato", &["operator"])
}

fn person(id: &str, ja: &str, en: &str, roles: &[&str]) -> Value {
    json!({"id": id, "name": {"ja": ja, "en": en}, "roles": roles,
        "label": {"ja": format!("{ja}(みどり銀行 委託先)"), "en": format!("{en} (for Midori Bank)")}})
}

/// The BPO's entry in the server's configuration.
pub fn partner() -> Value {
    json!({"id": PARTNER, "name": {"ja": "ひかりコンタクト", "en": "Hikari Contact"}, "zone": "Asia/Tokyo",
        "people": [person(PARTNER_OPERATOR, "伊藤", "Ito", &["operator"]),
                   person("kato", "加藤", "Kato", &["owner", "supervisor"])]})
}

/// What the tenant lets it do.
pub fn delegation() -> Value {
    json!({"tenant": TENANT, "partner": PARTNER, "purposes": ["address-change", "balance"], "days": 365})
}

/// The tenant's entry in the server's configuration, with so many operators beside the usual one.
pub fn tenant(issuer: &str, root: &Value, short: bool, operators: usize) -> Value {
    let mut enrolment = policy("enrolment", "登録", "Enrolment", json!([holder()]), 300);
    enrolment["number_match"] = json!(false);
    let mut purposes = vec![
        json!({"code": "address-change", "ja": "住所変更のお手続き", "en": "Address change", "policy": "standard"}),
        json!({"code": "card-reissue", "ja": "カードの再発行", "en": "Card reissue", "policy": "standard"}),
        json!({"code": "balance", "ja": "残高のお問い合わせ", "en": "Balance enquiry", "policy": "holder"}),
        json!({"code": "branch-visit", "ja": "ご来店の予約", "en": "Branch appointment", "policy": "kanto"}),
        json!({"code": "limit-change", "ja": "ご利用枠の変更", "en": "Change of limit", "policy": "limit"}),
    ];
    purposes
        .push(json!({"code": "card-payment", "ja": "カードでのお支払い", "en": "Card payment", "policy": "payment"}));
    purposes.push(json!({"code": "delivery", "ja": "商品のお届け", "en": "Delivery", "policy": "delivery"}));
    if short {
        purposes.push(json!({"code": "short", "ja": "短時間の確認", "en": "Short check", "policy": "short"}));
    }
    let mut people = vec![
        operator(OPERATOR),
        person(OWNER, "森", "Mori", &["owner", "supervisor"]),
        person(SECURITY[0], "原", "Hara", &["security"]),
        person(SECURITY[1], "上田", "Ueda", &["security", "auditor"]),
        person(SUPERVISOR, "大木", "Oki", &["supervisor"]),
    ];
    people.extend((0..operators).map(|index| operator(&extra_operator(index))));
    json!({
        "id": TENANT, "zone": "Asia/Tokyo", "idle_lock_s": 300,
        "display": {"name": {"ja": "みどり銀行", "en": "Midori Bank"},
                    "desk": {"ja": "カスタマーセンター", "en": "Customer centre"}, "number": "0120-000-123"},
        "purposes": purposes, "policies": policies(short), "enrolment_policy": enrolment,
        "issuers": [{"url": issuer, "root": root}],
        "fallbacks": [{"purpose": "address-change", "methods": ["callback", "supervisors", "re-enrolment"]},
                      {"purpose": "card-reissue", "methods": ["supervisors", "re-enrolment"]}],
        "people": people,
    })
}

/// The card company's entry: it has no customers yet, and trusts Midori's issuer for those who may become some.
pub fn aozora(issuer: &str, root: &Value) -> Value {
    let mut enrolment = policy("enrolment", "登録", "Enrolment", json!([holder()]), 300);
    enrolment["number_match"] = json!(false);
    let conditions = json!([{"slot": "birth", "op": "LE", "value": {"years_before": 20}},
                            {"slot": "kyc_level", "op": "GE", "value": 2}]);
    json!({
        "id": AOZORA, "zone": "Asia/Tokyo", "idle_lock_s": 300,
        "display": {"name": {"ja": "あおぞらカード", "en": "Aozora Card"},
                    "desk": {"ja": "お申込み窓口", "en": "Applications"}, "number": "0120-000-456"},
        "purposes": [{"code": OPENING, "ja": "カードのお申込み", "en": "Opening an account", "policy": OPENING, "kind": "eligibility"}],
        "policies": [policy(OPENING, "お申込みの条件", "Conditions for an account", conditions, 300)],
        "enrolment_policy": enrolment,
        "issuers": [{"url": issuer, "root": root, "serves": "eligibility", "certifies": TENANT}],
        "people": [{"id": AOZORA_OPERATOR, "name": {"ja": "阿部", "en": "Abe"}, "roles": ["operator"],
                    "label": {"ja": "阿部(あおぞらカード)", "en": "Abe (Aozora Card)"}},
                   {"id": "kudo", "name": {"ja": "工藤", "en": "Kudo"}, "roles": ["owner", "supervisor", "security"],
                    "label": {"ja": "工藤(あおぞらカード)", "en": "Kudo (Aozora Card)"}}],
    })
}
