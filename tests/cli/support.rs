//! A store in a folder of its own, and the program run on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use es_sqlite::{OpenOptions, SqliteEventStore};
use rusqlite::types::Value as Cell;
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

/// How a run ended.
pub struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("the program ends by itself"),
            out: String::from_utf8(output.stdout).expect("UTF-8 on standard output"),
            err: String::from_utf8(output.stderr).expect("UTF-8 on standard error"),
        }
    }

    /// The run, if it ended with this code.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "exit code; stdout: {}; stderr: {}", self.out, self.err);
        self
    }

    /// The only JSON object on standard output.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("one JSON object, not {:?}: {error}", self.out))
    }

    /// One JSON object a line.
    pub fn lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).expect("JSON on each line")).collect()
    }
}

/// A folder with a store.
pub struct Bench {
    folder: tempfile::TempDir,
    pub store: PathBuf,
}

impl Bench {
    /// A folder without a store yet.
    pub fn bare() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = folder.path().join("bank.ledgerscope");
        Self { folder, store }
    }

    /// A store without events.
    pub fn empty() -> Self {
        let bench = Self::bare();
        let options = OpenOptions { create: true, ..OpenOptions::default() };
        SqliteEventStore::open(&bench.store, options).expect("created").close();
        bench
    }

    /// A store with the simulated bank.
    pub fn demo(events: u32) -> Self {
        let bench = Self::bare();
        bench.run(&["demo", "--seed", "7", "--events", &events.to_string()]).ended_with(0);
        bench
    }

    /// One active customer with two accounts in euros: A-1 with 100.00 EUR on it, A-2 with nothing.
    pub fn accounts() -> Self {
        let bench = Self::empty();
        let steps = [
            (
                "RegisterCustomer",
                r#"{"customerId":"C-1","givenName":"Ada","familyName":"Byron","birthDate":"1985-12-10"}"#,
            ),
            (
                "SubmitIdentification",
                r#"{"customerId":"C-1","document":"passport","documentNumber":"X1","validUntil":"2099-01-01"}"#,
            ),
            ("RecordScreening", r#"{"customerId":"C-1","outcome":"clear","note":"no match"}"#),
            ("AssessRisk", r#"{"customerId":"C-1","rating":"low","rationale":"usual"}"#),
        ];
        for (command, payload) in steps {
            bench.command(command, payload, &["--actor", "maker"]).ended_with(0);
        }
        bench.command("ApproveOnboarding", r#"{"customerId":"C-1"}"#, &["--actor", "checker"]).ended_with(0);
        for account in ["A-1", "A-2"] {
            let payload =
                format!(r#"{{"accountId":"{account}","customerId":"C-1","currency":"EUR","product":"current"}}"#);
            bench.command("OpenAccount", &payload, &[]).ended_with(0);
        }
        bench.command("Deposit", &deposit("A-1", 10_000), &[]).ended_with(0);
        bench
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file that holds everything derived.
    pub fn views(&self) -> PathBuf {
        let mut name = self.store.clone().into_os_string();
        name.push(".views");
        name.into()
    }

    /// The program, with nothing of the surroundings but this folder.
    pub fn program(&self) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_ledgerscope"));
        program.env("LEDGERSCOPE_DATA_DIR", self.folder()).env("LEDGERSCOPE_STORE", &self.store);
        program.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
        // A keyring of the person who runs the tests is none of their business.
        program.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent").env_remove("XDG_RUNTIME_DIR");
        program
    }

    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(self.program().args(arguments).output().expect("the program starts"))
    }

    /// Runs with `--json`.
    pub fn json(&self, arguments: &[&str]) -> Ended {
        self.run(&[arguments, &["--json"]].concat())
    }

    /// Issues a command with `--json`.
    pub fn command(&self, command_type: &str, payload: &str, more: &[&str]) -> Ended {
        self.json(&[&["command", "--type", command_type, "--payload", payload], more].concat())
    }

    /// The file's database, for looking.
    pub fn sql(&self) -> Connection {
        Connection::open_with_flags(&self.store, OpenFlags::SQLITE_OPEN_READ_ONLY).expect("a database")
    }

    /// Changes the file behind the program's back; the triggers that refuse it are put aside for the moment.
    pub fn tampered(&self, change: &str, values: impl rusqlite::Params) {
        let database = Connection::open(&self.store).expect("a database");
        let mut triggers = database.prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").expect("SQL");
        let rows = triggers.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).expect("rows");
        let triggers: Vec<(String, String)> = rows.map(|row| row.expect("a row")).collect();
        for (name, _) in &triggers {
            database.execute_batch(&format!("DROP TRIGGER {name}")).expect("dropped");
        }
        let changed = database.execute(change, values).expect("changed");
        assert_eq!(changed, 1, "{change} changes one row");
        for (_, sql) in &triggers {
            database.execute_batch(sql).expect("restored");
        }
    }

    /// Changes one byte (of a number: one bit) of one cell.
    pub fn flipped(&self, column: &str, position: usize, place: Place) {
        let query = format!("SELECT {column} FROM es_event WHERE position = {position}");
        let cell: Cell = self.sql().query_row(&query, [], |row| row.get(0)).expect("a cell");
        let at = |length: usize| match place {
            Place::First => 0,
            Place::Middle => length / 2,
            Place::Last => length - 1,
        };
        let changed = match cell {
            Cell::Integer(number) => Cell::Integer(number ^ (1 << at(21))),
            Cell::Blob(mut bytes) => {
                let at = at(bytes.len());
                bytes[at] ^= 1;
                Cell::Blob(bytes)
            }
            Cell::Text(text) => {
                let mut bytes = text.into_bytes();
                // One byte of a longer character would not be text any more; the next plain one is as good.
                let plain = (at(bytes.len())..bytes.len()).find(|at| bytes[*at].is_ascii()).expect("plain text");
                bytes[plain] ^= 1;
                Cell::Text(String::from_utf8(bytes).expect("still text"))
            }
            other => panic!("{column} holds {other:?}"),
        };
        self.tampered(&format!("UPDATE es_event SET {column} = ?1 WHERE position = {position}"), [changed]);
    }

    /// Every cell of the event table, in order.
    pub fn dump(&self) -> Vec<Vec<Cell>> {
        let database = self.sql();
        let mut all = database.prepare("SELECT * FROM es_event ORDER BY position").expect("the event table");
        let columns = all.column_count();
        let row = |row: &rusqlite::Row<'_>| (0..columns).map(|column| row.get(column)).collect();
        all.query_map([], row).expect("rows").map(|row| row.expect("a row")).collect()
    }

    pub fn copy(&self) -> Self {
        let copy = Self::bare();
        std::fs::copy(&self.store, &copy.store).expect("copied");
        copy
    }
}

pub fn deposit(account: &str, minor: u64) -> String {
    format!(r#"{{"accountId":"{account}","amount":{{"minor":"{minor}","currency":"EUR"}}}}"#)
}

pub fn types(events: &Value) -> Vec<&str> {
    events.as_array().expect("a list").iter().map(|event| event["eventType"].as_str().expect("a type")).collect()
}

/// Where in a cell a byte is changed.
#[derive(Debug, Clone, Copy)]
pub enum Place {
    First,
    Middle,
    Last,
}
