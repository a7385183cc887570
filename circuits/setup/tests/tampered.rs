//! Everything between the first file and the last, changed at each step: refused, each with its own name.

mod common;

use std::{fs, sync::LazyLock};

use ark_bn254::{Bn254, G1Affine, G1Projective, G2Affine};
use ark_ec::{AffineRepr, CurveGroup, pairing::Pairing};
use ark_ff::{FftField, Field};
use common::{powers, toy};
use honnin_circuits::Fr;
use honnin_setup::{
    circuit::Circuit,
    derive::Beacon,
    error::{ContributionFault as Fault, FormatError, KeyFileError as K, PointFault, PtauError as P, SetupError},
    key_file::{Contribution, KeyFile},
    key_verify::{Policy, verify},
    points::Point,
    ptau::Ptau,
};
use rand::{CryptoRng, RngCore, SeedableRng, rngs::StdRng};

static PTAU_BYTES: LazyLock<Vec<u8>> = LazyLock::new(|| fs::read(powers(4)).unwrap());
static PTAU: LazyLock<Ptau> = LazyLock::new(|| Ptau::read(&PTAU_BYTES).unwrap());
static INITIAL: LazyLock<KeyFile> = LazyLock::new(|| KeyFile::initial(&toy(), &PTAU).unwrap());
/// Three people and a beacon.
static FINAL: LazyLock<KeyFile> = LazyLock::new(|| ceremony(&["one", "two", "three"]));

fn beacon() -> Beacon {
    Beacon { value: b"announced".to_vec(), exponent: 10 }
}

fn ceremony(names: &[&str]) -> KeyFile {
    let mut key = INITIAL.clone();
    for (i, name) in names.iter().enumerate() {
        key.contribute(name, b"", &mut StdRng::seed_from_u64(i as u64)).unwrap();
    }
    key.add_beacon(&beacon()).unwrap();
    key
}

fn check(circuit: &Circuit, key: &KeyFile, policy: &Policy) -> Result<(), SetupError> {
    // As auditors get it: through its bytes.
    let key = KeyFile::read(&key.to_bytes())?;
    verify(circuit, &PTAU, &key, policy, &mut StdRng::seed_from_u64(99))
}

/// What a change to the final file is refused with.
fn refusal(change: impl FnOnce(&mut KeyFile)) -> K {
    let mut key = FINAL.clone();
    change(&mut key);
    match check(&toy(), &key, &Policy::closed(beacon())) {
        Err(SetupError::Key(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

fn at(number: usize, name: &str, fault: Fault) -> K {
    K::Contribution { number, name: name.into(), fault }
}

#[test]
fn untouched_it_passes() {
    check(&toy(), &FINAL, &Policy::closed(beacon())).unwrap();
    let attested: Vec<_> = FINAL.contributions.iter().map(|c| c.hash()).collect();
    check(&toy(), &FINAL, &Policy { attested, ..Policy::closed(beacon()) }).unwrap();
    check(&toy(), &INITIAL, &Policy::open()).unwrap();
}

#[test]
fn each_field_of_each_contribution() {
    let (g1, g2) = (G1Affine::generator(), G2Affine::generator());
    for (i, name) in ["one", "two", "three", "beacon"].into_iter().enumerate() {
        let n = i + 1;
        type Change = fn(&mut Contribution, G1Affine, G2Affine);
        let fields: [(Change, Fault); 5] = [
            (|c, p, _| c.delta_after = p, Fault::NotFollowing("delta")),
            (|c, p, _| c.g1_s = p, Fault::Transcript),
            (|c, p, _| c.g1_sx = p, Fault::Transcript),
            (|c, _, q| c.g2_spx = q, Fault::Knowledge("delta")),
            (|c, _, _| c.transcript[63] ^= 1, Fault::Transcript),
        ];
        for (change, fault) in fields {
            let other = (g1 * Fr::from(77u64)).into_affine();
            let refused = refusal(|key| change(&mut key.contributions[i], other, g2));
            assert_eq!(refused, at(n, name, fault));
        }
    }
    // Points of another contribution are as wrong as any.
    let swapped = refusal(|key| key.contributions[0].delta_after = FINAL.contributions[1].delta_after);
    assert_eq!(swapped, at(1, "one", Fault::NotFollowing("delta")));
}

#[test]
fn dropped_swapped_and_repeated_contributions() {
    assert_eq!(refusal(|key| drop(key.contributions.remove(0))), at(1, "two", Fault::Transcript));
    assert_eq!(refusal(|key| drop(key.contributions.remove(1))), at(2, "three", Fault::Transcript));
    assert_eq!(refusal(|key| key.contributions.swap(0, 1)), at(1, "two", Fault::Transcript));
    let twice = refusal(|key| key.contributions.insert(1, key.contributions[0].clone()));
    assert_eq!(twice, at(2, "one", Fault::Transcript));

    // A coordinator who leaves somebody out and adds the beacon again makes a sound file: what people published shows it.
    let without = ceremony(&["one", "two"]);
    check(&toy(), &without, &Policy::closed(beacon())).unwrap();
    let policy = Policy { attested: vec![FINAL.contributions[2].hash()], ..Policy::closed(beacon()) };
    let missing = hex::encode(&FINAL.contributions[2].hash()[..8]);
    assert!(matches!(check(&toy(), &without, &policy),
        Err(SetupError::Key(K::AttestationMissing(hash))) if hash == missing));
    // In another order than attested.
    let mut attested: Vec<_> = FINAL.contributions.iter().map(|c| c.hash()).collect();
    attested.swap(0, 1);
    let policy = Policy { attested, ..Policy::closed(beacon()) };
    assert!(matches!(check(&toy(), &FINAL, &policy), Err(SetupError::Key(K::AttestationMissing(_)))));
}

#[test]
fn beacons() {
    let claimed = |change: fn(&mut Beacon)| refusal(|key| change(key.contributions[3].beacon.as_mut().unwrap()));
    assert_eq!(claimed(|b| b.value[0] ^= 1), at(4, "beacon", Fault::Beacon));
    assert_eq!(claimed(|b| b.exponent = 11), at(4, "beacon", Fault::Beacon));
    assert_eq!(refusal(|key| key.contributions[3].beacon = None), K::NoBeacon);
    // A person who claims to be a beacon.
    assert_eq!(refusal(|key| key.contributions[1].beacon = Some(beacon())), at(2, "two", Fault::Beacon));
    // Sound, and not the announced one.
    let other = |value: &[u8], exponent| {
        let policy = Policy::closed(Beacon { value: value.into(), exponent });
        match check(&toy(), &FINAL, &policy) {
            Err(SetupError::Key(refused)) => refused,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(other(b"other", 10), K::OtherBeacon("value"));
    assert_eq!(other(b"announced", 12), K::OtherBeacon("number of iterations"));
    // Nobody contributes after it, and there is only one.
    let mut closed = FINAL.clone();
    assert_eq!(closed.contribute("late", b"", &mut StdRng::seed_from_u64(5)), Err(K::EarlyBeacon(4)));
    assert_eq!(closed.add_beacon(&beacon()), Err(K::EarlyBeacon(4)));
    assert!(matches!(
        check(&toy(), &ceremony(&["alone"]), &Policy::closed(beacon())),
        Err(SetupError::Key(K::TooFewContributors { have: 1, need: 2 }))
    ));
}

#[test]
fn points_of_the_key() {
    let not = K::NotFromCircuit;
    let g1 = G1Affine::generator();
    let g2 = G2Affine::generator();
    assert_eq!(refusal(|key| key.delta_g1 = g1), K::Delta("delta in G1"));
    assert_eq!(refusal(|key| key.delta_g2 = g2), K::Delta("delta in G2"));
    assert_eq!(refusal(|key| key.alpha_g1 = g1), not("alpha"));
    assert_eq!(refusal(|key| key.beta_g1 = g1), not("beta"));
    assert_eq!(refusal(|key| key.beta_g2 = g2), not("beta"));
    assert_eq!(refusal(|key| key.gamma_g2 = key.delta_g2), not("gamma"));
    assert_eq!(refusal(|key| key.circuit_hash[0] ^= 1), at(1, "one", Fault::Transcript));
    assert_eq!(refusal(|key| key.ic[0] = g1), not("IC"));
    assert_eq!(refusal(|key| key.a[2] = g1), not("A"));
    assert_eq!(refusal(|key| key.b1[2] = g1), not("B in G1"));
    assert_eq!(refusal(|key| key.b2[2] = g2), not("B in G2"));
    assert_eq!(refusal(|key| key.rows[20] ^= 1), not("the rows for the prover"));
    for i in 0..3 {
        assert_eq!(refusal(|key| key.l[i] = g1), K::Scaling("L"));
    }
    for i in 0..8 {
        assert_eq!(refusal(|key| key.h[i] = g1), K::Scaling("H"));
    }
    // Scaled once more, with a factor that nobody showed to know.
    let twice = |points: &mut [G1Affine]| points.iter_mut().for_each(|p| *p = (*p + *p).into_affine());
    assert_eq!(refusal(|key| twice(&mut key.l)), K::Scaling("L"));
    assert_eq!(refusal(|key| twice(&mut key.h)), K::Scaling("H"));
    // All at once, delta too: then delta is nobody's.
    let refused = refusal(|key| {
        let half = Fr::from(2u64).inverse().unwrap();
        key.delta_g1 = (key.delta_g1 * half).into_affine();
        key.delta_g2 = (key.delta_g2 * half).into_affine();
        twice(&mut key.l);
        twice(&mut key.h);
    });
    assert_eq!(refused, K::Delta("delta in G1"));
}

/// What picks the power `n - 1` (modulo n) out of a sum over the odd points of the doubled domain.
fn highest(n: usize) -> Vec<Fr> {
    let root = Fr::get_root_of_unity(2 * n as u64).unwrap();
    (0..n as u64).map(|j| root.pow([(2 * j + 1) * (n as u64 - 1)])).collect()
}

/// The same gap one file earlier: Lagrange points of the doubled domain, moved along the power that no file holds.
#[test]
fn the_direction_of_the_lagrange_points_that_known_powers_leave_open() {
    let n = 32;
    let root = Fr::get_root_of_unity(n).unwrap();
    let mut lagrange = PTAU.lagrange.clone().unwrap();
    for (j, p) in lagrange.tau_g1[n as usize - 1..].iter_mut().enumerate() {
        *p = (*p + PTAU.alpha_tau_g1[0] * root.pow([j as u64])).into_affine();
    }
    let bytes = Ptau::with_lagrange(&PTAU_BYTES, &lagrange).unwrap();
    let refused = Ptau::read(&bytes).unwrap().verify(2, &mut StdRng::seed_from_u64(4));
    assert_eq!(refused, Err(P::Lagrange("tau G1")));
}

/// No file holds the doubled domain's last power of tau, so a check of H against the known ones leaves one direction
/// open. Whoever moves H along it before the first contribution has a point of their choice divided by delta by all who
/// come after: a proof of a false statement. snarkjs 0.7.6 accepts such a file (`zkey verify`: "ZKey Ok!").
#[test]
fn the_direction_of_h_that_known_powers_leave_open() {
    let highest = highest(INITIAL.domain);
    let part = |h: &[G1Affine]| h.iter().zip(&highest).map(|(p, w)| *p * *w).sum::<G1Projective>();
    let claim = INITIAL.ic[0] + INITIAL.ic[1] * Fr::from(1234u64);
    let moved = (-claim - part(&INITIAL.h)) * Fr::from(INITIAL.domain as u64).inverse().unwrap();
    let mut key = INITIAL.clone();
    for (p, w) in key.h.iter_mut().zip(&highest) {
        *p = (*p + moved * w.inverse().unwrap()).into_affine();
    }
    assert!(matches!(check(&toy(), &key, &Policy::open()), Err(SetupError::Key(K::Scaling("H")))));
    for (i, name) in ["one", "two"].into_iter().enumerate() {
        key.contribute(name, b"", &mut StdRng::seed_from_u64(i as u64)).unwrap();
    }
    key.add_beacon(&beacon()).unwrap();
    assert!(matches!(check(&toy(), &key, &Policy::closed(beacon())), Err(SetupError::Key(K::Scaling("H")))));

    // The forgery: A = alpha, B = beta, C = -IC(1234) / delta, read off the final file.
    let alpha_beta = Bn254::pairing(key.alpha_g1, key.beta_g2);
    let c = part(&key.h);
    assert_eq!(alpha_beta, alpha_beta + Bn254::pairing(claim, key.gamma_g2) + Bn254::pairing(c, key.delta_g2));
}

#[test]
fn another_circuit() {
    let mut other = toy();
    other.matrices[0][2][0].0 = Fr::from(6u64);
    let refused = check(&other, &FINAL, &Policy::closed(beacon()));
    assert!(matches!(refused, Err(SetupError::Key(K::NotFromCircuit("A")))), "{refused:?}");
    let mut larger = toy();
    larger.variables += 1;
    assert!(matches!(check(&larger, &FINAL, &Policy::closed(beacon())), Err(SetupError::Key(K::NotFromCircuit("A")))));
    let mut large = toy();
    for matrix in &mut large.matrices {
        matrix.resize(40, Vec::new());
    }
    assert_eq!(KeyFile::initial(&large, &PTAU).err(), Some(P::TooSmall { have: 4, need: 6 }));
    // A sound key of a circuit that is not the project's gives no parameters.
    assert_eq!(FINAL.finish().err(), Some(honnin_circuits::verify::KeyError::OtherCircuit));
}

#[test]
fn broken_randomness() {
    struct Stuck;
    impl RngCore for Stuck {
        fn next_u32(&mut self) -> u32 {
            7
        }
        fn next_u64(&mut self) -> u64 {
            7
        }
        fn fill_bytes(&mut self, dest: &mut [u8]) {
            dest.fill(7);
        }
        fn try_fill_bytes(&mut self, dest: &mut [u8]) -> Result<(), rand::Error> {
            dest.fill(7);
            Ok(())
        }
    }
    impl CryptoRng for Stuck {}
    let mut key = INITIAL.clone();
    assert!(matches!(key.contribute("stuck", b"text", &mut Stuck), Err(K::Randomness(_))));
    assert!(key.contributions.is_empty());
    // The same stream again, as after a machine was cloned.
    key.contribute("one", b"", &mut StdRng::seed_from_u64(1)).unwrap();
    let again = key.contribute("two", b"", &mut StdRng::seed_from_u64(1));
    assert_eq!(again, Err(K::Randomness("it repeats an earlier contribution")));
    // What was typed is enough to tell them apart.
    key.contribute("two", b"typed", &mut StdRng::seed_from_u64(1)).unwrap();
}

#[test]
fn cut_files() {
    let bytes = FINAL.to_bytes();
    for length in 0..bytes.len() {
        assert!(matches!(KeyFile::read(&bytes[..length]), Err(K::Format(_))), "{length}");
    }
    let longer = [&bytes[..], &[0]].concat();
    assert_eq!(KeyFile::read(&longer), Err(K::Format(FormatError::Trailing("the last section"))));
    for length in (0..PTAU_BYTES.len()).step_by(37).chain([PTAU_BYTES.len() - 1]) {
        assert!(matches!(Ptau::read(&PTAU_BYTES[..length]), Err(P::Format(_))), "{length}");
    }
}

/// Where a section's bytes start.
fn section(bytes: &[u8], id: u32) -> usize {
    let mut at = 12;
    loop {
        let found = u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        let length = u64::from_le_bytes(bytes[at + 4..at + 12].try_into().unwrap());
        if found == id {
            return at + 12;
        }
        at += 12 + length as usize;
    }
}

/// What a powers-of-tau file is refused with when bytes of a section are replaced.
fn ptau_refusal(id: u32, offset: usize, with: &[u8]) -> P {
    let mut bytes = PTAU_BYTES.clone();
    let start = section(&bytes, id) + offset;
    assert_ne!(&bytes[start..start + with.len()], with, "a change");
    bytes[start..start + with.len()].copy_from_slice(with);
    let read = Ptau::read(&bytes).and_then(|ptau| ptau.verify(2, &mut StdRng::seed_from_u64(3)));
    read.expect_err("a changed file")
}

fn file_form<A: Point>(point: A) -> Vec<u8> {
    let mut out = Vec::new();
    point.write(&mut out);
    out
}

#[test]
fn powers_of_tau() {
    let g1 = file_form((G1Affine::generator() * Fr::from(5u64)).into_affine());
    let g2 = file_form((G2Affine::generator() * Fr::from(5u64)).into_affine());
    // The first points, a point in the middle, the last.
    assert_eq!(ptau_refusal(2, 0, &g1), P::Start("tau G1"));
    assert_eq!(ptau_refusal(2, 64, &g1), P::Start("tau G1"));
    assert_eq!(ptau_refusal(3, 128, &g2), P::Start("tau G2"));
    assert_eq!(ptau_refusal(4, 0, &g1), P::Start("alpha tau G1"));
    assert_eq!(ptau_refusal(5, 0, &g1), P::Start("beta tau G1"));
    assert_eq!(ptau_refusal(6, 0, &g2), P::Start("beta G2"));
    for i in [2, 17, 30] {
        assert_eq!(ptau_refusal(2, i * 64, &g1), P::Powers("tau G1"));
    }
    for i in [2, 15] {
        assert_eq!(ptau_refusal(3, i * 128, &g2), P::Powers("tau G2"));
        assert_eq!(ptau_refusal(4, i * 64, &g1), P::Powers("alpha tau G1"));
        assert_eq!(ptau_refusal(5, i * 64, &g1), P::Powers("beta tau G1"));
    }
    for (id, size, name) in [(12, 64, "tau G1"), (13, 128, "tau G2"), (14, 64, "alpha tau G1"), (15, 64, "beta tau G1")]
    {
        let point = if size == 64 { &g1 } else { &g2 };
        for i in [0, 7, 30] {
            assert_eq!(ptau_refusal(id, i * size, point), P::Lagrange(name));
        }
    }
}

#[test]
fn contributions_to_the_powers() {
    let g1 = file_form((G1Affine::generator() * Fr::from(5u64)).into_affine());
    let g2 = file_form((G2Affine::generator() * Fr::from(5u64)).into_affine());
    let first = |offset: usize, with: &[u8]| match ptau_refusal(7, 4 + offset, with) {
        P::Contribution { number: 1, name, fault } => {
            assert_eq!(name, "first");
            fault
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(first(0, &g1), Fault::NotFollowing("tau G1"));
    assert_eq!(first(64, &g2), Fault::NotFollowing("tau G2"));
    assert_eq!(first(192, &g1), Fault::NotFollowing("alpha G1"));
    assert_eq!(first(256, &g1), Fault::NotFollowing("beta G1"));
    assert_eq!(first(320, &g2), Fault::NotFollowing("beta G2"));
    let keys = 448;
    for (k, name) in ["tau", "alpha", "beta"].into_iter().enumerate() {
        assert_eq!(first(keys + k * 128, &g1), Fault::Knowledge(name));
        assert_eq!(first(keys + k * 128 + 64, &g1), Fault::Knowledge(name));
        assert_eq!(first(keys + 384 + k * 128, &g2), Fault::Knowledge(name));
    }
    // The challenge of the first is what the second's proofs are about.
    let challenge = keys + 384 + 384 + 216;
    let refused = ptau_refusal(7, 4 + challenge, &[0; 64]);
    assert_eq!(refused, P::Contribution { number: 2, name: "second".into(), fault: Fault::Knowledge("tau") });
    // The last one's challenge is the hash over all points.
    let last = section(&PTAU_BYTES, 7);
    let end = u64::from_le_bytes(PTAU_BYTES[last - 8..last].try_into().unwrap()) as usize;
    let parameters = 8 + 2 + 2 + 8;
    assert_eq!(ptau_refusal(7, end - parameters - 64, &[0; 64]), P::PointsHash);
    // Its beacon's exponent and value.
    let beacon = |offset: usize, with: &[u8]| ptau_refusal(7, end - offset, with);
    let fault = P::Contribution { number: 3, name: "no name".into(), fault: Fault::Beacon };
    assert_eq!(beacon(11, &[11]), fault);
    assert_eq!(beacon(1, &[0]), fault);
    // One person alone.
    assert_eq!(PTAU.verify(3, &mut StdRng::seed_from_u64(1)), Err(P::TooFewContributors { have: 2, need: 3 }));
}

#[test]
fn points_that_are_none() {
    let point =
        |fault| move |refused: P| matches!(refused, P::Format(FormatError::Point { fault: f, .. }) if f == fault);
    let mut off_curve = file_form(G1Affine::generator());
    off_curve[0] ^= 1;
    assert!(point(PointFault::OffCurve)(ptau_refusal(2, 640, &off_curve)));
    assert!(point(PointFault::NotCanonical)(ptau_refusal(2, 640, &[0xff; 64])));
    assert!(point(PointFault::Identity)(ptau_refusal(2, 640, &[0; 64])));
    assert!(point(PointFault::OutsideSubgroup)(ptau_refusal(3, 640, &outside_subgroup())));

    let bytes = FINAL.to_bytes();
    let mut changed = bytes.clone();
    let b2 = section(&bytes, 7) + 2 * 128;
    changed[b2..b2 + 128].copy_from_slice(&outside_subgroup());
    let at = FormatError::Point { place: "B2", index: 2, fault: PointFault::OutsideSubgroup };
    assert_eq!(KeyFile::read(&changed), Err(K::Format(at)));
    let delta = section(&bytes, 10) + 64 + 4;
    let mut changed = bytes.clone();
    changed[delta..delta + 64].fill(0);
    let at = FormatError::Point { place: "contributions", index: 0, fault: PointFault::Identity };
    assert_eq!(KeyFile::read(&changed), Err(K::Format(at)));
}

/// On the twist, outside the prime-order subgroup.
fn outside_subgroup() -> Vec<u8> {
    use ark_bn254::Fq2;
    use ark_ec::short_weierstrass::SWCurveConfig;
    use honnin_setup::points::Coordinate;
    for x in 1u64.. {
        let x = Fq2::from(x);
        if let Some(y) = (x.square() * x + ark_bn254::g2::Config::COEFF_B).sqrt() {
            let mut out = Vec::new();
            x.write(&mut out);
            y.write(&mut out);
            assert_eq!(G2Affine::read(&out), Err(PointFault::OutsideSubgroup));
            return out;
        }
    }
    unreachable!("half of all x are on the curve")
}
