//! Verification: everything is recomputed from the stored bytes, in pages, while appends go on.

use std::collections::HashSet;
use std::time::Duration;

use es_core::plan::LogHead;
use es_core::retention::GoOn;
use es_core::verify::{UnreadableEvent, Verifier};
use es_core::{
    Capabilities, EventStub, Finding, FindingKind, Hash, Position, StoreError, StreamName, StreamVersion,
    VerifyProgress, VerifyReport, VerifyTold, limits,
};
use sqlx::Row;
use sqlx::postgres::{PgConnection, PgRow};
use tokio_util::sync::CancellationToken;

use crate::connections::{Connections, Lease, within};
use crate::error::Fault;
use crate::retention::{archived_at, difference, stubs_after};
use crate::rows::{BadColumn, BadValue, Decoder, Undecodable, column, counter, event_columns, hash, stub_of_row};

/// Rows per step, between two looks at whether to go on.
const BLOCK_ROWS: i64 = 2048;

/// See [`es_core::HostedStore::verify`].
pub(crate) async fn verify(
    connections: &Connections,
    capabilities: Capabilities,
    cancel: CancellationToken,
    told: VerifyTold,
) -> Result<VerifyReport, StoreError> {
    let mut lease = connections.lease("verifying").await?;
    let mut run = Run {
        patience: Patience { limit: connections.answer_limit(), cancel: &cancel },
        verifier: Verifier::new(capabilities, false),
        decoder: Decoder::default(),
        after: i64::MIN,
        total: 0,
        told,
    };
    let head = run.whole(&mut lease).await;
    match head {
        Ok(head) => {
            let report = run.verifier.finish(head, true);
            lease.settle(Ok(report))
        }
        Err(_) if cancel.is_cancelled() => Ok(run.verifier.cancel()),
        Err(fault) => lease.settle(Err(fault)),
    }
}

/// How long one answer of the server is waited for.
#[derive(Clone, Copy)]
struct Patience<'a> {
    limit: Duration,
    cancel: &'a CancellationToken,
}

impl Patience<'_> {
    /// Waits for an answer, unless the caller loses interest.
    async fn wait<T>(self, work: impl Future<Output = Result<T, Fault>>) -> Result<T, Fault> {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => Err(StoreError::Cancelled.into()),
            done = within(self.limit, work) => done,
        }
    }
}

struct Run<'a> {
    patience: Patience<'a>,
    verifier: Verifier,
    decoder: Decoder,
    /// Position of the last row examined.
    after: i64,
    total: u64,
    told: VerifyTold,
}

impl Run<'_> {
    /// Block by block first. What was appended meanwhile is examined together with what is recorded of streams and log, in one
    /// view of the database: that one is short, because for as long as it lasts the server keeps every former head row.
    async fn whole(&mut self, lease: &mut Lease) -> Result<Option<LogHead>, Fault> {
        self.total = self.patience.wait(position_of_head(lease)).await?;
        while self.block(lease).await? == BLOCK_ROWS {}
        self.patience.wait(begin_view(lease)).await?;
        while self.block(lease).await? == BLOCK_ROWS {}
        self.stream_heads(lease).await?;
        self.shared_ids(lease).await?;
        self.structure(lease).await?;
        let head = match self.patience.wait(log_head(lease)).await {
            Err(Fault::Damaged(reason)) => {
                self.verifier.find(Position::ZERO, FindingKind::LogHead, reason);
                None
            }
            head => Some(head?),
        };
        self.patience.wait(end_view(lease)).await?;
        Ok(head)
    }

    /// Events and stubs in order of position.
    async fn block(&mut self, connection: &mut PgConnection) -> Result<i64, Fault> {
        let after = self.after;
        let asked = async { Ok(sqlx::query(BLOCK).bind(after).bind(BLOCK_ROWS).fetch_all(connection).await?) };
        let rows = self.patience.wait(asked).await?;
        for row in &rows {
            self.after = row.try_get_unchecked(0)?;
            if row.try_get_unchecked(IS_STUB)? { self.stub(row)? } else { self.event(row)? }
        }
        let done = self.verifier.events();
        (self.told)(VerifyProgress { done, total: self.total.max(done) });
        Ok(column(rows.len() as u64))
    }

    fn event(&mut self, row: &PgRow) -> Result<(), Fault> {
        match self.decoder.event(row, 0)? {
            Ok(event) => self.verifier.event(&event),
            Err(bad) => unreadable(&mut self.verifier, row, &bad)?,
        }
        Ok(())
    }

    fn stub(&mut self, row: &PgRow) -> Result<(), Fault> {
        match stub_of_row(row, RECORDED_AT)? {
            Ok(stub) => self.verifier.stub(&stub),
            Err(reason) => {
                let bad = Undecodable { position: row.try_get_unchecked(0)?, reason };
                let chain_hash = hash(row.try_get_unchecked(CHAIN_HASH)?).ok();
                tell_unreadable(&mut self.verifier, None, chain_hash, &bad);
            }
        }
        Ok(())
    }

    async fn stream_heads(&mut self, connection: &mut PgConnection) -> Result<(), Fault> {
        let mut after = String::new();
        loop {
            let asked = async {
                let sql = "SELECT stream_name, category, version, last_position, truncated_before FROM es_stream \
                     WHERE stream_name > $1 ORDER BY stream_name LIMIT $2";
                Ok(sqlx::query(sql).bind(&after).bind(BLOCK_ROWS).fetch_all(&mut *connection).await?)
            };
            let rows = self.patience.wait(asked).await?;
            for row in &rows {
                if let Err(bad) = self.stream_head(row)? {
                    let (name, position): (&str, i64) = (row.try_get_unchecked(0)?, row.try_get_unchecked(3)?);
                    let message = format!("what is recorded of the stream {name:?} is not legible: {bad}");
                    self.verifier.find(
                        Position(u64::try_from(position).unwrap_or(0)),
                        FindingKind::StreamHead,
                        message,
                    );
                }
            }
            match rows.last() {
                Some(last) if column(rows.len() as u64) == BLOCK_ROWS => after = last.try_get_unchecked(0)?,
                _ => return Ok(()),
            }
        }
    }

    fn stream_head(&mut self, row: &PgRow) -> Result<Result<(), BadColumn>, Fault> {
        let (name, category): (&str, &str) = (row.try_get_unchecked(0)?, row.try_get_unchecked(1)?);
        let (version, last, begins): (i64, i64, i64) =
            (row.try_get_unchecked(2)?, row.try_get_unchecked(3)?, row.try_get_unchecked(4)?);
        let read = || -> Result<_, BadColumn> {
            let stream = StreamName::new(name).map_err(|error| BadValue::Name(error).of("stream_name"))?;
            let number = |value, column| counter(value).map_err(|bad| bad.of(column));
            let version = StreamVersion(number(version, "version")?);
            let last = Position(number(last, "last_position")?);
            Ok((stream, version, last, StreamVersion(number(begins, "truncated_before")?)))
        };
        let (name, version, last, begins) = match read() {
            Ok(head) => head,
            Err(bad) => return Ok(Err(bad)),
        };
        if name.category() != category {
            let message = format!("stream {name} is filed under category {category:?}");
            self.verifier.find(last, FindingKind::StreamHead, message);
        }
        self.verifier.stream_head(&name, version, last);
        self.verifier.stream_begins(&name, begins);
        Ok(Ok(()))
    }

    /// What an event and a stub must not share.
    async fn shared_ids(&mut self, connection: &mut PgConnection) -> Result<(), Fault> {
        let sql =
            "SELECT s.position FROM es_stub s JOIN es_event e ON e.event_id = s.event_id ORDER BY s.position LIMIT 100";
        let asked = async { Ok(sqlx::query_scalar::<_, i64>(sql).fetch_all(connection).await?) };
        for position in self.patience.wait(asked).await? {
            let message = "an event has the id of this stub".to_owned();
            self.verifier.find(Position(position.unsigned_abs()), FindingKind::EventId, message);
        }
        Ok(())
    }

    /// The guards that are to keep events as they are must be there, and on.
    async fn structure(&mut self, connection: &mut PgConnection) -> Result<(), Fault> {
        let asked = async { Ok(sqlx::query_scalar::<_, String>(STRUCTURE).fetch_all(connection).await?) };
        for missing in self.patience.wait(asked).await? {
            self.verifier.find(Position::ZERO, FindingKind::Structure, missing);
        }
        Ok(())
    }
}

/// In one statement, so that an event that is scavenged in this moment is in one of the two.
const BLOCK: &str = concat!(
    "(SELECT ",
    event_columns!(),
    ", false FROM es_event WHERE position > $1 ORDER BY position LIMIT $2) UNION ALL \
     (SELECT position, stream_name, stream_version, event_id, '', 0, NULL, NULL, NULL, NULL, NULL, recorded_at, content_hash, \
     chain_hash, true FROM es_stub WHERE position > $1 ORDER BY position LIMIT $2) ORDER BY position LIMIT $2"
);
/// Places of its columns.
const RECORDED_AT: usize = 11;
const CHAIN_HASH: usize = 13;
const IS_STUB: usize = 14;

async fn log_head(connection: &mut PgConnection) -> Result<LogHead, Fault> {
    let sql = "SELECT position, chain_hash, recorded_at FROM es_log_head WHERE one = 1";
    let row = sqlx::query(sql).fetch_optional(connection).await?;
    let row = row.ok_or_else(|| Fault::Damaged("es_log_head has no row".to_owned()))?;
    let bad = |name: &'static str| move |reason: BadValue| Fault::Damaged(format!("es_log_head: {name} {reason}"));
    Ok(LogHead {
        position: Position(counter(row.try_get_unchecked(0)?).map_err(bad("position"))?),
        chain_hash: hash(row.try_get_unchecked(1)?).map_err(bad("chain_hash"))?,
        recorded_at: row.try_get_unchecked(2)?,
    })
}

/// How many events there are to examine; what is wrong with the head is found later.
async fn position_of_head(connection: &mut PgConnection) -> Result<u64, Fault> {
    match log_head(connection).await {
        Ok(head) => Ok(head.position.get()),
        Err(Fault::Damaged(_)) => Ok(0),
        Err(fault) => Err(fault),
    }
}

/// Guards that are missing or off, in words.
const STRUCTURE: &str = "SELECT 'the index ' || name || ' is missing or not valid: what it keeps unique may stand twice' \
     FROM unnest(ARRAY['es_event_pkey', 'es_event_by_stream', 'es_event_by_id', 'es_stub_pkey', 'es_stub_by_stream', \
       'es_stub_by_id', 'es_stream_pkey']) AS wanted (name) \
     WHERE NOT EXISTS (SELECT FROM pg_index i WHERE i.indexrelid = to_regclass(name) AND i.indisvalid AND i.indisunique) \
     UNION ALL \
     SELECT 'the trigger ' || name || ' is missing or switched off: stored events could be changed' \
     FROM unnest(ARRAY['es_event_refuses_update', 'es_event_leaves', 'es_stub_refuses_change', 'es_stub_needs_its_event', \
       'es_archive_refuses_change'], ARRAY['es_event', 'es_event', 'es_stub', 'es_stub', 'es_archive']) AS wanted (name, owner) \
     WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = to_regclass(owner) AND t.tgname = name \
       AND t.tgenabled IN ('O', 'A'))";

async fn begin_view(connection: &mut PgConnection) -> Result<(), Fault> {
    sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").execute(connection).await?;
    Ok(())
}

async fn end_view(connection: &mut PgConnection) -> Result<(), Fault> {
    sqlx::raw_sql("COMMIT").execute(connection).await?;
    Ok(())
}

fn unreadable(verifier: &mut Verifier, row: &PgRow, bad: &Undecodable) -> Result<(), Fault> {
    let stream = StreamName::new(row.try_get_unchecked::<&str, _>(1)?).ok();
    let chain_hash = hash(row.try_get_unchecked(CHAIN_HASH)?).ok();
    tell_unreadable(verifier, stream.as_ref(), chain_hash, bad);
    Ok(())
}

fn tell_unreadable(verifier: &mut Verifier, stream: Option<&StreamName>, chain_hash: Option<Hash>, bad: &Undecodable) {
    let position = Position(u64::try_from(bad.position).unwrap_or(0));
    verifier.unreadable(&UnreadableEvent { position, stream, chain_hash, reason: &bad.reason.to_string() });
}

/// See [`es_core::RetentionStore::verify_archive`].
pub(crate) async fn verify_archive(connections: &Connections, go_on: GoOn) -> Result<VerifyReport, StoreError> {
    let mut lease = connections.lease("verifying the archive").await?;
    let mut run = ArchiveRun { connections, report: empty_report(), total: 0, go_on };
    let done = run.whole(&mut lease).await;
    lease.settle(done)?;
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

struct ArchiveRun<'a> {
    connections: &'a Connections,
    report: VerifyReport,
    total: u64,
    go_on: GoOn,
}

impl ArchiveRun<'_> {
    fn find(&mut self, position: Position, message: String) {
        self.report.total_findings += 1;
        if self.report.findings.len() < limits::VERIFY_FINDINGS {
            self.report.findings.push(Finding { position, kind: FindingKind::Archive, message });
        }
    }

    fn goes_on(&mut self) -> bool {
        let done = self.report.stubs;
        self.report.cancelled = !(self.go_on)(VerifyProgress { done, total: self.total.max(done) });
        !self.report.cancelled
    }

    async fn whole(&mut self, connection: &mut PgConnection) -> Result<(), Fault> {
        let limit = self.connections.answer_limit();
        let count = async {
            begin_view(&mut *connection).await?;
            Ok(sqlx::query_scalar::<_, i64>("SELECT count(*) FROM es_stub").fetch_one(&mut *connection).await?)
        };
        self.total = within(limit, count).await?.unsigned_abs();
        let (mut after, mut streams) = (Position::ZERO, HashSet::new());
        while self.goes_on() {
            let block = async {
                let stubs = stubs_after(&mut *connection, after, BLOCK_ROWS.unsigned_abs() as usize).await?;
                let archived = archived_at(&mut *connection, &stubs).await?;
                Ok((stubs, archived))
            };
            let (stubs, archived) = within(limit, block).await?;
            let Some(last) = stubs.last() else { break };
            after = last.position;
            for stub in &stubs {
                streams.insert(stub.stream.clone());
                self.compare(stub, archived.get(&stub.position));
            }
        }
        self.report.streams = streams.len() as u64;
        if !self.report.cancelled {
            within(limit, self.others(&mut *connection)).await?;
        }
        within(limit, end_view(connection)).await
    }

    /// Every stub has its event.
    fn compare(&mut self, stub: &EventStub, archived: Option<&es_core::RecordedEvent>) {
        self.report.stubs += 1;
        let what = format!("event {} of {}", stub.version, stub.stream);
        let Some(event) = archived else {
            return self.find(stub.position, format!("{what} was scavenged and is not in the archive"));
        };
        self.report.events += 1;
        if let Some(difference) = difference(event, stub) {
            self.find(stub.position, format!("{what} in the archive: {difference} is not what the stub says"));
        }
    }

    /// What else is in the archive must be a copy of an event that is still in the store: a scavenge that was interrupted.
    async fn others(&mut self, connection: &mut PgConnection) -> Result<(), Fault> {
        let strangers: Vec<(i64, i64, String)> = sqlx::query_as(
            "SELECT a.position, a.stream_version, a.stream_name FROM es_archive a \
             WHERE NOT EXISTS (SELECT FROM es_stub s WHERE s.position = a.position) \
             AND NOT EXISTS (SELECT FROM es_event e WHERE e.position = a.position AND e.chain_hash = a.chain_hash \
               AND e.content_hash = a.content_hash) ORDER BY a.position LIMIT $1",
        )
        .bind(column(limits::VERIFY_FINDINGS as u64))
        .fetch_all(connection)
        .await?;
        for (position, version, stream) in strangers {
            let message = format!("event {version} of {stream} does not belong to this store");
            self.find(Position(position.unsigned_abs()), message);
        }
        Ok(())
    }
}
