//! A wallet from an issued document, and prepared states that answer only what they were prepared for.

use honnin_circuits::{Fr, schnorr::SigningKey as IssuerKey};
use honnin_protocol::{
    certificate::{self, IssuerCertificate, PointHex},
    credential::{CredentialDocument, FORMAT, SignatureHex, Values},
    encoding::HexField,
    jwk::P256Jwk,
    policy::Policy,
    statement::SessionStatement,
};
use honnin_prover::keys::{ProvingKey, sha256};
use honnin_sdk::{Holder, ProverKey, SdkError, State, Wallet};
use p256::ecdsa::SigningKey;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

const NOW: u64 = 1_795_300_000;
const AS_OF: u32 = 20_261_122;

fn root() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).unwrap()
}

fn issued(holder: &Holder) -> String {
    let key = IssuerKey::generate(&mut StdRng::seed_from_u64(1));
    let claims = IssuerCertificate {
        iss: "https://issuer.example".into(),
        tenant: "midori".into(),
        schema: "honnin-jp-1".into(),
        key: PointHex::of(&key.public()),
        key_id: "k1".into(),
        nbf: NOW - 10,
        exp: NOW + 10,
    };
    let values = Values {
        expiry: 20_291_231,
        subject: "C-20481".into(),
        kyc_level: 2,
        method: 1,
        birth: 19_850_412,
        region: 13,
        name: "見本 花子".into(),
        address: "見本町1".into(),
        phone: "090-0000-0000".into(),
        account: "0000000".into(),
        limit: 500_000,
        payment_token: "tok".into(),
        spare: 0,
        holder: serde_json::from_value(json!(holder.commitment())).unwrap(),
        blinding: HexField(Fr::from(5u64)),
    };
    let signature = key.sign(values.attributes().message(), &mut StdRng::seed_from_u64(2));
    let document = CredentialDocument {
        format: FORMAT.into(),
        schema: "honnin-jp-1".into(),
        tenant: "midori".into(),
        values,
        signature: SignatureHex::of(&signature),
        issuer_certificate: certificate::sign(&claims, &root()),
    };
    serde_json::to_string(&document).unwrap()
}

fn accept(json: &str, holder: &Holder, now: u64) -> Result<Wallet, SdkError> {
    Wallet::accept(json, holder.clone(), &P256Jwk::from(*root().verifying_key()), now).map(|(wallet, _)| wallet)
}

fn policy(level: u32) -> Policy {
    let json = json!({"v": 1, "id": "standard", "version": 1, "schema": "honnin-jp-1", "name": {"ja": "標準", "en": "Standard"},
        "predicates": [{"slot": "subject", "op": "EQ", "value": "handle"}, {"slot": "kyc_level", "op": "GE", "value": level}],
        "disclose": [], "user_verification": true, "number_match": true, "ttl_s": 120, "valid_s": 600});
    honnin_sdk::policy::parse(&json.to_string()).unwrap()
}

fn statement(change: impl Fn(&mut Value)) -> SessionStatement {
    let mut json = json!({"v": 1, "kind": "verification", "tenant": "midori", "verification": "v_AAAAAAAAAAAAAAAAAAAAAA",
        "nonce": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "direction": "inbound",
        "purpose": {"code": "address-change", "ja": "住所変更", "en": "Address change"},
        "policy": {"id": "standard", "version": 1, "digest": policy(2).digest().to_string()},
        "display": {"name": {"ja": "みどり銀行", "en": "Midori Bank"}, "desk": {"ja": "窓口", "en": "Desk"}, "number": "0120-000-123"},
        "operator": {"ja": "佐藤", "en": "Sato"}, "match": {"mode": "enter", "code": "47"},
        "call": null, "payment": null, "recipient": null, "not_before": 1, "expires_at": 2});
    change(&mut json);
    serde_json::from_value(json).unwrap()
}

#[test]
fn a_wallet_takes_only_what_was_issued_to_its_holder() {
    let (holder, other) = (Holder::new(&[1; 32]), Holder::new(&[2; 32]));
    let json = issued(&holder);
    assert!(accept(&json, &holder, NOW).is_ok());
    assert!(Wallet::restore(&json, holder.clone()).is_ok());
    assert_eq!(accept(&json, &other, NOW).err(), Some(SdkError::HolderMismatch));
    assert_eq!(Wallet::restore(&json, other).err(), Some(SdkError::HolderMismatch));
    assert_eq!(accept(&json, &holder, NOW + 10).err(), Some(SdkError::IssuerExpired));
    assert_eq!(accept(&json.replace("500000", "900000"), &holder, NOW).err(), Some(SdkError::Signature));
    assert_eq!(accept("{}", &holder, NOW).err(), Some(SdkError::Malformed("credential")));
    assert!(Holder::from_bytes(&holder.to_bytes()).is_ok_and(|h| h.commitment() == holder.commitment()));
    assert_eq!(Holder::from_bytes(&[0; 33]).err(), Some(SdkError::Malformed("holder")));
}

#[test]
fn a_state_answers_only_what_it_was_prepared_for() {
    let bytes = ProvingKey::development(&mut StdRng::seed_from_u64(3)).to_bytes();
    let key = ProverKey::load(&bytes, &hex::encode(sha256(&bytes))).unwrap();
    assert_eq!(ProverKey::load(&bytes, &"0".repeat(64)).err(), Some(SdkError::KeyHash));
    let holder = Holder::new(&[1; 32]);
    let wallet = accept(&issued(&holder), &holder, NOW).unwrap();
    assert!(matches!(key.prepare(&wallet, &policy(3), "C-20481", AS_OF), Err(SdkError::PolicyNotMet(_))));
    assert!(matches!(key.prepare(&wallet, &policy(2), "C-1", AS_OF), Err(SdkError::PolicyNotMet(_))));

    let state = key.prepare(&wallet, &policy(2), "C-20481", AS_OF).unwrap();
    let stored = state.to_bytes();
    let state = State::from_bytes(&stored).unwrap();
    assert_eq!((state.info().as_of, state.info().tenant.as_str()), (AS_OF, "midori"));
    let finish = |s: &SessionStatement| state.finish(s, &[9; 32]);
    let proof = finish(&statement(|_| ())).unwrap();
    assert_eq!((proof.as_of, proof.pseudonym), (AS_OF, holder.pseudonym("midori")));
    assert_eq!(finish(&statement(|s| s["tenant"] = json!("other"))).err(), Some(SdkError::TenantMismatch));
    let digest = policy(3).digest().to_string();
    assert_eq!(finish(&statement(|s| s["policy"]["digest"] = json!(digest))).err(), Some(SdkError::PolicyDigest));
    assert_eq!(finish(&statement(|s| s["match"] = json!({"mode": "enter"}))).err(), Some(SdkError::NumberMissing));

    let pinned = hex::encode(sha256(&bytes));
    assert_eq!(state.require(&wallet, &pinned, &[AS_OF - 1, AS_OF]), Ok(()));
    assert_eq!(state.require(&wallet, &pinned, &[AS_OF + 1]), Err(SdkError::PreparedDay));
    assert_eq!(state.require(&wallet, &"0".repeat(64), &[AS_OF]), Err(SdkError::PreparedKey));
    let stranger = Holder::new(&[2; 32]);
    let theirs = accept(&issued(&stranger), &stranger, NOW).unwrap();
    assert_eq!(state.require(&theirs, &pinned, &[AS_OF]), Err(SdkError::PreparedCredential));

    for position in [0, 1, 40, stored.len() - 40, stored.len() - 1] {
        let mut damaged = stored.to_vec();
        damaged[position] ^= 1;
        assert_eq!(State::from_bytes(&damaged).err(), Some(SdkError::Malformed("prepared")), "byte {position}");
    }
    assert_eq!(State::from_bytes(&[]).err(), Some(SdkError::Malformed("prepared")));
}
