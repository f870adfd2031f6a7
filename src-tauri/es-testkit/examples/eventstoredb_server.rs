//! The test server as a program, for clients in other languages: prints its connection string, and ends when its input does.

use std::io::Read;

use es_testkit::eventstoredb::{Access, Options, TestServer, User};

fn main() -> std::io::Result<()> {
    let access = Access::restricted_to(User::of_a_new_database());
    let server = TestServer::start(Options { access, ..Options::default() });
    println!("{}", server.connection_string());
    std::io::stdin().read_to_end(&mut Vec::new()).map(|_| ())
}
