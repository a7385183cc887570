//! Field elements, points, signatures, secrets: hex or 32 bytes.

use honnin_circuits::{
    CircuitVersion, Fr,
    encoding::{fr_from_bytes, fr_from_hex, fr_to_bytes, fr_to_hex},
    holder::HolderSecret,
    jubjub::Scalar,
    schnorr::{PublicKey, Signature, SigningKey},
};
use rand::{SeedableRng, rngs::StdRng};

use super::{choice, chosen};
use crate::Target;

pub const TARGET: Target = Target { name: "elements", run, seeds };

fn run(data: &[u8]) {
    let (which, rest) = choice(data);
    match which % 5 {
        0 => {
            let Ok(text) = std::str::from_utf8(rest) else { return };
            if let Ok(f) = fr_from_hex::<Fr>(text) {
                assert_eq!(fr_to_hex(&f), text);
            }
            if let Ok(f) = fr_from_hex::<Scalar>(text) {
                assert_eq!(fr_to_hex(&f), text);
            }
        }
        1 => {
            let Ok(bytes) = <&[u8; 32]>::try_from(rest) else { return };
            if let Ok(f) = fr_from_bytes::<Fr>(bytes) {
                assert_eq!(fr_to_bytes(&f), *bytes);
            }
            if let Ok(secret) = HolderSecret::from_bytes(bytes) {
                assert_eq!(*secret.to_bytes(), *bytes);
            }
            if let Ok(key) = SigningKey::from_bytes(bytes) {
                assert_eq!(*key.to_bytes(), *bytes);
                let (x, y) = key.public().to_xy_hex();
                assert_eq!(PublicKey::from_xy_hex(&x, &y), Ok(key.public()));
            }
        }
        2 => {
            let Some([x, y]) = parts(rest) else { return };
            if let Ok(key) = PublicKey::from_xy_hex(x, y) {
                assert_eq!(key.to_xy_hex(), (x.to_owned(), y.to_owned()));
            }
        }
        3 => {
            let Some([x, y, s]) = parts(rest) else { return };
            if let Ok(signature) = Signature::from_hex(x, y, s) {
                assert_eq!(signature.to_hex(), (x.to_owned(), y.to_owned(), s.to_owned()));
            }
        }
        _ => {
            if let Ok(version) = serde_json::from_slice::<CircuitVersion>(rest) {
                assert_eq!(version, CircuitVersion::V1);
            }
        }
    }
}

fn parts<const N: usize>(data: &[u8]) -> Option<[&str; N]> {
    std::str::from_utf8(data).ok()?.split(' ').collect::<Vec<_>>().try_into().ok()
}

fn seeds() -> Vec<Vec<u8>> {
    let mut rng = StdRng::seed_from_u64(2);
    let key = SigningKey::generate(&mut rng);
    let (x, y) = key.public().to_xy_hex();
    let (rx, ry, s) = key.sign(Fr::from(5u64), &mut rng).to_hex();
    vec![
        chosen(0, &x),
        chosen(0, "30644e72e131a029b85045b68181585d2833e84879b9709143e1f593f0000001"),
        chosen(0, "060c89ce5c263405370a08b6d0302b0bab3eedb83920ee0a677297dc392126f1"),
        chosen(1, fr_to_bytes(&Fr::from(9u64))),
        chosen(1, *key.to_bytes()),
        chosen(1, [0; 32]),
        chosen(2, format!("{x} {y}")),
        chosen(2, format!("{} {}", fr_to_hex(&Fr::from(0u64)), fr_to_hex(&Fr::from(1u64)))),
        chosen(3, format!("{rx} {ry} {s}")),
        chosen(4, "1"),
        chosen(4, "2"),
    ]
}
