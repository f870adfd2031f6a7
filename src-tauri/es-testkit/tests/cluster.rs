//! The throwaway PostgreSQL itself.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

use std::net::TcpStream;
use std::time::Duration;

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
