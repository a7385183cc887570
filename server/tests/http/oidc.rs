//! People come in through their organisation's identity provider, and nobody else does.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::oidc_provider::OidcProvider;
use crate::support::provider::{Algorithm, CLIENT, Provider, SECRET};
use crate::support::{Answer, Desk, Service};

const SETTING: &str = "/v1/orgs/midori/identity-provider";

fn setting(provider: &Provider) -> Value {
    json!({"issuer": provider.issuer(), "client_id": CLIENT, "client_secret": SECRET, "required": false})
}

async fn put(desk: &Desk<'_>, body: &Value) -> Answer {
    desk.call(Method::PUT, SETTING, Some(body)).await
}

/// A service whose tenant has a provider, which knows Sato as `s-1`.
async fn linked() -> (Service, Provider) {
    let (service, provider) = (Service::start().await, Provider::start().await);
    let security = service.desk("hara", 3).await;
    put(&security, &setting(&provider)).await.empty(204);
    let mut sato = browser(&service);
    let back = go(&mut sato, invited(&service, "sato").await, &provider, "s-1").await;
    finish(&mut sato, &back).await.empty(204);
    (service, provider)
}

fn browser(service: &Service) -> Desk<'_> {
    let passkey = crate::support::authenticator::Authenticator::new(99, &service.origin);
    Desk { service, cookie: String::new(), passkey }
}

async fn invited(service: &Service, person: &str) -> Value {
    let link = service.app.invite(person).await.unwrap().unwrap();
    json!({"page": "console", "invitation": link.rsplit_once('=').unwrap().1})
}

fn anybody() -> Value {
    json!({"page": "console", "organisation": "midori"})
}

async fn start(desk: &mut Desk<'_>, body: Value) -> Answer {
    let started = desk.post("/v1/operator/login/provider/start", body).await;
    if let Some(cookie) = started.headers.get("set-cookie") {
        let bound = cookie.to_str().unwrap();
        assert!(bound.contains("HttpOnly") && bound.contains("SameSite=Strict"), "{bound}");
        desk.cookie = format!("{}; {}", desk.cookie, bound.split(';').next().unwrap());
    }
    started
}

/// To the provider, and back with what it sends along.
async fn go(desk: &mut Desk<'_>, body: Value, provider: &Provider, subject: &str) -> HashMap<String, String> {
    let started = start(desk, body).await.ok(200);
    provider.log_in(started["redirect"].as_str().unwrap(), subject)
}

async fn finish(desk: &mut Desk<'_>, back: &HashMap<String, String>) -> Answer {
    let answer = desk.post("/v1/operator/login/provider/finish", json!(back)).await;
    if answer.status == 204 {
        desk.take_cookie(&answer);
    }
    answer
}

async fn log_in<'a>(service: &'a Service, provider: &Provider, subject: &str) -> (Desk<'a>, Answer) {
    let mut desk = browser(service);
    let back = go(&mut desk, anybody(), provider, subject).await;
    let answer = finish(&mut desk, &back).await;
    (desk, answer)
}

#[tokio::test]
async fn a_link_ties_a_person_to_the_provider_once_and_then_they_come_in_by_it() {
    let (service, provider) = linked().await;
    let (mut desk, answer) = log_in(&service, &provider, "s-1").await;
    answer.empty(204);
    assert_eq!(desk.get("/v1/operator/me").await.ok(200)["person"]["id"], "sato");
    // Locked, and on under a new token: the session is the same.
    let old = desk.cookie.clone();
    desk.post("/v1/operator/lock", json!({})).await.empty(204);
    desk.get("/v1/operator/me").await.problem(401, "session-locked");
    let back = go(&mut desk, anybody(), &provider, "s-1").await;
    finish(&mut desk, &back).await.empty(204);
    assert_ne!(desk.cookie, old);
    desk.get("/v1/operator/me").await.ok(200);
    assert_eq!(
        service.count("SELECT COUNT(*) FROM sessions WHERE status = 'active' AND through = 'provider'").await,
        2
    );
    // The address in the token is nobody's key: another subject with it is nobody.
    let (_, answer) = log_in(&service, &provider, "s-2").await;
    answer.problem(403, "login-not-linked");
    // Elliptic keys, and a key that is not named.
    for (algorithm, kid) in [(Algorithm::Es256, Some("ec")), (Algorithm::Rs256, None), (Algorithm::Es256, None)] {
        provider.style(algorithm, kid, json!({}));
        log_in(&service, &provider, "s-1").await.1.empty(204);
    }
}

#[tokio::test]
async fn tokens_that_are_not_right_let_nobody_in() {
    let (service, provider) = linked().await;
    let now = service.app.db().now().await.unwrap() / 1000;
    for (what, claims) in [
        ("nonce", json!({"nonce": "another"})),
        ("no nonce", json!({"nonce": null})),
        ("audience", json!({"aud": "another"})),
        ("two audiences", json!({"aud": [CLIENT, "another"], "azp": CLIENT})),
        ("authorised party", json!({"azp": "another"})),
        ("over", json!({"exp": now - 120})),
        ("not yet", json!({"nbf": now + 600})),
        ("issued later", json!({"iat": now + 600})),
        ("issued long ago", json!({"iat": now - 600})),
        ("authenticated long ago", json!({"auth_time": now - 600})),
        ("authenticated who knows when", json!({"auth_time": null})),
        ("issuer", json!({"iss": "https://idp.example.com"})),
        ("issuer with a slash", json!({"iss": format!("{}/", provider.issuer())})),
        ("nobody", json!({"sub": ""})),
    ] {
        provider.style(Algorithm::Rs256, Some("rsa"), claims);
        let (desk, answer) = log_in(&service, &provider, "s-1").await;
        assert_eq!((answer.status, &answer.body["code"]), (422, &json!("login-refused")), "{what}");
        desk.get("/v1/operator/me").await.problem(401, "unauthenticated");
    }
    for (what, algorithm, kid) in [
        ("none", Algorithm::None, Some("rsa")),
        ("none, no key named", Algorithm::None, None),
        ("the public key as a secret", Algorithm::Hs256OfThePublicKey, Some("rsa")),
        ("a key of another kind", Algorithm::Rs256, Some("ec")),
        ("another key of its kind", Algorithm::Es256, Some("rsa")),
    ] {
        provider.style(algorithm, kid, json!({}));
        let (_, answer) = log_in(&service, &provider, "s-1").await;
        assert_eq!((answer.status, &answer.body["code"]), (422, &json!("login-refused")), "{what}");
    }
    provider.style(Algorithm::Rs256, Some("rsa"), json!({"aud": [CLIENT], "azp": CLIENT}));
    log_in(&service, &provider, "s-1").await.1.empty(204);
}

#[tokio::test]
async fn a_login_serves_once_and_only_the_browser_that_began_it() {
    let (service, provider) = linked().await;
    let mut desk = browser(&service);
    let back = go(&mut desk, anybody(), &provider, "s-1").await;
    // Somebody else's browser: without a cookie, and with one of its own login.
    let mut other = browser(&service);
    finish(&mut other, &back).await.problem(410, "expired");
    start(&mut other, anybody()).await.ok(200);
    finish(&mut other, &back).await.problem(410, "expired");
    let bound = desk.cookie.clone();
    finish(&mut desk, &back).await.empty(204);
    desk.cookie = bound;
    finish(&mut desk, &back).await.problem(410, "expired");
    // A code under another login's state: the provider's verifier does not fit.
    let mut desk = browser(&service);
    let first = go(&mut desk, anybody(), &provider, "s-1").await;
    let mut desk = browser(&service);
    let mut second = go(&mut desk, anybody(), &provider, "s-1").await;
    second.insert("code".into(), first["code"].clone());
    finish(&mut desk, &second).await.problem(422, "login-refused");
    // Also a failure uses it up, and so does time.
    finish(&mut desk, &second).await.problem(410, "expired");
    let mut desk = browser(&service);
    let back = go(&mut desk, anybody(), &provider, "s-1").await;
    service.shift_clock(11 * 60_000).await;
    finish(&mut desk, &back).await.problem(410, "expired");
    // Not from another site's page.
    let with = [("origin", "https://evil.example"), ("cookie", desk.cookie.as_str())];
    service
        .call(Method::POST, "/v1/operator/login/provider/finish", Some(&json!(back)), &with)
        .await
        .problem(403, "forbidden-origin");
}

#[tokio::test]
async fn an_answer_in_another_issuers_name_is_refused() {
    let (service, provider) = linked().await;
    for iss in [Some("https://evil.example"), None] {
        let mut desk = browser(&service);
        let mut back = go(&mut desk, anybody(), &provider, "s-1").await;
        back.remove("iss");
        back.extend(iss.map(|iss| ("iss".to_owned(), iss.to_owned())));
        finish(&mut desk, &back).await.problem(422, "login-refused");
    }
    // Nor does a provider that names itself as another become one's provider.
    let evil = Provider::start().await;
    *evil.0.configuration.lock().unwrap() = json!({"issuer": provider.issuer()});
    let security = service.desk("hara", 4).await;
    put(&security, &setting(&evil)).await.problem(422, "refused");
}

#[tokio::test]
async fn fresh_keys_are_read_once_for_a_token_that_no_known_key_signed() {
    let (service, provider) = linked().await;
    *provider.0.ec_published.lock().unwrap() = None;
    // Another setting reads the keys anew: from here on the elliptic key is not known.
    let security = service.desk("hara", 4).await;
    put(&security, &setting(&provider)).await.empty(204);
    let readings = || *provider.0.key_readings.lock().unwrap();
    let before = readings();
    log_in(&service, &provider, "s-1").await.1.empty(204);
    assert_eq!(readings(), before, "known keys are not read again");
    provider.style(Algorithm::Es256, Some("new"), json!({}));
    log_in(&service, &provider, "s-1").await.1.problem(422, "login-refused");
    assert_eq!(readings(), before + 1);
    *provider.0.ec_published.lock().unwrap() = Some("new");
    log_in(&service, &provider, "s-1").await.1.empty(204);
    assert_eq!(readings(), before + 2);
    log_in(&service, &provider, "s-1").await.1.empty(204);
    assert_eq!(readings(), before + 2);
}

#[tokio::test]
async fn it_opens_for_nobody_who_may_not_come_in() {
    let (service, provider) = linked().await;
    let (sato, answer) = log_in(&service, &provider, "s-1").await;
    answer.empty(204);
    // A frozen organisation: operators stay out, who may end it comes in.
    let mut hara = browser(&service);
    let back = go(&mut hara, invited(&service, "hara").await, &provider, "s-hara").await;
    finish(&mut hara, &back).await.empty(204);
    let begin =
        json!({"target": {"kind": "tenant", "id": "midori"}, "reason": "leak", "note": "", "confirm": "midori"});
    let incident = hara.post("/v1/orgs/midori/incidents", begin).await.ok(201);
    sato.get("/v1/operator/me").await.problem(401, "unauthenticated");
    log_in(&service, &provider, "s-1").await.1.problem(403, "login-not-linked");
    let (hara, answer) = log_in(&service, &provider, "s-hara").await;
    answer.empty(204);
    let end = format!("/v1/orgs/midori/incidents/{}/end", incident["id"].as_str().unwrap());
    hara.post(&end, json!({})).await.empty(204);
    log_in(&service, &provider, "s-1").await.1.empty(204);
    // Somebody removed, in the midst of logging in.
    let owner = service.desk("mori", 5).await;
    let mut desk = browser(&service);
    let back = go(&mut desk, anybody(), &provider, "s-1").await;
    owner.delete("/v1/orgs/midori/people/sato").await.empty(204);
    finish(&mut desk, &back).await.problem(403, "login-not-linked");
    log_in(&service, &provider, "s-1").await.1.problem(403, "login-not-linked");
    // Nor does the provider of one organisation open another.
    start(&mut browser(&service), json!({"page": "admin", "organisation": "aozora"})).await.problem(404, "not-found");
    start(&mut browser(&service), json!({"page": "admin", "organisation": "nobody"})).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_link_takes_nobody_elses_login_and_serves_once() {
    let (service, provider) = linked().await;
    let link = invited(&service, "suzuki").await;
    let mut desk = browser(&service);
    let back = go(&mut desk, link.clone(), &provider, "s-1").await;
    finish(&mut desk, &back).await.problem(409, "in-use");
    // The link was not used up by that.
    let mut desk = browser(&service);
    let back = go(&mut desk, link.clone(), &provider, "s-3").await;
    finish(&mut desk, &back).await.empty(204);
    assert_eq!(desk.get("/v1/operator/me").await.ok(200)["person"]["id"], "suzuki");
    start(&mut browser(&service), link).await.problem(409, "already-decided");
    let unknown = json!({"page": "console", "invitation": "unknown"});
    start(&mut browser(&service), unknown).await.problem(404, "not-found");
    let both = json!({"page": "console", "invitation": "unknown", "organisation": "midori"});
    start(&mut browser(&service), both).await.problem(400, "malformed");
}

#[tokio::test]
async fn where_the_provider_is_required_only_owners_keep_their_passkeys() {
    let (service, provider) = linked().await;
    let mut owner = service.desk("mori", 5).await;
    let mut suzuki = service.desk("suzuki", 6).await;
    let mut required = setting(&provider);
    required["required"] = json!(true);
    put(&owner, &required).await.empty(204);
    suzuki.login().await.problem(403, "provider-required");
    owner.login().await.empty(204);
    log_in(&service, &provider, "s-1").await.1.empty(204);
    // A link registers no passkey then, and still opens through the provider.
    let link = invited(&service, "suzuki").await;
    let path = format!("/v1/operator/invitations/{}", link["invitation"].as_str().unwrap());
    let started = browser(&service).post(&format!("{path}/start"), json!({})).await.ok(200);
    assert_eq!((&started["passkey"], &started["provider"]), (&json!(null), &json!(true)));
    let mut desk = browser(&service);
    let back = go(&mut desk, link, &provider, "s-6").await;
    finish(&mut desk, &back).await.empty(204);
}

#[tokio::test]
async fn who_may_set_it_and_what_shows_of_it() {
    let (service, provider) = (Service::start().await, Provider::start().await);
    let (owner, security, admin) =
        (service.desk("mori", 1).await, service.desk("hara", 2).await, service.desk("abe", 3).await);
    let none = security.get(SETTING).await.ok(200);
    let redirect = format!("{}/v1/operator/login/provider/callback", service.origin);
    assert_eq!(none, json!({"identity_provider": null, "redirect_uri": redirect}));
    let mut body = setting(&provider);
    put(&admin, &body).await.problem(403, "not-permitted");
    put(&service.desk("sato", 4).await, &body).await.problem(404, "not-found");
    put(&security, &body).await.empty(204);
    let shown = service.desk("endo", 5).await.get(SETTING).await.ok(200);
    let expected = json!({"issuer": provider.issuer(), "client_id": CLIENT, "secret": true, "required": false});
    assert_eq!(shown["identity_provider"], expected);
    assert!(!service.text("SELECT client_secret FROM identity_providers").await.contains(SECRET));
    // The secret stays while the client does, and never goes to another provider.
    body.as_object_mut().unwrap().remove("client_secret");
    put(&owner, &body).await.empty(204);
    assert_eq!(owner.get(SETTING).await.ok(200)["identity_provider"]["secret"], true);
    let another = Provider::start().await;
    body["issuer"] = json!(another.issuer());
    put(&owner, &body).await.empty(204);
    assert_eq!(owner.get(SETTING).await.ok(200)["identity_provider"]["secret"], false);
    body["client_secret"] = json!(null);
    put(&owner, &body).await.empty(204);
    // Addresses of an inner network, and of nobody, are refused before anything is asked.
    for issuer in ["http://idp.example.com", "https://10.0.0.1", "https://u:p@idp.example.com", "https://idp.internal"]
    {
        body["issuer"] = json!(issuer);
        put(&owner, &body).await.problem(422, "refused");
    }
    let inner = json!({"token_endpoint": "https://169.254.169.254/token"});
    *another.0.configuration.lock().unwrap() = inner;
    body["issuer"] = json!(another.issuer());
    put(&owner, &body).await.problem(422, "refused");
    owner.delete(SETTING).await.empty(204);
    owner.delete(SETTING).await.problem(404, "not-found");
}

#[tokio::test]
async fn another_provider_starts_without_links_and_ends_what_the_old_one_opened() {
    let (service, provider) = linked().await;
    let (sato, answer) = log_in(&service, &provider, "s-1").await;
    answer.empty(204);
    let owner = service.desk("mori", 5).await;
    let another = Provider::start().await;
    put(&owner, &setting(&another)).await.empty(204);
    sato.get("/v1/operator/me").await.problem(401, "unauthenticated");
    log_in(&service, &another, "s-1").await.1.problem(403, "login-not-linked");
    put(&owner, &setting(&provider)).await.empty(204);
    log_in(&service, &provider, "s-1").await.1.problem(403, "login-not-linked");
    owner.get("/v1/operator/me").await.ok(200);
}

#[tokio::test]
async fn browsers_are_sent_on_to_the_page_that_they_came_from() {
    let service = Service::start().await;
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let callback =
        |query: &str| client.get(format!("{}/v1/operator/login/provider/callback?{query}", service.origin)).send();
    for (query, to) in [
        (
            "state=admin.x&code=c%23%0d%0a&iss=https%3A%2F%2Fi",
            "/admin/#state=admin.x&code=c%23%0D%0A&iss=https%3A%2F%2Fi",
        ),
        ("state=console.x&error=access_denied&error_description=Sato", "/console/#state=console.x&error=refused"),
        ("state=%2F%2Fevil.example&code=c", "/console/#state=%2F%2Fevil.example&code=c"),
    ] {
        let answer = callback(query).await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (303, to));
    }
    assert_eq!(callback("code=c").await.unwrap().status().as_u16(), 400);
}

#[tokio::test]
async fn somebody_elses_provider_does_as_well() {
    let service = Service::start().await;
    let provider = OidcProvider::start(&format!("{}/v1/operator/login/provider/callback", service.origin));
    let mut setting = provider.client.clone();
    setting["required"] = json!(false);
    put(&service.desk("hara", 3).await, &setting).await.empty(204);
    for body in [invited(&service, "sato").await, anybody()] {
        let mut desk = browser(&service);
        let started = start(&mut desk, body).await.ok(200);
        let back = provider.log_in(started["redirect"].as_str().unwrap()).await;
        assert_eq!(back["iss"], provider.client["issuer"].as_str().unwrap());
        finish(&mut desk, &back).await.empty(204);
        assert_eq!(desk.get("/v1/operator/me").await.ok(200)["person"]["id"], "sato");
    }
}
