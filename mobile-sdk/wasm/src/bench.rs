//! What `cargo xtask bench proving` times in a browser: the prover on its example statement. Not in the phone's module.

use std::cell::OnceCell;

use honnin_circuits::{
    Fr,
    encoding::f248,
    statement::{Statement, Witness},
    verify::{Proof, VerifyingKey},
};
use honnin_prover::{direct, example::example, finish::Ready, keys, prepared::Prepared};
use wasm_bindgen::{JsError, prelude::wasm_bindgen};

/// A key, the example, and what the last tasks left.
#[wasm_bindgen]
pub struct ProvingBench {
    key: keys::ProvingKey,
    verifying: Option<VerifyingKey>,
    example: OnceCell<(Statement, Witness)>,
    ctx: Fr,
    ready: Option<Ready>,
    proof: Option<Proof>,
    runs: u64,
}

#[wasm_bindgen]
impl ProvingBench {
    /// Loads the key by its hash.
    #[wasm_bindgen(constructor)]
    pub fn new(key: &[u8], sha256_hex: &str) -> Result<ProvingBench, JsError> {
        let mut pinned = [0; 32];
        hex::decode_to_slice(sha256_hex, &mut pinned)?;
        let key = keys::ProvingKey::load(key, &pinned)?;
        Ok(Self {
            key,
            verifying: None,
            example: OnceCell::new(),
            ctx: Fr::from(0u64),
            ready: None,
            proof: None,
            runs: 0,
        })
    }

    /// The example, about the last call.
    fn example(&self) -> (Statement, &Witness) {
        let (statement, witness) = self.example.get_or_init(example);
        (Statement { ctx: self.ctx, ..*statement }, witness)
    }

    /// A field element that no run before had.
    fn fresh(&mut self, label: &str) -> Fr {
        self.runs += 1;
        f248(label, &self.runs.to_be_bytes())
    }

    /// The slow half, tables included: all that may be done before a tap.
    pub fn prepare(&mut self) -> Result<(), JsError> {
        self.ready = {
            let (statement, witness) = self.example();
            Some(Prepared::new(&self.key, &statement, witness)?.ready())
        };
        Ok(())
    }

    /// The fast half, for a fresh call.
    pub fn finish(&mut self) -> Result<(), JsError> {
        self.ctx = self.fresh("bench/ctx");
        let ready = self.ready.as_ref().ok_or_else(|| JsError::new("prepare first"))?;
        self.proof = Some(ready.finish(self.ctx, &[1; 32]));
        Ok(())
    }

    /// A whole proof at once.
    pub fn direct(&mut self) -> Result<(), JsError> {
        let (r, s) = (self.fresh("bench/r"), self.fresh("bench/s"));
        self.proof = {
            let (statement, witness) = self.example();
            Some(direct::prove(&self.key, &statement, witness, r, s)?)
        };
        Ok(())
    }

    /// Decodes and verifies the last proof. The key is loaded at the first call.
    pub fn verify(&mut self, key: &[u8]) -> Result<(), JsError> {
        if self.verifying.is_none() {
            self.verifying = Some(VerifyingKey::load(key, &keys::sha256(key))?);
        }
        let (Some(verifying), Some(proof)) = (&self.verifying, &self.proof) else {
            return Err(JsError::new("prove first"));
        };
        Ok(verifying.verify(&self.example().0, &Proof::from_bytes(&proof.to_bytes())?)?)
    }
}
