//! Proof checking, off the async threads and in batches, and the token that says that it was done.

use std::sync::Arc;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use honnin_circuits::Fr;
use honnin_circuits::statement::Statement;
use honnin_circuits::verify::{PROOF_BYTES, Proof, VerifyingKey};
use honnin_protocol::disclosure::Disclosed;
use honnin_protocol::policy::Policy;
use honnin_protocol::statement::Payment;
use honnin_protocol::subject::{self, NoStatement, Party};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sha2::{Digest as _, Sha256};

use crate::db::issuers::Certificate;
use crate::entropy::Entropy;
use crate::issuer_keys::IssuerKeys;
use crate::metrics::Metrics;
use crate::queue::{Limits, Queue, QueueError};

/// Why a proof is refused. The caller learns no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    /// It does not decode or does not hold.
    #[error("the proof is not valid")]
    Invalid,
    /// The service is stopping.
    #[error("the verifier is gone")]
    Gone,
    /// Too many proofs wait already.
    #[error("the verifier is busy")]
    Busy,
    /// Ours: checking it went wrong.
    #[error("the verifier failed")]
    Failed,
}

/// A statement that was proven, by these bytes. Only [`Verifier::verify`] makes one.
#[derive(Debug)]
pub struct VerifiedProof {
    statement: Statement,
    sha256: [u8; 32],
    bytes: [u8; PROOF_BYTES],
}

impl VerifiedProof {
    /// What was proven.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// SHA-256 of the proof's bytes.
    pub fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// The proof.
    pub fn bytes(&self) -> &[u8; PROOF_BYTES] {
        &self.bytes
    }
}

/// Proofs that may wait at once, and those verified together at most. Good ones take a third of a millisecond each in a
/// full batch, so the longest wait is a fraction of a second.
const WAITING: usize = 512;
const BATCH: usize = 64;
/// From here on a second batch beside the first is worth what it costs more.
const HELP: usize = 16;
/// So long a proof may wait for others while many come; a batch's fixed part is a millisecond.
const GATHER: Duration = Duration::from_millis(4);

/// A decoded text, still to be checked.
struct Job {
    statement: Statement,
    bytes: Vec<u8>,
}

/// Checks proofs on threads of its own, those that arrive together together.
pub struct Verifier {
    queue: Queue<Job, bool>,
    key_id: [u8; 32],
    metrics: Arc<Metrics>,
    issuers: IssuerKeys,
}

impl Verifier {
    /// Around a checked key, with as many threads as there are cores. Randomness is for the batches' coefficients.
    ///
    /// # Errors
    /// The system's, when it gives no thread.
    pub fn new(key: VerifyingKey, metrics: Arc<Metrics>, entropy: &Entropy) -> std::io::Result<Self> {
        let workers = std::thread::available_parallelism().map_or(2, usize::from);
        let limits = Limits { workers, waiting: WAITING, batch: BATCH, help: HELP, gather: GATHER };
        let key_id = *key.id();
        let key = Arc::new(key);
        let queue = Queue::start(limits, metrics.clone(), || {
            let (key, mut rng) = (key.clone(), StdRng::from_seed(entropy.bytes()));
            move |jobs: &[Job]| check(&key, jobs, &mut rng)
        })?;
        Ok(Self { queue, key_id, metrics, issuers: IssuerKeys::default() })
    }

    /// SHA-256 of the verifying key, hex.
    pub fn key_id(&self) -> String {
        hex::encode(self.key_id)
    }

    /// Issuer keys that were checked before.
    pub fn issuers(&self) -> &IssuerKeys {
        &self.issuers
    }

    /// Answers what waits and takes nothing new on. Blocks until then: not for async threads.
    pub fn close(&self) {
        self.queue.drain();
    }

    /// See [`Queue::hold`].
    #[doc(hidden)]
    pub fn hold(&self, held: bool) {
        self.queue.hold(held);
    }

    /// Decodes and checks a proof (b64u) of a statement that the server built itself for a tenant.
    ///
    /// # Errors
    /// [`ProofRefused`].
    pub async fn verify(
        &self,
        tenant: &str,
        statement: Statement,
        encoded: &str,
    ) -> Result<VerifiedProof, ProofRefused> {
        // Bounded before it is decoded.
        if encoded.len() > PROOF_BYTES * 2 {
            return Err(ProofRefused::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| ProofRefused::Invalid)?;
        let proof: [u8; PROOF_BYTES] = bytes.as_slice().try_into().map_err(|_| ProofRefused::Invalid)?;
        let sha256 = Sha256::digest(&bytes).into();
        let started = Instant::now();
        let holds = self.queue.run(tenant, Job { statement, bytes }).await?;
        self.metrics.verified(started.elapsed());
        if holds { Ok(VerifiedProof { statement, sha256, bytes: proof }) } else { Err(ProofRefused::Invalid) }
    }
}

impl From<QueueError> for ProofRefused {
    fn from(e: QueueError) -> Self {
        match e {
            QueueError::Full => Self::Busy,
            QueueError::Closed => Self::Gone,
            QueueError::Failed => Self::Failed,
        }
    }
}

/// Whether each proof decodes and holds.
fn check(key: &VerifyingKey, jobs: &[Job], rng: &mut StdRng) -> Vec<bool> {
    let proofs: Vec<Option<Proof>> = jobs.iter().map(|job| Proof::from_bytes(&job.bytes).ok()).collect();
    let decoded: Vec<(&Statement, &Proof)> =
        jobs.iter().zip(&proofs).filter_map(|(job, proof)| Some((&job.statement, proof.as_ref()?))).collect();
    let mut verdicts = key.verify_batch(&decoded, rng).into_iter();
    proofs.iter().map(|proof| proof.is_some() && verdicts.next().is_some_and(|v| v.is_ok())).collect()
}

/// What a proof must be about, from what the server knows itself.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Tenant; gives the scope.
    pub tenant: &'a str,
    /// Whom.
    pub party: Party<'a>,
    /// Field element, hex.
    pub pseudonym: &'a str,
    /// The issuer's checked certificate.
    pub certificate: &'a Certificate,
    /// What is proven.
    pub policy: &'a Policy,
    /// Day, YYYYMMDD.
    pub as_of: u32,
    /// The session.
    pub ctx: Fr,
    /// What the session asks the customer to pay.
    pub payment: Option<&'a Payment>,
    /// What the phone says that it sent sealed: the one input whose value the phone chose.
    pub disclosed: Option<&'a Disclosed>,
}

impl Subject<'_> {
    /// Every public input, built as [`subject`] builds them.
    ///
    /// # Errors
    /// [`NoStatement`] on a non-canonical pseudonym, a bad key or a policy that does not compile.
    pub fn statement(&self, issuers: &IssuerKeys) -> Result<Statement, NoStatement> {
        let issuer = issuers.get(&self.certificate.key_x, &self.certificate.key_y).map_err(|_| NoStatement)?;
        let Self { tenant, party, pseudonym, policy, as_of, ctx, payment, disclosed, .. } = *self;
        subject::Subject { tenant, party, pseudonym, issuer, policy, as_of, ctx, payment, disclosed }.statement()
    }
}
