//! Poseidon in rows: three a S-box (`x^2`, `x^3`, `x^5 = x^2 x^3`: one variable fewer on the A side than by `x^4`), nothing for the linear layers.
//!
//! The linear layers are expanded here over a small local basis (the S-box outputs that are still alive) instead of
//! over the whole constraint system: at width 17 that is the difference between some milliseconds and some hundred.
//! A lane that is constant before the first round costs nothing there. Sound because each row forces its output.

use ark_ff::{Field, Zero};
use honnin_circuits::{Fr, poseidon::Params};

use crate::r1cs::{Builder, Lc};

/// A lane: its value, and in shape mode its coefficients over the local basis.
#[derive(Clone)]
struct Lane {
    value: Fr,
    constant: Fr,
    coefficients: Vec<Fr>,
}

impl Lane {
    fn lc(&self, basis: &[Lc]) -> Lc {
        let mut out = Lc::constant(self.constant);
        for (k, b) in self.coefficients.iter().zip(basis) {
            if !k.is_zero() {
                out.add_scaled(*k, b);
            }
        }
        Lc::from_parts(out.terms().to_vec(), out.constant_part(), self.value)
    }
}

/// `Poseidon(inputs)`; `inputs.len() + 1` must be the width. The output is an expression, not a variable.
pub fn hash(cs: &mut Builder, params: &Params, inputs: &[Lc]) -> Lc {
    assert_eq!(inputs.len() + 1, params.width);
    let (basis, lanes) = permute(cs, params, inputs);
    lanes[0].lc(&basis)
}

/// Enforces `Poseidon(inputs) = output` with no row beyond the S-boxes: the first lane's last `x^5` is not a variable
/// but the expression that the output leaves for it.
pub fn hash_to(cs: &mut Builder, params: &Params, inputs: &[Lc], output: &Lc) {
    assert_eq!(inputs.len() + 1, params.width);
    let (mut basis, mut lanes) = initial(inputs);
    let last = params.rounds() - 1;
    for round in 0..last {
        one_round(cs, params, round, &mut basis, &mut lanes);
    }
    add_constants(params, last, &mut lanes);
    // output = sum_j mds[0][j] * y_j, y_j the S-box outputs of the last, full round.
    let row = &params.mds[0];
    let mut rest = output.clone();
    for (j, m) in row.iter().enumerate().skip(1) {
        let y = sbox(cs, &lanes[j].lc(&basis));
        rest.add_scaled(-*m, &y);
    }
    let forced = &rest * row[0].inverse().expect("an MDS matrix has no zero");
    let x = lanes[0].lc(&basis);
    let square = cs.product(&x, &x);
    let cube = cs.product(&square, &x);
    cs.enforce(&cube, &square, &forced);
}

fn permute(cs: &mut Builder, params: &Params, inputs: &[Lc]) -> (Vec<Lc>, Vec<Lane>) {
    let (mut basis, mut lanes) = initial(inputs);
    for round in 0..params.rounds() {
        one_round(cs, params, round, &mut basis, &mut lanes);
    }
    (basis, lanes)
}

fn initial(inputs: &[Lc]) -> (Vec<Lc>, Vec<Lane>) {
    let basis = inputs.to_vec();
    let mut lanes = vec![Lane { value: Fr::zero(), constant: Fr::zero(), coefficients: Vec::new() }];
    for (i, input) in inputs.iter().enumerate() {
        let mut coefficients = vec![Fr::zero(); i];
        coefficients.push(Fr::ONE);
        lanes.push(Lane { value: input.value(), constant: Fr::zero(), coefficients });
    }
    (basis, lanes)
}

fn add_constants(params: &Params, round: usize, lanes: &mut [Lane]) {
    for (lane, c) in lanes.iter_mut().zip(&params.ark[round]) {
        lane.value += c;
        lane.constant += c;
    }
}

fn one_round(cs: &mut Builder, params: &Params, round: usize, basis: &mut Vec<Lc>, lanes: &mut Vec<Lane>) {
    add_constants(params, round, lanes);
    let full = params.is_full(round);
    let boxed = if full { params.width } else { 1 };
    let mut fresh = if full { Vec::with_capacity(params.width) } else { std::mem::take(basis) };
    let view: &[Lc] = if full { basis } else { &fresh };
    let inputs: Vec<Lc> = lanes[..boxed].iter().map(|l| l.lc(view)).collect();
    for (lane, x) in lanes.iter_mut().zip(inputs) {
        let constant =
            x.terms().is_empty() && x.value() == x.constant_part() && round == 0 && lane.coefficients.is_empty();
        if constant {
            let y = x.value().square().square() * x.value();
            *lane = Lane { value: y, constant: y, coefficients: Vec::new() };
            continue;
        }
        let y = sbox(cs, &x);
        let mut coefficients = vec![Fr::zero(); fresh.len()];
        coefficients.push(Fr::ONE);
        *lane = Lane { value: y.value(), constant: Fr::zero(), coefficients };
        fresh.push(y);
    }
    *basis = fresh;
    *lanes = mix(cs, params, basis.len(), lanes);
}

fn mix(cs: &Builder, params: &Params, width: usize, lanes: &[Lane]) -> Vec<Lane> {
    params
        .mds
        .iter()
        .map(|row| {
            let mut out = Lane { value: Fr::zero(), constant: Fr::zero(), coefficients: Vec::new() };
            if cs.collects_shape() {
                out.coefficients = vec![Fr::zero(); width];
            }
            for (m, lane) in row.iter().zip(lanes) {
                out.value += *m * lane.value;
                if cs.collects_shape() {
                    out.constant += *m * lane.constant;
                    for (o, k) in out.coefficients.iter_mut().zip(&lane.coefficients) {
                        *o += *m * k;
                    }
                }
            }
            out
        })
        .collect()
}

/// `x^5`; 3 rows.
fn sbox(cs: &mut Builder, x: &Lc) -> Lc {
    let square = cs.product(x, x);
    let cube = cs.product(&square, x);
    cs.product(&cube, &square)
}

#[cfg(test)]
mod tests {
    use super::*;
    use honnin_circuits::poseidon::{self, T2, T3, T4, T17};

    fn inputs(cs: &mut Builder, n: usize) -> Vec<Lc> {
        (0..n).map(|i| cs.witness(Fr::from(100 + i as u64))).collect()
    }

    #[test]
    fn agrees_with_the_native_hash_and_keeps_its_row_count() {
        for (params, rows) in [(&*T2, 213), (&*T3, 240), (&*T4, 261), (&*T17, 576)] {
            for mut cs in [Builder::shape(), Builder::assign()] {
                let shape_mode = cs.collects_shape();
                let x = inputs(&mut cs, params.width - 1);
                let out = hash(&mut cs, params, &x);
                let mut state = vec![Fr::zero()];
                state.extend(x.iter().map(Lc::value));
                params.permute(&mut state);
                assert_eq!(out.value(), state[0]);
                if shape_mode {
                    // Tie the expression to its value: the matrices, not only the values, must be right.
                    let tie = cs.witness(state[0]);
                    cs.enforce(&out, &Lc::constant(Fr::ONE), &tie);
                    let (shape, z) = cs.into_shape();
                    assert_eq!(shape.constraints(), rows + 1);
                    assert_eq!(shape.unsatisfied(&z), None);
                }
            }
        }
    }

    #[test]
    fn hash_to_accepts_the_hash_alone() {
        for (delta, good) in [(0u64, true), (1, false)] {
            let mut cs = Builder::shape();
            let x = inputs(&mut cs, 2);
            let out = cs.witness(poseidon::hash2(x[0].value(), x[1].value()) + Fr::from(delta));
            hash_to(&mut cs, &T3, &x, &out);
            let (shape, z) = cs.into_shape();
            assert_eq!(shape.unsatisfied(&z).is_none(), good);
            assert_eq!(shape.constraints(), 240);
        }
    }
}
