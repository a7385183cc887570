//! Why a file of the ceremony is refused. Every check has a name of its own.

use std::{io, path::PathBuf};

/// Why the bytes are not a file of the expected kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FormatError {
    /// The first four bytes or the version are another format's.
    #[error("not a {0} file of a known version")]
    Kind(&'static str),
    /// The bytes end inside something.
    #[error("truncated: {0} is cut off")]
    Truncated(&'static str),
    /// More bytes than the sections account for.
    #[error("trailing bytes after {0}")]
    Trailing(&'static str),
    /// A section that must be there once is missing.
    #[error("section {0} is missing")]
    Missing(u32),
    /// A section stands twice.
    #[error("section {0} stands twice")]
    Duplicate(u32),
    /// A section that this format does not have.
    #[error("section {0} is unknown")]
    Unknown(u32),
    /// A section has another size than the header asks for.
    #[error("section {section} has {have} bytes, not {want}")]
    SectionSize {
        /// The section.
        section: u32,
        /// Bytes found.
        have: usize,
        /// Bytes that the header's numbers need.
        want: usize,
    },
    /// A field's value makes no sense.
    #[error("{0} is out of range")]
    Range(&'static str),
    /// Not the BN254 prime.
    #[error("the file is for another curve")]
    Curve,
    /// A number that is not below the prime: a second name for another number.
    #[error("{0}: a number is not canonical")]
    NotCanonical(&'static str),
    /// A point that must not stand there.
    #[error("{place}, point {index}: {fault}")]
    Point {
        /// Section or field.
        place: &'static str,
        /// Position in it.
        index: usize,
        /// What is wrong.
        fault: PointFault,
    },
}

/// What is wrong with a point.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum PointFault {
    /// A coordinate is not below the prime.
    #[error("a coordinate is not canonical")]
    NotCanonical,
    /// The curve equation does not hold.
    #[error("not on the curve")]
    OffCurve,
    /// On the curve, outside the prime-order subgroup.
    #[error("outside the subgroup")]
    OutsideSubgroup,
    /// The identity where it must not stand.
    #[error("the identity")]
    Identity,
}

/// What is wrong with one contribution.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum ContributionFault {
    /// The recorded hash is not that of everything before.
    #[error("its transcript hash does not follow from what came before")]
    Transcript,
    /// The contributor has not shown to know the secret.
    #[error("its proof of knowledge of {0} does not hold")]
    Knowledge(&'static str),
    /// The published point is not the previous one times the secret.
    #[error("its {0} does not follow from the previous contribution")]
    NotFollowing(&'static str),
    /// A beacon whose key is not the iterated hash of its public value.
    #[error("it claims to be a beacon, and its key is not the one that the beacon gives")]
    Beacon,
}

/// Why a powers-of-tau file is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum PtauError {
    /// Not a well-formed file.
    #[error("powers of tau: {0}")]
    Format(#[from] FormatError),
    /// For smaller circuits than this one.
    #[error("powers of tau: made for domains up to 2^{have}, the circuit needs 2^{need}")]
    TooSmall {
        /// The file's power.
        have: u32,
        /// The circuit's.
        need: u32,
    },
    /// Fewer independent contributors than the policy asks for.
    #[error("powers of tau: {have} contributors, at least {need} are needed")]
    TooFewContributors {
        /// Contributions that are not beacons.
        have: usize,
        /// Wanted.
        need: usize,
    },
    /// A contribution does not check.
    #[error("powers of tau: contribution {number} ({name}): {fault}")]
    Contribution {
        /// From 1.
        number: usize,
        /// As recorded.
        name: String,
        /// What is wrong.
        fault: ContributionFault,
    },
    /// The section does not start where the last contribution ended.
    #[error("powers of tau: {0} does not start with the last contribution's point")]
    Start(&'static str),
    /// Neighbouring points are not a factor tau apart.
    #[error("powers of tau: {0} are not consecutive powers")]
    Powers(&'static str),
    /// The points are not those that the last contributor signed off.
    #[error("powers of tau: the hash of all points is not the last contribution's")]
    PointsHash,
    /// No Lagrange sections.
    #[error("powers of tau: not prepared for phase 2 (`honnin setup prepare`)")]
    NotPrepared,
    /// The Lagrange points are not the transform of the powers.
    #[error("powers of tau: the Lagrange points of {0} do not belong to the powers")]
    Lagrange(&'static str),
}

/// Why parameters of phase 2 are refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyFileError {
    /// Not a well-formed file.
    #[error("parameters: {0}")]
    Format(#[from] FormatError),
    /// The parameters belong to another circuit or to other powers of tau.
    #[error(
        "parameters: {0} differs from what circuit and powers of tau give: another circuit, other powers, or changed"
    )]
    NotFromCircuit(&'static str),
    /// A contribution does not check.
    #[error("parameters: contribution {number} ({name}): {fault}")]
    Contribution {
        /// From 1.
        number: usize,
        /// As recorded.
        name: String,
        /// What is wrong.
        fault: ContributionFault,
    },
    /// delta is not where the last contribution left it.
    #[error("parameters: {0} is not the last contribution's")]
    Delta(&'static str),
    /// The delta-dependent points were not scaled with delta.
    #[error("parameters: the {0} points do not belong to delta")]
    Scaling(&'static str),
    /// No beacon at the end, so the last contributor chose the outcome.
    #[error("parameters: the last contribution is not a beacon")]
    NoBeacon,
    /// A beacon where a person must stand, or one before the end.
    #[error("parameters: contribution {0} is a beacon before the end")]
    EarlyBeacon(usize),
    /// The beacon is not the announced one.
    #[error("parameters: the beacon's {0} is not the announced one")]
    OtherBeacon(&'static str),
    /// One person alone, or none.
    #[error("parameters: {have} contributors, at least {need} are needed")]
    TooFewContributors {
        /// Contributions that are not beacons.
        have: usize,
        /// Wanted.
        need: usize,
    },
    /// A contribution that somebody attested is not there.
    #[error("parameters: the attested contribution {0}… is missing or out of order")]
    AttestationMissing(String),
    /// The secret of a contribution came out as zero or one.
    #[error("the source of randomness is broken: {0}")]
    Randomness(&'static str),
}

/// Anything a step of the ceremony can fail with.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Reading or writing.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// A file beyond what this program reads.
    #[error("{path}: larger than {limit} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// Bytes.
        limit: u64,
    },
    /// A constraint system, witness or parameter file is malformed.
    #[error(transparent)]
    Format(#[from] FormatError),
    /// Phase 1.
    #[error(transparent)]
    Ptau(#[from] PtauError),
    /// Phase 2.
    #[error(transparent)]
    Key(#[from] KeyFileError),
    /// The key that came out is refused by whoever must use it.
    #[error("the finished key is refused: {0}")]
    Finished(#[from] honnin_circuits::verify::KeyError),
}
