//! Passwords in a real Secret Service, on a session bus of its own.

use std::process::{Command, Stdio};

use crate::support::{Bench, Ended};

const SECRET: &str = "hunter2-in-the-keyring";
/// Starts the keyring with a fresh collection and runs the program for each line of its arguments.
const SESSION: &str = r#"
printf unlocked | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
exec "$@"
"#;

/// Runs on a session bus with a keyring whose files are in the bench's folder.
fn with_keyring(bench: &Bench, password: Option<&str>, arguments: &[&str]) -> Ended {
    let program = bench.program();
    let mut session = Command::new("dbus-run-session");
    session.args(["--", "sh", "-c", SESSION, "sh"]).arg(program.get_program()).args(arguments).arg("--json");
    session.env("HOME", bench.folder()).env("LEDGERSCOPE_DATA_DIR", bench.folder().join("data"));
    session.env("XDG_RUNTIME_DIR", bench.folder()).env("XDG_DATA_HOME", bench.folder().join("share"));
    session.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
    match password {
        Some(password) => session.env("LEDGERSCOPE_PASSWORD", password),
        None => session.env_remove("LEDGERSCOPE_PASSWORD"),
    };
    let output = session.output().expect("dbus-run-session and gnome-keyring are installed (scripts/setup.sh --test)");
    Ended::of(output)
}

#[test]
fn a_password_is_kept_by_the_secret_service_found_again_and_forgotten() {
    let bench = Bench::bare();
    let store = "postgres://ada@127.0.0.1:1/ledger";
    let listed = with_keyring(&bench, None, &["connections", "list"]).ended_with(0);
    assert_eq!(listed.json()["keyring"]["available"], true, "{}", listed.out);
    let added = with_keyring(&bench, Some(SECRET), &["connections", "add", "Live", store]).ended_with(0);
    assert_eq!(added.json()["connection"]["password"], "keyring", "{}", added.out);
    // In another session, as after a restart: the password comes from the keyring, and the server is tried with it.
    let tried = with_keyring(&bench, None, &["events", "--store", "Live"]).ended_with(5);
    assert_eq!(tried.json()["error"]["code"], "server_unreachable", "nothing had to be typed: {}", tried.out);
    let text = std::fs::read_to_string(bench.folder().join("data/connections.json")).expect("the list");
    assert!(!text.contains(SECRET), "the list does not hold it: {text}");
    with_keyring(&bench, None, &["connections", "remove", "Live", "--yes"]).ended_with(0);
    with_keyring(&bench, None, &["connections", "add", "Live", store, "--ask-each-time"]).ended_with(0);
    let asked = with_keyring(&bench, None, &["events", "--store", "Live"]).ended_with(5);
    assert_eq!(asked.json()["error"]["code"], "password_needed", "{}", asked.out);
}
