//! Verification of the archive: every event against its own hash, and all of them against the store's stubs.

use std::collections::HashSet;
use std::path::Path;

use es_core::plan::LogHead;
use es_core::{EventStub, Finding, FindingKind, Position, VerifyProgress, VerifyReport, limits};
use rusqlite::Connection;

use crate::archive::{Archive, difference};
use crate::error::Fault;
use crate::open::{Access, OpenOptions, connect};
use crate::retention::select_stubs;
use crate::rows::{Decoder, column, event_columns};

/// Rows per step, between two looks at whether to go on.
const BLOCK_ROWS: i64 = 1024;
/// Most problems that SQLite's own check of the file's structure reports.
const STRUCTURE_FINDINGS: u32 = 100;

/// Verifies on the calling thread.
pub(crate) fn verify_archive(
    store: &Path,
    access: Access,
    options: &OpenOptions,
    go_on: &mut (dyn FnMut(VerifyProgress) -> bool + Send),
) -> Result<VerifyReport, Fault> {
    let connection = connect(store, access, options)?;
    let total: i64 = connection.query_row("SELECT count(*) FROM es_stub", [], |row| row.get(0))?;
    let mut run = Run { store: &connection, report: empty_report(), total: total.unsigned_abs() };
    match Archive::open_for_reading(store, options)? {
        None => run.nothing_archived()?,
        Some(archive) => {
            run.stubs(&archive, go_on)?;
            run.others(&archive, go_on)?;
            run.structure(archive.connection())?;
        }
    }
    Ok(run.report)
}

fn empty_report() -> VerifyReport {
    VerifyReport {
        events: 0,
        stubs: 0,
        streams: 0,
        head: LogHead::EMPTY,
        findings: Vec::new(),
        total_findings: 0,
        cancelled: false,
    }
}

struct Run<'a> {
    store: &'a Connection,
    report: VerifyReport,
    total: u64,
}

impl Run<'_> {
    fn find(&mut self, position: Position, kind: FindingKind, message: String) {
        self.report.total_findings += 1;
        if self.report.findings.len() < limits::VERIFY_FINDINGS {
            self.report.findings.push(Finding { position, kind, message });
        }
    }

    fn go_on(&mut self, go_on: &mut (dyn FnMut(VerifyProgress) -> bool + Send)) -> bool {
        let done = self.report.stubs;
        self.report.cancelled = !go_on(VerifyProgress { done, total: self.total.max(done) });
        !self.report.cancelled
    }

    fn block_of_stubs(&self, after: Position) -> Result<Vec<EventStub>, Fault> {
        let values = [column(after.get()), BLOCK_ROWS];
        select_stubs(self.store, "position > ?1 ORDER BY position LIMIT ?2", values)
    }

    fn nothing_archived(&mut self) -> Result<(), Fault> {
        let first = self.block_of_stubs(Position::ZERO)?.into_iter().next();
        if let Some(stub) = first {
            let message = format!("there is no archive, and {} events were scavenged", self.total);
            self.find(stub.position, FindingKind::Archive, message);
        }
        Ok(())
    }

    /// Every stub has its event.
    fn stubs(
        &mut self,
        archive: &Archive,
        go_on: &mut (dyn FnMut(VerifyProgress) -> bool + Send),
    ) -> Result<(), Fault> {
        let (mut after, mut streams) = (Position::ZERO, HashSet::new());
        while self.go_on(go_on) {
            let stubs = self.block_of_stubs(after)?;
            let Some(last) = stubs.last() else { break };
            after = last.position;
            for stub in &stubs {
                self.report.stubs += 1;
                if !streams.contains(&stub.stream) {
                    streams.insert(stub.stream.clone());
                }
                let what = format!("event {} of {}", stub.version, stub.stream);
                match archive.event(stub.position) {
                    Ok(Some(event)) => {
                        self.report.events += 1;
                        if let Some(difference) = difference(&event, stub) {
                            let message = format!("{what} in the archive: {difference} is not what the stub says");
                            self.find(stub.position, FindingKind::Archive, message);
                        }
                    }
                    Ok(None) => {
                        let message = format!("{what} was scavenged and is not in the archive");
                        self.find(stub.position, FindingKind::Archive, message);
                    }
                    Err(Fault::Damaged(reason)) => {
                        let message = format!("{what} in the archive is not legible: {reason}");
                        self.find(stub.position, FindingKind::Archive, message);
                    }
                    Err(fault) => return Err(fault),
                }
            }
        }
        self.report.streams = streams.len() as u64;
        Ok(())
    }

    /// What else is in the archive must be a copy of an event that is still in the store: a scavenge that was interrupted.
    fn others(
        &mut self,
        archive: &Archive,
        go_on: &mut (dyn FnMut(VerifyProgress) -> bool + Send),
    ) -> Result<(), Fault> {
        let mut same = self.store.prepare(
            "SELECT 1 FROM es_stub WHERE position = ?1 UNION ALL \
             SELECT 1 FROM es_event WHERE position = ?1 AND chain_hash = ?2 AND content_hash = ?3",
        )?;
        let mut walk = archive.connection().prepare(concat!(
            "SELECT ",
            event_columns!(),
            " FROM es_event WHERE position > ?1 ORDER BY position LIMIT ?2"
        ))?;
        let (mut after, mut decoder) = (i64::MIN, Decoder::default());
        while !self.report.cancelled && self.go_on(go_on) {
            let (mut rows, mut count) = (walk.query([after, BLOCK_ROWS])?, 0);
            while let Some(row) = rows.next()? {
                count += 1;
                after = row.get(0)?;
                // An illegible one was found from its stub, if it has one.
                let Ok(event) = decoder.event(row)? else { continue };
                let chain_hash = event.chain_hash.map(|hash| hash.0);
                if !same.exists(rusqlite::params![after, chain_hash, event.content_hash.0])? {
                    let message = format!("event {} of {} does not belong to this store", event.version, event.stream);
                    self.find(event.position, FindingKind::Archive, message);
                }
            }
            if count < BLOCK_ROWS {
                break;
            }
        }
        Ok(())
    }

    fn structure(&mut self, archive: &Connection) -> Result<(), Fault> {
        if self.report.cancelled {
            return Ok(());
        }
        let mut statement = archive.prepare(&format!("PRAGMA integrity_check({STRUCTURE_FINDINGS})"))?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let message = String::from_utf8_lossy(row.get_ref(0)?.as_bytes().unwrap_or_default()).into_owned();
            if message != "ok" {
                self.find(Position::ZERO, FindingKind::Structure, format!("the archive: {message}"));
            }
        }
        Ok(())
    }
}
