//! A throw-away PostgreSQL cluster on a free port of this machine. Only the standard library, because `xtask` includes
//! this file too: it starts one cluster for a whole run of tests.

use std::fs;
use std::io;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A running cluster; stopped and removed when dropped.
pub struct Cluster {
    dir: PathBuf,
    bin: PathBuf,
    port: u16,
    as_user: bool,
}

/// Whether commits wait for the disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// As in service; for measuring and for killing.
    Full,
    /// Not: tests look at what is stored, not at power cuts.
    None,
}

impl Cluster {
    /// Makes and starts a cluster.
    ///
    /// # Errors
    /// When PostgreSQL is missing, or does not start; its own words are in the error.
    pub fn start(durability: Durability) -> io::Result<Self> {
        let bin = binaries()?;
        let dir = std::env::temp_dir().join(format!("honnin-pg-{}-{}", std::process::id(), free_port()?));
        fs::create_dir_all(&dir)?;
        // PostgreSQL refuses root; Debian's package brings a user.
        let as_user = output(Command::new("id").arg("-u"))? == "0";
        if as_user {
            output(Command::new("chown").arg("postgres").arg(&dir))?;
        }
        let cluster = Self { dir, bin, port: free_port()?, as_user };
        let data = cluster.data();
        cluster.run("initdb", &["-D", &data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "-N"])?;
        let mut settings = format!(
            "port = {}\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 300\nshared_buffers = 64MB\nlogging_collector = off\n",
            cluster.port
        );
        if durability == Durability::None {
            settings.push_str("fsync = off\nsynchronous_commit = off\nfull_page_writes = off\n");
        }
        let path = Path::new(&data).join("honnin.conf");
        fs::write(&path, settings)?;
        if as_user {
            output(Command::new("chown").arg("postgres").arg(&path))?;
        }
        let include = format!("echo \"include = 'honnin.conf'\" >> '{data}/postgresql.conf'");
        output(&mut cluster.command("sh", &["-c", &include]))?;
        cluster.up()?;
        Ok(cluster)
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`].
    ///
    /// # Errors
    /// When it does not start.
    pub fn up(&self) -> io::Result<()> {
        let log = self.dir.join("data/server.log").display().to_string();
        self.run("pg_ctl", &["-D", &self.data(), "-l", &log, "-w", "-t", "60", "start"]).map(drop)
    }

    /// Stops it as an administrator does who is in a hurry: connections are cut, nothing is lost.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn stop(&self) -> io::Result<()> {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "fast", "stop"]).map(drop)
    }

    /// Stops it as a power cut does.
    ///
    /// # Errors
    /// When it does not stop.
    pub fn kill(&self) -> io::Result<()> {
        self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "immediate", "stop"]).map(drop)
    }

    /// URL of a database in it.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Its first process, whose children do the work.
    ///
    /// # Errors
    /// When it is not running.
    pub fn process(&self) -> io::Result<u32> {
        let lines = fs::read_to_string(Path::new(&self.data()).join("postmaster.pid"))?;
        let first = lines.lines().next().unwrap_or_default();
        first.trim().parse().map_err(|_| io::Error::other("postmaster.pid holds no process"))
    }

    /// Makes an empty database and gives its URL.
    ///
    /// # Errors
    /// When the name is taken.
    pub fn create(&self, database: &str) -> io::Result<String> {
        self.psql("postgres", &format!("CREATE DATABASE {database}"))?;
        Ok(self.url(database))
    }

    /// Runs one statement.
    ///
    /// # Errors
    /// PostgreSQL's.
    pub fn psql(&self, database: &str, statement: &str) -> io::Result<String> {
        self.run("psql", &["-d", &self.url(database), "-v", "ON_ERROR_STOP=1", "-Atqc", statement])
    }

    /// One of PostgreSQL's programs, such as `pg_dump`.
    ///
    /// # Errors
    /// What the program says.
    pub fn run(&self, program: &str, args: &[&str]) -> io::Result<String> {
        output(&mut self.command(&self.bin.join(program).display().to_string(), args))
    }

    fn data(&self) -> String {
        self.dir.join("data").display().to_string()
    }

    fn command(&self, program: &str, args: &[&str]) -> Command {
        let mut command = if self.as_user {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--", program]);
            command
        } else {
            Command::new(program)
        };
        command.args(args).current_dir(&self.dir);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        // Whatever state it is in, nothing of it is worth keeping.
        let _ = self.run("pg_ctl", &["-D", &self.data(), "-w", "-m", "immediate", "stop"]);
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Makes an empty database in the cluster whose `postgres` database this URL names; gives its URL.
///
/// # Errors
/// PostgreSQL's.
pub fn create_in(url: &str, database: &str) -> io::Result<String> {
    let psql = binaries()?.join("psql");
    let statement = format!("CREATE DATABASE {database}");
    output(Command::new(psql).args(["-d", url, "-v", "ON_ERROR_STOP=1", "-qc", &statement]))?;
    let (server, _) = url.rsplit_once('/').ok_or_else(|| io::Error::other("the URL names no database"))?;
    Ok(format!("{server}/{database}"))
}

/// A whole database as SQL.
///
/// # Errors
/// `pg_dump`'s.
pub fn dump(url: &str) -> io::Result<String> {
    output(Command::new(binaries()?.join("pg_dump")).arg(url))
}

/// Reads a [`dump`] into an empty database.
///
/// # Errors
/// `psql`'s.
pub fn restore(url: &str, dump: &str) -> io::Result<()> {
    let path = std::env::temp_dir().join(format!("honnin-pg-dump-{}-{}", std::process::id(), free_port()?));
    fs::write(&path, dump)?;
    let file = path.display().to_string();
    let done =
        output(Command::new(binaries()?.join("psql")).args(["-d", url, "-v", "ON_ERROR_STOP=1", "-q", "-f", &file]));
    fs::remove_file(&path)?;
    done.map(drop)
}

/// The newest of Debian's versions, or what the path has.
fn binaries() -> io::Result<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = Vec::new();
    if let Ok(versions) = fs::read_dir("/usr/lib/postgresql") {
        for version in versions.flatten() {
            let bin = version.path().join("bin");
            if let Some(number) = version.file_name().to_str().and_then(|n| n.parse().ok())
                && bin.join("initdb").exists()
            {
                found.push((number, bin));
            }
        }
    }
    found.sort();
    if let Some((_, bin)) = found.pop() {
        return Ok(bin);
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .find(|dir| dir.join("initdb").exists() && dir.join("pg_ctl").exists())
        .ok_or_else(|| io::Error::other("PostgreSQL's programs are missing (Debian package postgresql)"))
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}

fn output(command: &mut Command) -> io::Result<String> {
    // Into a file, not a pipe: what `pg_ctl` starts keeps its parent's output open.
    let path = std::env::temp_dir().join(format!("honnin-pg-out-{}-{}", std::process::id(), free_port()?));
    let file = fs::File::create(&path)?;
    let status = command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file).status();
    let text = fs::read_to_string(&path).unwrap_or_default();
    let _ = fs::remove_file(&path);
    if status?.success() {
        Ok(text.trim().to_owned())
    } else {
        Err(io::Error::other(format!("{}: {}", command.get_program().display(), text.trim())))
    }
}
