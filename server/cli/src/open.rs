//! `honnin open`: a recipient's values, from files and the keys that it trusts; asks nobody's service.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::Args;
use honnin_protocol::sealed::SealedBox;
use honnin_recipient::{Expected, RecipientKey};
use honnin_setup::files;
use serde::ser::SerializeMap as _;
use zeroize::Zeroizing;

use crate::receipt::Subject;

/// A box is at most 12 KiB, a JWK some 300 bytes.
const LIMIT: u64 = 16 * 1024;

#[derive(Args)]
pub struct Open {
    #[command(flatten)]
    subject: Subject,
    /// The sealed box, as the webhook delivered it.
    #[arg(long = "box", value_name = "FILE")]
    sealed: PathBuf,
    /// The recipient's private key, a P-256 JWK.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
}

impl Open {
    /// Prints the values as one JSON object, if receipt and box hold; otherwise says on standard error what does not.
    pub fn run(self) -> Result<bool> {
        let jwk = Zeroizing::new(files::read(&self.key, LIMIT)?);
        let jwk = std::str::from_utf8(&jwk).context("the key is not a JWK")?;
        let key = RecipientKey::from_jwk(jwk).with_context(|| self.key.display().to_string())?;
        let sealed = files::read(&self.sealed, LIMIT)?;
        let sealed: SealedBox =
            serde_json::from_slice(&sealed).with_context(|| format!("{}: not a sealed box", self.sealed.display()))?;
        let report = self.subject.report()?;
        let Some(receipt) = report.receipt() else {
            let why = report.fault().map(|(_, fault)| fault.to_string()).unwrap_or_default();
            bail!("the receipt does not hold: {why}");
        };
        let Some(approval) = &receipt.body.approval else { bail!("the customer did not approve: nothing was sent") };
        let expected = Expected::of(&receipt.body.statement, approval.disclosure.as_ref(), &key)?;
        let opened = honnin_recipient::open(&key, &sealed, &expected)?;
        // Straight to the output: a JSON value in between would leave copies behind.
        let mut out = serde_json::Serializer::new(std::io::stdout().lock());
        let mut map = serde::Serializer::serialize_map(&mut out, None)?;
        for (slot, value) in opened.values() {
            map.serialize_entry(slot.name(), value)?;
        }
        map.end()?;
        println!();
        Ok(true)
    }
}
