//! `ledgerscope verify`.

use std::sync::Arc;

use es_core::StoreError;
use es_core::plan::LogHead;
use serde::Serialize;

use super::desk::Desk;
use super::failure::{Exit, Failure};
use super::output::{Output, printable};
use super::progress::{Meter, grouped};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VerifyJson {
    intact: bool,
    /// Events examined.
    events: String,
    /// Stubs of archived events among them.
    stubs: String,
    streams: String,
    /// Hash of the whole chain; equal on an untouched copy. An archive has none of its own: its chain is the store's.
    #[serde(skip_serializing_if = "Option::is_none")]
    chain_hash: Option<String>,
    /// Size of the archive's file; nothing if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    archive_bytes: Option<String>,
    /// The first findings.
    findings: Vec<FindingJson>,
    /// All findings, also those that are not listed.
    total_findings: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingJson {
    /// Where; 0 if it belongs to no single event.
    position: String,
    kind: es_core::FindingKind,
    message: String,
}

pub(super) async fn run(desk: &Desk, meter: &Arc<Meter>, out: &mut Output) -> Result<Exit, Failure> {
    let telling = Arc::clone(meter);
    let told = move |at: es_core::VerifyProgress| telling.report("verified", at.done, Some(at.total));
    let report = desk.events.verify(desk.stop.clone(), Box::new(told)).await?;
    meter.finish();
    if report.cancelled {
        return Err(StoreError::Cancelled.into());
    }
    let stubs = if report.stubs == 0 { String::new() } else { format!(" ({} archived)", grouped(report.stubs)) };
    let (events, streams) = (grouped(report.events), grouped(report.streams));
    let intact = format!("Intact: {events} events{stubs} in {streams} streams are as they were written.");
    tell(&report, &Examined::Store, &intact, out)
}

/// What a report is about.
pub(super) enum Examined {
    /// The log.
    Store,
    /// The events that were moved out of it.
    Archive {
        /// Size of the archive's file; nothing if there is none.
        bytes: Option<u64>,
    },
}

/// Tells a report; `intact` is what people are told if nothing was found.
pub(super) fn tell(
    report: &es_core::VerifyReport,
    examined: &Examined,
    intact: &str,
    out: &mut Output,
) -> Result<Exit, Failure> {
    let exit = if report.intact() { Exit::Done } else { Exit::Integrity };
    if out.json {
        let finding = |finding: &es_core::Finding| FindingJson {
            position: finding.position.to_string(),
            kind: finding.kind,
            message: finding.message.clone(),
        };
        let (chain_hash, archive_bytes) = match examined {
            Examined::Store => (Some(report.head.chain_hash.to_hex()), None),
            Examined::Archive { bytes } => (None, bytes.map(|bytes| bytes.to_string())),
        };
        out.object(&VerifyJson {
            intact: report.intact(),
            events: report.events.to_string(),
            stubs: report.stubs.to_string(),
            streams: report.streams.to_string(),
            chain_hash,
            archive_bytes,
            findings: report.findings.iter().map(finding).collect(),
            total_findings: report.total_findings.to_string(),
        })?;
        return Ok(exit);
    }
    if report.intact() {
        out.line(intact)?;
        if report.head != LogHead::EMPTY {
            out.line(&format!("Chain hash {}", report.head.chain_hash.to_hex()))?;
        }
        return Ok(exit);
    }
    out.line(&format!(
        "NOT INTACT: {} findings in {} events.",
        grouped(report.total_findings),
        grouped(report.events)
    ))?;
    for finding in &report.findings {
        out.line(&printable(&format!("position {}: {}", finding.position, finding.message)))?;
    }
    let left = report.total_findings.saturating_sub(report.findings.len() as u64);
    if left > 0 {
        out.line(&format!("… and {} more", grouped(left)))?;
    }
    out.line("Nothing was changed. Restore the file from a backup, and keep this one as evidence.")?;
    Ok(exit)
}
