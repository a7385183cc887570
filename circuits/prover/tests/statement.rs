//! The constraints against the native twin: what holds is satisfied, and each clause's violation alone is refused in
//! that clause's rows.

use ark_ff::UniformRand;
use honnin_circuits::{
    CircuitVersion, Fr,
    credential::text_to_field,
    holder::HolderSecret,
    jubjub::Scalar,
    predicate::{Op, Predicate, PredicateSet},
    schema::Slot,
    schnorr::{Signature, SigningKey},
    statement::{Disclosure, Mask, Opening, Statement, Violation, Witness, disclosure_commitment},
};
use honnin_prover::{
    circuit::{assignment, shape},
    example::{attributes, example, example_with_disclosure, witness_for},
};
use proptest::prelude::*;
use rand::{SeedableRng, rngs::StdRng};

/// Group of the first row that refuses, if any.
fn refusal(statement: &Statement, witness: &Witness) -> Option<&'static str> {
    let z = assignment(statement, witness);
    shape().unsatisfied(&z).map(|row| shape().group_of(row))
}

fn set(predicates: &[(Slot, Op, u64)]) -> PredicateSet {
    let all: Vec<_> = predicates.iter().map(|(s, o, v)| Predicate::new(*s, *o, Fr::from(*v)).unwrap()).collect();
    PredicateSet::new(&all).unwrap()
}

#[test]
fn the_shape_is_pinned() {
    let shape = shape();
    for (name, rows) in &shape.groups {
        println!("{name:20} {rows}");
    }
    let total: usize = shape.groups.iter().map(|g| g.1).sum();
    assert_eq!(total, shape.constraints(), "every row belongs to a group");
    assert_eq!(shape.inputs, 16);
    assert_eq!((shape.constraints(), shape.domain()), (4077, 4096));
    // Proving keys, verifying keys and stored proofs belong to these very matrices.
    let (version, pinned) = (CircuitVersion::V1, "003683f5dbdf121b73f37e880799d8f878ae09ce78f6e7e2ded8c4b29595c66b");
    assert_eq!(
        hex::encode(shape.sha256()),
        pinned,
        "the matrices changed: raise the circuit version above {version:?}"
    );
}

#[test]
fn both_examples_hold() {
    for (statement, witness) in [example(), example_with_disclosure()] {
        assert_eq!(statement.check(&witness), Ok(()));
        assert_eq!(refusal(&statement, &witness), None);
    }
}

/// `ctx` stands in no constraint, so any value satisfies the system; its own Groth16 row binds it (see `proving.rs`).
#[test]
fn ctx_stands_in_no_constraint() {
    let column = 15;
    for matrix in &shape().matrices {
        assert!(matrix.iter().flatten().all(|(_, v)| *v != column));
    }
}

#[test]
fn clause_1_signature() {
    let (statement, mut witness) = example();
    let signature = witness.credential.signature;
    witness.credential.signature = Signature::from_parts(signature.r(), signature.s() + Scalar::from(1u64));
    assert_eq!(statement.check(&witness), Err(Violation::Signature));
    assert_eq!(refusal(&statement, &witness), Some("challenge hash"));

    let (statement, mut witness) = example();
    witness.credential.attributes = witness.credential.attributes.with(Slot::Spare, Fr::from(1u64));
    assert_eq!(statement.check(&witness), Err(Violation::Signature));
    assert_eq!(refusal(&statement, &witness), Some("challenge hash"));

    let (mut statement, witness) = example();
    statement.issuer = SigningKey::generate(&mut StdRng::seed_from_u64(99)).public();
    assert_eq!(statement.check(&witness), Err(Violation::Signature));
    assert_eq!(refusal(&statement, &witness), Some("challenge hash"));
}

#[test]
fn clause_2_holder_and_pseudonym() {
    // Another holder's secret: the holder slot is the hash of the secret, so the signature no longer covers it.
    let (mut statement, mut witness) = example();
    witness.holder = HolderSecret::generate(&mut StdRng::seed_from_u64(77));
    statement.pseudonym = witness.holder.pseudonym(statement.scope);
    assert_eq!(statement.check(&witness), Err(Violation::Holder));
    assert_eq!(refusal(&statement, &witness), Some("challenge hash"));

    for change in [
        |s: &mut Statement| s.pseudonym += Fr::from(1u64),
        |s: &mut Statement| s.scope += Fr::from(1u64),
        |s: &mut Statement| s.pseudonym = Fr::from(0u64),
    ] {
        let (mut statement, witness) = example();
        change(&mut statement);
        assert_eq!(statement.check(&witness), Err(Violation::Pseudonym));
        assert_eq!(refusal(&statement, &witness), Some("pseudonym"));
    }
}

#[test]
fn clause_3_expiry() {
    let (mut statement, witness) = example();
    statement.as_of = 20_291_231;
    assert_eq!((statement.check(&witness), refusal(&statement, &witness)), (Ok(()), None), "the last day counts");
    for day in [20_291_232, u32::MAX] {
        statement.as_of = day;
        assert_eq!(statement.check(&witness), Err(Violation::Expiry));
        assert_eq!(refusal(&statement, &witness), Some("expiry"));
    }
    // An expiry date past 2^32 after as_of, as a careless issuer might sign it.
    let (statement, witness) = example();
    let witness =
        witness_for(witness.holder.clone(), attributes(&witness.holder).with(Slot::Expiry, Fr::from(1u64 << 40)));
    assert_eq!(statement.check(&witness), Err(Violation::Expiry));
    assert_eq!(refusal(&statement, &witness), Some("expiry"));
}

#[test]
fn clause_4_each_operation_in_each_slot() {
    let holder = example().1.holder;
    let wrong = [
        (Slot::KycLevel, Op::Eq, 3),
        (Slot::KycLevel, Op::Ge, 3),
        (Slot::Birth, Op::Le, 19_850_411),
        (Slot::Region, Op::InSet, !(1u64 << 13)),
        (Slot::Limit, Op::InSet, u64::MAX),
        (Slot::Name, Op::Ge, 0),
        (Slot::Name, Op::Le, u64::MAX),
    ];
    for position in 0..4 {
        for predicate in wrong {
            let (mut statement, witness) = example();
            let mut four = [(Slot::Schema, Op::None, 0); 4];
            four[position] = predicate;
            statement.predicates = set(&four);
            assert_eq!(statement.check(&witness), Err(Violation::Predicate(position)), "{predicate:?}");
            assert_eq!(refusal(&statement, &witness), Some("predicates"), "{predicate:?} at {position}");
        }
    }
    // A value that a careless issuer signed outside 64 bits satisfies no order.
    for value in [-Fr::from(1u64), Fr::from(u64::MAX) + Fr::from(1u64)] {
        let witness = witness_for(holder.clone(), attributes(&holder).with(Slot::Limit, value));
        for op in [Op::Ge, Op::Le, Op::InSet] {
            let (mut statement, _) = example();
            statement.predicates = set(&[(Slot::Limit, op, 5)]);
            assert_eq!(statement.check(&witness), Err(Violation::Predicate(0)));
            assert_eq!(refusal(&statement, &witness), Some("predicates"));
        }
    }
}

#[test]
fn clause_5_disclosure() {
    let (statement, mut witness) = example_with_disclosure();
    witness.opening = Opening(Fr::from(5u64));
    assert_eq!(statement.check(&witness), Err(Violation::Disclosure));
    assert_eq!(refusal(&statement, &witness), Some("disclosure"));

    // "Nothing disclosed" has opening zero and no other.
    let (statement, mut witness) = example();
    witness.opening = Opening(Fr::from(1u64));
    assert_eq!(statement.check(&witness), Err(Violation::Disclosure));
    assert_eq!(refusal(&statement, &witness), Some("disclosure"));
}

/// The 45 selector bits are unique: a selector of 46 bits has no witness.
#[test]
fn selector_is_in_range() {
    let (statement, witness) = example();
    let mut inputs = statement.public_inputs();
    inputs[8] += Fr::from(1u64 << 45);
    let mut cs = honnin_prover::r1cs::Builder::assign();
    honnin_prover::circuit::synthesize(&mut cs, &inputs, &witness);
    let row = shape().unsatisfied(&cs.into_assignment()).unwrap();
    assert_eq!(shape().group_of(row), "selector bits");
}

/// Every variable of the system is tied: changed alone, by one, some row refuses. Public inputs too, `ctx` apart.
#[test]
fn every_variable_is_tied() {
    let (statement, witness) = example_with_disclosure();
    let mut z = assignment(&statement, &witness);
    let shape = shape();
    let mut rows_of = vec![Vec::new(); z.len()];
    for matrix in &shape.matrices {
        for (row, terms) in matrix.iter().enumerate() {
            for (_, v) in terms {
                rows_of[*v].push(row);
            }
        }
    }
    let dot =
        |matrix: usize, row: usize, z: &[Fr]| shape.matrices[matrix][row].iter().map(|(c, v)| *c * z[*v]).sum::<Fr>();
    let mut free = Vec::new();
    for i in 1..z.len() {
        let kept = z[i];
        for change in [Fr::from(1u64), -Fr::from(1u64)] {
            z[i] = kept + change;
            if !rows_of[i].iter().any(|&r| dot(0, r, &z) * dot(1, r, &z) != dot(2, r, &z)) {
                free.push(i);
            }
        }
        z[i] = kept;
    }
    assert_eq!(free, [15, 15], "ctx alone stands in no row of ours");
}

fn slot() -> impl Strategy<Value = Slot> {
    prop::sample::select(Slot::ALL.to_vec())
}

fn op() -> impl Strategy<Value = Op> {
    prop::sample::select(vec![Op::None, Op::Eq, Op::Ge, Op::Le, Op::InSet])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Twin and circuit agree on random statements over random small and large values.
    #[test]
    fn twin_and_circuit_agree(
        seed in any::<u64>(),
        predicates in prop::collection::vec((slot(), op(), prop_oneof![Just(13u64), Just(2), Just(0), any::<u64>()]), 0..=4),
        values in prop::collection::vec((slot(), prop_oneof![0u64..70, any::<u64>()], any::<bool>()), 0..4),
        as_of in prop_oneof![Just(20_261_121u32), any::<u32>()],
        mask in prop::collection::vec(prop::sample::select(Slot::ALL[2..=14].to_vec()), 0..5),
        spoil in 0u8..7,
    ) {
        let mut rng = StdRng::seed_from_u64(seed);
        let holder = HolderSecret::generate(&mut rng);
        let mut attrs = attributes(&holder);
        for (slot, value, random) in values {
            if slot != Slot::Holder {
                attrs = attrs.with(slot, if random { Fr::rand(&mut rng) } else { Fr::from(value) });
            }
        }
        let mut witness = witness_for(holder, attrs);
        let (mut statement, _) = example();
        statement.pseudonym = witness.holder.pseudonym(statement.scope);
        statement.as_of = as_of;
        statement.predicates = set(&predicates);
        statement.scope = Fr::rand(&mut rng);
        statement.pseudonym = witness.holder.pseudonym(statement.scope);
        let key = SigningKey::generate(&mut rng);
        witness.credential.signature = key.sign(witness.credential.attributes.message(), &mut rng);
        witness.credential.issuer = key.public();
        statement.issuer = key.public();
        if !mask.is_empty() {
            let mask = Mask::new(&mask).unwrap();
            witness.opening = Opening(Fr::rand(&mut rng));
            let commitment = disclosure_commitment(&witness.credential.attributes, mask, witness.opening.0);
            statement.disclosure = Disclosure::Committed { mask, commitment };
        }
        match spoil {
            3 => statement.disclosure = Disclosure::Committed { mask: Mask::new(&[Slot::Phone]).unwrap(), commitment: Fr::rand(&mut rng) },
            0 => statement.pseudonym += Fr::from(1u64),
            1 => witness.opening = Opening(Fr::from(9u64)),
            2 => witness.credential.attributes = witness.credential.attributes.with(Slot::Name, text_to_field("別人")),
            _ => {}
        }
        prop_assert_eq!(statement.check(&witness).is_ok(), refusal(&statement, &witness).is_none());
    }
}
