//! The throwaway PostgreSQL itself.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

use std::fs::Permissions;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use es_testkit::postgres::{Cluster, ClusterOptions};

fn accepts(cluster: &Cluster) -> bool {
    let address = ([127, 0, 0, 1], cluster.port()).into();
    TcpStream::connect_timeout(&address, Duration::from_secs(5)).is_ok()
}

#[test]
fn a_cluster_starts_is_killed_comes_back_and_ends_with_its_value() {
    let cluster = Cluster::start(ClusterOptions::default());
    assert!(accepts(&cluster), "a started cluster accepts connections");
    cluster.kill();
    assert!(!accepts(&cluster), "a killed one does not");
    cluster.restart();
    assert!(accepts(&cluster), "it is back on the same port");
    cluster.freeze();
    cluster.thaw();
    let port = cluster.port();
    drop(cluster);
    let address = ([127, 0, 0, 1], port).into();
    assert!(TcpStream::connect_timeout(&address, Duration::from_secs(1)).is_err(), "nothing is left running");
}

/// Set for a process that does nothing but have a cluster until it is killed.
const OWNER: &str = "LEDGERSCOPE_TEST_CLUSTER_OWNER";

#[test]
fn a_process_that_is_killed_leaves_no_cluster_behind_however_far_it_has_come() {
    if std::env::var_os(OWNER).is_some() {
        let _kept = Cluster::start(ClusterOptions::default());
        loop {
            std::thread::park();
        }
    }
    for reached in ["", "data/base", "data/postmaster.pid"] {
        let place = tempfile::tempdir().expect("a folder");
        // The cluster's own user has to get through.
        std::fs::set_permissions(place.path(), Permissions::from_mode(0o755)).expect("opened");
        let mut owner = Command::new(std::env::current_exe().expect("this program"));
        owner.args(["--exact", "a_process_that_is_killed_leaves_no_cluster_behind_however_far_it_has_come"]);
        owner.env(OWNER, "1").env("TMPDIR", place.path()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut owner = owner.spawn().expect("it starts");
        let clusters = || -> Vec<_> {
            let entries = std::fs::read_dir(place.path()).expect("readable").flatten();
            entries.map(|entry| entry.path()).collect()
        };
        let until = Instant::now() + Duration::from_secs(60);
        while !clusters().iter().any(|cluster| cluster.join(reached).exists()) {
            assert!(Instant::now() < until, "it never has {reached:?}");
            std::thread::sleep(Duration::from_millis(2));
        }
        if reached.is_empty() {
            // The moment between the folder and its watchdog cannot be covered.
            std::thread::sleep(Duration::from_millis(30));
        }
        owner.kill().expect("it runs");
        owner.wait().expect("it has ended");
        let until = Instant::now() + Duration::from_secs(30);
        while !clusters().is_empty() {
            assert!(Instant::now() < until, "killed at {reached:?}: {:?} is left", clusters());
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
