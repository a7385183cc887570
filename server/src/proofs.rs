//! Proof checking, off the async threads, and the token that says that it was done.

use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use honnin_circuits::Fr;
use honnin_circuits::encoding::fr_from_hex;
use honnin_circuits::holder;
use honnin_circuits::schnorr::PublicKey;
use honnin_circuits::statement::{Disclosure, Statement};
use honnin_circuits::verify::{PROOF_BYTES, Proof, VerifyingKey};
use honnin_protocol::policy::Policy;
use sha2::{Digest as _, Sha256};
use tokio::sync::Semaphore;

use crate::db::enrolments::Certificate;
use crate::metrics::Metrics;

/// Why a proof is refused. The caller learns no more than that.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofRefused {
    /// It does not decode or does not hold.
    #[error("the proof is not valid")]
    Invalid,
    /// The service is stopping.
    #[error("the verifier is gone")]
    Gone,
}

/// A statement that was proven, by these bytes. Only [`Verifier::verify`] makes one.
#[derive(Debug)]
pub struct VerifiedProof {
    statement: Statement,
    sha256: [u8; 32],
    encoded: String,
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

    /// The proof, b64u.
    pub fn encoded(&self) -> &str {
        &self.encoded
    }
}

/// Checks proofs, as many at once as there are cores.
pub struct Verifier {
    key: Arc<VerifyingKey>,
    permits: Semaphore,
    metrics: Arc<Metrics>,
}

impl Verifier {
    /// Around a checked key.
    pub fn new(key: VerifyingKey, metrics: Arc<Metrics>) -> Self {
        let cores = std::thread::available_parallelism().map_or(2, usize::from);
        Self { key: Arc::new(key), permits: Semaphore::new(cores), metrics }
    }

    /// SHA-256 of the verifying key, hex.
    pub fn key_id(&self) -> String {
        hex::encode(self.key.id())
    }

    /// Decodes and checks a proof (b64u) of a statement that the server built itself.
    ///
    /// # Errors
    /// [`ProofRefused`].
    pub async fn verify(&self, statement: Statement, encoded: &str) -> Result<VerifiedProof, ProofRefused> {
        // Bounded before it is decoded.
        if encoded.len() > PROOF_BYTES * 2 {
            return Err(ProofRefused::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(encoded).map_err(|_| ProofRefused::Invalid)?;
        let _permit = self.permits.acquire().await.map_err(|_| ProofRefused::Gone)?;
        let key = self.key.clone();
        let started = Instant::now();
        let checked = tokio::task::spawn_blocking(move || {
            let proof = Proof::from_bytes(&bytes).map_err(|_| ProofRefused::Invalid)?;
            key.verify(&statement, &proof).map_err(|_| ProofRefused::Invalid)?;
            Ok(Sha256::digest(&bytes).into())
        })
        .await
        .map_err(|_| ProofRefused::Gone)?;
        self.metrics.verified(started.elapsed());
        Ok(VerifiedProof { statement, sha256: checked?, encoded: encoded.to_owned() })
    }
}

/// What a proof must be about, from what the server knows itself.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// Tenant; gives the scope.
    pub tenant: &'a str,
    /// The customer's handle.
    pub handle: &'a str,
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
}

/// A public input that cannot be: the statement has no proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no such statement")]
pub struct NoStatement;

impl Subject<'_> {
    /// Every public input, built here and nowhere taken from the phone.
    ///
    /// # Errors
    /// [`NoStatement`] on a non-canonical pseudonym, a bad key or a policy that does not compile.
    pub fn statement(&self) -> Result<Statement, NoStatement> {
        Ok(Statement {
            issuer: PublicKey::from_xy_hex(&self.certificate.key_x, &self.certificate.key_y)
                .map_err(|_| NoStatement)?,
            scope: holder::scope(self.tenant),
            pseudonym: fr_from_hex::<Fr>(self.pseudonym).map_err(|_| NoStatement)?,
            as_of: self.as_of,
            predicates: self.policy.compile(self.handle, self.as_of).map_err(|_| NoStatement)?,
            disclosure: Disclosure::Nothing,
            ctx: self.ctx,
        })
    }
}
