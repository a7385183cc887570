//! TLS, machines' own certificates, and certificates that change while calls go on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use honnin_server::tls::{Files, TlsError, valid_until};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use reqwest::{Certificate, Client, Identity};
use serde_json::json;
use tempfile::TempDir;

use crate::support::listening::{Listening, PATIENCE, free_address};
use crate::support::service::Answer;

/// An authority of the tests' own.
pub(crate) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(crate) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    /// Certificate and key, PEM.
    pub(crate) fn certify(&self, name: &str, year: i32) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(year, 1, 1));
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    fn root(&self) -> Certificate {
        Certificate::from_pem(self.0.pem().as_bytes()).unwrap()
    }
}

pub(crate) fn write(dir: &TempDir, name: &str, text: &str) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, text).unwrap();
    path
}

pub(crate) fn put(dir: &TempDir, (cert, key): &(String, String)) -> (PathBuf, PathBuf) {
    (write(dir, "cert.pem", cert), write(dir, "key.pem", key))
}

fn client(trusted: &Authority, identity: Option<&(String, String)>) -> Client {
    let builder = Client::builder().no_proxy().tls_built_in_root_certs(false).add_root_certificate(trusted.root());
    match identity {
        None => builder.build().unwrap(),
        Some((cert, key)) => {
            let identity = Identity::from_pem(format!("{cert}{key}").as_bytes()).unwrap();
            builder.identity(identity).build().unwrap()
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn machines_show_a_certificate_and_come_in_nowhere_else() {
    let (dir, servers, machines, strangers) =
        (TempDir::new().unwrap(), Authority::new("servers"), Authority::new("machines"), Authority::new("strangers"));
    let (cert, key) = put(&dir, &servers.certify("localhost", 2100));
    let client_ca = write(&dir, "machines.pem", &machines.0.pem());
    let at = free_address();
    let listening = Listening::start(json!({
        "machines": {"listen": at, "cert": cert, "key": key, "client_ca": client_ca, "only": true},
    }))
    .await;
    let url = format!("https://localhost:{}", at.port());
    let right = machines.certify("ivr", 2100);
    let refused = [
        ("none", None),
        ("another authority's", Some(strangers.certify("ivr", 2100))),
        ("expired", Some(machines.certify("ivr", 2021))),
    ];
    for (what, identity) in &refused {
        let answer = client(&servers, identity.as_ref()).get(format!("{url}/healthz")).send().await;
        assert!(answer.is_err(), "{what}: {answer:?}");
    }
    let machine = client(&servers, Some(&right));
    assert_eq!(machine.get(format!("{url}/healthz")).send().await.unwrap().status(), 200);

    let owner = listening.service.desk("mori", 1).await;
    let words = json!({"ja": "自動音声", "en": "Voice menu"});
    let ask =
        json!({"kind": "api_key", "name": "ivr", "label": words, "scopes": ["people:read"], "expires_in_days": 30});
    let made = owner.post("/v1/orgs/midori/machines", ask).await.ok(201);
    let secret = made["secret"].as_str().unwrap();
    let path = "/v1/orgs/midori/people";
    let read = machine.get(format!("{url}{path}")).bearer_auth(secret).send().await.unwrap();
    Answer::read(read).await.ok(200);
    let plain = Client::builder().no_proxy().build().unwrap();
    let here = format!("http://{}", listening.address);
    let read = plain.get(format!("{here}{path}")).bearer_auth(secret).send().await.unwrap();
    Answer::read(read).await.problem(401, "unauthenticated");
    let token =
        plain.post(format!("{here}/v1/oauth/token")).body("grant_type=client_credentials").send().await.unwrap();
    Answer::read(token).await.problem(401, "unauthenticated");
    // People go on coming in there.
    owner.get("/v1/operator/me").await.ok(200);
    drop((machine, plain));
    drop(owner);
    listening.stop().await;
}

fn hang_up() {
    let me = std::process::id().to_string();
    assert!(Command::new("kill").args(["-HUP", &me]).status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_serves_new_connections_and_drops_none() {
    let (dir, before, after) = (TempDir::new().unwrap(), Authority::new("before"), Authority::new("after"));
    let (cert, key) = put(&dir, &before.certify("localhost", 2100));
    let listening = Listening::start(json!({"tls": {"cert": cert, "key": key}})).await;
    let url = format!("https://localhost:{}/healthz", listening.address.port());
    let open = client(&before, None);
    assert_eq!(open.get(&url).send().await.unwrap().status(), 200);
    assert!(client(&after, None).get(&url).send().await.is_err());
    // A key that is not the certificate's changes nothing.
    let new = after.certify("localhost", 2100);
    fs::write(dir.path().join("cert.pem"), &new.0).unwrap();
    hang_up();
    assert_eq!(client(&before, None).get(&url).send().await.unwrap().status(), 200);
    put(&dir, &new);
    hang_up();
    let deadline = Instant::now() + PATIENCE;
    while client(&after, None).get(&url).send().await.is_err() {
        assert!(Instant::now() < deadline, "the new certificate is not served");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // The old connection: a new one would not trust what is served now.
    assert_eq!(open.get(&url).send().await.unwrap().status(), 200);
    assert!(client(&before, None).get(&url).send().await.is_err());
    drop(open);
    listening.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changed_files_are_noticed_without_a_signal() {
    let (dir, before, after) = (TempDir::new().unwrap(), Authority::new("before"), Authority::new("after"));
    let (cert, key) = put(&dir, &before.certify("localhost", 2100));
    let listening = Listening::start(json!({"tls": {"cert": cert, "key": key}})).await;
    let url = format!("https://localhost:{}/healthz", listening.address.port());
    put(&dir, &after.certify("localhost", 2100));
    let deadline = Instant::now() + PATIENCE;
    while client(&after, None).get(&url).send().await.is_err() {
        assert!(Instant::now() < deadline, "the new certificate is not served");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    listening.stop().await;
}

#[test]
fn what_does_not_fit_is_named() {
    let (dir, authority) = (TempDir::new().unwrap(), Authority::new("a"));
    let (right, other) = (authority.certify("localhost", 2035), authority.certify("localhost", 2035));
    let files = |cert: &str, key: &str, client_ca: Option<&str>| {
        let (cert, key) = (write(&dir, "cert.pem", cert), write(&dir, "key.pem", key));
        Files { cert, key, client_ca: client_ca.map(|text| write(&dir, "ca.pem", text)) }.load().map(drop)
    };
    files(&right.0, &right.1, Some(&authority.0.pem())).unwrap();
    assert_eq!(valid_until(&dir.path().join("cert.pem")).unwrap(), 2_051_222_400);
    assert!(matches!(files(&right.0, &other.1, None), Err(TlsError::Mismatch { .. })));
    for (cert, key, ca) in [
        ("", &right.1, None),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", &right.1, None),
        (&right.0, &right.0, None),
        (&right.0, &right.1, Some("nothing")),
    ] {
        let error = files(cert, key, ca).unwrap_err().to_string();
        assert!(error.contains(".pem: "), "{error}");
        assert!(!right.1.lines().any(|line| line.len() > 20 && error.contains(line)));
    }
    let missing = Files { cert: Path::new("/no/such.pem").into(), key: "/no".into(), client_ca: None };
    assert!(missing.load().unwrap_err().to_string().contains("/no/such.pem"));
}
