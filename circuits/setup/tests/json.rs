//! snarkjs' JSON, written and read, and everything that must not be read.

use ark_bn254::{Bn254, Fq2, G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, short_weierstrass::SWCurveConfig};
use ark_ff::Field;
use ark_groth16::VerifyingKey as ArkKey;
use ark_serialize::CanonicalSerialize;
use honnin_circuits::{
    Fr,
    verify::{KeyError, Proof, VerifyingKey},
};
use honnin_prover::keys::sha256;
use honnin_setup::{
    error::{FormatError, PointFault},
    json::{JsonError, inputs_from_json, inputs_to_json, key_from_json, key_to_json, proof_from_json, proof_to_json},
};
use serde_json::{Value, json};

fn g1(k: u64) -> G1Affine {
    (G1Affine::generator() * Fr::from(k)).into_affine()
}

fn g2(k: u64) -> G2Affine {
    (G2Affine::generator() * Fr::from(k)).into_affine()
}

fn key(gamma: u64, delta: u64) -> Vec<u8> {
    let key = ArkKey::<Bn254> {
        alpha_g1: g1(2),
        beta_g2: g2(3),
        gamma_g2: g2(gamma),
        delta_g2: g2(delta),
        gamma_abc_g1: (20..36).map(g1).collect(),
    };
    let mut out = Vec::new();
    key.serialize_compressed(&mut out).unwrap();
    out
}

/// A changed document.
fn changed(text: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut value: Value = serde_json::from_str(text).unwrap();
    change(&mut value);
    value.to_string()
}

const PRIME: &str = "21888242871839275222246405745257275088696311157297823662689037894645226208583";

#[test]
fn written_and_read() {
    let bytes = key(1, 5);
    assert_eq!(key_from_json(&key_to_json(&bytes).unwrap()), Ok(bytes));
    let proof = Proof::from_points(g1(7), g2(8), g1(9));
    assert_eq!(proof_from_json(&proof_to_json(&proof)), Ok(proof));
    let inputs = std::array::from_fn(|i| -Fr::from(i as u64));
    assert_eq!(inputs_from_json(&inputs_to_json(&inputs)), Ok(inputs));
}

#[test]
fn numbers_have_one_name() {
    let proof = proof_to_json(&Proof::from_points(g1(1), g2(8), g1(9)));
    // The generator is (1, 2).
    for wrong in ["01", "+1", " 1", "1 ", "", "0x1", "-1", "1.0", PRIME, &"9".repeat(78), &"1".repeat(4000)] {
        let text = changed(&proof, |p| p["pi_a"][0] = json!(wrong));
        assert_eq!(proof_from_json(&text), Err(JsonError::Value(FormatError::NotCanonical("pi_a"))), "{wrong}");
    }
    let inputs = inputs_to_json(&[Fr::from(0u64); 15]);
    let order = "21888242871839275222246405745257275088548364400416034343698204186575808495617";
    for wrong in ["00", order] {
        let text = changed(&inputs, |list| list[3] = json!(wrong));
        assert_eq!(inputs_from_json(&text), Err(JsonError::Value(FormatError::NotCanonical("public inputs"))));
    }
    let fewer = changed(&inputs, |list| drop(list.as_array_mut().unwrap().pop()));
    assert_eq!(inputs_from_json(&fewer), Err(JsonError::Inputs(14)));
}

#[test]
fn points_are_points() {
    let proof = proof_to_json(&Proof::from_points(g1(7), g2(8), g1(9)));
    let refused = |change: fn(&mut Value)| proof_from_json(&changed(&proof, change)).unwrap_err();
    let at = |place, fault| JsonError::Value(FormatError::Point { place, index: 0, fault });
    assert_eq!(refused(|p| p["pi_c"][1] = json!("5")), at("pi_c", PointFault::OffCurve));
    assert_eq!(refused(|p| p["pi_b"][1][0] = json!("5")), at("pi_b", PointFault::OffCurve));
    assert_eq!(refused(|p| p["pi_a"] = json!(["0", "1", "0"])), at("pi_a", PointFault::Identity));
    assert_eq!(refused(|p| p["pi_b"] = json!([["0", "0"], ["1", "0"], ["0", "0"]])), at("pi_b", PointFault::Identity));
    // On the twist, outside the subgroup.
    let (x, y) = (1u64..)
        .find_map(|x| {
            let x = Fq2::from(x);
            (x.square() * x + ark_bn254::g2::Config::COEFF_B).sqrt().map(|y| (x, y))
        })
        .unwrap();
    let pair = |v: Fq2| json!([v.c0.to_string(), v.c1.to_string()]);
    let outside = changed(&proof, |p| p["pi_b"] = json!([pair(x), pair(y), ["1", "0"]]));
    assert_eq!(proof_from_json(&outside), Err(at("pi_b", PointFault::OutsideSubgroup)));
    let document =
        changed(&key_to_json(&key(1, 5)).unwrap(), |k| k["vk_delta_2"] = json!([pair(x), pair(y), ["1", "0"]]));
    assert_eq!(key_from_json(&document), Err(at("vk_delta_2", PointFault::OutsideSubgroup)));
}

#[test]
fn other_systems_and_circuits() {
    let bytes = key(1, 5);
    let document = key_to_json(&bytes).unwrap();
    let refused = |change: fn(&mut Value)| key_from_json(&changed(&document, change)).unwrap_err();
    assert_eq!(refused(|k| k["protocol"] = json!("plonk")), JsonError::System);
    assert_eq!(refused(|k| k["curve"] = json!("bls12381")), JsonError::System);
    assert_eq!(refused(|k| drop(k["IC"].as_array_mut().unwrap().pop())), JsonError::Inputs(14));
    assert_eq!(refused(|k| k["nPublic"] = json!(3)), JsonError::Inputs(15));
    assert!(matches!(refused(|k| drop(k.as_object_mut().unwrap().remove("IC"))), JsonError::Shape(_)));
    assert!(matches!(key_from_json(&document[..document.len() - 1]), Err(JsonError::Shape(_))));
    assert!(matches!(key_from_json(&" ".repeat(1 << 17)), Err(JsonError::Shape(_))));
    assert_eq!(key_to_json(&bytes[..bytes.len() - 1]), Err(JsonError::Key(KeyError::Malformed)));
    // Well-formed and forgeable: refused where it is loaded.
    let degenerate = key_from_json(&key_to_json(&key(5, 5)).unwrap()).unwrap();
    assert_eq!(VerifyingKey::load(&degenerate, &sha256(&degenerate)).err(), Some(KeyError::Degenerate));
    assert_eq!(VerifyingKey::load(&bytes, &sha256(b"")).err(), Some(KeyError::Hash));
    assert!(VerifyingKey::load(&bytes, &sha256(&bytes)).is_ok());
}
