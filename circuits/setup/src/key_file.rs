//! The parameters on their way through phase 2: iden3's `.zkey` file, transcript included.

use ark_bn254::{Fq, Fr, G1Affine, G2Affine};
use ark_ff::{BigInteger, PrimeField};

use crate::{
    derive::{Beacon, Hash, blake2b, hash_forms},
    error::{FormatError, KeyFileError},
    points::{Point, read_all, read_nonzero, write_all},
    ptau::{annotations, point},
    sections::{Reader, Sections, compose},
};

/// Contributions that a file may list.
const MOST_CONTRIBUTIONS: u32 = 4096;

/// Parameters of a circuit, with everything that happened to them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile {
    /// All variables, the constant one counted.
    pub variables: usize,
    /// Public variables, the constant one not counted.
    pub public: usize,
    /// Size of the evaluation domain.
    pub domain: usize,
    /// alpha.
    pub alpha_g1: G1Affine,
    /// beta.
    pub beta_g1: G1Affine,
    /// beta.
    pub beta_g2: G2Affine,
    /// gamma: the generator.
    pub gamma_g2: G2Affine,
    /// delta: the generator before the first contribution.
    pub delta_g1: G1Affine,
    /// delta.
    pub delta_g2: G2Affine,
    /// `beta A_i + alpha B_i + C_i` of the constant one and the public variables.
    pub ic: Vec<G1Affine>,
    /// Section 4: A and B as rows, for snarkjs' prover. Only ever compared.
    pub rows: Vec<u8>,
    /// A_i of every variable.
    pub a: Vec<G1Affine>,
    /// B_i of every variable.
    pub b1: Vec<G1Affine>,
    /// B_i of every variable.
    pub b2: Vec<G2Affine>,
    /// `(beta A_i + alpha B_i + C_i) / delta` of every private variable.
    pub l: Vec<G1Affine>,
    /// Lagrange points of the odd half of the doubled domain, over delta.
    pub h: Vec<G1Affine>,
    /// Hash over the parameters as they were before the first contribution.
    pub circuit_hash: Hash,
    /// Who took part.
    pub contributions: Vec<Contribution>,
}

/// One contribution of phase 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// delta after it.
    pub delta_after: G1Affine,
    /// A point without known logarithm.
    pub g1_s: G1Affine,
    /// The same times the secret.
    pub g1_sx: G1Affine,
    /// The point of `transcript` times the secret.
    pub g2_spx: G2Affine,
    /// Hash over circuit, all contributions before, and the two points above.
    pub transcript: Hash,
    /// A name, if given. Nothing binds it: contributors publish [`Contribution::hash`].
    pub name: Option<String>,
    /// Set when it claims to be a beacon.
    pub beacon: Option<Beacon>,
}

impl Contribution {
    /// For messages.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| if self.beacon.is_some() { "beacon" } else { "no name" }.into())
    }

    /// What later transcripts take in.
    pub(crate) fn hash_form(&self) -> Vec<u8> {
        let mut out = hash_forms(&[self.delta_after, self.g1_s, self.g1_sx]);
        out.extend(hash_forms(&[self.g2_spx]));
        out.extend(self.transcript);
        out
    }

    /// What a contributor publishes, so that anybody can see that the contribution is in the final file.
    pub fn hash(&self) -> Hash {
        blake2b(&[&self.hash_form()])
    }
}

impl KeyFile {
    /// The transcript up to now, to which the next contribution adds its two points.
    pub(crate) fn transcript(&self, contributions: usize) -> Vec<u8> {
        let mut out = self.circuit_hash.to_vec();
        self.contributions[..contributions].iter().for_each(|c| out.extend(c.hash_form()));
        out
    }

    /// Hash over circuit and all contributions: names the outcome.
    pub fn transcript_hash(&self) -> Hash {
        blake2b(&[&self.transcript(self.contributions.len())])
    }

    /// Takes a file apart. Checked: lengths, canonical coordinates, curve, subgroup, no identity but in the queries.
    pub fn read(bytes: &[u8]) -> Result<Self, KeyFileError> {
        let sections = Sections::parse(bytes, "zkey", 1)?;
        sections.only(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10])?;
        if sections.get(1)? != 1u32.to_le_bytes() {
            return Err(FormatError::Kind("Groth16 zkey").into());
        }
        let mut header = Reader::new(sections.get(2)?, "the header");
        for modulus in [Fq::MODULUS, Fr::MODULUS] {
            if header.u32()? != 32 || header.take(32)? != modulus.to_bytes_le() {
                return Err(FormatError::Curve.into());
            }
        }
        let (variables, public) = (header.u32()? as usize, header.u32()? as usize);
        let domain = header.u32()? as usize;
        if variables <= public || variables > 1 << 24 || !domain.is_power_of_two() || domain > 1 << 20 {
            return Err(FormatError::Range("the circuit's size").into());
        }
        let (alpha_g1, beta_g1) = (point(&mut header, 0)?, point(&mut header, 1)?);
        let (beta_g2, gamma_g2) = (point(&mut header, 2)?, point(&mut header, 3)?);
        let (delta_g1, delta_g2) = (point(&mut header, 4)?, point(&mut header, 5)?);
        header.end()?;

        let mut transcript = Reader::new(sections.get(10)?, "the contributions");
        let circuit_hash = transcript.array()?;
        let count = transcript.u32()?;
        if count > MOST_CONTRIBUTIONS {
            return Err(FormatError::Range("the number of contributions").into());
        }
        let contributions = (0..count as usize).map(|i| contribution(&mut transcript, i)).collect::<Result<_, _>>()?;
        transcript.end()?;

        Ok(Self {
            variables,
            public,
            domain,
            alpha_g1,
            beta_g1,
            beta_g2,
            gamma_g2,
            delta_g1,
            delta_g2,
            ic: read_all("IC", sections.sized(3, (public + 1) * 64)?)?,
            rows: sections.get(4)?.to_vec(),
            a: read_all("A", sections.sized(5, variables * 64)?)?,
            b1: read_all("B1", sections.sized(6, variables * 64)?)?,
            b2: read_all("B2", sections.sized(7, variables * 128)?)?,
            l: read_all("L", sections.sized(8, (variables - public - 1) * 64)?)?,
            h: read_nonzero("H", sections.sized(9, domain * 64)?)?,
            circuit_hash,
            contributions,
        })
    }

    /// The file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut header = Vec::new();
        for modulus in [Fq::MODULUS, Fr::MODULUS] {
            header.extend(32u32.to_le_bytes());
            header.extend(modulus.to_bytes_le());
        }
        for n in [self.variables, self.public, self.domain] {
            header.extend((n as u32).to_le_bytes());
        }
        self.alpha_g1.write(&mut header);
        self.beta_g1.write(&mut header);
        self.beta_g2.write(&mut header);
        self.gamma_g2.write(&mut header);
        self.delta_g1.write(&mut header);
        self.delta_g2.write(&mut header);

        let mut transcript = self.circuit_hash.to_vec();
        transcript.extend((self.contributions.len() as u32).to_le_bytes());
        self.contributions.iter().for_each(|c| write_contribution(c, &mut transcript));
        compose(
            "zkey",
            1,
            &[
                (1, 1u32.to_le_bytes().to_vec()),
                (2, header),
                (3, write_all(&self.ic)),
                (4, self.rows.clone()),
                (5, write_all(&self.a)),
                (6, write_all(&self.b1)),
                (7, write_all(&self.b2)),
                (8, write_all(&self.l)),
                (9, write_all(&self.h)),
                (10, transcript),
            ],
        )
    }
}

fn contribution(reader: &mut Reader<'_>, index: usize) -> Result<Contribution, FormatError> {
    let (delta_after, g1_s, g1_sx) = (point(reader, index)?, point(reader, index)?, point(reader, index)?);
    let g2_spx = point(reader, index)?;
    let transcript = reader.array()?;
    let (name, beacon) = annotations(reader)?;
    Ok(Contribution { delta_after, g1_s, g1_sx, g2_spx, transcript, name, beacon })
}

fn write_contribution(c: &Contribution, out: &mut Vec<u8>) {
    c.delta_after.write(out);
    c.g1_s.write(out);
    c.g1_sx.write(out);
    c.g2_spx.write(out);
    out.extend(c.transcript);
    out.extend(u32::from(c.beacon.is_some()).to_le_bytes());
    let mut parameters = Vec::new();
    if let Some(name) = &c.name {
        parameters.extend([1, name.len() as u8]);
        parameters.extend(name.as_bytes());
    }
    if let Some(beacon) = &c.beacon {
        parameters.extend([2, beacon.exponent, 3, beacon.value.len() as u8]);
        parameters.extend(&beacon.value);
    }
    out.extend((parameters.len() as u32).to_le_bytes());
    out.extend(parameters);
}
