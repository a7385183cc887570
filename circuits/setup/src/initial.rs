//! Parameters before the first contribution: a pure function of circuit and powers of tau, so that anybody gets the
//! same ones. gamma and delta are the generators.

use ark_bn254::{Fr, G1Affine, G2Affine};
use ark_ec::{
    AffineRepr, CurveGroup, VariableBaseMSM,
    short_weierstrass::{Affine, Projective, SWCurveConfig},
};
use ark_ff::{BigInteger, Field, One, PrimeField, Zero};
use rand_chacha::rand_core::CryptoRngCore;
use rayon::prelude::*;

use crate::{
    circuit::Circuit,
    derive::{Hash, blake2b, hash_forms},
    error::{KeyFileError, PtauError, SetupError},
    key_file::KeyFile,
    pairing::{coefficients, sum},
    ptau::Ptau,
};

/// Terms from which a multi-scalar multiplication beats adding one by one.
const MANY: usize = 8;

/// Points at which a circuit's columns are evaluated: L_j(tau) of its own domain.
struct Bases<'a> {
    tau_g1: &'a [G1Affine],
    tau_g2: &'a [G2Affine],
    alpha_g1: &'a [G1Affine],
    beta_g1: &'a [G1Affine],
    /// Of the doubled domain.
    doubled: &'a [G1Affine],
}

impl<'a> Bases<'a> {
    fn of(circuit: &Circuit, ptau: &'a Ptau) -> Result<Self, PtauError> {
        let need = circuit.power();
        if need > ptau.power {
            return Err(PtauError::TooSmall { have: ptau.power, need });
        }
        let lagrange = ptau.lagrange.as_ref().ok_or(PtauError::NotPrepared)?;
        let domain = circuit.domain();
        let own = domain - 1..2 * domain - 1;
        Ok(Self {
            tau_g1: &lagrange.tau_g1[own.clone()],
            tau_g2: &lagrange.tau_g2[own.clone()],
            alpha_g1: &lagrange.alpha_tau_g1[own.clone()],
            beta_g1: &lagrange.beta_tau_g1[own],
            doubled: &lagrange.tau_g1[2 * domain - 1..4 * domain - 1],
        })
    }
}

/// Sum of coefficient times point; most coefficients are small or the negative of something small.
fn combine<'a, C: SWCurveConfig<ScalarField = Fr>>(terms: impl Iterator<Item = (Fr, &'a Affine<C>)>) -> Projective<C> {
    let (mut scalars, mut points) = (Vec::new(), Vec::new());
    let mut out = Projective::<C>::zero();
    for (c, p) in terms {
        let (positive, negative) = (c.into_bigint(), (-c).into_bigint());
        let (size, point) = if negative < positive { (negative, -*p) } else { (positive, *p) };
        if size.num_bits() == 1 {
            out += point;
        } else if size.num_bits() <= 32 {
            out += point.mul_bigint(size);
        } else {
            scalars.push(c);
            points.push(*p);
        }
    }
    if scalars.len() >= MANY {
        out += Projective::<C>::msm(&points, &scalars).expect("equal lengths");
    } else {
        out += points.iter().zip(&scalars).map(|(p, c)| p.into_group() * *c).sum::<Projective<C>>();
    }
    out
}

/// Rows as columns: for each variable its (coefficient, row).
fn columns(circuit: &Circuit, matrix: usize) -> Vec<Vec<(Fr, usize)>> {
    let mut out = vec![Vec::new(); circuit.variables];
    for (row, terms) in circuit.matrices[matrix].iter().enumerate() {
        for (coefficient, variable) in terms {
            out[*variable].push((*coefficient, row));
        }
    }
    if matrix == 0 {
        // A row of its own for the constant one and each public variable: what binds inputs that stand in no constraint.
        for (variable, column) in out.iter_mut().enumerate().take(circuit.public + 1) {
            column.push((Fr::one(), circuit.constraints() + variable));
        }
    }
    out
}

fn at<'a, C: SWCurveConfig<ScalarField = Fr>>(
    column: &'a [(Fr, usize)],
    points: &'a [Affine<C>],
) -> impl Iterator<Item = (Fr, &'a Affine<C>)> {
    column.iter().map(|(c, row)| (*c, &points[*row]))
}

fn each<C: SWCurveConfig<ScalarField = Fr>>(columns: &[Vec<(Fr, usize)>], points: &[Affine<C>]) -> Vec<Affine<C>> {
    let sums: Vec<_> = columns.par_iter().map(|column| combine(at(column, points))).collect();
    Projective::normalize_batch(&sums)
}

/// Whether each point is its column's combination: for random r, `sum r_v P_v = sum_row (sum_v r_v m_row,v) L_row`.
fn belong<C: SWCurveConfig<ScalarField = Fr>>(
    claimed: &[Affine<C>],
    columns: &[Vec<(Fr, usize)>],
    points: &[Affine<C>],
    rng: &mut dyn CryptoRngCore,
) -> bool {
    if claimed.len() != columns.len() {
        return false;
    }
    let r = coefficients(claimed.len(), rng);
    let mut rows = vec![Fr::zero(); points.len()];
    for (column, r) in columns.iter().zip(&r) {
        column.iter().for_each(|(c, row)| rows[*row] += *c * r);
    }
    sum(claimed, &r) == sum(points, &rows)
}

impl KeyFile {
    /// From a verified, prepared powers-of-tau file. Fails when the file is too small or not prepared.
    pub fn initial(circuit: &Circuit, ptau: &Ptau) -> Result<Self, PtauError> {
        let bases = Bases::of(circuit, ptau)?;
        let [a, b, c] = [columns(circuit, 0), columns(circuit, 1), columns(circuit, 2)];
        let queries = (each(&a, bases.tau_g1), each(&b, bases.tau_g1), each(&b, bases.tau_g2));
        Ok(Self::assemble(circuit, ptau, &bases, [&a, &b, &c], queries))
    }

    /// The same, to compare a key with. A and B, which no contribution changes, are taken from the key once a random
    /// combination has shown that they are right: half the work, most of it in G2.
    pub(crate) fn initial_of(
        claimed: &KeyFile,
        circuit: &Circuit,
        ptau: &Ptau,
        rng: &mut dyn CryptoRngCore,
    ) -> Result<Self, SetupError> {
        let bases = Bases::of(circuit, ptau)?;
        let [a, b, c] = [columns(circuit, 0), columns(circuit, 1), columns(circuit, 2)];
        let right = [
            ("A", belong(&claimed.a, &a, bases.tau_g1, rng)),
            ("B in G1", belong(&claimed.b1, &b, bases.tau_g1, rng)),
            ("B in G2", belong(&claimed.b2, &b, bases.tau_g2, rng)),
        ];
        if let Some((name, _)) = right.iter().find(|(_, right)| !right) {
            return Err(KeyFileError::NotFromCircuit(name).into());
        }
        let queries = (claimed.a.clone(), claimed.b1.clone(), claimed.b2.clone());
        Ok(Self::assemble(circuit, ptau, &bases, [&a, &b, &c], queries))
    }

    fn assemble(
        circuit: &Circuit,
        ptau: &Ptau,
        bases: &Bases<'_>,
        [a, b, c]: [&[Vec<(Fr, usize)>]; 3],
        (a_query, b1_query, b2_query): (Vec<G1Affine>, Vec<G1Affine>, Vec<G2Affine>),
    ) -> Self {
        let mixed: Vec<_> = (0..circuit.variables)
            .into_par_iter()
            .map(|v| combine(at(&a[v], bases.beta_g1).chain(at(&b[v], bases.alpha_g1)).chain(at(&c[v], bases.tau_g1))))
            .collect();
        let mut ic = Projective::normalize_batch(&mixed);
        let l = ic.split_off(circuit.public + 1);
        let mut key = Self {
            variables: circuit.variables,
            public: circuit.public,
            domain: circuit.domain(),
            alpha_g1: ptau.alpha_tau_g1[0],
            beta_g1: ptau.beta_tau_g1[0],
            beta_g2: ptau.beta_g2,
            gamma_g2: G2Affine::generator(),
            delta_g1: G1Affine::generator(),
            delta_g2: G2Affine::generator(),
            ic,
            rows: rows(circuit),
            a: a_query,
            b1: b1_query,
            b2: b2_query,
            l,
            h: bases.doubled.iter().skip(1).step_by(2).copied().collect(),
            circuit_hash: [0; 64],
            contributions: Vec::new(),
        };
        key.circuit_hash = circuit_hash(&key, &ptau.tau_g1);
        key
    }
}

/// Hash over the initial parameters. In place of H, the points `tau^(i + n) - tau^i` from which H follows.
fn circuit_hash(key: &KeyFile, tau_g1: &[G1Affine]) -> Hash {
    let n = key.domain;
    let differences: Vec<_> =
        tau_g1[n..2 * n - 1].iter().zip(tau_g1).map(|(high, low)| high.into_group() - low.into_group()).collect();
    let differences = Projective::normalize_batch(&differences);
    let count = |n: usize| (n as u32).to_be_bytes();
    blake2b(&[
        &hash_forms(&[key.alpha_g1, key.beta_g1]),
        &hash_forms(&[key.beta_g2, key.gamma_g2]),
        &hash_forms(&[key.delta_g1]),
        &hash_forms(&[key.delta_g2]),
        &count(key.ic.len()),
        &hash_forms(&key.ic),
        &count(differences.len()),
        &hash_forms(&differences),
        &count(key.l.len()),
        &hash_forms(&key.l),
        &count(key.a.len()),
        &hash_forms(&key.a),
        &count(key.b1.len()),
        &hash_forms(&key.b1),
        &count(key.b2.len()),
        &hash_forms(&key.b2),
    ])
}

/// A and B for snarkjs' prover: (matrix, row, variable, coefficient times 2^512).
fn rows(circuit: &Circuit) -> Vec<u8> {
    let r2 = Fr::from(2u64).pow([512]);
    let mut out = vec![0; 4];
    let mut count = 0u32;
    let mut push = |matrix: u32, row: usize, variable: usize, coefficient: Fr| {
        count += 1;
        out.extend(matrix.to_le_bytes());
        out.extend((row as u32).to_le_bytes());
        out.extend((variable as u32).to_le_bytes());
        out.extend((coefficient * r2).into_bigint().to_bytes_le());
    };
    for row in 0..circuit.constraints() {
        for matrix in 0..2 {
            for (coefficient, variable) in &circuit.matrices[matrix as usize][row] {
                push(matrix, row, *variable, *coefficient);
            }
        }
    }
    for variable in 0..=circuit.public {
        push(0, circuit.constraints() + variable, variable, Fr::one());
    }
    out[..4].copy_from_slice(&count.to_le_bytes());
    out
}
