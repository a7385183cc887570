//! No witness but the honest one: every variable is changed alone, and every free choice is changed with everything
//! that follows from it computed anew; some row must refuse.

use ark_ff::{AdditiveGroup, Field, One, UniformRand, Zero};
use honnin_circuits::Fr;
use honnin_prover::{circuit::shape, r1cs::Row};
use rand::{SeedableRng, rngs::StdRng};

use crate::support::{Case, cases, dot};

/// Rows that name a variable, with its coefficients in A, B and C.
fn columns() -> Vec<Vec<(usize, [Fr; 3])>> {
    let shape = shape();
    let mut columns: Vec<Vec<(usize, [Fr; 3])>> = vec![Vec::new(); shape.inputs + shape.witnesses];
    for (side, matrix) in shape.matrices.iter().enumerate() {
        for (row, terms) in matrix.iter().enumerate() {
            for (c, v) in terms {
                match columns[*v].iter_mut().find(|(r, _)| *r == row) {
                    Some((_, all)) => all[side] = *c,
                    None => {
                        let mut all = [Fr::zero(); 3];
                        all[side] = *c;
                        columns[*v].push((row, all));
                    }
                }
            }
        }
    }
    columns
}

/// Coefficient of a variable in a row.
fn coefficient(row: &Row, variable: usize) -> Fr {
    row.iter().find(|(_, v)| *v == variable).map_or(Fr::zero(), |(c, _)| *c)
}

/// What a cheating prover might put in place of a value.
fn wrong_values(v: Fr, rng: &mut StdRng) -> Vec<Fr> {
    let two = Fr::from(2u64);
    let mut all = vec![
        v + Fr::one(),
        v - Fr::one(),
        Fr::one() - v,
        -v,
        v.double(),
        Fr::zero(),
        Fr::one(),
        -Fr::one(),
        two.pow([64u64]),
        v + two.pow([64u64]),
        two.pow([128u64]),
        v + two.pow([128u64]),
        v.square(),
        v.inverse().unwrap_or_default(),
        Fr::rand(rng),
    ];
    all.retain(|w| *w != v);
    all
}

/// Public inputs too. `ctx` (input 15) alone stands in no row of ours; Groth16's own row binds it.
#[test]
fn every_variable_changed_alone_is_refused() {
    let (shape, columns) = (shape(), columns());
    let mut rng = StdRng::seed_from_u64(50);
    for Case { name, z, .. } in cases(6) {
        let [a, b, c] = shape.matrices.each_ref().map(|m| m.iter().map(|row| dot(row, &z)).collect::<Vec<Fr>>());
        let mut free = Vec::new();
        let mut tried = 0;
        for v in 1..z.len() {
            for wrong in wrong_values(z[v], &mut rng) {
                let step = wrong - z[v];
                let refused = columns[v]
                    .iter()
                    .any(|(row, [ca, cb, cc])| (a[*row] + *ca * step) * (b[*row] + *cb * step) != c[*row] + *cc * step);
                tried += 1;
                if !refused && free.last() != Some(&v) {
                    free.push(v);
                }
            }
        }
        println!("{name}: {tried} changes");
        assert!(tried > 50_000);
        assert_eq!(free, [15], "{name}: variables that may change");
    }
}

/// The row that forces each witness variable once all before it are known, if there is one: it names no later
/// variable, and this one on one side alone. A bit is its prover's choice, whatever else is said of it.
fn forcing_rows() -> Vec<Option<usize>> {
    let shape = shape();
    let mut forcing = vec![None; shape.inputs + shape.witnesses];
    let mut bit = vec![false; forcing.len()];
    for row in 0..shape.constraints() {
        let terms = || shape.matrices.iter().map(|m| &m[row]);
        let last = terms().flatten().map(|(_, v)| *v).max().expect("no row is empty");
        let sides = terms().filter(|t| !coefficient(t, last).is_zero()).count();
        if last >= shape.inputs && sides == 1 && forcing[last].is_none() {
            forcing[last] = Some(row);
        }
        bit[last] |= sides == 2;
    }
    forcing.into_iter().zip(bit).map(|(row, bit)| row.filter(|_| !bit)).collect()
}

/// How a row gives a variable: `coefficient value = product or quotient of the others - rest`.
struct Forced {
    row: usize,
    side: usize,
    inverse: Fr,
}

impl Forced {
    fn all() -> Vec<Option<Self>> {
        let by = |(v, row): (usize, Option<usize>)| {
            let row = row?;
            let terms = shape().matrices.each_ref().map(|m| coefficient(&m[row], v));
            let side = terms.iter().position(|k| !k.is_zero()).expect("the row names the variable");
            Some(Self { row, side, inverse: terms[side].inverse()? })
        };
        forcing_rows().into_iter().enumerate().map(by).collect()
    }

    /// The forced value, or `None` where the variable's factor is zero. `z[v]` must be zero.
    fn value(&self, z: &[Fr]) -> Option<Fr> {
        let [a, b, c] = shape().matrices.each_ref().map(|m| dot(&m[self.row], z));
        let whole = match self.side {
            0 => c * b.inverse()? - a,
            1 => c * a.inverse()? - b,
            _ => a * b - c,
        };
        Some(whole * self.inverse)
    }
}

/// Computes every forced variable from `from` on anew.
fn recompute(forced: &[Option<Forced>], z: &mut [Fr], from: usize) {
    for v in from..z.len() {
        if let Some(forced) = &forced[v] {
            let kept = std::mem::take(&mut z[v]);
            z[v] = forced.value(z).unwrap_or(kept);
        }
    }
}

/// Which variables are the prover's choice at all. Everything else is forced by what stands before it.
#[test]
fn the_free_choices_are_the_known_ones() {
    let shape = shape();
    let free = forcing_rows().iter().skip(shape.inputs).filter(|row| row.is_none()).count();
    // Secret, 15 attributes, challenge hash, opening; digits of s; bits whose last one is an expression: challenge,
    // expiry, selector, and in each predicate two ranges and a byte.
    let (values, digits, bits) = (1 + 15 + 1 + 1, 83 * 3 + 2, 253 + 31 + 44 + 4 * (63 + 63 + 7));
    assert_eq!(free, values + digits + bits);
}

#[test]
fn every_free_choice_changed_with_what_follows_is_refused() {
    let (shape, forced) = (shape(), Forced::all());
    let mut rng = StdRng::seed_from_u64(51);
    for Case { name, z, .. } in cases(1) {
        // The forcing rows are the gadgets' own computation: from unchanged choices they give the same assignment.
        let mut same = z.clone();
        recompute(&forced, &mut same, shape.inputs);
        assert_eq!(same, z, "{name}");
        for v in (shape.inputs..z.len()).filter(|v| forced[*v].is_none()) {
            let mut wrong = z.clone();
            let bit = z[v].is_zero() || z[v].is_one();
            wrong[v] = if bit { Fr::one() - z[v] } else { Fr::rand(&mut rng) };
            recompute(&forced, &mut wrong, v + 1);
            assert!(shape.unsatisfied(&wrong).is_some(), "{name}: variable {v}");
        }
    }
}
