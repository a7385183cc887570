//! The npm package oidc-provider in a process of its own (tests/bench/ciba/login.mjs): somebody else's implementation.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use reqwest::redirect::Policy;
use serde_json::Value;
use url::Url;

pub struct OidcProvider {
    process: Child,
    /// `issuer`, `client_id`, `client_secret`.
    pub client: Value,
}

impl OidcProvider {
    pub fn start(redirect_uri: &str) -> Self {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/bench/ciba");
        assert!(
            dir.join("node_modules").exists(),
            "`cargo xtask test unit` installs it, or `npm ci` in {}",
            dir.display()
        );
        let mut process = Command::new("node")
            .args(["login.mjs", redirect_uri])
            .current_dir(dir)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node");
        let mut first = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut first).unwrap();
        Self { process, client: serde_json::from_str(&first).expect("what it listens on") }
    }

    /// A browser's way through it: from where the service sends somebody to what comes back.
    pub async fn log_in(&self, start: &str) -> HashMap<String, String> {
        let http = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        let mut cookies: HashMap<String, String> = HashMap::new();
        let mut url = Url::parse(start).unwrap();
        for _ in 0..8 {
            let sent: Vec<String> = cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let answer = http.get(url.clone()).header("cookie", sent.join("; ")).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 303, "{url}: {}", answer.text().await.unwrap());
            for cookie in answer.headers().get_all("set-cookie") {
                let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
                cookies.insert(name.to_owned(), value.to_owned());
            }
            url = url.join(answer.headers()["location"].to_str().unwrap()).unwrap();
            if url.path().ends_with("/callback") {
                return url.query_pairs().into_owned().collect();
            }
        }
        panic!("round in circles at {url}");
    }
}

impl Drop for OidcProvider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
