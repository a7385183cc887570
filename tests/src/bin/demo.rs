//! The demo: issuer and server with 1,000 made-up customers, and the links to try a call in two windows.

use std::{fs, io::Read, path::PathBuf};

use anyhow::{Context, Result};
use clap::Parser;
use honnin_protocol::text::Localized;
use honnin_tests::{
    keys::target,
    lan,
    recipient::Till,
    stack::{Plan, Stack},
    tenant::{AOZORA_OPERATOR, OPERATOR, OWNER, SECURITY},
};
use serde_json::json;

/// Fixed, so that a phone that enrolled yesterday still finds its server.
const PORTS: (u16, u16) = (7011, 7010);
/// Where the demo's payment provider is told.
const TILL: u16 = 7012;

#[derive(Parser)]
struct Args {
    /// Serve HTTPS under this host name with a local certificate.
    #[arg(long, value_name = "NAME")]
    lan: Option<String>,
    /// For tests: data in this folder, free ports, one JSON line instead of text, ends with its standard input.
    #[arg(long, value_name = "DIR")]
    machine: Option<PathBuf>,
    /// With --machine: customers instead of the generated ones.
    #[arg(long, requires = "machine")]
    customers: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> Result<()> {
    let args = Args::parse();
    match args.machine {
        Some(dir) => for_machine(dir, args.customers).await,
        None => for_people(args.lan).await,
    }
}

async fn for_machine(dir: PathBuf, customers: Option<PathBuf>) -> Result<()> {
    fs::create_dir_all(&dir)?;
    let stack = Stack::start(Plan { customers, ..Plan::new(&dir) }).await?;
    println!(
        "{}",
        json!({"origin": stack.origin, "issuer": stack.issuer, "admin_token": stack.admin_token,
            "invitation": stack.invite(OPERATOR)?, "constraints": stack.keys.constraints})
    );
    // The parent closes our input when it ends, however it ends.
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    stack.stop().await?;
    Ok(())
}

async fn for_people(lan_name: Option<String>) -> Result<()> {
    // Another name is another origin: what was enrolled under one does not hold under the other.
    let dir = target().join("demo").join(lan_name.as_deref().unwrap_or("localhost"));
    fs::create_dir_all(&dir)?;
    let tls = lan_name.as_deref().map(|name| lan::certificate(&dir.join("tls"), name)).transpose()?;
    let ca = tls.as_ref().map(|tls| tls.ca.clone());
    let name = Localized::new("さくらペイ", "Sakura Pay");
    let mut till = Till::listen(&dir, TILL, &name).await.context("is port 7012 free?")?;
    let recipients = vec![till.entry.clone()];
    let plan = Plan { ports: Some(PORTS), short: false, tls, recipients, ..Plan::new(&dir) };
    let mut stack = Stack::start(plan).await.context("starting the demo (are ports 7010 and 7011 free?)")?;
    let offer = stack.offer("C-00001").await?;
    println!("\nHonnin is running. Its data and logs: {}\n", dir.display());
    if let Some(ca) = ca {
        println!("Trust this authority on the phone and on the console's machine first (it can sign for any name:");
        println!("remove it again afterwards): {}", ca.display());
        println!("  Android: Settings > Security > Install a certificate > CA certificate");
        println!(
            "  iOS: open the file, install the profile, then Settings > General > About > Certificate Trust Settings\n"
        );
    }
    println!("1. Issuer's clerk (makes an offer for any customer):  {}/#token={}", stack.issuer, stack.admin_token);
    println!(
        "2. Phone (an offer for customer C-00001, once):       {}",
        offer["phone_url"].as_str().unwrap_or_default()
    );
    println!("3. Console (registers the operator's passkey, once):  {}", stack.invite(OPERATOR)?);
    println!("4. Admin pages (registers the owner's passkey, once): {}", stack.invite(OWNER)?);
    println!("5. The same for a security person (drafts policies):  {}", stack.invite(SECURITY[0])?);
    println!("6. Aozora Card's console (invites a prospect to prove conditions with Midori's credential, once):");
    println!("   {}", stack.invite(AOZORA_OPERATOR)?);
    println!(
        "\nEnrol the phone in one window, log in at the console in another, and start a verification for C-00001."
    );
    println!("Payments and orders go sealed to {}, a made-up provider: box and receipt are kept in", name.en);
    println!("{}; its private key is {}.\n", till.boxes.display(), till.key.display());
    println!("Later again: {0}/console/   {0}/admin/   {0}/app/      Ctrl-C stops all.", stack.origin);
    let mut look = tokio::time::interval(std::time::Duration::from_secs(1));
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            Some((reference, slots)) = till.opened.recv() => {
                println!("{} was told of {reference}, opened its box and found what was proven: {}", name.en, slots.join(", "));
            }
            _ = look.tick() => if !stack.alive() {
                anyhow::bail!("a service ended; its log is in {}", dir.display());
            },
        }
    }
    stack.stop().await?;
    Ok(())
}
