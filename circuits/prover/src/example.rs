//! A fixed valid statement and witness: to lay down the shape, to make keys, to start tests from.

use honnin_circuits::{
    Fr,
    credential::{Attributes, Credential, text_to_field},
    encoding::f248,
    holder::{HolderSecret, scope},
    predicate::{Op, Predicate, PredicateSet},
    schema::Slot,
    schnorr::SigningKey,
    statement::{Disclosure, Mask, Opening, Statement, Witness, disclosure_commitment},
};
use rand::{SeedableRng, rngs::StdRng};

/// The issuer's key of the example.
pub fn issuer() -> SigningKey {
    SigningKey::generate(&mut StdRng::seed_from_u64(11))
}

/// Attributes of the example's customer, for a holder.
pub fn attributes(holder: &HolderSecret) -> Attributes {
    let mut values = [Fr::from(0u64); 16];
    let mut set = |slot: Slot, value: Fr| values[slot.index()] = value;
    set(Slot::Schema, Fr::from(1u64));
    set(Slot::Holder, holder.commitment());
    set(Slot::Expiry, Fr::from(20_291_231u64));
    set(Slot::Subject, text_to_field("C-20481"));
    set(Slot::KycLevel, Fr::from(2u64));
    set(Slot::Method, Fr::from(1u64));
    set(Slot::Birth, Fr::from(19_850_412u64));
    set(Slot::Region, Fr::from(13u64));
    set(Slot::Name, text_to_field("見本 花子"));
    set(Slot::Address, text_to_field("東京都見本区見本町1-2-3"));
    set(Slot::Phone, text_to_field("090-0000-0000"));
    set(Slot::Account, text_to_field("0000000"));
    set(Slot::Limit, Fr::from(500_000u64));
    set(Slot::PaymentToken, text_to_field("tok_example"));
    set(Slot::Blinding, f248("honnin/example", b"blinding"));
    Attributes::new(values)
}

/// Signs attributes with the example's issuer.
pub fn witness_for(holder: HolderSecret, attributes: Attributes) -> Witness {
    let key = issuer();
    let signature = key.sign(attributes.message(), &mut StdRng::seed_from_u64(12));
    Witness {
        holder,
        credential: Credential { attributes, issuer: key.public(), signature },
        opening: Opening(Fr::from(0u64)),
    }
}

/// All four kinds of predicate, nothing disclosed.
pub fn example() -> (Statement, Witness) {
    let holder = HolderSecret::generate(&mut StdRng::seed_from_u64(10));
    let witness = witness_for(holder.clone(), attributes(&holder));
    let predicate = |slot, op, operand: Fr| Predicate::new(slot, op, operand).expect("operands fit");
    let predicates = PredicateSet::new(&[
        predicate(Slot::Subject, Op::Eq, text_to_field("C-20481")),
        predicate(Slot::KycLevel, Op::Ge, Fr::from(2u64)),
        predicate(Slot::Birth, Op::Le, Fr::from(20_061_121u64)),
        predicate(Slot::Region, Op::InSet, Fr::from(0b111_1111_u64 << 8)),
    ])
    .expect("four predicates");
    let statement = Statement {
        issuer: witness.credential.issuer,
        scope: scope("midori"),
        pseudonym: holder.pseudonym(scope("midori")),
        as_of: 20_261_121,
        predicates,
        disclosure: Disclosure::Nothing,
        ctx: f248("honnin/ctx/v1", b"example"),
    };
    (statement, witness)
}

/// The example with name and address committed to.
pub fn example_with_disclosure() -> (Statement, Witness) {
    let (mut statement, mut witness) = example();
    let mask = Mask::new(&[Slot::Name, Slot::Address]).expect("disclosable slots");
    witness.opening = Opening(f248("honnin/example", b"opening"));
    let commitment = disclosure_commitment(&witness.credential.attributes, mask, witness.opening.0);
    statement.disclosure = Disclosure::Committed { mask, commitment };
    (statement, witness)
}
