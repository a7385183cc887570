//! Valid statements to spoil, and the rows' values under an assignment.

use ark_ff::UniformRand;
use honnin_circuits::{
    Fr,
    holder::HolderSecret,
    predicate::{Op, Predicate, PredicateSet, as_u64},
    schema::Slot,
    schnorr::SigningKey,
    statement::{Disclosure, Mask, Opening, Statement, Witness, disclosure_commitment},
};
use honnin_prover::{
    circuit::{assignment, shape},
    example::{attributes, example, example_with_disclosure, witness_for},
    r1cs::Row,
};
use rand::{Rng, SeedableRng, rngs::StdRng};

/// A valid statement with its assignment.
pub struct Case {
    pub name: String,
    pub statement: Statement,
    pub z: Vec<Fr>,
}

/// The two examples and random valid statements, each satisfied.
pub fn cases(random: u64) -> Vec<Case> {
    let mut all = vec![("example".to_owned(), example()), ("disclosure".to_owned(), example_with_disclosure())];
    all.extend((0..random).map(|seed| (format!("random {seed}"), random_case(seed))));
    all.into_iter()
        .map(|(name, (statement, witness))| {
            assert_eq!(statement.check(&witness), Ok(()), "{name}");
            let z = assignment(&statement, &witness);
            assert_eq!(shape().unsatisfied(&z), None, "{name}");
            Case { name, statement, z }
        })
        .collect()
}

/// Another issuer, holder, session, predicates of every kind that hold, some slots disclosed.
fn random_case(seed: u64) -> (Statement, Witness) {
    let mut rng = StdRng::seed_from_u64(1000 + seed);
    let holder = HolderSecret::generate(&mut rng);
    let mut attrs = attributes(&holder);
    for slot in [Slot::Spare, Slot::Account, Slot::Blinding] {
        attrs = attrs.with(slot, Fr::rand(&mut rng));
    }
    attrs = attrs.with(Slot::Limit, Fr::from(rng.r#gen::<u64>()));
    let predicates: Vec<Predicate> = (0..4)
        .map(|_| {
            let slot = Slot::ALL[rng.gen_range(0..16)];
            let value = attrs.get(slot);
            match (as_u64(value), rng.gen_range(0..5)) {
                (Some(v), 0) => Predicate::new(slot, Op::Ge, Fr::from(rng.gen_range(0..=v))),
                (Some(v), 1) => Predicate::new(slot, Op::Le, Fr::from(rng.gen_range(v..=u64::MAX))),
                (Some(v), 2) if v < 64 => Predicate::new(slot, Op::InSet, Fr::from(rng.r#gen::<u64>() | 1 << v)),
                (_, 3) => Ok(Predicate::NONE),
                _ => Predicate::new(slot, Op::Eq, value),
            }
            .unwrap()
        })
        .collect();
    let key = SigningKey::generate(&mut rng);
    let mut witness = witness_for(holder, attrs);
    witness.credential.issuer = key.public();
    witness.credential.signature = key.sign(witness.credential.attributes.message(), &mut rng);
    let (mut statement, _) = example();
    statement.issuer = key.public();
    statement.scope = Fr::rand(&mut rng);
    statement.pseudonym = witness.holder.pseudonym(statement.scope);
    statement.predicates = PredicateSet::new(&predicates).unwrap();
    statement.ctx = Fr::rand(&mut rng);
    if seed.is_multiple_of(2) {
        let open: Vec<Slot> = Slot::ALL.into_iter().filter(|s| s.disclosable() && rng.r#gen()).collect();
        let mask = Mask::new(&open).unwrap();
        witness.opening = Opening(Fr::rand(&mut rng));
        let commitment = disclosure_commitment(&witness.credential.attributes, mask, witness.opening.0);
        statement.disclosure = Disclosure::Committed { mask, commitment };
    }
    (statement, witness)
}

/// Value of a row's combination.
pub fn dot(row: &Row, z: &[Fr]) -> Fr {
    row.iter().map(|(c, v)| *c * z[*v]).sum()
}
