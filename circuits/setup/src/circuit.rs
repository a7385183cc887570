//! A constraint system, and the `.r1cs` file that other tools read it from.

use std::collections::HashSet;

use ark_ff::{BigInteger, PrimeField};
use honnin_circuits::Fr;
use honnin_prover::r1cs::{Row, Shape};

use crate::{
    error::FormatError,
    points::limbs,
    sections::{Reader, Sections, compose},
};

/// Rows `(A z) (B z) = C z` over `z = (1, public, private)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// Public variables, the constant one not counted.
    pub public: usize,
    /// All variables, the constant one counted.
    pub variables: usize,
    /// A, B, C: a row a constraint, terms in the order of their variables.
    pub matrices: [Vec<Row>; 3],
}

impl From<&Shape> for Circuit {
    fn from(shape: &Shape) -> Self {
        Self { public: shape.inputs - 1, variables: shape.inputs + shape.witnesses, matrices: shape.matrices.clone() }
    }
}

impl Circuit {
    /// Number of rows.
    pub fn constraints(&self) -> usize {
        self.matrices[0].len()
    }

    /// log2 of the evaluation domain: a row a constraint and one for each public variable and the constant.
    pub fn power(&self) -> u32 {
        (self.constraints() + self.public + 1).next_power_of_two().trailing_zeros()
    }

    /// Size of the evaluation domain.
    pub fn domain(&self) -> usize {
        1 << self.power()
    }

    /// The `.r1cs` file: header, constraints, and labels that number the variables.
    pub fn to_r1cs(&self) -> Vec<u8> {
        let u32_of = |n: usize| (n as u32).to_le_bytes();
        let mut header = Vec::new();
        header.extend(32u32.to_le_bytes());
        header.extend(Fr::MODULUS.to_bytes_le());
        header.extend(u32_of(self.variables));
        header.extend(0u32.to_le_bytes()); // outputs
        header.extend(u32_of(self.public));
        header.extend(u32_of(self.variables - self.public - 1));
        header.extend((self.variables as u64).to_le_bytes());
        header.extend(u32_of(self.constraints()));

        let mut rows = Vec::new();
        for i in 0..self.constraints() {
            for matrix in &self.matrices {
                rows.extend(u32_of(matrix[i].len()));
                for (coefficient, variable) in &matrix[i] {
                    rows.extend(u32_of(*variable));
                    rows.extend(coefficient.into_bigint().to_bytes_le());
                }
            }
        }
        let labels = (0..self.variables as u64).flat_map(u64::to_le_bytes).collect();
        compose("r1cs", 1, &[(1, header), (2, rows), (3, labels)])
    }

    /// Reads a `.r1cs` file. Labels carry no meaning here and are not kept.
    pub fn from_r1cs(bytes: &[u8]) -> Result<Self, FormatError> {
        let sections = Sections::parse(bytes, "r1cs", 1)?;
        sections.only(&[1, 2, 3])?;
        let mut header = Reader::new(sections.get(1)?, "the constraint system's header");
        if header.u32()? != 32 || header.take(32)? != Fr::MODULUS.to_bytes_le() {
            return Err(FormatError::Curve);
        }
        let variables = header.u32()? as usize;
        let (outputs, public) = (header.u32()? as usize, header.u32()? as usize);
        let (_private, _labels) = (header.u32()?, header.u64()?);
        let constraints = header.u32()? as usize;
        header.end()?;
        let public = outputs + public;
        if variables <= public {
            return Err(FormatError::Range("the number of public variables"));
        }

        let mut rows = Reader::new(sections.get(2)?, "the constraints");
        // Three row lengths a constraint, 36 bytes a term: bounds what is allocated below.
        if constraints > rows.left() / 12 {
            return Err(FormatError::Truncated("the constraints"));
        }
        let mut matrices: [Vec<Row>; 3] = Default::default();
        for _ in 0..constraints {
            for matrix in &mut matrices {
                matrix.push(row(&mut rows, variables)?);
            }
        }
        rows.end()?;
        Ok(Self { public, variables, matrices })
    }
}

fn row(reader: &mut Reader<'_>, variables: usize) -> Result<Row, FormatError> {
    let terms = reader.u32()? as usize;
    if terms > reader.left() / 36 {
        return Err(FormatError::Truncated("the constraints"));
    }
    let mut seen = HashSet::with_capacity(terms);
    (0..terms)
        .map(|_| {
            let variable = reader.u32()? as usize;
            let coefficient =
                Fr::from_bigint(limbs(&reader.array()?)).ok_or(FormatError::NotCanonical("a coefficient"))?;
            if variable >= variables || !seen.insert(variable) {
                return Err(FormatError::Range("a term's variable"));
            }
            Ok((coefficient, variable))
        })
        .collect()
}

/// The `.wtns` file of a full assignment `(1, public, private)`. It holds every secret in the clear: for development
/// and for made-up people only.
pub fn wtns(assignment: &[Fr]) -> Vec<u8> {
    let mut header = Vec::new();
    header.extend(32u32.to_le_bytes());
    header.extend(Fr::MODULUS.to_bytes_le());
    header.extend((assignment.len() as u32).to_le_bytes());
    let values = assignment.iter().flat_map(|v| v.into_bigint().to_bytes_le()).collect();
    compose("wtns", 2, &[(1, header), (2, values)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use honnin_prover::circuit::shape;

    #[test]
    fn what_is_written_is_read() {
        let circuit = Circuit::from(shape());
        let bytes = circuit.to_r1cs();
        assert_eq!(Circuit::from_r1cs(&bytes), Ok(circuit));
    }

    #[test]
    fn cut_or_changed_files_are_refused() {
        let circuit = Circuit {
            public: 1,
            variables: 3,
            matrices: [vec![vec![(Fr::from(2u64), 1)]], vec![vec![(Fr::from(3u64), 2)]], vec![vec![]]],
        };
        let bytes = circuit.to_r1cs();
        for length in 0..bytes.len() {
            assert!(Circuit::from_r1cs(&bytes[..length]).is_err(), "{length}");
        }
        let change = |at: usize, to: u8| {
            let mut changed = bytes.clone();
            changed[at] = to;
            Circuit::from_r1cs(&changed)
        };
        assert_eq!(change(0, b'x'), Err(FormatError::Kind("r1cs")));
        assert_eq!(change(4, 2), Err(FormatError::Kind("r1cs")));
        assert_eq!(change(24 + 4, 0), Err(FormatError::Curve));
        // A term of variable 9, and a coefficient past the prime.
        let rows = 24 + 64 + 12;
        assert_eq!(change(rows + 4, 9), Err(FormatError::Range("a term's variable")));
        assert_eq!(change(rows + 8 + 31, 0xff), Err(FormatError::NotCanonical("a coefficient")));
    }
}
