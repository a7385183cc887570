//! Keys, direct proofs, prepared proofs, and what the verifier refuses.

use std::sync::LazyLock;

use ark_bn254::{Bn254, Fq2, G2Affine};
use ark_ec::AffineRepr;
use ark_ff::UniformRand;
use ark_groth16::{Groth16, r1cs_to_qap::LibsnarkReduction};
use ark_relations::gr1cs::{ConstraintSynthesizer, ConstraintSystem, R1CS_PREDICATE_LABEL};
use ark_serialize::{CanonicalDeserialize, CanonicalSerialize};
use honnin_circuits::{
    Fr,
    statement::Violation,
    verify::{KeyError, Proof, ProofError, VerifyingKey},
};
use honnin_prover::{
    circuit::{assignment, shape},
    direct,
    example::{example, example_with_disclosure},
    keys::{ProvingKey, Replay, sha256},
    prepared::{Prepared, PreparedError},
};
use rand::{SeedableRng, rngs::StdRng};

static KEY: LazyLock<ProvingKey> = LazyLock::new(|| ProvingKey::development(&mut StdRng::seed_from_u64(1)));

fn verifying_key() -> VerifyingKey {
    let bytes = KEY.verifying_key_bytes();
    VerifyingKey::load(&bytes, &sha256(&bytes)).unwrap()
}

#[test]
fn arkworks_sees_the_same_matrices() {
    let (statement, witness) = example();
    let z = assignment(&statement, &witness);
    let cs = ConstraintSystem::<Fr>::new_ref();
    Replay { shape: shape(), z: &z }.generate_constraints(cs.clone()).unwrap();
    cs.finalize();
    assert!(cs.is_satisfied().unwrap());
    let theirs = &cs.to_matrices().unwrap()[R1CS_PREDICATE_LABEL];
    for (ours, theirs) in shape().matrices.iter().zip(theirs) {
        assert_eq!(ours.len(), theirs.len());
        for (a, b) in ours.iter().zip(theirs) {
            let mut b = b.clone();
            b.sort_by_key(|t| t.1);
            assert_eq!(a, &b);
        }
    }
}

#[test]
fn a_finished_proof_is_the_direct_proof_byte_for_byte() {
    let mut rng = StdRng::seed_from_u64(2);
    let reference = KEY.to_arkworks();
    for (mut statement, witness) in [example(), example_with_disclosure()] {
        let prepared = Prepared::new(&KEY, &statement, &witness).unwrap();
        for _ in 0..2 {
            statement.ctx = Fr::rand(&mut rng);
            let (r, s) = (Fr::rand(&mut rng), Fr::rand(&mut rng));
            let direct = direct::prove(&KEY, &statement, &witness, r, s).unwrap();
            let theirs = direct::prove_with_arkworks(&reference, &statement, &witness, r, s).unwrap();
            assert_eq!(direct.to_bytes(), theirs.to_bytes());
            assert_eq!(prepared.ready().finish_with(statement.ctx, r, s).to_bytes(), theirs.to_bytes());
            assert_eq!(verifying_key().verify(&statement, &direct), Ok(()));
        }
    }
}

#[test]
fn our_verifier_and_arkworks_agree() {
    let (statement, witness) = example();
    let proof = Prepared::new(&KEY, &statement, &witness).unwrap().ready().finish(statement.ctx, &[7; 32]);
    let bytes = KEY.verifying_key_bytes();
    let vk = ark_groth16::VerifyingKey::<Bn254>::deserialize_compressed(&bytes[..]).unwrap();
    let pvk = ark_groth16::prepare_verifying_key(&vk);
    let theirs = ark_groth16::Proof::<Bn254>::deserialize_compressed(&proof.to_bytes()[..]).unwrap();
    for change in 0..=15usize {
        let mut inputs = statement.public_inputs();
        if change < 15 {
            inputs[change] += Fr::from(1u64);
        }
        let good = change == 15;
        assert_eq!(verifying_key().verify_inputs(&inputs, &proof).is_ok(), good, "input {change}");
        let ark = Groth16::<Bn254, LibsnarkReduction>::verify_proof(&pvk, &theirs, &inputs).unwrap();
        assert_eq!(ark, good, "input {change}");
    }
}

/// The one thing that binds a session: changing ctx alone breaks a proof, though no constraint names it.
#[test]
fn ctx_is_bound_by_its_own_row() {
    let (mut statement, witness) = example();
    let proof = Prepared::new(&KEY, &statement, &witness).unwrap().ready().finish(statement.ctx, &[7; 32]);
    statement.ctx += Fr::from(1u64);
    assert_eq!(verifying_key().verify(&statement, &proof), Err(ProofError::Invalid));
}

#[test]
fn repeated_entropy_does_not_repeat_randomness() {
    let (statement, witness) = example();
    let prepared = Prepared::new(&KEY, &statement, &witness).unwrap();
    let (one, two) =
        (prepared.ready().finish(Fr::from(1u64), &[0; 32]), prepared.ready().finish(Fr::from(2u64), &[0; 32]));
    // With one s the B points would be equal: B = B0 + s delta does not depend on ctx.
    assert_ne!(one.to_bytes()[32..96], two.to_bytes()[32..96]);
    assert_eq!(
        one.to_bytes(),
        prepared.ready().finish(Fr::from(1u64), &[0; 32]).to_bytes(),
        "deterministic in its inputs"
    );
}

#[test]
fn an_unprovable_statement_is_named_before_any_proving() {
    let (mut statement, witness) = example();
    statement.as_of = 20_300_101;
    assert_eq!(Prepared::new(&KEY, &statement, &witness).err(), Some(Violation::Expiry));
}

#[test]
fn malformed_proofs_are_refused() {
    let (statement, witness) = example();
    let good = Prepared::new(&KEY, &statement, &witness).unwrap().ready().finish(statement.ctx, &[7; 32]).to_bytes();
    assert_eq!(Proof::from_bytes(&good).unwrap().to_bytes(), good);
    let mut long = good.to_vec();
    long.push(0);
    assert_eq!(Proof::from_bytes(&long).err(), Some(ProofError::Length));
    assert_eq!(Proof::from_bytes(&good[..127]).err(), Some(ProofError::Length));
    assert_eq!(Proof::from_bytes(&[]).err(), Some(ProofError::Length));
    // A coordinate at the base field's modulus (p + 0): not canonical.
    let modulus = hex::decode("47fd7cd8168c203c8dca7168916a81975d588181b64550b829a031e1724e6430").unwrap();
    let mut bad = good;
    bad[..32].copy_from_slice(&modulus);
    assert_eq!(Proof::from_bytes(&bad).err(), Some(ProofError::Malformed));
    // The identity, by flag, with and without a stray coordinate.
    for body in [0u8, 1] {
        let mut bad = good;
        bad[..32].fill(0);
        bad[0] = body;
        bad[31] = 0x40;
        assert_eq!(Proof::from_bytes(&bad).err(), Some(ProofError::Malformed));
    }
    // B on the curve, outside the subgroup.
    let strays = (1u64..).filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), true));
    let stray = strays.into_iter().find(|p| !p.is_in_correct_subgroup_assuming_on_curve()).unwrap();
    let mut bad = good;
    stray.serialize_compressed(&mut bad[32..96]).unwrap();
    assert_eq!(Proof::from_bytes(&bad).err(), Some(ProofError::Malformed));
    // Every single-bit change either does not decode or does not verify.
    let vk = verifying_key();
    for bit in (0..1024).step_by(11) {
        let mut bad = good;
        bad[bit / 8] ^= 1 << (bit % 8);
        let refused = Proof::from_bytes(&bad).and_then(|p| vk.verify(&statement, &p));
        assert!(refused.is_err(), "bit {bit}");
    }
}

#[test]
fn keys_load_by_hash_and_only_for_this_circuit() {
    let bytes = KEY.to_bytes();
    println!("proving key: {} bytes", bytes.len());
    assert!(ProvingKey::load(&bytes, &sha256(&bytes)).is_ok());
    assert_eq!(ProvingKey::load(&bytes, &[0; 32]).err(), Some(KeyError::Hash));
    let cut = &bytes[..bytes.len() - 1];
    assert_eq!(ProvingKey::load(cut, &sha256(cut)).err(), Some(KeyError::Malformed));
    let mut long = bytes.clone();
    long.push(0);
    assert_eq!(ProvingKey::load(&long, &sha256(&long)).err(), Some(KeyError::Malformed));

    // Written back unchanged; every point is where it should be, until one is not.
    let again = ProvingKey::load(&bytes, &sha256(&bytes)).unwrap();
    assert!(again.to_bytes() == bytes);
    assert_eq!(again.check_points(), Ok(()));
    let refused = |key: &[u8]| ProvingKey::load(key, &sha256(key)).and_then(|key| key.check_points()).err();
    let mut off_curve = bytes.clone();
    *off_curve.iter_mut().nth_back(40).unwrap() ^= 1;
    assert_eq!(refused(&off_curve), Some(KeyError::Malformed));
    let mut outside = KEY.to_arkworks();
    let strays = (1u64..).filter_map(|x| G2Affine::get_point_from_x_unchecked(Fq2::from(x), true));
    let stray = strays.into_iter().find(|p| !p.is_in_correct_subgroup_assuming_on_curve()).unwrap();
    *outside.b_g2_query.iter_mut().find(|p| !p.is_zero()).unwrap() = stray;
    let mut written = Vec::new();
    outside.serialize_uncompressed(&mut written).unwrap();
    assert_eq!(refused(&written), Some(KeyError::Malformed), "on the curve, outside the subgroup");
    // gamma = delta, as a proving key.
    let mut degenerate = KEY.to_arkworks();
    degenerate.vk.gamma_g2 = degenerate.vk.delta_g2;
    written.clear();
    degenerate.serialize_uncompressed(&mut written).unwrap();
    assert_eq!(ProvingKey::load(&written, &sha256(&written)).err(), Some(KeyError::Degenerate));

    let vk = KEY.verifying_key_bytes();
    assert_eq!(VerifyingKey::load(&vk, &[0; 32]).err(), Some(KeyError::Hash));
    let cut = &vk[..vk.len() - 1];
    assert_eq!(VerifyingKey::load(cut, &sha256(cut)).err(), Some(KeyError::Malformed));
    // gamma = delta: bytes 32+64.. gamma, then delta.
    let mut degenerate = vk.clone();
    let (gamma, delta) = (96..160, 160..224);
    degenerate.copy_within(delta, gamma.start);
    assert_eq!(VerifyingKey::load(&degenerate, &sha256(&degenerate)).err(), Some(KeyError::Degenerate));
    // gamma = -delta: the sign of a compressed G2 point is the top bit of its last byte.
    degenerate[159] ^= 0x80;
    assert_eq!(VerifyingKey::load(&degenerate, &sha256(&degenerate)).err(), Some(KeyError::Degenerate));
    // One public input less.
    let mut fewer = vk.clone();
    fewer[224] -= 1;
    fewer.truncate(fewer.len() - 32);
    assert_eq!(VerifyingKey::load(&fewer, &sha256(&fewer)).err(), Some(KeyError::OtherCircuit));
}

#[test]
fn prepared_states_round_trip_and_refuse_damage() {
    let (statement, witness) = example();
    let prepared = Prepared::new(&KEY, &statement, &witness).unwrap();
    let bytes = prepared.to_bytes();
    let again = Prepared::from_bytes(&bytes).unwrap();
    assert_eq!(again.ready().finish(statement.ctx, &[1; 32]), prepared.ready().finish(statement.ctx, &[1; 32]));
    assert_eq!(Prepared::from_bytes(&bytes[1..]).err(), Some(PreparedError::Malformed));
    assert_eq!(Prepared::from_bytes(&[]).err(), Some(PreparedError::Malformed));
    for position in [0, 5, 70, 400, 600, bytes.len() - 1] {
        let mut bad = bytes.clone();
        bad[position] ^= 0x80;
        let same = Prepared::from_bytes(&bad).ok().is_some_and(|p| {
            verifying_key().verify(&statement, &p.ready().finish(statement.ctx, &[1; 32])).is_ok()
                && p.inputs() == prepared.inputs()
        });
        assert!(!same, "byte {position}");
    }
}
