//! A local certificate authority for `demo --lan`: made once, kept in the demo's folder, trusted by hand.

use std::{fs, path::Path};

use anyhow::{Context, Result};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, KeyUsagePurpose};

use crate::stack::Tls;

/// A certificate for `name` under the folder's authority; both are made when missing.
///
/// # Errors
/// When the folder cannot be written or `name` is no host name.
pub fn certificate(dir: &Path, name: &str) -> Result<Tls> {
    fs::create_dir_all(dir)?;
    let (ca_key, ca_cert) = (dir.join("ca-key.pem"), dir.join("ca.pem"));
    let key = match fs::read_to_string(&ca_key) {
        Ok(pem) => KeyPair::from_pem(&pem)?,
        Err(_) => {
            let key = KeyPair::generate()?;
            write_secret(&ca_key, &key.serialize_pem())?;
            key
        }
    };
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "Honnin demo authority");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let ca = CertifiedIssuer::self_signed(params, key)?;
    if !ca_cert.exists() {
        fs::write(&ca_cert, ca.pem())?;
    }
    let own_key = KeyPair::generate()?;
    let mut own = CertificateParams::new(vec![name.to_owned()]).with_context(|| format!("`{name}` is no host name"))?;
    own.distinguished_name.push(DnType::CommonName, name);
    let certificate = own.signed_by(&own_key, &ca)?;
    let tls = Tls { name: name.into(), cert: dir.join("cert.pem"), key: dir.join("key.pem"), ca: ca_cert };
    fs::write(&tls.cert, certificate.pem())?;
    write_secret(&tls.key, &own_key.serialize_pem())?;
    Ok(tls)
}

/// A file that only its owner reads.
fn write_secret(path: &Path, text: &str) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::write(path, "")?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    fs::write(path, text)?;
    Ok(())
}
