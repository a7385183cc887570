//! In which directions can a witness be moved at an assignment while all rows hold to first order? The kernel of the
//! Jacobian in the witness variables says. It is not empty: attributes that the statement does not speak of meet the
//! rest through one equation, the signed hash, so all of them but one have a direction (to walk in it is to find
//! another preimage of Poseidon). Nothing else may move. No proof of soundness, but a forgotten row shows.

use std::collections::{BTreeMap, BTreeSet};

use ark_ff::{Field, Zero};
use honnin_circuits::{Fr, predicate::Op, schema::Slot, statement::Statement};
use honnin_prover::{circuit::shape, r1cs::Shape};

use crate::support::{Case, cases, dot};

/// Rows of the Jacobian: `a_i B_i + b_i A_i - C_i` over the witness variables, zeros left out.
fn jacobian(shape: &Shape, z: &[Fr]) -> Vec<Vec<(usize, Fr)>> {
    let [a, b, c] = &shape.matrices;
    (0..shape.constraints())
        .map(|i| {
            let (a_value, b_value) = (dot(&a[i], z), dot(&b[i], z));
            let mut row = BTreeMap::<usize, Fr>::new();
            let sides = [(&a[i], b_value), (&b[i], a_value), (&c[i], -Fr::ONE)];
            for (terms, factor) in sides {
                for (k, v) in terms.iter().filter(|(_, v)| *v >= shape.inputs) {
                    *row.entry(*v).or_default() += *k * factor;
                }
            }
            row.into_iter().filter(|(_, k)| !k.is_zero()).collect()
        })
        .collect()
}

/// Dimension of the kernel. Each variable is expressed in a few parameters: a row with one variable left gives that
/// variable; where there is none, the lowest variable becomes a parameter; a row with none left is a condition on the
/// parameters. Exact elimination, in an order that suits rows that are nearly triangular.
fn kernel_dimension(rows: &[Vec<(usize, Fr)>], from: usize, to: usize) -> usize {
    let mut rows_of = vec![Vec::new(); to];
    for (i, row) in rows.iter().enumerate() {
        for (v, _) in row {
            rows_of[*v].push(i);
        }
    }
    let mut known: Vec<Option<Vec<Fr>>> = vec![None; to];
    let mut left: Vec<usize> = rows.iter().map(Vec::len).collect();
    let mut ready: Vec<usize> = (0..rows.len()).filter(|i| left[*i] == 1).collect();
    let (mut parameters, mut lowest) = (0, from);
    let mut used = vec![false; rows.len()];
    let combine = |row: &[(usize, Fr)], known: &[Option<Vec<Fr>>]| {
        let mut sum = Vec::new();
        for (v, k) in row {
            for (i, x) in known[*v].iter().flatten().enumerate() {
                if sum.len() <= i {
                    sum.resize(i + 1, Fr::zero());
                }
                sum[i] += *k * x;
            }
        }
        sum
    };
    loop {
        let (v, value) = if let Some(i) = ready.pop() {
            let Some((v, k)) = rows[i].iter().find(|(v, _)| known[*v].is_none()) else { continue };
            used[i] = true;
            let factor = -k.inverse().expect("zeros are left out");
            (*v, combine(&rows[i], &known).into_iter().map(|x| x * factor).collect())
        } else {
            while lowest < to && known[lowest].is_some() {
                lowest += 1;
            }
            if lowest == to {
                break;
            }
            parameters += 1;
            let mut unit = vec![Fr::zero(); parameters];
            unit[parameters - 1] = Fr::ONE;
            (lowest, unit)
        };
        known[v] = Some(value);
        for &i in &rows_of[v] {
            left[i] -= 1;
            if left[i] == 1 {
                ready.push(i);
            }
        }
    }
    // Rows that gave no variable are conditions; the parameters they leave are the kernel.
    let mut conditions: Vec<Vec<Fr>> = Vec::new();
    for (i, row) in rows.iter().enumerate().filter(|(i, _)| !used[*i]) {
        assert_eq!(left[i], 0);
        let mut condition = combine(row, &known);
        condition.resize(parameters, Fr::zero());
        for kept in &conditions {
            let pivot = kept.iter().position(|x| !x.is_zero()).expect("no kept condition is empty");
            let factor = condition[pivot] * kept[pivot].inverse().expect("a pivot");
            for (x, y) in condition.iter_mut().zip(kept) {
                *x -= factor * y;
            }
        }
        if condition.iter().any(|x| !x.is_zero()) {
            conditions.push(condition);
        }
    }
    parameters - conditions.len()
}

/// 15 attributes that are variables, without those that the statement fixes and the one that the signed hash takes.
fn expected_dimension(statement: &Statement) -> usize {
    let asked = statement.predicates.as_array().iter().filter(|p| p.op() != Op::None).map(|p| p.slot().index());
    let fixed: BTreeSet<usize> = asked.chain([Slot::Expiry.index(), Slot::Holder.index()]).collect();
    16 - fixed.len() - 1
}

#[test]
fn attributes_left_out_alone_can_be_moved() {
    let shape = shape();
    for Case { name, statement, z } in cases(6) {
        let rows = jacobian(shape, &z);
        assert_eq!(kernel_dimension(&rows, shape.inputs, z.len()), expected_dimension(&statement), "{name}");
    }
}

/// The measure sees a missing row: without it exactly one direction more opens, unless other rows say the same.
#[test]
fn a_forgotten_row_shows() {
    let shape = shape();
    let Case { statement, z, .. } = cases(0).remove(1);
    let expected = expected_dimension(&statement);
    let rows = jacobian(shape, &z);
    let mut silent = BTreeMap::<&str, usize>::new();
    let mut tried = 0;
    for i in (0..rows.len()).step_by(17) {
        let mut fewer = rows.clone();
        fewer[i].clear();
        let dimension = kernel_dimension(&fewer, shape.inputs, z.len());
        assert!(dimension == expected || dimension == expected + 1, "row {i}: {dimension}");
        tried += 1;
        if dimension == expected {
            *silent.entry(shape.group_of(i)).or_default() += 1;
        }
    }
    println!("{tried} rows left out, those that do not show: {silent:?}");
    // There a value has two decompositions, or is public: one bit's missing row is made good by the rest to first order.
    silent.retain(|group, _| !["predicates", "selector bits"].contains(group));
    assert_eq!(silent, BTreeMap::new());
}
