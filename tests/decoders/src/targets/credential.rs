//! Credential documents, as a phone receives and keeps them.

use honnin_circuits::schema::SCHEMA_NAME;
use honnin_circuits::schnorr;
use honnin_protocol::certificate::{self, IssuerCertificate, PointHex};
use honnin_protocol::credential::{CredentialDocument, FORMAT, SignatureHex, Values};
use honnin_protocol::date::Date;
use honnin_protocol::jwk::P256Jwk;
use honnin_sdk::{Holder, Wallet};
use p256::ecdsa::SigningKey;
use rand::{SeedableRng, rngs::StdRng};
use serde_json::json;

use super::json;
use crate::Target;

pub const TARGET: Target = Target { name: "credential", run, seeds };

const NOW: u64 = 1_795_300_000;

fn root() -> SigningKey {
    SigningKey::from_slice(&[7; 32]).expect("below the order")
}

fn holder() -> Holder {
    Holder::new(&[7; 32])
}

fn run(data: &[u8]) {
    let Some(document) = json::<CredentialDocument>(data) else { return };
    let root = P256Jwk::from(*root().verifying_key());
    let verified = document.verify(&root, NOW, Date::new(20_261_122).expect("a day"));
    if let Ok((credential, certificate)) = &verified {
        assert!(credential.verify().is_ok());
        assert_eq!(certificate.tenant, document.tenant);
    }
    let text = std::str::from_utf8(data).expect("JSON is UTF-8");
    if Wallet::accept(text, holder(), &root, NOW).is_ok() {
        assert!(verified.is_ok());
        assert!(Wallet::restore(text, holder()).is_ok());
    }
}

fn seeds() -> Vec<Vec<u8>> {
    let mut rng = StdRng::seed_from_u64(4);
    let key = schnorr::SigningKey::generate(&mut rng);
    let certificate = IssuerCertificate {
        iss: "https://issuer.example".into(),
        tenant: "midori".into(),
        schema: SCHEMA_NAME.into(),
        key: PointHex::of(&key.public()),
        key_id: "k1".into(),
        nbf: NOW - 10,
        exp: NOW + 10,
    };
    let values = |holder: String| -> Values {
        serde_json::from_value(json!({
            "expiry": 20_291_231, "subject": "C-1", "kyc_level": 2, "method": 1, "birth": 19_850_412, "region": 13,
            "name": "見本 花子", "address": "東京都", "phone": "090-0000-0000", "account": "0000000", "limit": 500_000,
            "payment_token": "tok", "spare": 0, "holder": holder, "blinding": "0".repeat(63) + "7",
        }))
        .expect("plain values")
    };
    let signed = |values: Values| {
        let signature = key.sign(values.attributes().message(), &mut StdRng::seed_from_u64(5));
        let document = CredentialDocument {
            format: FORMAT.into(),
            schema: SCHEMA_NAME.into(),
            tenant: "midori".into(),
            values,
            signature: SignatureHex::of(&signature),
            issuer_certificate: certificate::sign(&certificate, &root()),
        };
        serde_json::to_vec(&document).expect("a plain struct")
    };
    vec![signed(values(holder().commitment())), signed(values("0".repeat(64)))]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The seeds reach past every check, else the target would see refusals alone.
    #[test]
    fn the_first_seed_is_accepted() {
        let text = String::from_utf8(seeds().remove(0)).unwrap();
        assert!(Wallet::accept(&text, holder(), &P256Jwk::from(*root().verifying_key()), NOW).is_ok());
    }
}
