//! Starts a throwaway PostgreSQL, prints its connection string, and ends it when its input ends. For `npm test`, where every test
//! is a process of its own, and one cluster serves them all.

#![allow(clippy::expect_used, reason = "a failed expectation ends the program with its reason")]

use std::io::Write;

use es_testkit::postgres::{Cluster, ClusterOptions};

fn main() {
    let cluster = Cluster::start(ClusterOptions::default());
    println!("{}", cluster.url());
    std::io::stdout().flush().expect("the connection string is told");
    let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
}
