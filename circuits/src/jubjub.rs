//! Baby Jubjub (EIP-2494) in arkworks' a = 1 twisted Edwards form, and its Montgomery form, which the
//! constraints use: `B v^2 = u^3 + A u^2 + u` with `u = (1 + y) / (1 - y)`, `v = u / x`.

use ark_ec::{AffineRepr, twisted_edwards::TECurveConfig};
use ark_ed_on_bn254::{EdwardsAffine, EdwardsConfig};
use ark_ff::{Field, One, Zero};

use crate::{Fr, encoding};

/// Scalars of the prime-order subgroup.
pub type Scalar = ark_ed_on_bn254::Fr;

/// Why coordinates are not a usable point.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PointError {
    /// A coordinate does not decode.
    #[error(transparent)]
    Field(#[from] encoding::FieldError),
    /// Off the curve.
    #[error("the point is not on the curve")]
    OffCurve,
    /// On the curve, but not of prime order.
    #[error("the point is not in the prime-order subgroup")]
    OffSubgroup,
    /// The neutral element.
    #[error("the point is the identity")]
    Identity,
}

/// Decodes and checks an affine point: on the curve, of prime order, not the identity.
pub fn point_from_hex(x: &str, y: &str) -> Result<EdwardsAffine, PointError> {
    point_from_xy(encoding::fr_from_hex(x)?, encoding::fr_from_hex(y)?)
}

/// Checks affine coordinates: on the curve, of prime order, not the identity.
pub fn point_from_xy(x: Fr, y: Fr) -> Result<EdwardsAffine, PointError> {
    let point = EdwardsAffine { x, y };
    if !point.is_on_curve() {
        return Err(PointError::OffCurve);
    }
    if point.is_zero() {
        return Err(PointError::Identity);
    }
    if !point.is_in_correct_subgroup_assuming_on_curve() {
        return Err(PointError::OffSubgroup);
    }
    Ok(point)
}

/// Montgomery coefficient A.
pub fn montgomery_a() -> Fr {
    <EdwardsConfig as ark_ec::twisted_edwards::MontCurveConfig>::COEFF_A
}

/// Montgomery coefficient B.
pub fn montgomery_b() -> Fr {
    <EdwardsConfig as ark_ec::twisted_edwards::MontCurveConfig>::COEFF_B
}

/// Montgomery coordinates `(u, v)` of a point of prime order; `None` for the identity, which has none.
pub fn to_montgomery(p: &EdwardsAffine) -> Option<(Fr, Fr)> {
    let u = (Fr::one() + p.y) * (Fr::one() - p.y).inverse()?;
    let v = u * p.x.inverse()?;
    (!u.is_zero()).then_some((u, v))
}

/// The generator that signatures use.
pub fn generator() -> EdwardsAffine {
    <EdwardsConfig as TECurveConfig>::GENERATOR
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ec::CurveGroup;
    use ark_ff::PrimeField;

    #[test]
    fn montgomery_form_is_on_its_curve_and_adds_alike() {
        let (a, b) = (montgomery_a(), montgomery_b());
        let p = (generator() * Scalar::from(5u64)).into_affine();
        let q = (generator() * Scalar::from(9u64)).into_affine();
        let ((up, vp), (uq, vq)) = (to_montgomery(&p).unwrap(), to_montgomery(&q).unwrap());
        assert_eq!(b * vp.square(), up * up.square() + a * up.square() + up);
        let slope = (vq - vp) * (uq - up).inverse().unwrap();
        let u = b * slope.square() - a - up - uq;
        assert_eq!(to_montgomery(&(p + q).into_affine()).unwrap().0, u);
    }

    #[test]
    fn bad_points_are_refused() {
        let g = generator();
        assert_eq!(point_from_xy(g.x, g.y + Fr::one()), Err(PointError::OffCurve));
        assert_eq!(point_from_xy(Fr::zero(), Fr::one()), Err(PointError::Identity));
        assert_eq!(point_from_xy(Fr::zero(), -Fr::one()), Err(PointError::OffSubgroup), "the point of order two");
        assert!(g.mul_bigint(Scalar::MODULUS).is_zero(), "the generator has prime order");
        assert_eq!(to_montgomery(&EdwardsAffine::zero()), None);
    }
}
