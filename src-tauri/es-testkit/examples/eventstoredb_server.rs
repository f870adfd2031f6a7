//! Two test servers as a program, for clients in other languages: an open one, and one with TLS and users.
//!
//! Prints their connection strings, one a line, writes the certificate of the second one's authority to the file that it is
//! given, and ends when its input does.

use std::io::{Error, Read};

use es_testkit::eventstoredb::{Access, Options, TestServer, User};

/// The limit of newer servers: with the older one, 1 MiB, the contract suite cannot be run on it.
const APPEND_LIMIT: usize = 16 * 1024 * 1024;

fn main() -> std::io::Result<()> {
    let file = std::env::args().nth(1).ok_or_else(|| Error::other("usage: eventstoredb_server AUTHORITY_FILE"))?;
    let open =
        TestServer::start(Options { append_limit: APPEND_LIMIT, system_projections: true, ..Options::default() });
    let mut users = User::of_a_new_database();
    users.push(User::new("alice", "secret", &["tellers"]));
    let secure = TestServer::start(Options {
        access: Access::restricted_to(users),
        tls: Some(vec!["localhost".to_owned()]),
        ..Options::default()
    });
    std::fs::write(&file, secure.authority().unwrap_or_default())?;
    println!("{}\n{}", open.connection_string(), secure.connection_string());
    std::io::stdin().read_to_end(&mut Vec::new()).map(|_| ())
}
