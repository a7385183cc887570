//! The second factor: an approval without the customer's own, verified hand on it changes nothing.

use anyhow::Result;
use honnin_tests::{
    authenticator::Knobs,
    scene::{ANNA, BEN, Scene},
};

#[tokio::test]
async fn bad_assertions_are_refused_and_change_nothing() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let port = phone.origin.rsplit(':').next().unwrap().to_owned();
    let cases = [
        ("user-verification-required", Knobs { without_uv: true, ..Knobs::default() }),
        ("assertion-invalid", Knobs { origin: Some("https://honnin.example".into()), ..Knobs::default() }),
        (
            "assertion-invalid",
            Knobs { origin: Some(format!("http://localhost.evil.example:{port}")), ..Knobs::default() },
        ),
        ("assertion-invalid", Knobs { foreign_key: true, ..Knobs::default() }),
        ("assertion-invalid", Knobs { rp_id: Some("honnin.example".into()), ..Knobs::default() }),
        ("assertion-invalid", Knobs { ceremony: Some("webauthn.create".into()), ..Knobs::default() }),
    ];
    for (code, knobs) in cases {
        let mut call = scene.call(&phone, "address-change", "standard").await?;
        let body = phone.approval_with(&call.request, &call.code, &knobs)?;
        phone.approve(&call.id, &body).await?.refused(code);
        assert_eq!(scene.desk.view(&call.id).await?["state"], "opened", "{code}");
        // The same call still passes with an honest answer.
        let body = phone.approval(&call.request, &call.code)?;
        phone.approve(&call.id, &body).await?.ok()?;
        call.until("passed").await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_assertion_belongs_to_its_proof_and_session() -> Result<()> {
    let scene = Scene::open().await?;
    let mut anna = scene.phone(ANNA).await?;
    let mut ben = scene.phone(BEN).await?;
    let first = scene.call(&anna, "address-change", "standard").await?;
    let second = scene.call(&anna, "address-change", "standard").await?;
    let old = anna.approval(&first.request, &first.code)?;

    // An assertion over another session's approval.
    let mut mixed = anna.approval(&second.request, &second.code)?;
    mixed["assertion"] = old["assertion"].clone();
    anna.approve(&second.id, &mixed).await?.refused("assertion-invalid");

    // Another customer's passkey.
    let honest = anna.approval(&second.request, &second.code)?;
    let challenge = challenge_of(&honest["assertion"]);
    let mut foreign = honest.clone();
    foreign["assertion"] = ben.passkey.as_mut().unwrap().get(&challenge);
    anna.approve(&second.id, &foreign).await?.refused("assertion-invalid");

    // A second proof of the same statement under the first one's assertion.
    let mut swapped = anna.approval(&second.request, &second.code)?;
    swapped["proof"] = honest["proof"].clone();
    anna.approve(&second.id, &swapped).await?.refused("assertion-invalid");
    assert_eq!(scene.desk.view(&second.id).await?["state"], "opened");
    Ok(())
}

fn challenge_of(assertion: &serde_json::Value) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let data = URL_SAFE_NO_PAD.decode(assertion["response"]["clientDataJSON"].as_str().unwrap()).unwrap();
    let data: serde_json::Value = serde_json::from_slice(&data).unwrap();
    data["challenge"].as_str().unwrap().to_owned()
}
