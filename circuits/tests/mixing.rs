//! The mixing matrices of the four Poseidon widths: MDS, and without subspace trails through the partial rounds.
//!
//! In a partial round the S-box acts on lane 0 alone. A subspace U goes through unharmed when the S-box is inactive on it
//! (lane 0 is zero all over U) or when U holds the whole lane (`e0`). A trail of period l is a U with `M^l U = U` that
//! meets one or the other in each round. Where some round is active, U holds a `M^-i e0` and with it all of
//! `(M^l)^k M^-i e0`: if these span everything for `e0`, U is everything. Where none is, U lies in all of
//! `{x : (M^k x)_0 = 0}`: if their only common point is 0, U is 0. (After Grassi, Rechberger, Schofnegger: Proving
//! resistance against infinitely long subspace trails, 2021; periods are tried up to 4 t as their script does.)

use std::collections::BTreeSet;

use ark_ff::{Field, One, Zero};
use honnin_circuits::{
    Fr,
    poseidon::{Params, T2, T3, T4, T17},
};

type Matrix = Vec<Vec<Fr>>;

fn widths() -> [&'static Params; 4] {
    [&T2, &T3, &T4, &T17]
}

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let n = a.len();
    (0..n).map(|i| (0..n).map(|j| (0..n).map(|k| a[i][k] * b[k][j]).sum()).collect()).collect()
}

fn rank(mut rows: Matrix) -> usize {
    let (mut rank, columns) = (0, rows[0].len());
    for column in 0..columns {
        let Some(pivot) = (rank..rows.len()).find(|i| !rows[*i][column].is_zero()) else { continue };
        rows.swap(rank, pivot);
        let inverse = rows[rank][column].inverse().unwrap();
        let head = rows[rank].clone();
        for row in &mut rows[rank + 1..] {
            let factor = row[column] * inverse;
            for (x, y) in row.iter_mut().zip(&head) {
                *x -= factor * y;
            }
        }
        rank += 1;
    }
    rank
}

/// Rank of `v, M v, M^2 v, …`.
fn krylov(m: &Matrix, v: &[Fr]) -> usize {
    let mut all = vec![v.to_vec()];
    while all.len() < m.len() {
        let last = all.last().unwrap();
        all.push(m.iter().map(|row| row.iter().zip(last).map(|(a, b)| *a * b).sum()).collect());
    }
    rank(all)
}

fn unit(n: usize) -> Vec<Fr> {
    (0..n).map(|i| if i == 0 { Fr::one() } else { Fr::zero() }).collect()
}

fn transposed(m: &Matrix) -> Matrix {
    (0..m.len()).map(|i| m.iter().map(|row| row[i]).collect()).collect()
}

/// `m[i][j] = 1 / (x_i + y_j)` with all x and all y apart: every minor of such a matrix is invertible.
#[test]
fn the_matrices_are_cauchy() {
    for params in widths() {
        let inverse = |i: usize, j: usize| params.mds[i][j].inverse().expect("no zero in an MDS matrix");
        let n = params.width;
        let x: BTreeSet<Fr> = (0..n).map(|i| inverse(i, 0) - inverse(0, 0)).collect();
        let y: BTreeSet<Fr> = (0..n).map(|j| inverse(0, j)).collect();
        assert_eq!((x.len(), y.len()), (n, n));
        for i in 0..n {
            for j in 0..n {
                assert_eq!(inverse(i, j) - inverse(0, j), inverse(i, 0) - inverse(0, 0), "width {n}: {i}, {j}");
            }
        }
    }
}

#[test]
fn no_trail_without_an_active_s_box() {
    for params in widths() {
        assert_eq!(krylov(&transposed(&params.mds), &unit(params.width)), params.width, "width {}", params.width);
    }
}

#[test]
fn no_trail_with_an_active_s_box_up_to_period_4t() {
    for params in widths() {
        let mut power = params.mds.clone();
        for period in 1..=4 * params.width {
            assert_eq!(krylov(&power, &unit(params.width)), params.width, "width {}: {period}", params.width);
            power = product(&power, &params.mds);
        }
    }
}

/// Matrices that do have trails are found out.
#[test]
fn weak_matrices_fail_the_checks() {
    let (zero, one, two) = (Fr::zero(), Fr::one(), Fr::from(2u64));
    // Lane 2 never meets lane 0.
    let apart = vec![vec![one, two, zero], vec![two, one, zero], vec![zero, zero, one]];
    assert_eq!(krylov(&transposed(&apart), &unit(3)), 2);
    assert_eq!(krylov(&apart, &unit(3)), 2);
    // A turn of the lanes: nothing for three rounds, then back where it was.
    let turn = vec![vec![zero, zero, one], vec![one, zero, zero], vec![zero, one, zero]];
    assert_eq!(krylov(&turn, &unit(3)), 3);
    assert_eq!(krylov(&product(&turn, &product(&turn, &turn)), &unit(3)), 1);
}
