//! Issuer and server as real processes with data of their own.

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context, Result, bail};
use reqwest::Client;
use serde_json::{Value, json};

use crate::{
    balancer::Balancer,
    delay,
    desk::Desk,
    http,
    keys::{Keys, target},
    postgres,
    process::{Service, free_port, program},
    proxy::Recorder,
    tenant,
};

/// HTTPS under a host name, for `demo --lan`.
pub struct Tls {
    /// The name that phones use.
    pub name: String,
    /// Certificate, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// The authority's certificate, PEM: what a phone must trust.
    pub ca: PathBuf,
}

/// Where the server keeps its data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file in the plan's folder.
    Sqlite,
    /// An empty database at this URL.
    Url(String),
}

/// What to start.
pub struct Plan {
    /// Folder for data and logs; must exist.
    pub dir: PathBuf,
    /// Customers (CSV or JSON); 1,000 synthetic ones are generated when absent.
    pub customers: Option<PathBuf>,
    /// Offer the policy whose requests run out within seconds.
    pub short: bool,
    /// Put a recording proxy in front of the server.
    pub record: bool,
    /// Put the server this far away: everything to and from it comes that much later.
    pub delay: Option<Duration>,
    /// Ports of issuer and server; free ones when absent.
    pub ports: Option<(u16, u16)>,
    /// Serve HTTPS.
    pub tls: Option<Tls>,
    /// Operators beside the usual one: [`tenant::extra_operator`] names them.
    pub operators: usize,
    /// No ceiling on what one customer is asked, and no lock for idle operators: for measurements.
    pub unlimited: bool,
    /// Who opens what payments and orders seal, as the server's configuration has it.
    pub recipients: Vec<Value>,
    /// The server's database.
    pub database: Database,
    /// Server processes behind a balancer; one without.
    pub nodes: usize,
}

impl Plan {
    /// Tests' usual plan: free ports, plain HTTP on loopback, the short policy too.
    pub fn new(dir: &Path) -> Self {
        Self {
            dir: dir.into(),
            customers: None,
            short: true,
            record: false,
            delay: None,
            ports: None,
            tls: None,
            operators: 0,
            unlimited: false,
            recipients: Vec::new(),
            database: Database::Sqlite,
            nodes: 1,
        }
    }

    /// As [`Self::new`], on the database that this run of the tests is for: an empty one in the cluster that
    /// `HONNIN_TEST_POSTGRES` names, else SQLite.
    ///
    /// # Errors
    /// When the cluster makes no database.
    pub fn of_this_run(dir: &Path) -> Result<Self> {
        let database = match std::env::var("HONNIN_TEST_POSTGRES") {
            Ok(cluster) => {
                let name = format!("t_{}", hex::encode(crate::entropy::bytes::<8>()));
                Database::Url(postgres::create_in(&cluster, &name)?)
            }
            Err(_) => Database::Sqlite,
        };
        Ok(Self { database, ..Self::new(dir) })
    }
}

/// The running services; dropped, they are killed.
pub struct Stack {
    /// Issuer's URL.
    pub issuer: String,
    /// Server's origin as phone and console see it.
    pub origin: String,
    /// Bearer token of the issuer's clerk.
    pub admin_token: String,
    /// The circuit's parameters.
    pub keys: Keys,
    /// What passed between clients and server.
    pub recorder: Option<Recorder>,
    /// Folder with data and logs.
    pub dir: PathBuf,
    /// Where the server really listens, past the recorder.
    pub direct: String,
    client: Client,
    issuer_process: Service,
    nodes: Vec<Option<Service>>,
    /// In front of the nodes, when there are several.
    pub balancer: Option<Balancer>,
}

impl Stack {
    /// Writes the configurations, starts both services and waits until they are ready.
    ///
    /// # Errors
    /// When a program is missing, refuses its configuration or is not ready in time.
    pub async fn start(plan: Plan) -> Result<Self> {
        let keys = Keys::ready()?;
        let (issuer_port, server_port) = match plan.ports {
            Some(ports) => ports,
            None => (free_port()?, free_port()?),
        };
        let (scheme, host, bind) = match &plan.tls {
            Some(tls) => ("https", tls.name.as_str(), "0.0.0.0"),
            None => ("http", "localhost", "127.0.0.1"),
        };
        let issuer = format!("{scheme}://{host}:{issuer_port}");
        let direct = format!("{scheme}://{host}:{server_port}");
        let mut balancer = None;
        let node_ports: Vec<u16> =
            std::iter::once(Ok(server_port)).chain((1..plan.nodes).map(|_| free_port())).collect::<Result<_>>()?;
        let (origin, recorder) = if plan.nodes > 1 {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let origin = format!("http://localhost:{}", listener.local_addr()?.port());
            balancer = Some(Balancer::start(listener, node_ports.clone())?);
            (origin, None)
        } else if plan.record {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let origin = format!("http://localhost:{}", listener.local_addr()?.port());
            (origin, Some(Recorder::start(listener, server_port)?))
        } else if let Some(each_way) = plan.delay {
            let listener = TcpListener::bind("127.0.0.1:0")?;
            let origin = format!("http://localhost:{}", listener.local_addr()?.port());
            delay::start(listener, server_port, each_way)?;
            (origin, None)
        } else {
            (direct.clone(), None)
        };
        let tls = plan.tls.as_ref().map(|tls| json!({"cert": tls.cert, "key": tls.key}));
        let customers = match &plan.customers {
            Some(path) => path.clone(),
            None => generate(&plan.dir)?,
        };
        let client = match &plan.tls {
            Some(tls) => http::lan_client(&tls.ca, &tls.name)?,
            None => http::client(false),
        };

        let issuer_config = write(
            &plan.dir,
            "issuer.json",
            issuer_config(&plan, &issuer, &format!("{bind}:{issuer_port}"), &origin, &customers, tls.as_ref()),
        )?;
        let admin_token = format!("clerk-{}", hex::encode(crate::entropy::bytes::<16>()));
        let mut issuer_process = Service::start(
            "honnin-issuer",
            &["serve", "--config", &issuer_config],
            &plan.dir,
            &[("HONNIN_ISSUER_ADMIN_TOKEN", &admin_token)],
        )?;
        issuer_process.ready(&client, &format!("{issuer}/readyz")).await?;
        let metadata = http::send(client.get(format!("{issuer}/.well-known/openid-credential-issuer"))).await?.ok()?;

        let mut server = json!({
            "listen": format!("{bind}:{server_port}"), "public_origin": origin,
            "database": match &plan.database {
                Database::Sqlite => format!("sqlite:{}", plan.dir.join("server.db").display()),
                Database::Url(url) => url.clone(),
            },
            "static": {"phone": target().with_file_name("mobile-sdk/web/dist"), "console": target().with_file_name("operator-ui/console/dist"),
                       "admin": target().with_file_name("operator-ui/admin/dist")},
            "development": true,
            "keys": {"dir": keys.dir, "verifying_key_sha256": keys.vk_sha256, "proving_key_sha256": keys.pk_sha256},
            "key_encryption": [{"file": key_encryption_key(&plan.dir)?}],
            "partners": [tenant::partner()], "delegations": [tenant::delegation()],
            "tenants": [tenant::tenant(&issuer, &metadata["honnin"]["root"], plan.short, plan.operators),
                        tenant::aozora(&issuer, &metadata["honnin"]["root"])],
        });
        server["tenants"][0]["recipients"] = json!(plan.recipients);
        if plan.short {
            // Tests call one customer more often in a minute than a desk would.
            server["limits"] = json!({"verifications_per_handle_per_minute": 1000, "open_per_handle": 100,
                "refusals_before_freeze": 1000, "verifications_per_person_per_minute": 100_000,
                "anonymous_per_address_per_minute": 100_000});
        }
        if plan.unlimited {
            const NEVER: u32 = 1_000_000_000;
            server["limits"] = json!({"verifications_per_handle_per_minute": NEVER, "open_per_handle": NEVER,
                "enrolments_per_handle_per_minute": NEVER, "verifications_per_person_per_minute": NEVER,
                "verifications_per_tenant_per_minute": NEVER, "anonymous_per_address_per_minute": NEVER});
            // An operator whose turn in the measurement comes late must not be locked by then.
            server["tenants"][0]["idle_lock_s"] = json!(12 * 3600);
        }
        if let Some(tls) = tls {
            server["tls"] = tls;
        }
        for (node, port) in node_ports.iter().enumerate() {
            let mut config = server.clone();
            config["listen"] = json!(format!("{bind}:{port}"));
            write(&plan.dir, &config_name(node), config)?;
        }
        let mut stack = Self {
            issuer,
            origin,
            admin_token,
            keys,
            recorder,
            dir: plan.dir,
            direct,
            client,
            issuer_process,
            nodes: node_ports.iter().map(|_| None).collect(),
            balancer,
        };
        for node in 0..stack.nodes.len() {
            stack.start_node(node).await?;
        }
        Ok(stack)
    }

    /// Starts one of the server's processes, as after [`Self::kill_node`].
    ///
    /// # Errors
    /// When it is not ready in time.
    pub async fn start_node(&mut self, node: usize) -> Result<()> {
        let path = self.dir.join(config_name(node));
        let config: Value = serde_json::from_slice(&fs::read(&path)?)?;
        let listen = config["listen"].as_str().context("no listen")?.replace("0.0.0.0", "localhost");
        let scheme = if config["tls"].is_null() { "http" } else { "https" };
        let ready = match scheme {
            "https" => format!("{}/readyz", self.direct),
            _ => format!("{scheme}://{listen}/readyz"),
        };
        let mut service = Service::start("honnin-server", &["--config", &path.to_string_lossy()], &self.dir, &[])?;
        service.ready(&self.client, &ready).await?;
        self.nodes[node] = Some(service);
        Ok(())
    }

    /// Ends one of the server's processes without a word (SIGKILL).
    pub fn kill_node(&mut self, node: usize) {
        self.nodes[node] = None;
    }

    /// Stops one of the server's processes politely; true when it ended by itself with success.
    ///
    /// # Errors
    /// When the signal cannot be sent.
    pub async fn stop_node(&mut self, node: usize) -> Result<bool> {
        match self.nodes[node].take() {
            Some(service) => service.stop().await,
            None => Ok(true),
        }
    }

    /// Has the issuer end every phone of a customer: its answer.
    ///
    /// # Errors
    /// When the issuer or the server refuses.
    pub async fn revoke(&self, handle: &str, reason: &str) -> Result<Value> {
        let url = format!("{}/admin/revocations", self.issuer);
        let body = json!({"handle": handle, "reason": reason});
        let request = http::json(&self.client, reqwest::Method::POST, &url, &body).bearer_auth(&self.admin_token);
        http::send(request).await?.ok()
    }

    /// An offer for a customer: the issuer's answer.
    ///
    /// # Errors
    /// When the issuer refuses.
    pub async fn offer(&self, handle: &str) -> Result<Value> {
        let request = self
            .client
            .post(format!("{}/admin/offers", self.issuer))
            .bearer_auth(&self.admin_token)
            .json(&json!({"handle": handle}));
        http::send(request).await?.ok()
    }

    /// A one-time link that lets a person register a passkey.
    ///
    /// # Errors
    /// When the server's command fails.
    pub fn invite(&self, person: &str) -> Result<String> {
        let output = Command::new(program("honnin-server")?)
            .args(["invite", "--person", person, "--config"])
            .arg(self.dir.join("server.json"))
            .output()?;
        if !output.status.success() {
            bail!("honnin-server invite: {}", String::from_utf8_lossy(&output.stderr));
        }
        let text = String::from_utf8(output.stdout)?;
        let link = text
            .split_whitespace()
            .find(|word| word.contains("invite="))
            .context("honnin-server invite printed no link")?;
        Ok(link.to_owned())
    }

    /// The operator, invited and logged in.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn desk(&self) -> Result<Desk> {
        Desk::invited(&self.origin, &self.invite(tenant::OPERATOR)?).await
    }

    /// Somebody of the tenant, invited and logged in.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn desk_of(&self, person: &str) -> Result<Desk> {
        Desk::invited(&self.origin, &self.invite(person)?).await
    }

    /// The server's process.
    pub fn server_id(&self) -> u32 {
        self.nodes[0].as_ref().map_or(0, Service::id)
    }

    /// Whether both services still run.
    pub fn alive(&mut self) -> bool {
        self.issuer_process.alive() && self.nodes.iter_mut().flatten().all(Service::alive)
    }

    /// Stops both politely; true when both ended by themselves with success.
    ///
    /// # Errors
    /// When a signal cannot be sent.
    pub async fn stop(self) -> Result<bool> {
        let mut clean = true;
        for node in self.nodes.into_iter().flatten() {
            clean &= node.stop().await?;
        }
        Ok(clean & self.issuer_process.stop().await?)
    }
}

fn config_name(node: usize) -> String {
    if node == 0 { "server.json".into() } else { format!("server-{node}.json") }
}

fn issuer_config(plan: &Plan, url: &str, listen: &str, origin: &str, customers: &Path, tls: Option<&Value>) -> Value {
    let mut config = json!({
        "listen": listen, "public_url": url, "server_url": origin, "tenant": tenant::TENANT,
        "data_dir": plan.dir.join("issuer"), "customers": customers, "server_ca": plan.tls.as_ref().map(|tls| &tls.ca),
    });
    if let Some(tls) = tls {
        config["tls"] = tls.clone();
    }
    config
}

/// A key-encryption key in a file of the plan's folder, made at the first start.
fn key_encryption_key(dir: &Path) -> Result<PathBuf> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let path = dir.join("kek");
    if !path.exists() {
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        file.write_all(hex::encode(crate::entropy::bytes::<32>()).as_bytes())?;
    }
    Ok(path)
}

fn generate(dir: &Path) -> Result<PathBuf> {
    let out = dir.join("customers.csv");
    let done = Command::new(program("honnin-issuer")?)
        .args(["generate", "--count", "1000", "--seed", "1", "--out"])
        .arg(&out)
        .output()?;
    if !done.status.success() {
        bail!("honnin-issuer generate: {}", String::from_utf8_lossy(&done.stderr));
    }
    Ok(out)
}

fn write(dir: &Path, name: &str, config: Value) -> Result<String> {
    let path = dir.join(name);
    fs::write(&path, serde_json::to_string_pretty(&config)?)?;
    Ok(path.to_string_lossy().into_owned())
}
