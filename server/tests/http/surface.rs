//! What everyone may fetch: the applications, the key, the machine's pages, and the headers on all of them.

use reqwest::Method;

use crate::support::{Phone, Service};

#[tokio::test]
async fn applications_are_served_under_a_strict_policy() {
    let service = Service::start().await;
    for prefix in ["/app/", "/console/"] {
        let index = service.call(Method::GET, prefix, None, &[]).await;
        assert_eq!((index.status, index.headers["cache-control"].to_str().unwrap()), (200, "no-cache"));
        let csp = index.headers["content-security-policy"].to_str().unwrap();
        assert!(
            csp.starts_with("default-src 'none'")
                && csp.contains("frame-ancestors 'none'")
                && !csp.contains("unsafe-inline"),
            "{csp}"
        );
        assert_eq!(csp.contains("wasm-unsafe-eval"), prefix == "/app/");
        assert_eq!(csp.contains("http://issuer.localhost:9"), prefix == "/app/");
        let asset = service.call(Method::GET, &format!("{prefix}assets/a.js"), None, &[]).await;
        assert!(asset.headers["cache-control"].to_str().unwrap().contains("immutable"));
        service.call(Method::GET, &format!("{prefix}assets/missing.js"), None, &[]).await.problem(404, "not-found");
        service.call(Method::GET, &format!("{prefix}../t.db"), None, &[]).await.problem(404, "not-found");
        service.call(Method::GET, &format!("{prefix}%2e%2e/t.db"), None, &[]).await.problem(404, "not-found");
        assert_eq!(service.call(Method::GET, &format!("{prefix}some/page"), None, &[]).await.status, 200);
    }
}

#[tokio::test]
async fn the_proving_key_is_named_by_its_hash() {
    let service = Service::start().await;
    let tenant = service.call(Method::GET, "/v1/tenants/midori", None, &[]).await.ok(200);
    let key = &tenant["circuit"]["proving_key"];
    let path = key["url"].as_str().unwrap().strip_prefix(&service.origin).unwrap();
    let served = service.call(Method::GET, path, None, &[]).await;
    assert_eq!(served.body.as_str().unwrap().len() as u64, key["bytes"].as_u64().unwrap());
    assert!(served.headers["cache-control"].to_str().unwrap().contains("immutable"));
    service.call(Method::GET, "/keys/circuit.pk", None, &[]).await.problem(404, "not-found");
    service.call(Method::GET, "/keys/circuit.vk", None, &[]).await.problem(404, "not-found");
    service.call(Method::GET, "/v1/tenants/nobody", None, &[]).await.problem(404, "not-found");
}

#[tokio::test]
async fn machines_learn_health_and_counts_and_no_customer() {
    let service = Service::start().await;
    let desk = service.desk("sato", 1).await;
    let _phone = Phone::enrolled(&service, "midori", "C-7731", 20).await;
    desk.ask("C-8842", "standard").await;
    assert_eq!(service.call(Method::GET, "/healthz", None, &[]).await.status, 200);
    assert_eq!(service.call(Method::GET, "/readyz", None, &[]).await.status, 200);
    let metrics = service.call(Method::GET, "/metrics", None, &[]).await;
    let text = metrics.body.as_str().unwrap();
    assert!(text.contains("honnin_verifications_ended_total{state=\"unreachable\"} 1"), "{text}");
    assert!(text.contains("honnin_proof_check_seconds_count 1"));
    assert!(!text.contains("C-") && !text.contains("midori"));
    service.app.stop();
    assert_eq!(service.call(Method::GET, "/readyz", None, &[]).await.status, 503);
}
