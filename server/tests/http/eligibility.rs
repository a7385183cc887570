//! Somebody without an account proves conditions: from the invitation to the receipt, and all that is refused.

use honnin_circuits::encoding::fr_to_hex;
use honnin_circuits::statement::Statement;
use honnin_evidence::receipt::{EligibilityIssuer, verify};
use honnin_protocol::device::prospect_message;
use honnin_protocol::jwk::P256Jwk;
use honnin_protocol::policy::Policy;
use honnin_protocol::revocation::{self, Reason, Revocation};
use honnin_protocol::subject::Party;
use reqwest::Method;
use serde_json::{Value, json};

use crate::receipts;
use crate::support::authenticator::{jwk, signing_key, unb64};
use crate::support::phone::certificate;
use crate::support::service::{ISSUER, ROOT_SEED, policy, tenants};
use crate::support::stream::Events;
use crate::support::{Desk, Phone, Service};

/// Root of the other company's issuer, and that company.
const THEIRS: u8 = 41;
const COMPANY: &str = "sakura";

/// Adults, without a word about an account.
fn conditions(id: &str) -> Value {
    let mut policy = policy(id, &[json!({"slot": "birth", "op": "LE", "value": {"years_before": 20}})]);
    policy["predicates"].as_array_mut().unwrap().remove(0);
    policy
}

async fn service() -> Service {
    let mut tenants = tenants();
    let tenant = &mut tenants[0];
    tenant["policies"].as_array_mut().unwrap().push(conditions("open-account"));
    tenant["purposes"]
        .as_array_mut()
        .unwrap()
        .push(json!({"code": "open-account", "ja": "口座開設", "en": "Opening an account",
        "policy": "open-account", "kind": "eligibility"}));
    tenant["issuers"].as_array_mut().unwrap().push(json!({"url": ISSUER, "root": jwk(&signing_key(THEIRS)),
        "serves": "eligibility", "certifies": COMPANY}));
    let service = Service::idle(json!({"tenants": tenants})).await;
    let sweeping = service.app.clone();
    tokio::spawn(async move { sweeping.work_until_stopped().await });
    service
}

/// An invitation: the view with it, and the token of its link.
async fn invited(desk: &Desk<'_>) -> (Value, String) {
    let view = desk.post("/v1/eligibility", json!({"purpose": "open-account"})).await.ok(201);
    let link = view["invitation"]["link"].as_str().unwrap();
    let token = link.strip_prefix(&format!("{}/app/#/invited/", desk.service.origin)).unwrap().to_owned();
    (view, token)
}

async fn read(service: &Service, token: &str) -> Value {
    service.post("/v1/prospects/read", json!({"token": token})).await.ok(200)
}

/// What an honest phone hands in.
async fn acceptance(phone: &mut Phone<'_>, token: &str, said: &Value) -> Value {
    let now_s = u64::try_from(phone.service.app.db().now().await.unwrap() / 1000).unwrap();
    let challenge: [u8; 32] = unb64(said["challenge"].as_str().unwrap()).try_into().unwrap();
    json!({
        "token": token, "challenge": said["challenge"], "pseudonym": fr_to_hex(&phone.pseudonym),
        "issuer_certificate": certificate(COMPANY, THEIRS, now_s, now_s + 86_400), "device_key": jwk(&phone.key),
        "device_signature": phone.sign(&prospect_message(&challenge, &phone.pseudonym)),
        "passkey": phone.passkey.register(&said["passkey"]), "label": "Android",
        "consent": {"wording": said["consent"]["wording"], "language": "ja"},
    })
}

/// A phone that accepted an invitation and is logged in.
async fn accepted<'a>(service: &'a Service, token: &str, seed: u8) -> Phone<'a> {
    let mut phone = Phone::new(service, "midori", "", seed);
    let said = read(service, token).await;
    let body = acceptance(&mut phone, token, &said).await;
    let done = service.post("/v1/prospects/accept", body).await.ok(201);
    phone.device = done["device"].as_str().unwrap().to_owned();
    phone.log_in().await;
    phone
}

fn id(view: &Value) -> &str {
    view["id"].as_str().unwrap()
}

#[tokio::test]
async fn from_the_invitation_to_the_receipt() {
    let service = service().await;
    let desk = service.desk("sato", 1).await;
    let (view, token) = invited(&desk).await;
    assert_eq!(
        (&view["kind"], &view["handle"], &view["state"]),
        (&json!("eligibility"), &Value::Null, &json!("created"))
    );
    assert_eq!(view["invitation"]["expires_at"], view["expires_at"]);
    assert_eq!(view["expires_at"].as_i64().unwrap() - view["created_at"].as_i64().unwrap(), 15 * 60_000);
    assert!(view["invitation"]["qr_svg"].as_str().unwrap().contains("<svg"));
    assert!(desk.view(id(&view)).await.get("invitation").is_none(), "shown once");

    let said = read(&service, &token).await;
    assert_eq!((&said["tenant"]["tenant"], &said["policy"]["id"]), (&json!("midori"), &json!("open-account")));
    assert_eq!(said["purpose"], json!({"code": "open-account", "ja": "口座開設", "en": "Opening an account"}));
    let thumbprint = P256Jwk::from(*signing_key(THEIRS).verifying_key()).thumbprint();
    assert_eq!(said["issuers"], json!([{"thumbprint": thumbprint, "certifies": COMPANY}]));
    assert!(said["consent"]["text"]["en"].as_str().unwrap().contains("Opening an account"));
    let again = read(&service, &token).await;
    assert_eq!(
        (&again["challenge"], &again["passkey"]),
        (&said["challenge"], &said["passkey"]),
        "reading uses nothing up"
    );
    // What customers' phones prepare has nothing to do with it.
    let listed = service.call(Method::GET, "/v1/tenants/midori", None, &[]).await.ok(200);
    assert!(!listed["policies"].to_string().contains("open-account"));

    let mut phone = accepted(&service, &token, 20).await;
    let stream = service.http.get(format!("{}/v1/device/stream", service.origin)).bearer_auth(&phone.token);
    let mut stream = Events::new(stream.send().await.unwrap());
    assert_eq!(stream.next().await.unwrap().data["verification"], view["id"]);
    let request = phone.open(id(&view)).await;
    assert_eq!(
        (&request["statement"]["kind"], &request["statement"]["direction"]),
        (&json!("eligibility"), &json!("inbound"))
    );
    let body = phone.approval(&request, view["match_code"].as_str().unwrap()).await.body;
    phone.approve(id(&view), &body).await.ok(200);
    let passed = desk.view(id(&view)).await;
    assert_eq!(
        (&passed["state"], &passed["handle"], &passed["kind"]),
        (&json!("passed"), &Value::Null, &json!("eligibility"))
    );

    // Its end is told, and with it the phone is nobody's any more; what it shows for stays within its reach.
    let ended = stream.next().await.unwrap();
    assert_eq!((ended.name.as_str(), &ended.data["state"]), ("ended", &json!("passed")));
    assert!(stream.next().await.is_none());
    phone.get("/v1/device/requests").await.problem(401, "unauthenticated");
    assert_eq!(service.text("SELECT status FROM devices").await, "revoked");
    let path = format!("/v1/device/receipts/{}", id(&view));
    let phones = phone.get(&path).await.ok(200);
    let desks = desk.get(&format!("/v1/verifications/{}/receipt", id(&view))).await.ok(200);
    assert_eq!((&phones["body"], &phones["body"]["handle"]), (&desks["body"], &Value::Null));
    let trust = honnin_evidence::receipt::Trust {
        eligibility_issuers: vec![EligibilityIssuer { root: thumbprint, certifies: COMPANY.into() }],
        ..receipts::trust(&service).await
    };
    let report = verify(&serde_jcs::to_vec(&phones).unwrap(), &trust);
    assert!(report.holds(), "{:?}", report.fault());
    // Another verification's receipt is none of this phone's.
    let (other, _) = invited(&desk).await;
    phone.get(&format!("/v1/device/receipts/{}", id(&other))).await.problem(404, "not-found");
    phone.service.post("/v1/device/challenge", json!({"device": phone.device})).await.ok(200);
    honnin_server::db::log::verify(&mut service.app.db().read().await.unwrap(), "midori").await.unwrap();
}

#[tokio::test]
async fn a_token_serves_once() {
    let service = service().await;
    let desk = service.desk("sato", 1).await;
    let reads = |token: &str| service.post("/v1/prospects/read", json!({"token": token}));
    reads("AAAAAAAAAAAAAAAAAAAAAA").await.problem(404, "not-found");
    // Two phones at once: one is taken.
    let (view, token) = invited(&desk).await;
    let said = read(&service, &token).await;
    let (mut one, mut two) = (Phone::new(&service, "midori", "", 20), Phone::new(&service, "midori", "", 21));
    let bodies = (acceptance(&mut one, &token, &said).await, acceptance(&mut two, &token, &said).await);
    let (a, b) = tokio::join!(
        service.post("/v1/prospects/accept", bodies.0.clone()),
        service.post("/v1/prospects/accept", bodies.1)
    );
    let mut statuses = [a.status, b.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409], "{} {}", a.body, b.body);
    assert_eq!(service.count("SELECT COUNT(*) FROM devices").await, 1);
    reads(&token).await.problem(409, "already-decided");
    service.post("/v1/prospects/accept", bodies.0).await.problem(409, "already-decided");
    // Called off before anybody came.
    let (called_off, token) = invited(&desk).await;
    desk.post(&format!("/v1/verifications/{}/cancel", id(&called_off)), json!({})).await.ok(200);
    reads(&token).await.problem(409, "already-decided");
    // Lapsed, and nobody had come: unreachable.
    let (lapsed, token) = invited(&desk).await;
    let mut late = Phone::new(&service, "midori", "", 22);
    let said = read(&service, &token).await;
    let body = acceptance(&mut late, &token, &said).await;
    service.shift_clock(16 * 60_000).await;
    reads(&token).await.problem(410, "expired");
    service.post("/v1/prospects/accept", body).await.problem(410, "expired");
    service.app.sweep().await.unwrap();
    // The desk's session locked by then. Whoever had accepted was asked until now, and is nobody's phone since.
    for ended in [&lapsed, &view] {
        let state = service.text(&format!("SELECT state FROM verifications WHERE id = '{}'", id(ended))).await;
        assert_eq!(state, "unreachable");
    }
    assert_eq!(service.text("SELECT status FROM devices").await, "revoked");
}

#[tokio::test]
async fn only_whom_the_tenant_trusts_for_it() {
    let service = service().await;
    let desk = service.desk("sato", 1).await;
    let (view, token) = invited(&desk).await;
    let mut phone = Phone::new(&service, "midori", "", 20);
    let said = read(&service, &token).await;
    let good = acceptance(&mut phone, &token, &said).await;
    let now_s = u64::try_from(service.app.db().now().await.unwrap() / 1000).unwrap();
    let (_, other) = invited(&desk).await;
    let theirs = read(&service, &other).await;
    let other_challenge: [u8; 32] = unb64(theirs["challenge"].as_str().unwrap()).try_into().unwrap();
    let certified = |tenant: &str, seed: u8| json!(certificate(tenant, seed, now_s, now_s + 86_400));
    for (member, value, status, code) in [
        // A stranger's root; the tenant's own issuer, which serves customers; the trusted one for somebody else.
        ("issuer_certificate", certified(COMPANY, 42), 422, "issuer-unknown"),
        ("issuer_certificate", certified("midori", ROOT_SEED), 422, "issuer-unknown"),
        ("issuer_certificate", certified("midori", THEIRS), 422, "issuer-unknown"),
        ("issuer_certificate", certified("aozora", THEIRS), 422, "issuer-unknown"),
        (
            "issuer_certificate",
            json!(certificate(COMPANY, THEIRS, now_s - 90, now_s - 1)),
            422,
            "issuer-certificate-expired",
        ),
        ("pseudonym", json!("0".repeat(64)), 422, "proof-invalid"),
        ("pseudonym", json!("f".repeat(64)), 422, "proof-invalid"),
        ("pseudonym", json!(format!("{:064x}", 7)), 422, "assertion-invalid"),
        ("challenge", theirs["challenge"].clone(), 422, "assertion-invalid"),
        ("challenge", json!("AAAA"), 400, "malformed"),
        ("device_key", jwk(&signing_key(21)), 422, "assertion-invalid"),
        (
            "device_signature",
            json!(phone.sign(&prospect_message(&other_challenge, &phone.pseudonym))),
            422,
            "assertion-invalid",
        ),
        ("consent", json!({"wording": 99, "language": "ja"}), 409, "changed-meanwhile"),
        ("label", json!("高橋のスマホ"), 400, "malformed"),
        ("handle", json!("C-1"), 400, "malformed"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        service.post("/v1/prospects/accept", body).await.problem(status, code);
    }
    assert_eq!(service.count("SELECT COUNT(*) FROM devices").await, 0);
    // Nor does the issuer for prospects make customers.
    let mut customer = Phone::new(&service, "midori", "C-1", 30);
    let (enrolment, mut body) = customer.enrolment().await;
    body["issuer_certificate"] = certified(COMPANY, THEIRS);
    let path = format!("/v1/enrolments/{enrolment}/complete");
    service.post(&path, body.clone()).await.problem(422, "issuer-unknown");
    body["issuer_certificate"] = certified("midori", THEIRS);
    service.post(&path, body).await.problem(422, "issuer-unknown");

    // Suspended between acceptance and answer: the gate asks again.
    service.post("/v1/prospects/accept", good).await.ok(201);
    phone.device = service.text("SELECT id FROM devices").await;
    phone.log_in().await;
    let request = phone.open(id(&view)).await;
    let body = phone.approval(&request, view["match_code"].as_str().unwrap()).await.body;
    let security = service.desk("hara", 2).await;
    let issuer = service.text("SELECT id FROM issuers WHERE serves = 'eligibility'").await;
    let path = format!("/v1/orgs/midori/issuers/{issuer}");
    security.post(&format!("{path}/suspend"), json!({})).await.empty(204);
    phone.approve(id(&view), &body).await.problem(403, "not-in-good-standing");
    assert!(read(&service, &other).await["issuers"].as_array().unwrap().is_empty());
    let mut late = Phone::new(&service, "midori", "", 22);
    let late = acceptance(&mut late, &other, &theirs).await;
    service.post("/v1/prospects/accept", late).await.problem(403, "not-in-good-standing");
    security.post(&format!("{path}/resume"), json!({})).await.empty(204);
    phone.approve(id(&view), &body).await.ok(200);
}

#[tokio::test]
async fn an_issuer_for_prospects_takes_no_customer() {
    let service = service().await;
    let desk = service.desk("sato", 1).await;
    let (_, token) = invited(&desk).await;
    let now_s = u64::try_from(service.app.db().now().await.unwrap() / 1000).unwrap();
    // The customers' issuer's key and times, certified by the other one, and used first.
    let mut prospect = Phone::new(&service, "midori", "", 20);
    let said = read(&service, &token).await;
    let mut body = acceptance(&mut prospect, &token, &said).await;
    body["issuer_certificate"] = json!(certificate(COMPANY, THEIRS, now_s, now_s + 86_400));
    service.post("/v1/prospects/accept", body).await.ok(201);
    let mut phone = Phone::new(&service, "midori", "C-1", 21);
    let (enrolment, mut body) = phone.enrolment().await;
    body["issuer_certificate"] = json!(certificate("midori", ROOT_SEED, now_s, now_s + 86_400));
    let done = service.post(&format!("/v1/enrolments/{enrolment}/complete"), body).await.ok(201);
    phone.device = done["device"].as_str().unwrap().to_owned();
    phone.log_in().await;
    assert_eq!(service.count("SELECT COUNT(DISTINCT issuer) FROM issuer_certificates").await, 2);
    // Its word about customers is nobody's.
    let word = Revocation {
        iss: ISSUER.into(),
        tenant: "midori".into(),
        sub: "C-1".into(),
        jti: "AAAAAAAAAAAAAAAAAAAAAA".into(),
        iat: now_s,
        reason: Reason::Left,
    };
    let jws = revocation::sign(&word, &signing_key(THEIRS));
    service.post("/v1/revocations", json!({"jws": jws})).await.problem(422, "issuer-unknown");
    let asked = desk.ask("C-1", "standard").await;
    let request = phone.open(id(&asked)).await;
    let body = phone.approval(&request, asked["match_code"].as_str().unwrap()).await.body;
    phone.approve(id(&asked), &body).await.ok(200);
}

#[tokio::test]
async fn what_was_not_proven_does_not_pass() {
    let service = service().await;
    let desk = service.desk("sato", 1).await;
    let (view, token) = invited(&desk).await;
    let mut phone = accepted(&service, &token, 20).await;
    let request = phone.open(id(&view)).await;
    let code = view["match_code"].as_str().unwrap();
    let honest = phone.approval(&request, code).await;
    // As a customer of the tenant; with other conditions; of another session; under another name.
    let spoils: [fn(&mut Statement); 3] = [
        |s| s.scope = honnin_circuits::holder::scope("midori"),
        |s| {
            let light: Policy = serde_json::from_value(policy("light", &[])).unwrap();
            s.predicates = light.compile(Party::Customer(""), s.as_of, None).unwrap();
        },
        |s| s.ctx += honnin_circuits::Fr::from(1_u64),
    ];
    for spoil in spoils {
        let mut statement = honest.statement;
        spoil(&mut statement);
        let body = phone.approve_body(&statement, code);
        phone.approve(id(&view), &body).await.problem(422, "proof-invalid");
    }
    // The customer who may be the same person one day is somebody else, and does not see it.
    let mut customer = Phone::enrolled(&service, "midori", "C-1", 30).await;
    customer.get(&format!("/v1/device/requests/{}", id(&view))).await.problem(404, "not-found");
    let stolen = customer.approval(&request, code).await.body;
    customer.approve(id(&view), &stolen).await.problem(404, "not-found");
    // It cannot be met: said by the phone, and that is the end of its record.
    phone.call(Method::POST, &format!("/v1/device/requests/{}/unprovable", id(&view)), None).await.ok(200);
    let ended = desk.view(id(&view)).await;
    assert_eq!((&ended["state"], &ended["detail"]), (&json!("failed"), &json!("unprovable")));
    phone.get("/v1/device/requests").await.problem(401, "unauthenticated");
    customer.get("/v1/device/requests").await.ok(200);
}

#[tokio::test]
async fn purposes_serve_customers_or_prospects() {
    let service = service().await;
    let (desk, security) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let me = desk.get("/v1/operator/me").await.ok(200);
    let kinds: Vec<(&Value, &Value)> =
        me["tenants"][0]["purposes"].as_array().unwrap().iter().map(|p| (&p["code"], &p["kind"])).collect();
    assert!(
        kinds.contains(&(&json!("open-account"), &json!("eligibility")))
            && kinds.contains(&(&json!("light"), &Value::Null))
    );
    let body = json!({"handle": "C-1", "purpose": "open-account", "direction": "inbound"});
    desk.post("/v1/verifications", body).await.problem(422, "unknown-policy");
    for purpose in ["light", "nothing"] {
        desk.post("/v1/eligibility", json!({"purpose": purpose})).await.problem(422, "unknown-policy");
    }
    for minutes in [4, 1441, -5] {
        let body = json!({"purpose": "open-account", "minutes": minutes});
        desk.post("/v1/eligibility", body).await.problem(400, "malformed");
    }
    desk.post("/v1/eligibility", json!({"purpose": "open-account", "handle": "C-1"})).await.problem(400, "malformed");
    desk.post("/v1/eligibility", json!({"purpose": "open-account", "minutes": 1440})).await.ok(201);
    // A policy keeps to what it is used for, and a purpose to its policy's nature.
    let mut standard = conditions("standard");
    let mut opening = policy("open-account", &[]);
    let mut enrolment = conditions("enrolment");
    for document in [&mut standard, &mut opening, &mut enrolment] {
        document.as_object_mut().unwrap().remove("version");
        security.post("/v1/orgs/midori/policies", json!({"document": document})).await.problem(422, "refused");
    }
    let mut sends = conditions("sends");
    sends.as_object_mut().unwrap().remove("version");
    sends["disclose"] = json!(["name"]);
    security.post("/v1/orgs/midori/policies", json!({"document": sends})).await.problem(422, "refused");
    let put = async |code: &str, policy: &str, kind: Value| {
        let body = json!({"ja": "確認", "en": "Check", "policy": policy, "kind": kind});
        security.call(Method::PUT, &format!("/v1/orgs/midori/purposes/{code}"), Some(&body)).await
    };
    put("light", "open-account", Value::Null).await.problem(422, "refused");
    put("light", "light", json!("eligibility")).await.problem(422, "refused");
    put("light", "light", json!("payment")).await.problem(400, "malformed");
    put("visit", "open-account", json!("eligibility")).await.empty(204);
    let listed = security.get("/v1/orgs/midori/purposes").await.ok(200);
    assert!(listed["purposes"].as_array().unwrap().iter().any(|p| p["code"] == "visit" && p["kind"] == "eligibility"));
    // Issuers say whom they serve.
    let add = async |change: Value| {
        let mut body = json!({"url": "https://kyc.example.com", "root": jwk(&signing_key(77))});
        for (name, value) in change.as_object().unwrap() {
            body[name] = value.clone();
        }
        security.post("/v1/orgs/midori/issuers", body).await
    };
    add(json!({"serves": "eligibility"})).await.problem(422, "refused");
    add(json!({"certifies": COMPANY})).await.problem(422, "refused");
    add(json!({"serves": "eligibility", "certifies": "no/tenant"})).await.problem(422, "refused");
    add(json!({"serves": "everything"})).await.problem(400, "malformed");
    add(json!({"serves": "eligibility", "certifies": COMPANY})).await.ok(201);
    let listed = security.get("/v1/orgs/midori/issuers").await.ok(200);
    let serves = |value: &str| listed["issuers"].as_array().unwrap().iter().filter(|i| i["serves"] == value).count();
    assert_eq!((serves("eligibility"), serves("customers")), (2, 1));
}

#[tokio::test]
async fn nobody_elses_desk_sees_it() {
    let service = service().await;
    let desk = service.desk("sato", 1).await;
    let (view, _) = invited(&desk).await;
    for (person, seed) in [("kondo", 3), ("kato", 4), ("tanaka", 5), ("ito", 6), ("suzuki", 7)] {
        let stranger = service.desk(person, seed).await;
        let path = format!("/v1/verifications/{}", id(&view));
        stranger.get(&path).await.problem(404, "not-found");
        stranger.get(&format!("{path}/receipt")).await.problem(404, "not-found");
        stranger.post(&format!("{path}/cancel"), json!({})).await.problem(404, "not-found");
        stranger.post(&format!("{path}/link"), json!({})).await.problem(404, "not-found");
    }
    // A partner's delegation is for other purposes; another tenant has none such.
    for (person, seed) in [("ito", 8), ("tanaka", 9)] {
        let stranger = service.desk(person, seed).await;
        let body = json!({"tenant": "midori", "purpose": "open-account"});
        let answer = stranger.post("/v1/eligibility", body).await;
        assert!([404, 422].contains(&answer.status), "{person}: {}", answer.body);
    }
    let page = [("origin", service.origin.as_str()), ("sec-fetch-site", "same-origin")];
    let body = json!({"purpose": "open-account"});
    service.call(Method::POST, "/v1/eligibility", Some(&body), &page).await.problem(401, "unauthenticated");
    // A link for the phone that does not exist yet, or a message to a number that nobody has: neither.
    desk.post(&format!("/v1/verifications/{}/link", id(&view)), json!({})).await.problem(404, "not-found");
    desk.post(&format!("/v1/verifications/{}/link", id(&view)), json!({"sms": true})).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_prospect_comes_again_and_is_forgotten() {
    let service = service().await;
    let (desk, security) = (service.desk("sato", 1).await, service.desk("hara", 2).await);
    let mut views = Vec::new();
    for _ in 0..3 {
        let (view, token) = invited(&desk).await;
        // The same phone, the same holder secret.
        let mut phone = accepted(&service, &token, 20).await;
        let request = phone.open(id(&view)).await;
        let body = phone.approval(&request, view["match_code"].as_str().unwrap()).await.body;
        phone.approve(id(&view), &body).await.ok(200);
        views.push(view);
    }
    let (_, waiting) = invited(&desk).await;
    // Taken back before it was proven: the phone is gone and the desk knows.
    let (withdrawn, token) = invited(&desk).await;
    let phone = accepted(&service, &token, 20).await;
    let given = phone.get("/v1/device/consents").await.ok(200);
    let consent = given["consents"][0]["id"].as_str().unwrap();
    phone.post(&format!("/v1/device/consents/{consent}/withdraw"), json!({})).await.empty(204);
    assert_eq!(desk.view(id(&withdrawn)).await["state"], "cancelled");

    // Their rights, by what they were asked.
    let about = json!({"verification": id(&views[0])});
    let all = security.post("/v1/orgs/midori/customers/export", about.clone()).await.ok(200);
    assert_eq!((&all["customer"]["handle"], all["devices"].as_array().unwrap().len()), (&Value::Null, 1));
    let erase = "/v1/orgs/midori/customers/erase";
    security.post(erase, json!({})).await.problem(400, "malformed");
    service.desk("kondo", 3).await.post(erase, about.clone()).await.problem(404, "not-found");
    assert_eq!(security.post(erase, about.clone()).await.ok(200), json!({"devices": 1, "verifications": 1}));
    security.post(erase, about).await.problem(404, "not-found");
    assert_eq!(service.count("SELECT COUNT(*) FROM prospects").await, 4);
    let _customer = Phone::enrolled(&service, "midori", "C-1", 30).await;
    let sealed = service.app.reseal("midori").await.unwrap();
    assert_eq!(sealed.unreadable, 0);
    assert_eq!(security.post("/v1/orgs/midori/keys/rotate", json!({})).await.status, 204);
    assert_eq!(service.app.reseal("midori").await.unwrap().unreadable, 0);
    read(&service, &waiting).await;

    service.shift_clock(367 * 86_400_000).await;
    service.app.sweep().await.unwrap();
    service.shift_clock(2 * 367 * 86_400_000).await;
    service.app.purge_expired().await.unwrap();
    for left in [
        "SELECT COUNT(*) FROM prospects",
        "SELECT COUNT(*) FROM verifications",
        "SELECT COUNT(*) FROM customers WHERE kind = 'prospect' AND erased_at IS NULL",
    ] {
        assert_eq!(service.count(left).await, 0, "{left}");
    }
    // The erased one's empty row stays for the log, and the customer's phone for the next call.
    assert_eq!(service.count("SELECT COUNT(*) FROM customers").await, 2);
    assert_eq!(service.count("SELECT COUNT(*) FROM devices WHERE identity <> ''").await, 1);
    assert_eq!(service.count("SELECT COUNT(*) FROM consents").await, 1);
    honnin_server::db::log::verify(&mut service.app.db().read().await.unwrap(), "midori").await.unwrap();
}
