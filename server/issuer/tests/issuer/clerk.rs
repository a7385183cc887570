//! The clerk's page.

use crate::common::{ADMIN, Issuer};
use reqwest::Response;
use reqwest::header::{COOKIE, LOCATION, ORIGIN, SET_COOKIE};

async fn login(issuer: &Issuer, token: &str) -> Response {
    issuer.post("/login").header(ORIGIN, &issuer.url).form(&[("token", token)]).send().await.unwrap()
}

#[tokio::test]
async fn from_login_to_offer() {
    let issuer = Issuer::start().await;
    let get = |path: String| issuer.client.get(format!("{}{path}", issuer.url));
    let shut = get("/".into()).send().await.unwrap();
    assert_eq!(shut.status(), 401);
    assert!(!shut.text().await.unwrap().contains("C-00001"));
    assert_eq!(login(&issuer, "wrong").await.status(), 401);
    let open = login(&issuer, ADMIN).await;
    assert_eq!((open.status().as_u16(), open.headers()[LOCATION].to_str().unwrap()), (303, "/"));
    let cookie = open.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let page = |path: &str| get(path.into()).header(COOKIE, cookie.clone());

    let list = page("/?lang=en").send().await.unwrap().text().await.unwrap();
    assert!(
        list.contains("C-00001") && list.contains("C-00020") && !list.contains("C-00021") && list.contains("30 in all")
    );
    assert!(page("/?page=1").send().await.unwrap().text().await.unwrap().contains("C-00021"));
    let found = page("/?q=c-00017").send().await.unwrap().text().await.unwrap();
    assert!(found.contains("C-00017") && !found.contains("C-00016") && found.contains("1名"));
    let hostile = page("/?q=%22%3E%3Cscript%3Ealert(1)%3C/script%3E").send().await.unwrap().text().await.unwrap();
    assert!(hostile.contains("&quot;&gt;&lt;script&gt;") && !hostile.contains("<script>alert"));

    let make = |handle: &'static str, origin: &str| {
        issuer.post("/clerk/offers").header(COOKIE, cookie.clone()).header(ORIGIN, origin).form(&[("handle", handle)])
    };
    let offer = make("C-00017", &issuer.url).send().await.unwrap().text().await.unwrap();
    assert!(offer.contains("<svg") && offer.contains("/app/#offer=http%3A%2F%2Flocalhost"), "{offer}");
    let foreign = make("C-00017", crate::common::SERVER).send().await.unwrap();
    assert_eq!(foreign.status(), 403, "another port of the same host is another origin");
    assert!(make("C-99999", &issuer.url).send().await.unwrap().text().await.unwrap().contains("role=\"alert\""));

    let out = issuer.post("/logout").header(COOKIE, cookie.clone()).header(ORIGIN, &issuer.url).send().await.unwrap();
    assert_eq!(out.status(), 303);
    assert_eq!(page("/").send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn a_session_ends_by_itself() {
    let issuer = Issuer::start().await;
    let cookie = login(&issuer, ADMIN).await.headers()[SET_COOKIE].to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let page = || issuer.client.get(&issuer.url).header(COOKIE, cookie.clone()).send();
    assert_eq!(page().await.unwrap().status(), 200);
    issuer.wait(8 * 3600);
    assert_eq!(page().await.unwrap().status(), 401);
}
