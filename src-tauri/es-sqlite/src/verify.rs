//! Verification of a whole file: the events, what is recorded of streams and the log, and the file's own structure.

use std::path::Path;

use es_core::plan::LogHead;
use es_core::verify::{UnreadableEvent, Verifier};
use es_core::{
    Capabilities, EventStub, FindingKind, Hash, Position, StoreError, StreamName, StreamVersion, VerifyProgress,
    VerifyReport,
};
use rusqlite::{Connection, InterruptHandle, Row};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::error::Fault;
use crate::open::{Access, OpenOptions, connect};
use crate::retention::stub_of_row;
use crate::rows::{Decoder, Undecodable, column, counter, event_columns, hash, text};
use crate::write::read_head;

/// Rows per read transaction. Short ones, so that the write-ahead log can be cut back while a long log is verified.
const BLOCK_ROWS: i64 = 4096;
/// Most problems that SQLite's own check of the file's structure reports.
const STRUCTURE_FINDINGS: u32 = 100;

/// Verifies on the calling thread. Hands out the means to interrupt it first.
pub(crate) fn verify(
    path: &Path,
    access: Access,
    options: &OpenOptions,
    capabilities: Capabilities,
    interrupt: oneshot::Sender<InterruptHandle>,
    cancel: &CancellationToken,
    progress: &mut (dyn FnMut(VerifyProgress) + Send),
) -> Result<VerifyReport, Fault> {
    let connection = connect(path, access, options)?;
    let _ = interrupt.send(connection.get_interrupt_handle());
    let mut run = Run {
        connection: &connection,
        verifier: Verifier::new(capabilities, false),
        decoder: Decoder::default(),
        after: i64::MIN,
        total: read_head(&connection).map_or(0, |head| head.position.get()),
        progress,
        cancel,
    };
    match run.whole() {
        Ok(head) => Ok(run.verifier.finish(head, true)),
        Err(_) if cancel.is_cancelled() => Ok(run.verifier.cancel()),
        Err(fault) => run.broken(fault),
    }
}

struct Run<'a> {
    connection: &'a Connection,
    verifier: Verifier,
    decoder: Decoder,
    /// Raw position of the last row examined.
    after: i64,
    total: u64,
    progress: &'a mut (dyn FnMut(VerifyProgress) + Send),
    cancel: &'a CancellationToken,
}

impl Run<'_> {
    fn whole(&mut self) -> Result<Option<LogHead>, Fault> {
        self.events()?;
        let head = self.heads()?;
        self.structure()?;
        Ok(head)
    }

    fn go_on(&self) -> Result<(), Fault> {
        if self.cancel.is_cancelled() { Err(StoreError::Cancelled.into()) } else { Ok(()) }
    }

    /// Examines blocks until one is not full; what is appended meanwhile is examined together with the heads.
    fn events(&mut self) -> Result<(), Fault> {
        loop {
            let rows = self.block()?;
            let done = self.verifier.events();
            (self.progress)(VerifyProgress { done, total: self.total.max(done) });
            if rows < BLOCK_ROWS {
                return Ok(());
            }
        }
    }

    /// Events and stubs in order of position, from one view of the file: a scavenge may go on meanwhile.
    fn block(&mut self) -> Result<i64, Fault> {
        self.go_on()?;
        let own = self.connection.is_autocommit();
        let _view = own.then(|| self.connection.unchecked_transaction()).transpose()?;
        let mut stubs = self.stubs_of_block()?.into_iter().peekable();
        let mut count = 0;
        let mut statement = self.connection.prepare_cached(concat!(
            "SELECT ",
            event_columns!(),
            " FROM es_event NOT INDEXED WHERE position > ?1 ORDER BY position LIMIT ?2"
        ))?;
        let mut rows = statement.query([self.after, BLOCK_ROWS])?;
        while let Some(row) = rows.next()? {
            let position: i64 = row.get(0)?;
            while let Some(stub) = stubs.next_if(|stub| stub.position <= position) {
                if count == BLOCK_ROWS {
                    return Ok(count);
                }
                count += 1;
                self.stub(stub);
            }
            if count == BLOCK_ROWS {
                return Ok(count);
            }
            count += 1;
            self.after = position;
            match self.decoder.event(row)? {
                Ok(event) => self.verifier.event(&event),
                Err(bad) => unreadable(&mut self.verifier, row, &bad)?,
            }
        }
        while count < BLOCK_ROWS
            && let Some(stub) = stubs.next()
        {
            count += 1;
            self.stub(stub);
        }
        Ok(count)
    }

    fn stubs_of_block(&self) -> Result<Vec<RawStub>, Fault> {
        let mut statement = self.connection.prepare_cached(
            "SELECT position, stream_name, stream_version, event_id, recorded_at, content_hash, chain_hash FROM es_stub \
             WHERE position > ?1 ORDER BY position LIMIT ?2",
        )?;
        let mut rows = statement.query([self.after, BLOCK_ROWS])?;
        let mut stubs = Vec::new();
        while let Some(row) = rows.next()? {
            let chain_hash = hash(row.get_ref(6)?).ok();
            stubs.push(RawStub { position: row.get(0)?, stub: stub_of_row(row)?, chain_hash });
        }
        Ok(stubs)
    }

    fn stub(&mut self, raw: RawStub) {
        self.after = raw.position;
        match raw.stub {
            Ok(stub) => self.verifier.stub(&stub),
            Err(reason) => {
                let position = Position(u64::try_from(raw.position).unwrap_or(0));
                let stub = UnreadableEvent { position, stream: None, chain_hash: raw.chain_hash, reason: &reason };
                self.verifier.unreadable(&stub);
            }
        }
    }

    /// Compares what is recorded of the streams and of the log with the events, all in one view of the file.
    fn heads(&mut self) -> Result<Option<LogHead>, Fault> {
        let transaction = self.connection.unchecked_transaction()?;
        while self.block()? == BLOCK_ROWS {}
        self.stream_heads()?;
        self.scavenge()?;
        let head = match read_head(self.connection) {
            Ok(head) => Some(head),
            Err(Fault::Damaged(reason)) => {
                self.verifier.find(self.verifier.position(), FindingKind::LogHead, reason);
                None
            }
            Err(fault) => return Err(fault),
        };
        transaction.rollback()?;
        Ok(head)
    }

    fn stream_heads(&mut self) -> Result<(), Fault> {
        let mut statement = self
            .connection
            .prepare("SELECT stream_name, category, version, last_position, truncated_before FROM es_stream")?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            if let Err(reason) = self.stream_head(row)? {
                let position = row.get_ref(3)?.as_i64().ok().and_then(|position| u64::try_from(position).ok());
                let message = format!("what is recorded of a stream is not legible: {reason}");
                self.verifier.find(Position(position.unwrap_or(0)), FindingKind::StreamHead, message);
            }
        }
        Ok(())
    }

    /// What an event and a stub must not share, and what no transaction leaves behind.
    fn scavenge(&mut self) -> Result<(), Fault> {
        let mut statement = self.connection.prepare(
            "SELECT s.position FROM es_stub s JOIN es_event e ON e.event_id = s.event_id ORDER BY s.position LIMIT ?1",
        )?;
        let mut rows = statement.query([STRUCTURE_FINDINGS])?;
        while let Some(row) = rows.next()? {
            let position = Position(row.get::<_, i64>(0)?.unsigned_abs());
            self.verifier.find(position, FindingKind::EventId, "an event has the id of this stub".to_owned());
        }
        if self.connection.prepare("SELECT 1 FROM es_scavenge")?.exists([])? {
            let message = "the guard that lets a scavenge remove events is left open".to_owned();
            self.verifier.find(self.verifier.position(), FindingKind::Stub, message);
        }
        Ok(())
    }

    fn stream_head(&mut self, row: &Row<'_>) -> Result<Result<(), String>, Fault> {
        let (name, category, version, last) = (row.get_ref(0)?, row.get_ref(1)?, row.get_ref(2)?, row.get_ref(3)?);
        let begins = row.get_ref(4)?;
        let read = || -> Result<_, String> {
            let name = text(name).map_err(|reason| format!("stream_name {reason}"))?;
            let name = StreamName::new(name).map_err(|error| error.to_string())?;
            let category = text(category).map_err(|reason| format!("category of {name} {reason}"))?;
            let version = counter(version).map_err(|reason| format!("version of {name} {reason}"))?;
            let last = counter(last).map_err(|reason| format!("last_position of {name} {reason}"))?;
            let begins = counter(begins).map_err(|reason| format!("truncated_before of {name} {reason}"))?;
            Ok((name, category, StreamVersion(version), Position(last), StreamVersion(begins)))
        };
        let (name, category, version, last, begins) = match read() {
            Ok(head) => head,
            Err(reason) => return Ok(Err(reason)),
        };
        if name.category() != category {
            let message = format!("stream {name} is filed under category {category:?}");
            self.verifier.find(last, FindingKind::StreamHead, message);
        }
        self.verifier.stream_head(&name, version, last);
        self.verifier.stream_begins(&name, begins);
        Ok(Ok(()))
    }

    /// SQLite's own check: pages, key order, unique keys, and that every index has exactly the rows of its table.
    fn structure(&mut self) -> Result<(), Fault> {
        self.go_on()?;
        let mut statement = self.connection.prepare(&format!("PRAGMA integrity_check({STRUCTURE_FINDINGS})"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let message = String::from_utf8_lossy(row.get_ref(0)?.as_bytes().unwrap_or_default()).into_owned();
            if message != "ok" {
                self.verifier.find(position_in(&message), FindingKind::Structure, message);
            }
        }
        Ok(())
    }

    /// The file could not be read on: that is the finding.
    fn broken(mut self, fault: Fault) -> Result<VerifyReport, Fault> {
        let reason = match &fault {
            Fault::Damaged(reason) => reason.clone(),
            Fault::Sql(error)
                if matches!(
                    error.sqlite_error_code(),
                    Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase)
                ) =>
            {
                error.to_string()
            }
            _ => return Err(fault),
        };
        // Rows are read in order, so the damage lies behind the last one that was legible.
        let position = column(self.verifier.position().next().get()).min(column(self.total.max(1)));
        let message = format!("the file cannot be read on from here: {reason}");
        self.verifier.find(Position(position.unsigned_abs()), FindingKind::Structure, message);
        // A statement that could not end leaves nothing to compare the heads with.
        let _ = self.structure();
        Ok(self.verifier.finish(None, false))
    }
}

/// A stub's row: the stub, or what is wrong with it.
struct RawStub {
    position: i64,
    stub: Result<EventStub, String>,
    chain_hash: Option<Hash>,
}

fn unreadable(verifier: &mut Verifier, row: &Row<'_>, bad: &Undecodable) -> Result<(), Fault> {
    let stream = text(row.get_ref(1)?).ok().and_then(|name| StreamName::new(name).ok());
    let chain_hash = hash(row.get_ref(12)?).ok();
    let position = Position(u64::try_from(bad.position).unwrap_or(0));
    verifier.unreadable(&UnreadableEvent { position, stream: stream.as_ref(), chain_hash, reason: &bad.reason });
    Ok(())
}

/// `row 17 missing from index …` names the event: a row's key is its position.
fn position_in(message: &str) -> Position {
    let number =
        message.strip_prefix("row ").and_then(|rest| rest.split(' ').next()).and_then(|text| text.parse().ok());
    Position(number.unwrap_or(0))
}
