//! The powers-of-tau file (`.ptau`): phase 1, which serves every circuit up to a size. Here it is taken apart; what it
//! must satisfy is in `ptau_verify`.

use ark_bn254::{Fq, G1Affine, G2Affine};
use ark_ff::{BigInteger, PrimeField};

use crate::{
    derive::{Beacon, Hash},
    error::{FormatError, PtauError},
    points::{Point, read_nonzero, write_all},
    sections::{Reader, Sections, compose},
};

/// Largest power read: 2^20 rows, some 1.2 GB with Lagrange points.
pub const MOST_POWER: u32 = 20;
/// Contributions that a file may list.
const MOST_CONTRIBUTIONS: u32 = 4096;
/// Sections of Lagrange points, in the order tau in G1, tau in G2, alpha tau, beta tau.
const LAGRANGE: [u32; 4] = [12, 13, 14, 15];

/// A file taken apart: every point on its curve and in its subgroup, none the identity where powers stand.
pub struct Ptau {
    /// log2 of the largest domain it serves.
    pub power: u32,
    /// The power of the ceremony, which may have been larger than the file's.
    pub ceremony_power: u32,
    /// tau^i in G1, `2^(power + 1) - 1` of them.
    pub tau_g1: Vec<G1Affine>,
    /// tau^i in G2, `2^power`.
    pub tau_g2: Vec<G2Affine>,
    /// alpha tau^i, `2^power`.
    pub alpha_tau_g1: Vec<G1Affine>,
    /// beta tau^i, `2^power`.
    pub beta_tau_g1: Vec<G1Affine>,
    /// beta in G2.
    pub beta_g2: G2Affine,
    /// Who took part.
    pub contributions: Vec<PtauContribution>,
    /// Lagrange points, when the file is prepared.
    pub lagrange: Option<Lagrange>,
}

/// Lagrange points of every domain, concatenated: that of size 2^p starts at `2^p - 1`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lagrange {
    /// Up to domain 2^(power + 1).
    pub tau_g1: Vec<G1Affine>,
    /// Up to 2^power.
    pub tau_g2: Vec<G2Affine>,
    /// Up to 2^power.
    pub alpha_tau_g1: Vec<G1Affine>,
    /// Up to 2^power.
    pub beta_tau_g1: Vec<G1Affine>,
}

/// One secret's key: `s`, `x s` in G1 and `x` times the G2 point of their hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnowledgeKey {
    /// A point without known logarithm.
    pub g1_s: G1Affine,
    /// The same times the secret.
    pub g1_sx: G1Affine,
    /// The hash's point times the secret.
    pub g2_spx: G2Affine,
}

/// One contribution of phase 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PtauContribution {
    /// First powers after it.
    pub tau_g1: G1Affine,
    /// In G2.
    pub tau_g2: G2Affine,
    /// alpha after it.
    pub alpha_g1: G1Affine,
    /// beta after it.
    pub beta_g1: G1Affine,
    /// In G2.
    pub beta_g2: G2Affine,
    /// Keys of tau, alpha and beta.
    pub keys: [KnowledgeKey; 3],
    /// Hash of response and points: what the next contributor starts from.
    pub next_challenge: Hash,
    /// A name, if given.
    pub name: Option<String>,
    /// Set when it claims to be a beacon.
    pub beacon: Option<Beacon>,
}

impl PtauContribution {
    /// For messages.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| "no name".into())
    }

    /// Keys as hashes take them.
    pub(crate) fn keys_hash_form(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(6 * 64 + 3 * 128);
        for key in &self.keys {
            key.g1_s.hash_form(&mut out);
            key.g1_sx.hash_form(&mut out);
        }
        self.keys.iter().for_each(|key| key.g2_spx.hash_form(&mut out));
        out
    }
}

impl Ptau {
    /// Takes a file apart. Checked: lengths, canonical coordinates, curve, subgroup, no identity among the powers.
    pub fn read(bytes: &[u8]) -> Result<Self, PtauError> {
        let sections = Sections::parse(bytes, "ptau", 1)?;
        sections.only(&[1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15])?;
        let mut header = Reader::new(sections.get(1)?, "the header");
        if header.u32()? != 32 || header.take(32)? != Fq::MODULUS.to_bytes_le() {
            return Err(FormatError::Curve.into());
        }
        let (power, ceremony_power) = (header.u32()?, header.u32()?);
        header.end()?;
        if !(1..=MOST_POWER).contains(&power) || !(power..=28).contains(&ceremony_power) {
            return Err(FormatError::Range("the power").into());
        }
        let n = 1usize << power;
        let lagrange = if LAGRANGE.iter().any(|id| sections.find(*id).is_some()) {
            Some(Lagrange {
                tau_g1: read_nonzero("Lagrange tau G1", sections.sized(12, (4 * n - 1) * 64)?)?,
                tau_g2: read_nonzero("Lagrange tau G2", sections.sized(13, (2 * n - 1) * 128)?)?,
                alpha_tau_g1: read_nonzero("Lagrange alpha tau G1", sections.sized(14, (2 * n - 1) * 64)?)?,
                beta_tau_g1: read_nonzero("Lagrange beta tau G1", sections.sized(15, (2 * n - 1) * 64)?)?,
            })
        } else {
            None
        };
        Ok(Self {
            power,
            ceremony_power,
            tau_g1: read_nonzero("tau G1", sections.sized(2, (2 * n - 1) * 64)?)?,
            tau_g2: read_nonzero("tau G2", sections.sized(3, n * 128)?)?,
            alpha_tau_g1: read_nonzero("alpha tau G1", sections.sized(4, n * 64)?)?,
            beta_tau_g1: read_nonzero("beta tau G1", sections.sized(5, n * 64)?)?,
            beta_g2: read_nonzero("beta G2", sections.sized(6, 128)?)?[0],
            contributions: contributions(sections.get(7)?)?,
            lagrange,
        })
    }

    /// The same file with Lagrange points.
    pub fn with_lagrange(bytes: &[u8], lagrange: &Lagrange) -> Result<Vec<u8>, FormatError> {
        let sections = Sections::parse(bytes, "ptau", 1)?;
        let mut list = Vec::new();
        for id in 1..=7 {
            list.push((id, sections.get(id)?.to_vec()));
        }
        list.push((12, write_all(&lagrange.tau_g1)));
        list.push((13, write_all(&lagrange.tau_g2)));
        list.push((14, write_all(&lagrange.alpha_tau_g1)));
        list.push((15, write_all(&lagrange.beta_tau_g1)));
        Ok(compose("ptau", 1, &list))
    }
}

fn contributions(section: &[u8]) -> Result<Vec<PtauContribution>, FormatError> {
    let mut reader = Reader::new(section, "the contributions");
    let count = reader.u32()?;
    if count > MOST_CONTRIBUTIONS {
        return Err(FormatError::Range("the number of contributions"));
    }
    let list = (0..count as usize).map(|index| contribution(&mut reader, index)).collect::<Result<_, _>>()?;
    reader.end()?;
    Ok(list)
}

fn contribution(reader: &mut Reader<'_>, index: usize) -> Result<PtauContribution, FormatError> {
    let (tau_g1, tau_g2) = (point(reader, index)?, point(reader, index)?);
    let (alpha_g1, beta_g1, beta_g2) = (point(reader, index)?, point(reader, index)?, point(reader, index)?);
    let mut s = [G1Affine::default(); 6];
    for p in &mut s {
        *p = point(reader, index)?;
    }
    let spx: [G2Affine; 3] = [point(reader, index)?, point(reader, index)?, point(reader, index)?];
    let keys = std::array::from_fn(|k| KnowledgeKey { g1_s: s[2 * k], g1_sx: s[2 * k + 1], g2_spx: spx[k] });
    // The state of a hash over points that only the last contribution's file still holds; there it is recomputed.
    reader.take(216)?;
    let next_challenge = reader.array()?;
    let (name, beacon) = annotations(reader)?;
    Ok(PtauContribution { tau_g1, tau_g2, alpha_g1, beta_g1, beta_g2, keys, next_challenge, name, beacon })
}

/// A point of a contribution: never the identity.
pub(crate) fn point<P: Point>(reader: &mut Reader<'_>, index: usize) -> Result<P, FormatError> {
    let at = |fault| FormatError::Point { place: "contributions", index, fault };
    let p = P::read(reader.take(P::BYTES)?).map_err(at)?;
    if p.is_zero() { Err(at(crate::error::PointFault::Identity)) } else { Ok(p) }
}

/// Type and parameters of a contribution: name (1), beacon exponent (2), beacon value (3), in this order.
pub(crate) fn annotations(reader: &mut Reader<'_>) -> Result<(Option<String>, Option<Beacon>), FormatError> {
    let kind = reader.u32()?;
    let length = reader.u32()? as usize;
    let mut inner = Reader::new(reader.take(length)?, "a contribution's parameters");
    let (mut name, mut exponent, mut value) = (None, None, None);
    let mut last = 0;
    while inner.left() > 0 {
        let tag = inner.u8()?;
        if tag <= last {
            return Err(FormatError::Range("the order of a contribution's parameters"));
        }
        last = tag;
        match tag {
            1 => {
                let length = inner.u8()? as usize;
                let text = std::str::from_utf8(inner.take(length)?).ok().filter(|t| is_name(t));
                name = Some(text.ok_or(FormatError::Range("a contribution's name"))?.to_owned());
            }
            2 => exponent = Some(inner.u8()?),
            3 => {
                let length = inner.u8()? as usize;
                value = Some(inner.take(length)?.to_vec());
            }
            _ => return Err(FormatError::Range("a contribution's parameter")),
        }
    }
    match (kind, exponent, value) {
        (0, None, None) => Ok((name, None)),
        (1, Some(exponent), Some(value)) => {
            let beacon = Beacon { value, exponent };
            if beacon.is_valid() { Ok((name, Some(beacon))) } else { Err(FormatError::Range("a beacon")) }
        }
        _ => Err(FormatError::Range("a contribution's type")),
    }
}

/// Names are shown on terminals: no control characters.
pub fn is_name(text: &str) -> bool {
    !text.is_empty() && text.len() <= 255 && text.chars().count() <= 64 && !text.chars().any(char::is_control)
}
