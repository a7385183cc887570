//! Verifying key, proof and public inputs as snarkjs writes them: decimal numbers in JSON, points with their z.
//! Reading checks canonical numbers, curve, subgroup and the number of inputs.

use ark_bn254::{Bn254, Fq, Fq2, Fr, G1Affine, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::PrimeField;
use ark_groth16::VerifyingKey;
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use honnin_circuits::{
    statement::PUBLIC_INPUTS,
    verify::{KeyError, PROOF_BYTES, Proof},
};
use num_bigint::BigUint;
use serde::{Deserialize, Serialize};

use crate::{
    error::{FormatError, PointFault},
    points::affine,
};

/// Longest text read.
const MOST_BYTES: usize = 1 << 16;

type G1Text = [String; 3];
type G2Text = [[String; 2]; 3];

/// snarkjs' verification_key.json; what it holds beyond these is not used by its verifier.
#[derive(Serialize, Deserialize)]
struct KeyText {
    protocol: String,
    curve: String,
    #[serde(rename = "nPublic")]
    public: usize,
    vk_alpha_1: G1Text,
    vk_beta_2: G2Text,
    vk_gamma_2: G2Text,
    vk_delta_2: G2Text,
    #[serde(rename = "IC")]
    ic: Vec<G1Text>,
}

/// snarkjs' proof.json.
#[derive(Serialize, Deserialize)]
struct ProofText {
    pi_a: G1Text,
    pi_b: G2Text,
    pi_c: G1Text,
    protocol: String,
    curve: String,
}

/// Why snarkjs' JSON is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum JsonError {
    /// Not this document.
    #[error("not snarkjs' JSON: {0}")]
    Shape(String),
    /// Another proof system or curve.
    #[error("not Groth16 over bn128")]
    System,
    /// A number or point that must not stand there.
    #[error(transparent)]
    Value(#[from] FormatError),
    /// A key or a list of inputs of another circuit.
    #[error("{0} public inputs, the circuit has {PUBLIC_INPUTS}")]
    Inputs(usize),
    /// Our own bytes of a key that do not decode.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// A verifying key in the form that `honnin_circuits::verify::VerifyingKey::load` reads, as JSON.
pub fn key_to_json(bytes: &[u8]) -> Result<String, JsonError> {
    let mut reader = bytes;
    let key = VerifyingKey::<Bn254>::deserialize_compressed(&mut reader).map_err(|_| KeyError::Malformed)?;
    if !reader.is_empty() {
        return Err(KeyError::Malformed.into());
    }
    Ok(pretty(&KeyText {
        protocol: "groth16".into(),
        curve: "bn128".into(),
        public: key.gamma_abc_g1.len().saturating_sub(1),
        vk_alpha_1: g1_text(&key.alpha_g1),
        vk_beta_2: g2_text(&key.beta_g2),
        vk_gamma_2: g2_text(&key.gamma_g2),
        vk_delta_2: g2_text(&key.delta_g2),
        ic: key.gamma_abc_g1.iter().map(g1_text).collect(),
    }))
}

/// The key's bytes, ready for `VerifyingKey::load`.
pub fn key_from_json(text: &str) -> Result<Vec<u8>, JsonError> {
    let key: KeyText = parse(text)?;
    system(&key.protocol, &key.curve)?;
    if key.public != PUBLIC_INPUTS || key.ic.len() != PUBLIC_INPUTS + 1 {
        return Err(JsonError::Inputs(key.ic.len().saturating_sub(1)));
    }
    let key = VerifyingKey::<Bn254> {
        alpha_g1: g1("vk_alpha_1", 0, &key.vk_alpha_1)?,
        beta_g2: g2("vk_beta_2", &key.vk_beta_2)?,
        gamma_g2: g2("vk_gamma_2", &key.vk_gamma_2)?,
        delta_g2: g2("vk_delta_2", &key.vk_delta_2)?,
        gamma_abc_g1: key.ic.iter().enumerate().map(|(i, p)| g1("IC", i, p)).collect::<Result<_, _>>()?,
    };
    let mut out = Vec::new();
    key.serialize_compressed(&mut out).expect("a vector takes all");
    Ok(out)
}

/// A proof as JSON.
pub fn proof_to_json(proof: &Proof) -> String {
    let bytes: [u8; PROOF_BYTES] = proof.to_bytes();
    let mut reader = &bytes[..];
    let a = G1Affine::deserialize_compressed(&mut reader).expect("a proof's points");
    let b = G2Affine::deserialize_compressed(&mut reader).expect("a proof's points");
    let c = G1Affine::deserialize_compressed(&mut reader).expect("a proof's points");
    pretty(&ProofText {
        pi_a: g1_text(&a),
        pi_b: g2_text(&b),
        pi_c: g1_text(&c),
        protocol: "groth16".into(),
        curve: "bn128".into(),
    })
}

/// A proof of valid points.
pub fn proof_from_json(text: &str) -> Result<Proof, JsonError> {
    let proof: ProofText = parse(text)?;
    system(&proof.protocol, &proof.curve)?;
    Ok(Proof::from_points(g1("pi_a", 0, &proof.pi_a)?, g2("pi_b", &proof.pi_b)?, g1("pi_c", 0, &proof.pi_c)?))
}

/// Public inputs as JSON.
pub fn inputs_to_json(inputs: &[Fr; PUBLIC_INPUTS]) -> String {
    pretty(&inputs.iter().map(|v| decimal(*v)).collect::<Vec<_>>())
}

/// Public inputs, canonical and as many as the circuit has.
pub fn inputs_from_json(text: &str) -> Result<[Fr; PUBLIC_INPUTS], JsonError> {
    let list: Vec<String> = parse(text)?;
    let values: Vec<Fr> = list.iter().map(|v| number("public inputs", v)).collect::<Result<_, _>>()?;
    values.try_into().map_err(|v: Vec<Fr>| JsonError::Inputs(v.len()))
}

fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, JsonError> {
    if text.len() > MOST_BYTES {
        return Err(JsonError::Shape(format!("more than {MOST_BYTES} bytes")));
    }
    serde_json::from_str(text).map_err(|e| JsonError::Shape(e.to_string()))
}

fn pretty(value: &impl Serialize) -> String {
    serde_json::to_string_pretty(value).expect("strings and lists")
}

fn system(protocol: &str, curve: &str) -> Result<(), JsonError> {
    if (protocol, curve) == ("groth16", "bn128") { Ok(()) } else { Err(JsonError::System) }
}

fn decimal<F: PrimeField>(value: F) -> String {
    let integer: BigUint = value.into();
    integer.to_string()
}

/// One name a number: digits alone, no leading zero, below the prime.
fn number<F: PrimeField>(place: &'static str, text: &str) -> Result<F, FormatError> {
    let refused = FormatError::NotCanonical(place);
    let digits = !text.is_empty() && text.len() <= 78 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits || (text.starts_with('0') && text != "0") {
        return Err(refused);
    }
    let integer: BigUint = text.parse().map_err(|_| FormatError::NotCanonical(place))?;
    F::BigInt::try_from(integer).ok().and_then(F::from_bigint).ok_or(refused)
}

fn g1_text(p: &G1Affine) -> G1Text {
    match p.xy() {
        Some((x, y)) => [decimal(x), decimal(y), "1".into()],
        None => ["0", "1", "0"].map(String::from),
    }
}

fn g2_text(p: &G2Affine) -> G2Text {
    let pair = |v: Fq2| [decimal(v.c0), decimal(v.c1)];
    match p.xy() {
        Some((x, y)) => [pair(x), pair(y), ["1".into(), "0".into()]],
        None => [["0", "0"], ["1", "0"], ["0", "0"]].map(|pair| pair.map(String::from)),
    }
}

/// A valid point that is not the identity.
fn g1(place: &'static str, index: usize, text: &G1Text) -> Result<G1Affine, FormatError> {
    let at = |fault| FormatError::Point { place, index, fault };
    if text[2] != "1" {
        return Err(at(PointFault::Identity));
    }
    let p = affine::<ark_bn254::g1::Config>(number::<Fq>(place, &text[0])?, number::<Fq>(place, &text[1])?);
    if p.is_on_curve() { Ok(p) } else { Err(at(PointFault::OffCurve)) }
}

fn g2(place: &'static str, text: &G2Text) -> Result<G2Affine, FormatError> {
    let at = |fault| FormatError::Point { place, index: 0, fault };
    if text[2] != ["1", "0"] {
        return Err(at(PointFault::Identity));
    }
    let pair = |v: &[String; 2]| -> Result<Fq2, FormatError> {
        Ok(Fq2::new(number::<Fq>(place, &v[0])?, number::<Fq>(place, &v[1])?))
    };
    let p = affine::<ark_bn254::g2::Config>(pair(&text[0])?, pair(&text[1])?);
    if !p.is_on_curve() {
        return Err(at(PointFault::OffCurve));
    }
    if p.is_in_correct_subgroup_assuming_on_curve() { Ok(p) } else { Err(at(PointFault::OutsideSubgroup)) }
}
