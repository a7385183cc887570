//! An identity provider on this machine: real keys, real tokens, and whatever may be wrong with them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::extract::{Form, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use hmac::{Hmac, KeyInit as _, Mac as _};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use ring::rand::SystemRandom;
use ring::signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::net::TcpListener;
use url::Url;

use super::authenticator::{b64, jwk, signing_key};

pub const CLIENT: &str = "honnin & co";
pub const SECRET: &str = "s3cret/with+signs";

/// How a token is signed.
#[derive(Clone, Copy)]
pub enum Algorithm {
    Rs256,
    Es256,
    None,
    /// HMAC under what everybody may fetch: the RSA key's modulus as its JWK spells it.
    Hs256OfThePublicKey,
}

/// What the next tokens look like.
#[derive(Clone)]
pub struct Style {
    pub algorithm: Algorithm,
    pub kid: Option<&'static str>,
    /// Laid over the right claims; null takes one away.
    pub claims: Value,
}

impl Default for Style {
    fn default() -> Self {
        Self { algorithm: Algorithm::Rs256, kid: Some("rsa"), claims: json!({}) }
    }
}

struct Pending {
    query: HashMap<String, String>,
    subject: String,
}

pub struct Inner {
    pub issuer: String,
    rsa: RsaKeyPair,
    ec: SigningKey,
    pub style: Mutex<Style>,
    /// Laid over the configuration.
    pub configuration: Mutex<Value>,
    /// The key id that the elliptic key is published under, once it is.
    pub ec_published: Mutex<Option<&'static str>>,
    codes: Mutex<HashMap<String, Pending>>,
    pub key_readings: Mutex<u32>,
}

#[derive(Clone)]
pub struct Provider(pub Arc<Inner>);

impl Provider {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let der = include_str!("rsa-for-tests.b64").split_whitespace().collect::<String>();
        let der = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, der).unwrap();
        let provider = Self(Arc::new(Inner {
            issuer,
            rsa: RsaKeyPair::from_pkcs8(&der).unwrap(),
            ec: signing_key(77),
            style: Mutex::default(),
            configuration: Mutex::new(json!({})),
            ec_published: Mutex::new(Some("ec")),
            codes: Mutex::default(),
            key_readings: Mutex::default(),
        }));
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(configuration))
            .route("/jwks", get(keys))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        provider
    }

    pub fn issuer(&self) -> &str {
        &self.0.issuer
    }

    pub fn style(&self, algorithm: Algorithm, kid: Option<&'static str>, claims: Value) {
        *self.0.style.lock().unwrap() = Style { algorithm, kid, claims };
    }

    /// Somebody logs in at the page that they were sent to; what the browser comes back with.
    pub fn log_in(&self, redirect: &str, subject: &str) -> HashMap<String, String> {
        let url = Url::parse(redirect).unwrap();
        let query: HashMap<String, String> = url.query_pairs().into_owned().collect();
        assert!(redirect.starts_with(&format!("{}/authorize?", self.0.issuer)), "{redirect}");
        for (name, value) in [
            ("response_type", "code"),
            ("client_id", CLIENT),
            ("scope", "openid"),
            ("code_challenge_method", "S256"),
            ("prompt", "login"),
            ("max_age", "0"),
        ] {
            assert_eq!(query[name], value);
        }
        let mut codes = self.0.codes.lock().unwrap();
        let code = format!("code-{}-{}", codes.len(), query["state"]);
        let back = HashMap::from([
            ("code".to_owned(), code.clone()),
            ("state".to_owned(), query["state"].clone()),
            ("iss".to_owned(), self.0.issuer.clone()),
        ]);
        codes.insert(code, Pending { query, subject: subject.to_owned() });
        back
    }

    fn rsa_modulus(&self) -> String {
        let public = ring::rsa::PublicKeyComponents::<Vec<u8>>::from(self.0.rsa.public_key());
        b64(public.n)
    }

    fn sign(&self, claims: &Value, style: &Style) -> String {
        let name = match style.algorithm {
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
            Algorithm::None => "none",
            Algorithm::Hs256OfThePublicKey => "HS256",
        };
        let mut header = json!({"alg": name, "typ": "JWT"});
        if let Some(kid) = style.kid {
            header["kid"] = json!(kid);
        }
        let input = format!("{}.{}", b64(header.to_string()), b64(claims.to_string()));
        let signature = match style.algorithm {
            Algorithm::Rs256 => {
                let mut signature = vec![0; self.0.rsa.public().modulus_len()];
                self.0.rsa.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), input.as_bytes(), &mut signature).unwrap();
                signature
            }
            Algorithm::Es256 => {
                let signature: Signature = self.0.ec.sign(input.as_bytes());
                signature.to_bytes().to_vec()
            }
            Algorithm::None => Vec::new(),
            Algorithm::Hs256OfThePublicKey => {
                let mut mac = <Hmac<Sha256>>::new_from_slice(self.rsa_modulus().as_bytes()).unwrap();
                mac.update(input.as_bytes());
                mac.finalize().into_bytes().to_vec()
            }
        };
        format!("{input}.{}", b64(signature))
    }
}

fn overlay(base: &mut Value, over: &Value) {
    for (name, value) in over.as_object().unwrap() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
}

async fn configuration(State(provider): State<Provider>) -> Json<Value> {
    let issuer = provider.issuer();
    let mut document = json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"], "authorization_response_iss_parameter_supported": true,
    });
    overlay(&mut document, &provider.0.configuration.lock().unwrap());
    Json(document)
}

async fn keys(State(provider): State<Provider>) -> Json<Value> {
    *provider.0.key_readings.lock().unwrap() += 1;
    let rsa =
        json!({"kty": "RSA", "kid": "rsa", "use": "sig", "alg": "RS256", "n": provider.rsa_modulus(), "e": "AQAB"});
    // What others publish beside it, and a key that is for something else.
    let mut all = vec![
        json!({"kty": "OKP", "crv": "Ed25519", "kid": "ed", "x": "AA"}),
        json!({"kty": "RSA", "kid": "rsa", "use": "enc", "n": "AQAB", "e": "AQAB"}),
        rsa,
    ];
    if let Some(kid) = *provider.0.ec_published.lock().unwrap() {
        let mut ec = jwk(&provider.0.ec);
        ec["kid"] = json!(kid);
        all.push(ec);
    }
    Json(json!({"keys": all}))
}

/// A code serves once, to the client that it was made for, with its verifier.
async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<HashMap<String, String>>,
) -> (StatusCode, Json<Value>) {
    let refused =
        |why: &str| (StatusCode::BAD_REQUEST, Json(json!({"error": "invalid_grant", "error_description": why})));
    let part = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let basic = base64::Engine::encode(
        &base64::engine::general_purpose::STANDARD,
        format!("{}:{}", part(CLIENT), part(SECRET)),
    );
    let by_header = headers.get("authorization").is_some_and(|h| h.to_str().unwrap() == format!("Basic {basic}"));
    let by_form = form.get("client_id").is_some_and(|id| id == CLIENT)
        && form.get("client_secret").is_some_and(|secret| secret == SECRET);
    let methods = provider.0.configuration.lock().unwrap()["token_endpoint_auth_methods_supported"].clone();
    let authenticated = if methods == json!(["client_secret_post"]) { by_form } else { by_header };
    if !authenticated {
        return refused("client");
    }
    let Some(pending) = provider.0.codes.lock().unwrap().remove(&form["code"]) else { return refused("code") };
    if form["redirect_uri"] != pending.query["redirect_uri"] || form["grant_type"] != "authorization_code" {
        return refused("redirect_uri");
    }
    if b64(Sha256::digest(&form["code_verifier"])) != pending.query["code_challenge"] {
        return refused("verifier");
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let mut claims = json!({
        "iss": provider.issuer(), "sub": pending.subject, "aud": CLIENT, "iat": now, "exp": now + 300, "auth_time": now,
        "nonce": pending.query["nonce"], "email": "sato@midori.example", "email_verified": true,
    });
    let style = provider.0.style.lock().unwrap().clone();
    overlay(&mut claims, &style.claims);
    (
        StatusCode::OK,
        Json(json!({"access_token": "unused", "token_type": "Bearer", "id_token": provider.sign(&claims, &style)})),
    )
}
