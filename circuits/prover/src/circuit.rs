//! The statement as constraints, in the order of the design's six clauses, and its shape.

use std::sync::OnceLock;

use honnin_circuits::{
    Fr,
    poseidon::{T2, T3, T4, T17},
    predicate::{BITS_PER_PREDICATE, PREDICATES},
    schema::{SLOTS, Slot},
    statement::{MASK_SHIFT, PUBLIC_INPUTS, SELECTOR_BITS, Statement, Witness},
};

use crate::{
    example,
    gadgets::{
        bits, disclosure, fixed_base, issuer_mul,
        montgomery::{self, Point},
        poseidon, predicate,
    },
    r1cs::{Builder, Lc, Shape},
};

/// Lays down every variable and row. Values may be wrong: the rows then refuse them.
pub fn synthesize(cs: &mut Builder, inputs: &[Fr; PUBLIC_INPUTS], witness: &Witness) {
    let public: Vec<Lc> = inputs.iter().map(|v| cs.input(*v)).collect();
    let [plus_u, plus_v, minus_u, minus_v, key_u, scope, pseudonym, as_of, selector, ..] = &public[..] else {
        unreachable!("there are {PUBLIC_INPUTS} inputs")
    };
    let operands = &public[9..9 + PREDICATES];
    let commitment = &public[13];
    // public[14] is ctx. It stands in no row of ours: the reduction gives each input its own.

    // Clause 2: the holder slot is not a variable, it *is* the hash of the secret.
    let secret = cs.witness(witness.holder.expose());
    let holder = cs.group("holder commitment", |cs| poseidon::hash(cs, &T2, std::slice::from_ref(&secret)));
    cs.group("pseudonym", |cs| poseidon::hash_to(cs, &T3, &[secret.clone(), scope.clone()], pseudonym));

    let attributes: [Lc; SLOTS] = std::array::from_fn(|i| {
        if i == Slot::Holder.index() { holder.clone() } else { cs.witness(witness.credential.attributes.as_array()[i]) }
    });

    // Clause 1.
    let message = cs.group("attribute hash", |cs| poseidon::hash(cs, &T17, &attributes));
    let s_g = cs.group("s G", |cs| fixed_base::mul(cs, witness.credential.signature.s()));
    signature(cs, witness, &s_g, &message, [plus_u, plus_v, minus_u, minus_v, key_u]);

    // Clause 3: both below 2^32 apart, so the difference cannot wrap; as_of is a u32 at the verifier.
    cs.group("expiry", |cs| bits::decompose(cs, &(&attributes[Slot::Expiry.index()] - as_of), 32));

    // Clause 4.
    let selector = cs.group("selector bits", |cs| bits::decompose(cs, selector, SELECTOR_BITS));
    cs.group("predicates", |cs| {
        for (bits, operand) in selector[..MASK_SHIFT].chunks(BITS_PER_PREDICATE).zip(operands) {
            predicate::enforce(cs, &attributes, bits, operand);
        }
    });

    // Clause 5.
    let opening = cs.witness(witness.opening.0);
    cs.group("disclosure", |cs| disclosure::enforce(cs, &attributes, &selector[MASK_SHIFT..], &opening, commitment));
}

/// `R = s G - c(e) A`, and `e` is the low half of `Poseidon(u(R), u(A), m)`.
///
/// `e` is wanted before R exists, so its bits are laid down from R's known value and tied by the hash afterwards.
fn signature(cs: &mut Builder, witness: &Witness, s_g: &Point, message: &Lc, key: [&Lc; 5]) {
    let [plus_u, plus_v, minus_u, minus_v, key_u] = key;
    let plus = Point { u: plus_u.clone(), v: plus_v.clone() };
    let minus = Point { u: minus_u.clone(), v: minus_v.clone() };

    // h is a free witness here; its hash row below fixes it.
    let r_u =
        honnin_circuits::jubjub::to_montgomery(&witness.credential.signature.r()).map(|p| p.0).unwrap_or_default();
    let h_value = honnin_circuits::poseidon::hash3(r_u, key_u.value(), message.value());
    let h = cs.witness(h_value);
    let e = cs.group("challenge bits", |cs| bits::low_128_bits(cs, &h));
    let c_a = cs.group("c A", |cs| issuer_mul::mul(cs, &plus, &minus, &e));
    let minus_c_a = Point { u: c_a.u, v: -&c_a.v };
    let r_u = cs.group("R", |cs| montgomery::add_checked_u(cs, s_g, &minus_c_a));
    cs.group("challenge hash", |cs| poseidon::hash_to(cs, &T4, &[r_u, key_u.clone(), message.clone()], &h));
}

/// The assignment of a statement and a witness: one, public inputs, witness variables.
pub fn assignment(statement: &Statement, witness: &Witness) -> Vec<Fr> {
    let mut cs = Builder::assign();
    synthesize(&mut cs, &statement.public_inputs(), witness);
    cs.into_assignment()
}

/// Rows of the statement; with it and [`WITNESSES`] a key's lengths are checked without laying down the shape.
pub const CONSTRAINTS: usize = 4077;

/// Witness variables of the statement.
pub const WITNESSES: usize = 4065;

/// Instance variables: the public inputs and the constant one.
pub const INPUTS: usize = PUBLIC_INPUTS + 1;

/// Size of the evaluation domain.
pub const DOMAIN: usize = (CONSTRAINTS + INPUTS).next_power_of_two();

/// The shape, built once a process.
pub fn shape() -> &'static Shape {
    static SHAPE: OnceLock<Shape> = OnceLock::new();
    SHAPE.get_or_init(|| {
        let (statement, witness) = example::example();
        let mut cs = Builder::shape();
        synthesize(&mut cs, &statement.public_inputs(), &witness);
        let shape = cs.into_shape().0;
        assert_eq!((shape.constraints(), shape.witnesses, shape.inputs), (CONSTRAINTS, WITNESSES, INPUTS));
        shape
    })
}
