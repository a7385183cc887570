//! Fixed-base tables for the public inputs' points: the verifier multiplies the same fifteen points in every proof.
//! Public values only: the time may depend on them.

use ark_bn254::{G1Affine, G1Projective};
use ark_ec::CurveGroup;
use ark_ff::{PrimeField, Zero};

use crate::Fr;

/// Bits of a window.
const WINDOW: usize = 4;
/// Windows of a scalar: 254 bits and two to spare.
const WINDOWS: usize = 64;
/// Non-zero digits of a window.
const DIGITS: usize = (1 << WINDOW) - 1;

/// `d 16^w P` for each point, window and digit: 60 KiB a point.
#[derive(Clone)]
pub struct InputTables {
    first: G1Affine,
    /// The constant's table, then the inputs'.
    tables: Vec<Vec<G1Affine>>,
}

impl InputTables {
    /// From the constant's point and the inputs' points.
    pub fn new(first: G1Affine, points: &[G1Affine]) -> Self {
        Self { first, tables: std::iter::once(&first).chain(points).map(|p| table(*p)).collect() }
    }

    /// `first + sum inputs_i P_i`. Panics unless there is one input for each point.
    pub fn sum(&self, inputs: &[Fr]) -> G1Affine {
        assert_eq!(inputs.len() + 1, self.tables.len(), "one input for each point");
        add_multiples(self.first.into(), inputs, &self.tables[1..]).into_affine()
    }

    /// `scalars_0 first + sum scalars_i P_i`: several sums added up. Panics unless there is one scalar for each table.
    pub fn combination(&self, scalars: &[Fr]) -> G1Affine {
        assert_eq!(scalars.len(), self.tables.len(), "one scalar for each point");
        add_multiples(G1Projective::zero(), scalars, &self.tables).into_affine()
    }
}

fn add_multiples(mut sum: G1Projective, scalars: &[Fr], tables: &[Vec<G1Affine>]) -> G1Projective {
    for (input, table) in scalars.iter().zip(tables) {
        let limbs = input.into_bigint().0;
        for w in 0..WINDOWS {
            let bit = w * WINDOW;
            let digit = (limbs[bit / 64] >> (bit % 64)) as usize & DIGITS;
            if digit != 0 {
                sum += table[w * DIGITS + digit - 1];
            }
        }
    }
    sum
}

fn table(point: G1Affine) -> Vec<G1Affine> {
    let mut base = G1Projective::from(point);
    let mut all = Vec::with_capacity(WINDOWS * DIGITS);
    for _ in 0..WINDOWS {
        let mut multiple = G1Projective::zero();
        for _ in 0..DIGITS {
            multiple += base;
            all.push(multiple);
        }
        base += multiple;
    }
    G1Projective::normalize_batch(&all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ark_ec::VariableBaseMSM;
    use ark_ff::UniformRand;
    use rand::{SeedableRng, rngs::StdRng};

    #[test]
    fn agrees_with_the_library() {
        let mut rng = StdRng::seed_from_u64(4);
        let points: Vec<G1Affine> = (0..6).map(|_| G1Affine::rand(&mut rng)).collect();
        let inputs = [Fr::from(0u64), Fr::from(1u64), -Fr::from(1u64), Fr::from(u64::MAX), Fr::rand(&mut rng)];
        let expected = G1Projective::msm(&points[1..], &inputs).unwrap() + points[0];
        let tables = InputTables::new(points[0], &points[1..]);
        assert_eq!(tables.sum(&inputs), expected.into_affine());
        for first in [Fr::from(0u64), Fr::from(1u64), Fr::rand(&mut rng)] {
            let scalars: Vec<Fr> = std::iter::once(first).chain(inputs).collect();
            let expected = G1Projective::msm(&points, &scalars).unwrap();
            assert_eq!(tables.combination(&scalars), expected.into_affine());
        }
    }
}
