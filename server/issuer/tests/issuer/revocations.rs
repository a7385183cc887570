//! Ending phones: what the server is told, and what the clerk is.

use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use honnin_protocol::revocation::{self, Reason};
use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};

use crate::common::{ADMIN, Answer, Issuer, answer};

/// A server that keeps what it is sent, and answers with this.
#[derive(Clone, Default)]
struct Server(Arc<Mutex<(Vec<Value>, u16)>>);

async fn take(State(server): State<Server>, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    let mut kept = server.0.lock().unwrap();
    kept.0.push(body);
    (StatusCode::from_u16(kept.1).unwrap(), Json(json!({"phones": 2})))
}

impl Server {
    async fn start() -> (Self, String) {
        let server = Self(Arc::new(Mutex::new((Vec::new(), 200))));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://localhost:{}", listener.local_addr().unwrap().port());
        let router = Router::new().route("/v1/revocations", post(take)).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        (server, url)
    }

    fn got(&self) -> Vec<Value> {
        self.0.lock().unwrap().0.clone()
    }

    fn answers(&self, status: u16) {
        self.0.lock().unwrap().1 = status;
    }
}

async fn end(issuer: &Issuer, handle: &str, reason: &str) -> Answer {
    let body = json!({"handle": handle, "reason": reason});
    answer(issuer.post("/admin/revocations").bearer_auth(ADMIN).json(&body)).await
}

#[tokio::test]
async fn the_root_signs_and_the_server_counts() {
    let (server, url) = Server::start().await;
    let issuer = Issuer::before(&url).await;
    let Answer(status, body) = end(&issuer, "C-00017", "stolen").await;
    assert_eq!((status, body), (200, json!({"phones": 2})));
    // Also of somebody who is no customer any more, anew each time.
    assert_eq!(end(&issuer, "C-99999", "left").await.0, 200);
    let root = issuer.app.keys().root_jwk().unwrap();
    let words: Vec<_> = server
        .got()
        .iter()
        .map(|sent| revocation::verify(sent["jws"].as_str().unwrap(), &root, issuer.app.now_s()).unwrap())
        .collect();
    assert_eq!((words[0].iss.as_str(), words[0].tenant.as_str()), (issuer.url.as_str(), "midori"));
    assert_eq!((words[0].sub.as_str(), words[0].reason), ("C-00017", Reason::Stolen));
    assert_eq!((words[1].sub.as_str(), words[1].reason), ("C-99999", Reason::Left));
    assert_ne!(words[0].jti, words[1].jti);

    assert_eq!(end(&issuer, "090-1234-5678", "lost").await.0, 422);
    assert_eq!(end(&issuer, "C-00017", "bored").await.0, 400);
    let without = issuer.post("/admin/revocations").json(&json!({"handle": "C-00017", "reason": "lost"}));
    assert_eq!(answer(without).await.0, 401);
    assert_eq!(server.got().len(), 2, "nothing was sent");
    for status in [422, 503] {
        server.answers(status);
        assert_eq!(end(&issuer, "C-00017", "lost").await.0, 502);
    }
}

#[tokio::test]
async fn the_clerk_is_asked_and_told() {
    let (server, url) = Server::start().await;
    let issuer = Issuer::before(&url).await;
    let login = issuer.post("/login").header(ORIGIN, &issuer.url).form(&[("token", ADMIN)]).send().await.unwrap();
    let cookie = login.headers()[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned();
    let question = issuer.client.get(format!("{}/clerk/revocations?handle=C-00017&lang=en", issuer.url));
    assert_eq!(question.try_clone().unwrap().send().await.unwrap().status(), 401);
    let question = question.header(COOKIE, &cookie).send().await.unwrap().text().await.unwrap();
    assert!(question.contains("every phone of customer C-00017"), "{question}");
    let press = |origin: &str| {
        let form = [("handle", "C-00017"), ("reason", "lost"), ("lang", "ja")];
        issuer.post("/clerk/revocations").header(COOKIE, &cookie).header(ORIGIN, origin).form(&form).send()
    };
    assert_eq!(press(&url).await.unwrap().status(), 403, "the server's own page may not press it");
    let told = press(&issuer.url).await.unwrap().text().await.unwrap();
    assert!(told.contains("端末を2台失効させました"), "{told}");
    server.answers(422);
    let told = press(&issuer.url).await.unwrap();
    assert_eq!(told.status(), 502);
    assert!(told.text().await.unwrap().contains("role=\"alert\""));
}
