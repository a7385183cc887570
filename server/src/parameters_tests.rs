//! Every way in which keys and manifest may not fit.

use ark_bn254::{G1Affine, G2Affine};
use ark_ec::{AffineRepr, CurveGroup};
use ark_serialize::CanonicalSerialize;
use serde_json::{Value, json};

use super::*;

/// A well-formed verifying key; `gamma` and `delta` as multiples of the generator.
fn verifying_key(gamma: u64, delta: u64) -> Vec<u8> {
    let g1 = |k: u64| (G1Affine::generator() * ark_bn254::Fr::from(k)).into_affine();
    let g2 = |k: u64| (G2Affine::generator() * ark_bn254::Fr::from(k)).into_affine();
    let mut out = Vec::new();
    g1(2).serialize_compressed(&mut out).unwrap();
    for k in [3, gamma, delta] {
        g2(k).serialize_compressed(&mut out).unwrap();
    }
    let inputs: Vec<G1Affine> = (10..26).map(g1).collect();
    inputs.serialize_compressed(&mut out).unwrap();
    out
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A folder as `honnin setup finish` writes it.
struct Folder {
    dir: tempfile::TempDir,
    keys: Keys,
    manifest: Value,
}

impl Folder {
    fn new(vk: &[u8]) -> Self {
        let (dir, pk) = (tempfile::tempdir().unwrap(), b"a proving key");
        std::fs::write(dir.path().join("circuit.vk"), vk).unwrap();
        std::fs::write(dir.path().join("circuit.pk"), pk).unwrap();
        let hash = |byte: &str, n: usize| byte.repeat(n);
        let contributor = |name: &str| json!({"name": name, "hash": hash("0a", 64)});
        let manifest = json!({
            "version": 1, "constraints": 4077, "domain": 4096, "pk_sha256": sha256(pk), "vk_sha256": sha256(vk),
            "ceremony": {
                "transcript": hash("0b", 64), "contributions": 2,
                "contributors": [contributor("one"), contributor("two"), contributor("beacon")],
                "beacon": "0102", "beacon_iterations_log2": 20, "key_file_sha256": hash("0c", 32),
                "powers_of_tau_sha256": hash("0d", 32), "powers_of_tau_contributions": 54,
            },
        });
        let keys = Keys { dir: dir.path().into(), verifying_key_sha256: sha256(vk), proving_key_sha256: sha256(pk) };
        Self { dir, keys, manifest }
    }

    fn load(&self, development: bool) -> Result<bool, String> {
        std::fs::write(self.dir.path().join("manifest.json"), self.manifest.to_string()).unwrap();
        load(&self.keys, development).map(|p| p.development).map_err(|e| e.to_string())
    }
}

/// The refusal after a change of the manifest.
fn refused(change: impl FnOnce(&mut Value)) -> String {
    let mut folder = Folder::new(&verifying_key(1, 5));
    change(&mut folder.manifest);
    folder.load(false).unwrap_err()
}

#[test]
fn a_ceremony_of_several_starts_in_both_modes() {
    let folder = Folder::new(&verifying_key(1, 5));
    assert_eq!(folder.load(false), Ok(false));
    assert_eq!(folder.load(true), Ok(false));
}

#[test]
fn one_partys_parameters_need_development_mode() {
    let mut folder = Folder::new(&verifying_key(1, 5));
    folder.manifest["ceremony"] = json!("development");
    let reason = folder.load(false).unwrap_err();
    assert!(reason.contains("made by one party") && reason.contains("development = true"), "{reason}");
    assert_eq!(folder.load(true), Ok(true));
}

#[test]
fn a_manifest_without_its_ceremony() {
    assert!(refused(|m| drop(m.as_object_mut().unwrap().remove("ceremony"))).contains("ceremony"));
    assert!(refused(|m| m["ceremony"] = json!("trust me")).contains("unknown ceremony"));
    let members = Folder::new(&verifying_key(1, 5)).manifest["ceremony"].as_object().unwrap().clone();
    for member in members.keys() {
        let reason = refused(|m| drop(m["ceremony"].as_object_mut().unwrap().remove(member)));
        assert!(reason.starts_with("manifest.json: "), "{member}: {reason}");
    }
    let claims = [
        ("transcript", json!("0b"), "transcript is not a hash"),
        ("contributions", json!(1), "contributors are fewer than two"),
        ("contributions", json!(3), "list of contributors has another length"),
        ("beacon", json!(""), "beacon is missing"),
        ("beacon_iterations_log2", json!(1), "beacon has too few iterations"),
        ("key_file_sha256", json!("zz"), "key file is not named by a hash"),
        ("powers_of_tau_sha256", json!(""), "powers of tau are not named by a hash"),
        ("powers_of_tau_contributions", json!(1), "powers of tau have fewer than two contributors"),
    ];
    for (member, value, reason) in claims {
        assert_eq!(refused(|m| m["ceremony"][member] = value), format!("manifest.json: the ceremony's {reason}"));
    }
    let reason = refused(|m| m["ceremony"]["contributors"][0]["hash"] = json!("12"));
    assert_eq!(reason, "manifest.json: the ceremony's contributors' hashes are none");
}

#[test]
fn hashes_that_differ() {
    let other = "00".repeat(32);
    for (member, name) in [("vk_sha256", "circuit.vk"), ("pk_sha256", "circuit.pk")] {
        let reason = refused(|m| m[member] = json!(other));
        assert_eq!(reason, format!("manifest.json: its hash of {name} is another file's"));
    }
    let mut folder = Folder::new(&verifying_key(1, 5));
    folder.keys.verifying_key_sha256 = other.clone();
    assert_eq!(folder.load(true), Err("circuit.vk: the file's hash is not the pinned one".into()));
    let mut folder = Folder::new(&verifying_key(1, 5));
    folder.keys.proving_key_sha256 = other;
    assert_eq!(folder.load(true), Err("circuit.pk: the file's hash is not the pinned one".into()));
    let folder = Folder::new(&verifying_key(1, 5));
    std::fs::write(folder.dir.path().join("circuit.pk"), b"changed").unwrap();
    assert_eq!(folder.load(true), Err("circuit.pk: the file's hash is not the pinned one".into()));
    assert!(refused(|m| m["version"] = json!(99)).contains("99"));
}

#[test]
fn missing_files_and_bad_keys() {
    let folder = Folder::new(&verifying_key(1, 5));
    assert!(matches!(load(&folder.keys, true), Err(ParametersError::Read(path, _)) if path.ends_with("manifest.json")));
    // gamma = delta, whatever the manifest claims.
    let degenerate = Folder::new(&verifying_key(5, 5)).load(false);
    assert_eq!(degenerate, Err("circuit.vk: the key is degenerate".into()));
    let key = verifying_key(1, 5);
    let cut = Folder::new(&key[..key.len() - 1]).load(false);
    assert_eq!(cut, Err("circuit.vk: the key does not decode".into()));
}
