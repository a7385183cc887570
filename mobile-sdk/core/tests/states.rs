//! A wallet from an issued document, and prepared states that answer only what they were prepared for.

use honnin_circuits::schema::Slot;
use honnin_circuits::verify::{Proof, VerifyingKey};
use honnin_circuits::{Fr, schnorr::SigningKey as IssuerKey};
use honnin_protocol::{
    certificate::{self, IssuerCertificate, PointHex},
    credential::{CredentialDocument, FORMAT, SignatureHex, Values},
    disclosure::{DisclosureError, Slots},
    encoding::{HexField, b64u, b64u_decode},
    jwk::P256Jwk,
    policy::{FitError, Policy},
    statement::SessionStatement,
    subject::{Party, Subject},
};
use honnin_prover::keys::{ProvingKey, sha256};
use honnin_recipient::{Expected, RecipientKey};
use honnin_sdk::{Holder, ProverKey, SdkError, Session, State, Wallet};
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
    let finish = |s: &SessionStatement| state.finish(s, &[9; 32], None);
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

fn terms_policy(disclose: &[&str], amount: bool) -> Policy {
    let mut predicates = vec![json!({"slot": "subject", "op": "EQ", "value": "handle"})];
    if amount {
        predicates.push(json!({"slot": "limit", "op": "GE", "value": "amount"}));
    }
    let json = json!({"v": 1, "id": "terms", "version": 1, "schema": "honnin-jp-1", "name": {"ja": "お支払い", "en": "Payment"},
        "predicates": predicates, "disclose": disclose, "user_verification": true, "number_match": false, "ttl_s": 120, "valid_s": 600});
    honnin_sdk::policy::parse(&json.to_string()).unwrap()
}

fn terms(policy: &Policy, key: &RecipientKey, amount: Option<u64>, nonce: u8) -> SessionStatement {
    statement(|s| {
        s["policy"] = json!({"id": "terms", "version": 1, "digest": policy.digest().to_string()});
        s["nonce"] = json!(b64u([nonce; 32]));
        s["match"] = json!({"mode": "none"});
        s["recipient"] = json!({"id": "r_AAAAAAAAAAAAAAAAAAAAAA", "name": {"ja": "桜物流", "en": "Sakura"},
            "key": key.public().thumbprint(), "slots": policy.disclose});
        if let Some(amount) = amount {
            s["payment"] = json!({"amount": amount, "currency": "JPY", "payee": "△△株式会社", "order": "A-2210", "instrument": "みどりカード"});
        }
    })
}

fn slots(names: &[&str]) -> Slots {
    serde_json::from_value(json!(names)).unwrap()
}

/// A payment's whole way: the limit is proven for the amount, the token goes sealed, and the recipient finds what the
/// proof committed to.
#[test]
fn a_payment_is_proven_and_sealed() {
    let pk = ProvingKey::development(&mut StdRng::seed_from_u64(3));
    let bytes = pk.to_bytes();
    let key = ProverKey::load(&bytes, &hex::encode(sha256(&bytes))).unwrap();
    let holder = Holder::new(&[1; 32]);
    let wallet = accept(&issued(&holder), &holder, NOW).unwrap();
    let (psp, other) = (RecipientKey::generate(&[5; 32]), RecipientKey::generate(&[6; 32]));
    let policy = terms_policy(&["payment_token"], true);
    let paid = terms(&policy, &psp, Some(500_000), 1);
    let token = slots(&["payment_token"]);
    let prepare = |statement: &SessionStatement, slots: Option<&Slots>| {
        key.prepare_for(&wallet, &policy, "C-20481", AS_OF, Session { statement, slots }, &[4; 32])
    };
    assert_eq!(wallet.meets(&policy, "C-20481", AS_OF, paid.payment.as_ref()), Ok(()));
    let state = prepare(&paid, Some(&token)).unwrap();
    let state = State::from_bytes(&state.to_bytes()).unwrap();
    assert_eq!(state.info().amount, Some(500_000));
    let finished = state.finish(&paid, &[9; 32], Some(psp.public())).unwrap();
    let sent = finished.disclosure.unwrap();
    assert_eq!(Some(sent.disclosed()), state.info().disclosed);
    let subject = Subject {
        tenant: "midori",
        party: Party::Customer("C-20481"),
        pseudonym: &finished.pseudonym,
        issuer: IssuerKey::generate(&mut StdRng::seed_from_u64(1)).public(),
        policy: &policy,
        as_of: AS_OF,
        ctx: paid.ctx(),
        payment: paid.payment.as_ref(),
        disclosed: Some(&sent.disclosed()),
    };
    let vk = pk.verifying_key_bytes();
    let vk = VerifyingKey::load(&vk, &sha256(&vk)).unwrap();
    let proof = Proof::from_bytes(&b64u_decode(&finished.proof).unwrap()).unwrap();
    assert!(vk.verify(&subject.statement().unwrap(), &proof).is_ok());
    let cheaper = terms(&policy, &psp, Some(499_999), 1);
    let edited = Subject { payment: cheaper.payment.as_ref(), ..subject };
    assert!(vk.verify(&edited.statement().unwrap(), &proof).is_err(), "the proof is for one amount");
    assert!(vk.verify(&Subject { disclosed: None, ..subject }.statement().unwrap(), &proof).is_err());
    let expected = Expected::of(&paid, Some(&sent.disclosed()), &psp).unwrap();
    assert_eq!(honnin_recipient::open(&psp, &sent.r#box, &expected).unwrap().get(Slot::PaymentToken), Some("tok"));

    // Fresh openings, whatever the source: no two sessions share a commitment.
    let again = prepare(&terms(&policy, &psp, Some(500_000), 2), Some(&token)).unwrap();
    assert_ne!(again.info().disclosed, state.info().disclosed);

    // What the state is not for.
    let finish = |s: &SessionStatement, key: Option<&RecipientKey>| {
        state.finish(s, &[9; 32], key.map(RecipientKey::public)).err()
    };
    assert_eq!(finish(&cheaper, Some(&psp)), Some(SdkError::PreparedTerms));
    assert_eq!(finish(&paid, Some(&other)), Some(SdkError::RecipientKey));
    assert_eq!(finish(&paid, None), Some(SdkError::RecipientKey));
    assert_eq!(finish(&terms(&policy, &other, Some(500_000), 1), Some(&psp)), Some(SdkError::RecipientKey));
    // What cannot be prepared.
    assert!(matches!(prepare(&terms(&policy, &psp, Some(500_001), 1), Some(&token)), Err(SdkError::PolicyNotMet(_))));
    assert_eq!(prepare(&paid, None).err(), Some(SdkError::Disclosure(DisclosureError::Missing)));
    let name = slots(&["name"]);
    assert_eq!(prepare(&paid, Some(&name)).err(), Some(SdkError::Disclosure(DisclosureError::TooMuch("name"))));
    let unpaid = terms(&policy, &psp, None, 1);
    assert_eq!(prepare(&unpaid, Some(&token)).err(), Some(SdkError::PolicyFit(FitError::NoPayment)));
    assert_eq!(key.prepare(&wallet, &policy, "C-20481", AS_OF).err(), Some(SdkError::PolicyFit(FitError::NoRecipient)));
    // Damage in the sealed half of the stored form is found even behind a hash that was made anew.
    let stored = state.to_bytes();
    let at = stored.windows(3).position(|w| w == b"tok").unwrap();
    let mut damaged = stored[..stored.len() - 32].to_vec();
    damaged[at] ^= 1;
    let hash = sha256(&damaged);
    damaged.extend_from_slice(&hash);
    assert_eq!(State::from_bytes(&damaged).err(), Some(SdkError::Malformed("prepared")));
}

/// An order sends what the customer picked, and no more.
#[test]
fn an_order_sends_what_was_picked() {
    let bytes = ProvingKey::development(&mut StdRng::seed_from_u64(3)).to_bytes();
    let key = ProverKey::load(&bytes, &hex::encode(sha256(&bytes))).unwrap();
    let holder = Holder::new(&[1; 32]);
    let wallet = accept(&issued(&holder), &holder, NOW).unwrap();
    let fulfilment = RecipientKey::generate(&[5; 32]);
    let delivery = terms_policy(&["name", "address", "phone"], false);
    let order = terms(&delivery, &fulfilment, None, 1);
    let picked = slots(&["name", "address"]);
    let session = Session { statement: &order, slots: Some(&picked) };
    let state = key.prepare_for(&wallet, &delivery, "C-20481", AS_OF, session, &[4; 32]).unwrap();
    let sent = state.finish(&order, &[9; 32], Some(fulfilment.public())).unwrap().disclosure.unwrap();
    let expected = Expected::of(&order, Some(&sent.disclosed()), &fulfilment).unwrap();
    let opened = honnin_recipient::open(&fulfilment, &sent.r#box, &expected).unwrap();
    assert_eq!(opened.values().collect::<Vec<_>>(), [(Slot::Name, "見本 花子"), (Slot::Address, "見本町1")]);
    // A plain state answers no session that sends.
    let plain = key.prepare(&wallet, &policy(2), "C-20481", AS_OF).unwrap();
    let asked = statement(|s| {
        s["recipient"] = serde_json::to_value(&order.recipient).unwrap();
    });
    let refused = plain.finish(&asked, &[9; 32], Some(fulfilment.public())).err();
    assert_eq!(refused, Some(SdkError::Disclosure(DisclosureError::Missing)));
}

/// A credential of one company proves conditions to another, where its holder has no account.
#[test]
fn a_prospect_proves_to_another_tenant() {
    let pk = ProvingKey::development(&mut StdRng::seed_from_u64(3));
    let bytes = pk.to_bytes();
    let pinned = hex::encode(sha256(&bytes));
    let key = ProverKey::load(&bytes, &pinned).unwrap();
    let holder = Holder::new(&[1; 32]);
    let wallet = accept(&issued(&holder), &holder, NOW).unwrap();
    let open = |level: u32| {
        let json = json!({"v": 1, "id": "open-account", "version": 1, "schema": "honnin-jp-1", "name": {"ja": "口座開設", "en": "Opening"},
            "predicates": [{"slot": "birth", "op": "LE", "value": {"years_before": 20}}, {"slot": "kyc_level", "op": "GE", "value": level}],
            "disclose": [], "user_verification": true, "number_match": false, "ttl_s": 120, "valid_s": 600});
        honnin_sdk::policy::parse(&json.to_string()).unwrap()
    };
    let asked = |change: fn(&mut Value)| {
        statement(|s| {
            s["kind"] = json!("eligibility");
            s["tenant"] = json!("aozora");
            s["policy"] = json!({"id": "open-account", "version": 1, "digest": open(2).digest().to_string()});
            s["match"] = json!({"mode": "none"});
            change(s);
        })
    };
    assert_eq!(wallet.eligible(&open(2), "aozora", AS_OF), Ok(()));
    assert!(matches!(wallet.eligible(&open(3), "aozora", AS_OF), Err(SdkError::PolicyNotMet(_))));
    // What compares with a handle, or sends anything, is for customers.
    assert_eq!(wallet.eligible(&policy(2), "aozora", AS_OF), Err(SdkError::Policy));
    assert_eq!(wallet.eligible(&terms_policy(&["name"], false), "aozora", AS_OF), Err(SdkError::Policy));

    let state = key.prepare_eligibility(&wallet, &open(2), "aozora", AS_OF).unwrap();
    let state = State::from_bytes(&state.to_bytes()).unwrap();
    assert!(state.info().eligibility && state.info().tenant == "aozora");
    assert_eq!(state.info().pseudonym, holder.prospect_pseudonym("aozora"));
    assert_ne!(state.info().pseudonym, holder.pseudonym("aozora"), "the later customer has another name");
    assert_eq!(state.require(&wallet, &pinned, &[AS_OF]), Ok(()));
    let stranger = Holder::new(&[2; 32]);
    let theirs = accept(&issued(&stranger), &stranger, NOW).unwrap();
    assert_eq!(state.require(&theirs, &pinned, &[AS_OF]), Err(SdkError::PreparedCredential));

    let finish = |s: &SessionStatement| state.finish(s, &[9; 32], None);
    assert_eq!(finish(&asked(|s| s["kind"] = json!("verification"))).err(), Some(SdkError::KindMismatch));
    assert_eq!(finish(&asked(|s| s["tenant"] = json!("midori"))).err(), Some(SdkError::TenantMismatch));
    let customers = key.prepare(&wallet, &policy(2), "C-20481", AS_OF).unwrap();
    let eligibility = statement(|s| s["kind"] = json!("eligibility"));
    assert_eq!(customers.finish(&eligibility, &[9; 32], None).err(), Some(SdkError::KindMismatch));

    let finished = finish(&asked(|_| ())).unwrap();
    let (statement, eligible) = (asked(|_| ()), open(2));
    let subject = Subject {
        tenant: "aozora",
        party: Party::Prospect,
        pseudonym: &finished.pseudonym,
        issuer: IssuerKey::generate(&mut StdRng::seed_from_u64(1)).public(),
        policy: &eligible,
        as_of: AS_OF,
        ctx: statement.ctx(),
        payment: None,
        disclosed: None,
    };
    let vk = pk.verifying_key_bytes();
    let vk = VerifyingKey::load(&vk, &sha256(&vk)).unwrap();
    let proof = Proof::from_bytes(&b64u_decode(&finished.proof).unwrap()).unwrap();
    assert!(vk.verify(&subject.statement().unwrap(), &proof).is_ok());
    let other = Subject { tenant: "midori", ..subject };
    assert!(vk.verify(&other.statement().unwrap(), &proof).is_err(), "the proof is for one tenant");
    let customer = Subject { party: Party::Customer("C-20481"), ..subject };
    assert!(vk.verify(&customer.statement().unwrap(), &proof).is_err(), "a prospect's proof is no customer's");
    let account = policy(2);
    assert!(Subject { policy: &account, ..subject }.statement().is_err(), "nobody's handle is asked for");
}
