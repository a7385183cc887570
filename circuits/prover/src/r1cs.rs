//! A small R1CS builder. The same gadget code runs in two modes: `Shape` collects the matrices once a process,
//! `Assign` computes only the assignment, which is all a proof needs.

use std::ops::{Add, Mul, Neg, Sub};

use ark_ff::{Field, One, Zero};
use honnin_circuits::{Fr, encoding::fr_to_bytes};
use sha2::{Digest, Sha256};

use crate::orient::orient;

/// Sparse row: (coefficient, variable index).
pub type Row = Vec<(Fr, usize)>;

/// A linear combination with its value. In `Assign` mode the terms stay empty.
#[derive(Clone, Debug)]
pub struct Lc {
    terms: Row,
    constant: Fr,
    value: Fr,
}

impl Lc {
    /// The constant zero.
    pub fn zero() -> Self {
        Self::constant(Fr::zero())
    }

    /// A constant.
    pub fn constant(c: Fr) -> Self {
        Self { terms: Vec::new(), constant: c, value: c }
    }

    /// Value under the assignment in hand.
    pub fn value(&self) -> Fr {
        self.value
    }

    /// Its variables; empty for a constant, and in `Assign` mode.
    pub(crate) fn terms(&self) -> &[(Fr, usize)] {
        &self.terms
    }

    pub(crate) fn constant_part(&self) -> Fr {
        self.constant
    }

    /// From parts; the caller vouches that the value belongs to the terms.
    pub(crate) fn from_parts(terms: Row, constant: Fr, value: Fr) -> Self {
        Self { terms, constant, value }
    }

    fn row(&self) -> Row {
        let mut row: Row = Vec::with_capacity(self.terms.len() + 1);
        let mut terms = self.terms.clone();
        if !self.constant.is_zero() {
            terms.push((self.constant, 0));
        }
        terms.sort_by_key(|t| t.1);
        for (c, v) in terms {
            match row.last_mut() {
                Some(last) if last.1 == v => last.0 += c,
                _ => row.push((c, v)),
            }
        }
        row.retain(|t| !t.0.is_zero());
        row
    }

    /// `self += k * other`.
    pub fn add_scaled(&mut self, k: Fr, other: &Lc) {
        self.terms.extend(other.terms.iter().map(|(c, v)| (*c * k, *v)));
        self.constant += other.constant * k;
        self.value += other.value * k;
    }
}

impl Add<&Lc> for &Lc {
    type Output = Lc;
    fn add(self, rhs: &Lc) -> Lc {
        let mut out = self.clone();
        out.add_scaled(Fr::ONE, rhs);
        out
    }
}

impl Sub<&Lc> for &Lc {
    type Output = Lc;
    fn sub(self, rhs: &Lc) -> Lc {
        let mut out = self.clone();
        out.add_scaled(-Fr::ONE, rhs);
        out
    }
}

impl Mul<Fr> for &Lc {
    type Output = Lc;
    fn mul(self, k: Fr) -> Lc {
        let mut out = Lc::zero();
        out.add_scaled(k, self);
        out
    }
}

impl Neg for &Lc {
    type Output = Lc;
    fn neg(self) -> Lc {
        self * -Fr::ONE
    }
}

impl Add<Fr> for &Lc {
    type Output = Lc;
    fn add(self, c: Fr) -> Lc {
        self + &Lc::constant(c)
    }
}

/// The constraint system's matrices and the groups that its rows belong to.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Instance variables, the constant one included.
    pub inputs: usize,
    /// Witness variables.
    pub witnesses: usize,
    /// A, B and C, a row a constraint.
    pub matrices: [Vec<Row>; 3],
    /// `(name, rows)` in order.
    pub groups: Vec<(&'static str, usize)>,
}

impl Shape {
    /// Number of constraints.
    pub fn constraints(&self) -> usize {
        self.matrices[0].len()
    }

    /// Size of the evaluation domain: constraints plus instance variables, to the next power of two.
    pub fn domain(&self) -> usize {
        (self.constraints() + self.inputs).next_power_of_two()
    }

    /// The first constraint that an assignment does not satisfy.
    pub fn unsatisfied(&self, z: &[Fr]) -> Option<usize> {
        let dot = |row: &Row| row.iter().map(|(c, v)| *c * z[*v]).sum::<Fr>();
        let [a, b, c] = &self.matrices;
        (0..self.constraints()).find(|&i| dot(&a[i]) * dot(&b[i]) != dot(&c[i]))
    }

    /// SHA-256 of counts and matrices: a name for the constraint system. Numbers are 8 bytes little endian,
    /// coefficients 32.
    pub fn sha256(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        for count in [self.inputs, self.witnesses, self.constraints()] {
            hash.update((count as u64).to_le_bytes());
        }
        for row in self.matrices.iter().flatten() {
            hash.update((row.len() as u64).to_le_bytes());
            for (coefficient, variable) in row {
                hash.update((*variable as u64).to_le_bytes());
                hash.update(fr_to_bytes(coefficient));
            }
        }
        hash.finalize().into()
    }

    /// Group of a constraint.
    pub fn group_of(&self, constraint: usize) -> &'static str {
        let mut end = 0;
        for (name, rows) in &self.groups {
            end += rows;
            if constraint < end {
                return name;
            }
        }
        "none"
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Shape,
    Assign,
}

/// Collects variables and constraints.
pub struct Builder {
    mode: Mode,
    z: Vec<Fr>,
    inputs: usize,
    matrices: [Vec<Row>; 3],
    groups: Vec<(&'static str, usize)>,
    rows: usize,
    /// Variables that a row of their own makes bits; kept in `Shape` mode.
    booleans: Vec<usize>,
}

impl Builder {
    /// Collects the matrices as well as the assignment.
    pub fn shape() -> Self {
        Self::with(Mode::Shape)
    }

    /// Computes the assignment alone.
    pub fn assign() -> Self {
        Self::with(Mode::Assign)
    }

    fn with(mode: Mode) -> Self {
        Self {
            mode,
            z: vec![Fr::one()],
            inputs: 1,
            matrices: Default::default(),
            groups: Vec::new(),
            rows: 0,
            booleans: Vec::new(),
        }
    }

    /// Whether the matrices are being collected.
    pub fn collects_shape(&self) -> bool {
        self.mode == Mode::Shape
    }

    fn variable(&mut self, value: Fr) -> Lc {
        let index = self.z.len();
        self.z.push(value);
        let terms = if self.collects_shape() { vec![(Fr::ONE, index)] } else { Vec::new() };
        Lc { terms, constant: Fr::zero(), value }
    }

    /// A public input; all come before the first witness.
    pub fn input(&mut self, value: Fr) -> Lc {
        assert_eq!(self.inputs, self.z.len(), "public inputs come first");
        self.inputs += 1;
        self.variable(value)
    }

    /// A witness variable.
    pub fn witness(&mut self, value: Fr) -> Lc {
        self.variable(value)
    }

    /// `a * b = c`.
    pub fn enforce(&mut self, a: &Lc, b: &Lc, c: &Lc) {
        self.rows += 1;
        if self.collects_shape() {
            for (matrix, lc) in self.matrices.iter_mut().zip([a, b, c]) {
                matrix.push(lc.row());
            }
        }
    }

    /// A new witness equal to `a * b`.
    pub fn product(&mut self, a: &Lc, b: &Lc) -> Lc {
        let out = self.witness(a.value * b.value);
        self.enforce(a, b, &out);
        out
    }

    /// `lc` is zero or one.
    pub fn enforce_boolean(&mut self, lc: &Lc) {
        if let [(_, variable)] = lc.terms() {
            self.booleans.push(*variable);
        }
        self.enforce(lc, &(lc + -Fr::ONE), &Lc::zero());
    }

    /// A new boolean witness.
    pub fn boolean(&mut self, bit: bool) -> Lc {
        let out = self.witness(Fr::from(bit));
        self.enforce_boolean(&out);
        out
    }

    /// `condition` is not zero: an inverse exists.
    pub fn enforce_nonzero(&mut self, lc: &Lc) {
        let inverse = self.witness(lc.value.inverse().unwrap_or_default());
        self.enforce(lc, &inverse, &Lc::constant(Fr::ONE));
    }

    /// Runs a gadget and books its rows under a name.
    pub fn group<T>(&mut self, name: &'static str, f: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.rows;
        let out = f(self);
        self.groups.push((name, self.rows - before));
        out
    }

    /// The full assignment: one, inputs, witnesses.
    pub fn into_assignment(self) -> Vec<Fr> {
        self.z
    }

    /// The shape and the assignment it was collected under. Rows are turned to the prover's advantage, see
    /// [`crate::orient`].
    pub fn into_shape(self) -> (Shape, Vec<Fr>) {
        assert!(self.collects_shape());
        let mut boolean = vec![false; self.z.len()];
        for v in self.booleans {
            boolean[v] = true;
        }
        let [mut a, mut b, c] = self.matrices;
        orient(&mut a, &mut b, &boolean);
        let shape = Shape {
            inputs: self.inputs,
            witnesses: self.z.len() - self.inputs,
            matrices: [a, b, c],
            groups: self.groups,
        };
        (shape, self.z)
    }
}
