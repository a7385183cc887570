//! Proofs that must not pass: bent bytes, and honest proofs of something else.

use anyhow::Result;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64U};
use honnin_tests::{
    http::Answer,
    phone::Phone,
    scene::{ANNA, BEN, Call, Scene},
    secret::Finished,
};
use serde_json::{Value, json};

/// An approval around any proof, with an assertion that fits that proof: only the proof can be refused.
fn around(phone: &mut Phone, call: &Call, proof: &str, finished: &Finished, as_of: &Value) -> Value {
    let approval = finished.approval_of(proof);
    let assertion = phone.passkey.as_mut().unwrap().get(&approval);
    json!({"proof": proof, "as_of": as_of, "match_code": call.code, "assertion": assertion})
}

fn with_code(call: &Call) -> Value {
    let mut statement = call.request.statement.clone();
    statement["match"]["code"] = json!(call.code);
    statement
}

#[track_caller]
fn refused(answer: &Answer, what: &str) {
    let code = answer.code();
    assert!(["malformed", "proof-invalid"].contains(&code.as_str()), "{what}: {code}: {}", answer.body);
}

#[tokio::test]
async fn bent_bytes() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    // The BN254 base field's modulus, little-endian: x = p is a second name for x = 0.
    let modulus = {
        let mut bytes = hex::decode("30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47")?;
        bytes.reverse();
        bytes
    };
    type Bend = Box<dyn Fn(&mut Vec<u8>)>;
    let bends: Vec<(&str, Bend)> = vec![
        ("trailing byte", Box::new(|p| p.push(0))),
        ("one byte short", Box::new(|p| p.truncate(127))),
        ("empty", Box::new(Vec::clear)),
        ("twice", Box::new(|p| p.extend(p.clone()))),
        ("one bit of A", Box::new(|p| p[3] ^= 1)),
        ("one bit of B", Box::new(|p| p[40] ^= 1)),
        ("one bit of C", Box::new(|p| p[100] ^= 1)),
        ("A negated", Box::new(|p| p[31] ^= 0x80)),
        (
            "A and C swapped",
            Box::new(|p| {
                let (a, c) = (p[..32].to_vec(), p[96..].to_vec());
                p[..32].copy_from_slice(&c);
                p[96..].copy_from_slice(&a);
            }),
        ),
        (
            "A at infinity",
            Box::new(|p| {
                p[..32].fill(0);
                p[31] = 0x40;
            }),
        ),
        ("all zero", Box::new(|p| p.fill(0))),
        ("all ones", Box::new(|p| p.fill(0xff))),
        ("x of A not canonical", Box::new(move |p| p[..32].copy_from_slice(&modulus))),
    ];
    for group in bends.chunks(4) {
        let mut call = scene.call(&phone, "address-change", "standard").await?;
        let finished = phone.finish(&call.request.policy, &with_code(&call))?;
        for (what, bend) in group {
            let mut bytes = B64U.decode(&finished.proof)?;
            bend(&mut bytes);
            let body = around(&mut phone, &call, &B64U.encode(&bytes), &finished, &json!(finished.as_of));
            refused(&phone.approve(&call.id, &body).await?, what);
            assert_eq!(scene.desk.view(&call.id).await?["state"], "opened", "{what}");
        }
        let body = around(&mut phone, &call, &finished.proof, &finished, &json!(finished.as_of));
        phone.approve(&call.id, &body).await?.ok()?;
        call.until("passed").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_proof_for_another_session_policy_or_statement() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let other = scene.call(&phone, "address-change", "standard").await?;
    let mut call = scene.call(&phone, "address-change", "standard").await?;
    let honest = phone.finish(&call.request.policy, &with_code(&call))?;

    let another_session = phone.finish(&other.request.policy, &with_code(&other))?;
    let policies = phone.tenant["policies"].as_array().unwrap().clone();
    let weaker = policies.iter().find(|policy| policy["id"] == "holder").unwrap();
    // The SDK refuses to answer one policy's request with another's state; a hostile phone would not.
    phone.prepare(weaker)?;
    assert!(phone.finish(weaker, &with_code(&call)).is_err());
    let another_policy = phone.force(weaker, &with_code(&call))?;
    let mut lie = with_code(&call);
    lie["operator"] = Value::Null;
    let another_statement = phone.finish(&call.request.policy, &lie)?;
    for (what, proof) in [("session", another_session), ("policy", another_policy), ("statement", another_statement)] {
        let body = around(&mut phone, &call, &proof.proof, &honest, &json!(honest.as_of));
        phone.approve(&call.id, &body).await?.refused("proof-invalid");
        assert_eq!(scene.desk.view(&call.id).await?["state"], "opened", "{what}");
    }
    let body = around(&mut phone, &call, &honest.proof, &honest, &json!(honest.as_of));
    phone.approve(&call.id, &body).await?.ok()?;
    call.until("passed").await?;
    Ok(())
}

#[tokio::test]
async fn a_proof_of_another_customer() -> Result<()> {
    let scene = Scene::open().await?;
    let mut anna = scene.phone(ANNA).await?;
    let mut ben = scene.phone(BEN).await?;
    let call = scene.call(&anna, "limit-change", "limit").await?;
    // Ben's credential and pseudonym under Anna's session: even proven for Ben's own handle it is not hers.
    let bens = ben.finish(&call.request.policy, &with_code(&call))?;
    let body = around(&mut anna, &call, &bens.proof, &bens, &json!(bens.as_of));
    anna.approve(&call.id, &body).await?.refused("proof-invalid");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "opened");
    Ok(())
}

#[tokio::test]
async fn days_that_are_not_today_or_yesterday() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let call = scene.call(&phone, "address-change", "standard").await?;
    let finished = phone.finish(&call.request.policy, &with_code(&call))?;
    for day in [20_200_101, 20_991_231] {
        let body = around(&mut phone, &call, &finished.proof, &finished, &json!(day));
        phone.approve(&call.id, &body).await?.refused("as-of-out-of-range");
    }
    for day in [json!(20_261_399), json!(-1), json!("20261121"), Value::Null] {
        let body = around(&mut phone, &call, &finished.proof, &finished, &day);
        let code = phone.approve(&call.id, &body).await?.code();
        assert!(["malformed", "as-of-out-of-range"].contains(&code.as_str()), "{day}: {code}");
    }
    // A day that is in range but is not the proof's.
    let yesterday = honnin_tests::secret::yesterday()?;
    let body = around(&mut phone, &call, &finished.proof, &finished, &json!(yesterday));
    phone.approve(&call.id, &body).await?.refused("proof-invalid");
    assert_eq!(scene.desk.view(&call.id).await?["state"], "opened");
    Ok(())
}

#[tokio::test]
async fn the_fifth_refused_proof_ends_the_request() -> Result<()> {
    let scene = Scene::open().await?;
    let mut phone = scene.phone(ANNA).await?;
    let other = scene.call(&phone, "balance", "holder").await?;
    let mut call = scene.call(&phone, "balance", "holder").await?;
    let wrong = phone.finish(&other.request.policy, &with_code(&other))?;
    let honest = phone.finish(&call.request.policy, &with_code(&call))?;
    for _ in 0..5 {
        let body = around(&mut phone, &call, &wrong.proof, &honest, &json!(honest.as_of));
        assert!(!phone.approve(&call.id, &body).await?.status.is_success());
    }
    assert_eq!(call.until("failed").await?["detail"], "proof_invalid");
    let body = around(&mut phone, &call, &honest.proof, &honest, &json!(honest.as_of));
    phone.approve(&call.id, &body).await?.refused("already-decided");
    Ok(())
}
