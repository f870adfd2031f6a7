//! Two test servers as a program, for clients in other languages: an open one, and one with TLS and users.
//!
//! Prints their connection strings, one a line, writes the certificate of the second one's authority to the file that it is
//! given, and ends when its input does.

use std::io::{Error, Read};

use es_testkit::eventstoredb::{Access, Options, TestServer, User};

fn main() -> std::io::Result<()> {
    let usage = || Error::other("usage: eventstoredb_server AUTHORITY_FILE [BYTES OF THE LARGEST APPEND]");
    let file = std::env::args().nth(1).ok_or_else(usage)?;
    // With the limit of old servers, 1 MiB, the contract suite cannot be run on it.
    let limit = std::env::args().nth(2).map(|bytes| bytes.parse().map_err(|_| usage())).transpose()?;
    let append_limit = limit.unwrap_or(Options::default().append_limit);
    let open = TestServer::start(Options { append_limit, system_projections: true, ..Options::default() });
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
