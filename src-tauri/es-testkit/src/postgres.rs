//! A throwaway PostgreSQL: initialised from the installed binaries in a temporary folder, on a free port of the loopback interface,
//! as a user that is not root, gone with the process that started it however that ends.
//!
//! Tests that only need *a* database use [`server`] and a [`fresh_schema`] in it; tests that kill, freeze or configure the
//! server start a [`Cluster`] of their own.

use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// URL of the cluster that a whole test run shares; set by `npm test`. Without it each process starts one when it needs it.
pub const SHARED_CLUSTER: &str = "LEDGERSCOPE_TEST_CLUSTER";
/// URL of a real server that the contract suite is to run on as well.
pub const GIVEN_SERVER: &str = "LEDGERSCOPE_TEST_POSTGRES_URL";
/// Folder of the PostgreSQL programs; without it the newest that is installed.
pub const PROGRAMS: &str = "LEDGERSCOPE_PG_BIN";

const USER: &str = "postgres";
const PASSWORD: &str = "throw-away";
/// Other processes look for free ports at the same time, so one that was free a moment ago may be taken.
const PORT_ATTEMPTS: u32 = 5;
const START_SECONDS: u64 = 60;

/// Says where to find the database that tests share: the run's cluster, or this process's own.
///
/// # Panics
/// PostgreSQL is not installed or does not start.
#[must_use]
pub fn server() -> String {
    static OWN: OnceLock<Cluster> = OnceLock::new();
    match std::env::var(SHARED_CLUSTER) {
        Ok(url) if !url.is_empty() => url,
        _ => OWN.get_or_init(|| Cluster::start(ClusterOptions::default())).url(),
    }
}

/// The real server that tests are to run on as well, if one is given.
#[must_use]
pub fn given_server() -> Option<String> {
    std::env::var(GIVEN_SERVER).ok().filter(|url| !url.is_empty())
}

/// A schema name that no other test uses.
#[must_use]
pub fn fresh_schema() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    format!("t{}_{}_{}", std::process::id(), now.as_nanos(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// How a cluster is set up.
#[derive(Debug, Clone, Default)]
pub struct ClusterOptions {
    /// Whether commits wait for the disk. Off by default: what a killed server has written stays in the system's cache.
    pub durable: bool,
    /// Certificate and key (PEM files, readable by the caller) that the server shows. Without them it offers no TLS.
    pub tls: Option<(PathBuf, PathBuf)>,
    /// Further settings of `postgresql.conf`.
    pub settings: Vec<(String, String)>,
}

/// A PostgreSQL server with its data.
#[derive(Debug)]
pub struct Cluster {
    folder: TempDir,
    programs: PathBuf,
    user: Option<(u32, u32)>,
    port: u16,
    watchdog: Option<Child>,
}

impl Cluster {
    /// Initialises and starts a cluster.
    ///
    /// # Panics
    /// PostgreSQL is not installed or does not start; the message says why.
    #[must_use]
    pub fn start(options: ClusterOptions) -> Self {
        let folder = tempfile::Builder::new().prefix("ledgerscope-pg-").tempdir().expect("a temporary folder");
        let user = unprivileged_user();
        let mut cluster = Self { folder, programs: programs(), user, port: 0, watchdog: None };
        cluster.watchdog = Some(cluster.spawn_watchdog());
        cluster.give_away(cluster.folder.path());
        cluster.initialise(&options);
        for attempt in 1..=PORT_ATTEMPTS {
            cluster.port = free_port();
            let started = cluster.run_start();
            if started.status.success() {
                return cluster;
            }
            let log = std::fs::read_to_string(cluster.folder.path().join("log")).unwrap_or_default();
            assert!(attempt < PORT_ATTEMPTS, "PostgreSQL does not start: {}\n{log}", told(&started));
        }
        unreachable!("the last attempt returns or panics")
    }

    /// Where the server listens.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Name and password of the superuser.
    #[must_use]
    pub fn login(&self) -> (&'static str, &'static str) {
        (USER, PASSWORD)
    }

    /// The connection string.
    #[must_use]
    pub fn url(&self) -> String {
        format!("postgres://{USER}:{PASSWORD}@127.0.0.1:{}/postgres", self.port)
    }

    /// Ends the server and its sessions at once, as a crash would.
    ///
    /// # Panics
    /// It is not running.
    pub fn kill(&self) {
        let postmaster = self.postmaster().expect("the server is running");
        let mut all = children_of(postmaster);
        all.insert(0, postmaster);
        signal("KILL", &all);
        let until = Instant::now() + Duration::from_secs(START_SECONDS);
        while all.iter().any(|pid| is_running(*pid)) {
            assert!(Instant::now() < until, "the killed server does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Starts the server again on the same port after [`Cluster::kill`] or [`Cluster::stop`], with the data it had.
    ///
    /// # Panics
    /// It does not start.
    pub fn restart(&self) {
        if self.postmaster().is_some_and(|pid| !is_running(pid)) {
            // A dead process that nobody has waited for yet still counts as one that holds the lock file.
            let _ = std::fs::remove_file(self.data().join("postmaster.pid"));
        }
        let started = self.run_start();
        let log = std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        assert!(started.status.success(), "PostgreSQL does not start again: {}\n{log}", told(&started));
    }

    /// Ends the server in order; sessions are broken off.
    pub fn stop(&self) {
        let data = self.data();
        let mut stop = self.command("pg_ctl");
        stop.args(["stop", "-m", "fast", "-w", "-t", "30", "-D"]).arg(data);
        let _ = stop.output();
    }

    /// Stops the server and its sessions from running, as a hanging machine would.
    ///
    /// # Panics
    /// It is not running.
    pub fn freeze(&self) {
        let postmaster = self.postmaster().expect("the server is running");
        // First the postmaster, so that no session is begun that would be missed.
        signal("STOP", &[postmaster]);
        signal("STOP", &children_of(postmaster));
    }

    /// Lets a frozen server go on.
    ///
    /// # Panics
    /// It is not running.
    pub fn thaw(&self) {
        let postmaster = self.postmaster().expect("the server is there");
        signal("CONT", &children_of(postmaster));
        signal("CONT", &[postmaster]);
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn postmaster(&self) -> Option<u32> {
        let text = std::fs::read_to_string(self.data().join("postmaster.pid")).ok()?;
        text.lines().next()?.trim().parse().ok()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path()).stdin(Stdio::null()).env_remove("PGDATA").env_remove("PGPORT");
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        command
    }

    fn give_away(&self, path: &Path) {
        if let Some((uid, gid)) = self.user {
            chown(path, Some(uid), Some(gid)).expect("the cluster's user gets its files");
        }
    }

    fn initialise(&self, options: &ClusterOptions) {
        let password = self.folder.path().join("password");
        std::fs::write(&password, PASSWORD).expect("written");
        let mut initdb = self.command("initdb");
        initdb.args([
            "--username",
            USER,
            "--encoding",
            "UTF8",
            "--locale",
            "C",
            "--auth",
            "scram-sha-256",
            "--no-sync",
        ]);
        initdb.arg("--pwfile").arg(&password).arg("-D").arg(self.data());
        let made = initdb.output().expect("initdb runs");
        assert!(made.status.success(), "initdb fails: {}", told(&made));
        let mut settings = String::from(
            "\nlisten_addresses = '127.0.0.1'\nunix_socket_directories = ''\nmax_connections = 200\nshared_buffers = '64MB'\n",
        );
        if !options.durable {
            settings.push_str("fsync = off\nfull_page_writes = off\n");
        }
        if let Some((certificate, key)) = &options.tls {
            for (from, to) in [(certificate, "server.crt"), (key, "server.key")] {
                let to = self.data().join(to);
                std::fs::copy(from, &to).expect("the certificate is copied");
                std::fs::set_permissions(&to, std::os::unix::fs::PermissionsExt::from_mode(0o600)).expect("private");
                self.give_away(&to);
            }
            settings.push_str("ssl = on\nssl_cert_file = 'server.crt'\nssl_key_file = 'server.key'\n");
        }
        for (name, value) in &options.settings {
            settings.push_str(&format!("{name} = '{}'\n", value.replace('\'', "''")));
        }
        let path = self.data().join("postgresql.conf");
        let given = std::fs::read_to_string(&path).expect("initdb has written the settings");
        std::fs::write(&path, given + &settings).expect("written");
    }

    fn run_start(&self) -> Output {
        let mut start = self.command("pg_ctl");
        start.args(["start", "-w", "-t", &START_SECONDS.to_string(), "-o", &format!("-p {}", self.port)]);
        start.arg("-D").arg(self.data()).arg("-l").arg(self.folder.path().join("log"));
        // The server inherits what pg_ctl writes to: a pipe would never end.
        let status = start.stdout(Stdio::null()).stderr(Stdio::null()).status().expect("pg_ctl runs");
        Output { status, stdout: Vec::new(), stderr: Vec::new() }
    }

    /// A process that waits for the end of this one, which closes its input, and then ends the server and removes its folder: also
    /// after an abort, and in whatever state of its making the cluster is by then. `initdb` and `pg_ctl` may be at work still; they
    /// give up or end when the folder is gone.
    fn spawn_watchdog(&self) -> Child {
        let script = r#"trap '' INT TERM HUP
            if read -r line; then exit 0; fi
            for attempt in 1 2 3 4 5 6 7 8 9 10; do
                pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
                if [ -n "$pid" ]; then
                    kill -CONT "$pid" 2>/dev/null
                    kill -INT "$pid" 2>/dev/null
                    for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || break; sleep 0.3; done
                    kill -QUIT "$pid" 2>/dev/null
                    sleep 0.3
                fi
                rm -rf "$1" 2>/dev/null
                sleep 0.3
                [ -e "$1" ] || exit 0
            done"#;
        let mut watchdog = Command::new("sh");
        watchdog.args(["-c", script, "sh"]).arg(self.folder.path()).process_group(0);
        watchdog.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        watchdog.spawn().expect("the watchdog starts")
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(postmaster) = self.postmaster() {
            signal("CONT", &children_of(postmaster));
            signal("CONT", &[postmaster]);
            self.stop();
        }
        if let Some(mut watchdog) = self.watchdog.take() {
            if let Some(input) = &mut watchdog.stdin {
                let _ = std::io::Write::write_all(input, b"done\n");
            }
            let _ = watchdog.wait();
        }
    }
}

fn programs() -> PathBuf {
    if let Some(folder) = std::env::var_os(PROGRAMS) {
        return folder.into();
    }
    let version = |folder: &PathBuf| -> Option<u32> { folder.file_name()?.to_str()?.parse().ok() };
    let installed = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path());
    let newest = installed.filter(|folder| folder.join("bin/initdb").exists()).max_by_key(version);
    if let Some(folder) = newest {
        return folder.join("bin");
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).find(|folder| folder.join("initdb").exists());
    found.unwrap_or_else(|| {
        panic!("PostgreSQL is not installed: no initdb in /usr/lib/postgresql/*/bin, PATH or {PROGRAMS}")
    })
}

/// PostgreSQL refuses to run as root.
fn unprivileged_user() -> Option<(u32, u32)> {
    let number = |arguments: &[&str]| -> Option<u32> {
        let output = Command::new("id").args(arguments).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()?.trim().parse().ok()
    };
    if number(&["-u"]) != Some(0) {
        return None;
    }
    let of = |user: &str| Some((number(&["-u", user])?, number(&["-g", user])?));
    Some(of(USER).or_else(|| of("nobody")).expect("a user that is not root"))
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("an address").port()
}

fn signal(name: &str, pids: &[u32]) {
    for pid in pids {
        // One that has ended meanwhile is no fault.
        let _ = Command::new("sh").args(["-c", &format!("kill -{name} {pid} 2>/dev/null")]).status();
    }
}

fn children_of(parent: u32) -> Vec<u32> {
    let path = format!("/proc/{parent}/task/{parent}/children");
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.split_whitespace().filter_map(|pid| pid.parse().ok()).collect()
}

fn is_running(pid: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    // The state follows the name in parentheses; a zombie has ended.
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}
