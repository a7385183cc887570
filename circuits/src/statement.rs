//! What a proof says in public, what it knows in private, and the native twin that checks the one by the other.

use ark_ff::Zero;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::{
    Fr,
    credential::{Attributes, Credential},
    encoding::f248,
    holder::HolderSecret,
    jubjub::{generator, to_montgomery},
    poseidon,
    predicate::{BITS_PER_PREDICATE, PREDICATES, PredicateSet, as_u64},
    schema::{SLOTS, Slot},
    schnorr::{PublicKey, challenge, challenge_scalar},
};

/// Number of public inputs.
pub const PUBLIC_INPUTS: usize = 15;

/// Index of `ctx` among the public inputs: the last.
pub const CTX_INPUT: usize = PUBLIC_INPUTS - 1;

/// First bit of the disclosure mask in the selector.
pub const MASK_SHIFT: usize = PREDICATES * BITS_PER_PREDICATE;

/// Slots that a disclosure may open, in mask order.
pub const MASK_SLOTS: std::ops::RangeInclusive<usize> = 2..=14;

/// Bits of the selector: 32 of predicates, 13 of mask.
pub const SELECTOR_BITS: usize = MASK_SHIFT + 13;

/// A set of disclosed slots.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Mask(u16);

/// A slot that may not be disclosed was asked for.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("slot {0:?} cannot be disclosed")]
pub struct NotDisclosable(pub Slot);

impl Mask {
    /// From slots; refuses `schema`, `holder` and `blinding`.
    pub fn new(slots: &[Slot]) -> Result<Self, NotDisclosable> {
        slots.iter().try_fold(Mask(0), |m, s| {
            if s.disclosable() {
                Ok(Mask(m.0 | 1 << (s.index() - MASK_SLOTS.start())))
            } else {
                Err(NotDisclosable(*s))
            }
        })
    }

    /// Whether a slot is in the set.
    pub fn contains(self, index: usize) -> bool {
        MASK_SLOTS.contains(&index) && self.0 >> (index - MASK_SLOTS.start()) & 1 == 1
    }

    /// The 13 bits.
    pub fn bits(self) -> u64 {
        u64::from(self.0)
    }
}

/// The disclosure that a statement fixes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disclosure {
    /// No attribute is committed to; the public value is [`nothing_disclosed`].
    Nothing,
    /// A commitment to the chosen attributes under a fresh opening.
    Committed {
        /// Chosen slots.
        mask: Mask,
        /// [`disclosure_commitment`] of them.
        commitment: Fr,
    },
}

impl Disclosure {
    fn mask(&self) -> Mask {
        match self {
            Disclosure::Nothing => Mask::default(),
            Disclosure::Committed { mask, .. } => *mask,
        }
    }

    fn value(&self) -> Fr {
        match self {
            Disclosure::Nothing => nothing_disclosed(),
            Disclosure::Committed { commitment, .. } => *commitment,
        }
    }
}

/// Constant in the mask's lane: keeps the disclosure hash apart from the attribute hash, whose lane there is a
/// holder commitment.
pub fn disclosure_tag() -> Fr {
    f248("honnin/disclosure/v1", b"")
}

/// `Poseidon_17` of the chosen attributes (0 where not chosen), tag + mask in lane `holder`, the opening in lane `blinding`.
pub fn disclosure_commitment(attributes: &Attributes, mask: Mask, opening: Fr) -> Fr {
    let mut lanes = [Fr::zero(); SLOTS];
    for (i, lane) in lanes.iter_mut().enumerate() {
        if mask.contains(i) {
            *lane = attributes.as_array()[i];
        }
    }
    lanes[Slot::Holder.index()] = disclosure_tag() + Fr::from(mask.bits());
    lanes[Slot::Blinding.index()] = opening;
    poseidon::hash16(&lanes)
}

/// The fixed value of "nothing disclosed": empty mask, opening zero.
pub fn nothing_disclosed() -> Fr {
    static VALUE: std::sync::LazyLock<Fr> = std::sync::LazyLock::new(|| {
        disclosure_commitment(&Attributes::new([Fr::zero(); SLOTS]), Mask::default(), Fr::zero())
    });
    *VALUE
}

/// Everything public.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Key that signed the credential.
    pub issuer: PublicKey,
    /// Tenant, see [`crate::holder::scope`].
    pub scope: Fr,
    /// The holder's name at this tenant; zero is refused.
    pub pseudonym: Fr,
    /// Day of the check, YYYYMMDD.
    pub as_of: u32,
    /// The policy's predicates.
    pub predicates: PredicateSet,
    /// What is sealed to a recipient.
    pub disclosure: Disclosure,
    /// The session, 248 bits. Stands in no constraint: Groth16's own row for each public input binds it.
    pub ctx: Fr,
}

/// Everything private; wiped when dropped.
pub struct Witness {
    /// The holder's secret.
    pub holder: HolderSecret,
    /// The credential.
    pub credential: Credential,
    /// Opening of the disclosure commitment; zero where nothing is disclosed.
    pub opening: Opening,
}

/// Opening of a disclosure commitment.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Opening(pub Fr);

/// The clause that a witness fails.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Violation {
    /// Clause 1.
    #[error("the issuer's signature does not cover these attributes")]
    Signature,
    /// Clause 2, first half.
    #[error("the credential belongs to another holder")]
    Holder,
    /// Clause 2, second half.
    #[error("the pseudonym is not this holder's at this tenant")]
    Pseudonym,
    /// Clause 3.
    #[error("the credential has expired")]
    Expiry,
    /// Clause 4.
    #[error("predicate {0} does not hold")]
    Predicate(usize),
    /// Clause 5.
    #[error("the disclosure commitment does not open to these attributes")]
    Disclosure,
}

impl Statement {
    /// The selector: predicates, then mask.
    pub fn selector(&self) -> u64 {
        self.predicates.selector_bits() | self.disclosure.mask().bits() << MASK_SHIFT
    }

    /// The public inputs in the circuit's order. Whoever verifies builds them from what it knows itself.
    pub fn public_inputs(&self) -> [Fr; PUBLIC_INPUTS] {
        let key = self.issuer.points();
        let op = self.predicates.as_array().map(|p| p.public_operand());
        [
            key.plus.0,
            key.plus.1,
            key.minus.0,
            key.minus.1,
            key.u,
            self.scope,
            self.pseudonym,
            Fr::from(self.as_of),
            Fr::from(self.selector()),
            op[0],
            op[1],
            op[2],
            op[3],
            self.disclosure.value(),
            self.ctx,
        ]
    }

    /// The native twin: checks each clause as the constraints do and names the first that fails.
    pub fn check(&self, witness: &Witness) -> Result<(), Violation> {
        let attributes = &witness.credential.attributes;
        self.check_signature(witness)?;
        if attributes.get(Slot::Holder) != witness.holder.commitment() {
            return Err(Violation::Holder);
        }
        if self.pseudonym.is_zero() || self.pseudonym != witness.holder.pseudonym(self.scope) {
            return Err(Violation::Pseudonym);
        }
        let left = attributes.get(Slot::Expiry) - Fr::from(self.as_of);
        if as_u64(left).is_none_or(|d| d >> 32 != 0) {
            return Err(Violation::Expiry);
        }
        for (i, p) in self.predicates.as_array().iter().enumerate() {
            if !p.holds(attributes.get(p.slot())) {
                return Err(Violation::Predicate(i));
            }
        }
        if disclosure_commitment(attributes, self.disclosure.mask(), witness.opening.0) != self.disclosure.value() {
            return Err(Violation::Disclosure);
        }
        Ok(())
    }

    /// Signature as the constraints see it: `R` up to sign. The constraints also refuse `s G = -c A`, s = 0 and the one s
    /// whose last window meets the inverse check; no signer reaches them but by chance (2^-250).
    fn check_signature(&self, witness: &Witness) -> Result<(), Violation> {
        let signature = &witness.credential.signature;
        let message = witness.credential.attributes.message();
        let e = challenge(&signature.r(), &self.issuer, message).ok_or(Violation::Signature)?;
        let r = generator() * signature.s() - self.issuer.point() * challenge_scalar(e);
        let u = |p| to_montgomery(&p).map(|m| m.0);
        match (u(r.into()), u(signature.r())) {
            (Some(computed), Some(given)) if computed == given => Ok(()),
            _ => Err(Violation::Signature),
        }
    }
}
