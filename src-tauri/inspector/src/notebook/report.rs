//! A notebook as one HTML file that needs nothing else: no script, no font, no picture, no network.

use std::fmt::Write;

use chrono::{DateTime, SecondsFormat, Utc};
use es_core::Language;
use uuid::Uuid;

use super::check::{Standing, Verdict};
use super::html::{embedded, escaped};
use super::model::{
    Cell, Excerpt, Notebook, Pin, Seen, SeenChange, SeenDiff, SeenEvent, SeenQuery, SeenRow, SeenState, SeenWhatIf,
    StoreIdentity,
};
use super::read::{PINS_BEGIN, PINS_END};
use super::text::sha256;
use super::words::{Speaks, Word, advice, of_what_if, sentence};
use crate::tree::View;

/// What a pin came to when it was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The pin.
    pub pin: Uuid,
    /// What has become of it.
    pub standing: Standing,
}

/// A report that is to be written.
pub struct Report<'a> {
    /// The notebook.
    pub notebook: &'a Notebook,
    /// What its pins came to.
    pub checks: &'a [Checked],
    /// The store that they were checked against; nothing if none was open.
    pub against: Option<&'a StoreIdentity>,
    /// When it is written.
    pub at: DateTime<Utc>,
    /// What writes it: the program and its version.
    pub by: &'a str,
    /// The language of its fixed words.
    pub language: Language,
    /// How amounts are told.
    pub view: &'a View,
}

const STYLE: &str = include_str!("report.css");

/// Writes a report. The same values give the same bytes.
#[must_use]
pub fn write_report(report: &Report<'_>) -> String {
    let mut page = Page { out: String::new(), report };
    page.head();
    page.summary();
    page.contents();
    page.cells();
    page.foot();
    let Page { mut out, .. } = page;
    let pins = embedded(&report.notebook.to_line());
    // Both hashes stand in front of what they are about, so that a reader finds out what was changed.
    let (text_hash, pins_hash) = (sha256(&out).to_hex(), sha256(&pins).to_hex());
    let _ = write!(out, "{PINS_BEGIN}{text_hash}\" data-pins-sha256=\"{pins_hash}\">{pins}{PINS_END}");
    out
}

struct Page<'a> {
    out: String,
    report: &'a Report<'a>,
}

/// Rows of a table of names and values.
type Facts = Vec<(Word, String)>;

fn time(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Micros, true)
}

impl Page<'_> {
    fn word(&self, word: Word) -> &'static str {
        word.in_(self.report.language)
    }

    fn told<'n>(&self, name: &'n str) -> &'n str {
        of_what_if(name, self.report.language)
    }

    fn grouped(&self, number: u64) -> String {
        self.report.language.grouped(number)
    }

    fn text(&mut self, html: &str) {
        self.out.push_str(html);
    }

    /// An element with nothing but text in it.
    fn element(&mut self, tag: &str, attributes: &str, text: &str) {
        // Writing to a text cannot fail.
        let _ = writeln!(self.out, "<{tag}{attributes}>{}</{tag}>", escaped(text));
    }

    fn head(&mut self) {
        let Report { notebook, language, .. } = self.report;
        let title = escaped(&notebook.title);
        let _ = writeln!(
            self.out,
            "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; \
             base-uri 'none'; form-action 'none'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<header>",
            language.tag(),
        );
        self.element("p", " class=\"kind\"", self.word(Word::Report));
        self.element("h1", "", &notebook.title);
        let mut facts: Facts = vec![
            (Word::WrittenAt, time(self.report.at)),
            (Word::WrittenBy, self.report.by.to_owned()),
            (Word::Pins, self.grouped(notebook.pins().count() as u64)),
        ];
        facts.push((
            Word::CheckedAgainst,
            self.report.against.map_or_else(
                || self.word(Word::NotCheckedHere).to_owned(),
                |store| format!("{} — {} ({})", store.name, store.location, store.backend),
            ),
        ));
        self.facts(facts);
        self.text("</header>\n");
    }

    fn standing(&self, pin: &Pin) -> Standing {
        let found = self.report.checks.iter().find(|checked| checked.pin == pin.id);
        found.map_or(Standing::NoStore, |checked| checked.standing.clone())
    }

    fn summary(&mut self) {
        let (mut holds, mut broken, mut unknown) = (0_u64, 0_u64, 0_u64);
        for pin in self.report.notebook.pins() {
            match self.standing(pin).verdict() {
                Verdict::Holds => holds += 1,
                Verdict::Broken => broken += 1,
                Verdict::Unknown => unknown += 1,
            }
        }
        let (language, pins) = (self.report.language, self.grouped(holds + broken + unknown));
        let told = match language {
            _ if holds + broken + unknown == 1 => {
                let standing = if holds == 1 {
                    Word::OneHolds
                } else if broken == 1 {
                    Word::OneBroken
                } else {
                    Word::OneUnknown
                };
                self.word(standing).to_owned()
            }
            Language::English => format!(
                "Of {pins} pins, {} match, {} do not match any more, {} could not be checked.",
                self.grouped(holds),
                self.grouped(broken),
                self.grouped(unknown)
            ),
            Language::German => format!(
                "Von {pins} Pins stimmen {} noch, {} stimmen nicht mehr, {} konnten nicht geprüft werden.",
                self.grouped(holds),
                self.grouped(broken),
                self.grouped(unknown)
            ),
        };
        let class = match (broken, unknown) {
            (0, 0) => "holds",
            (0, _) => "unknown",
            _ => "broken",
        };
        self.text("<section class=\"summary\">\n");
        self.element("h2", "", self.word(Word::Summary));
        self.element("p", &format!(" class=\"standing {class}\""), &told);
        self.element("p", " class=\"faint\"", self.word(Word::Exact));
        self.text("</section>\n");
    }

    fn contents(&mut self) {
        if self.report.notebook.cells.is_empty() {
            self.element("p", "", self.word(Word::Empty));
            return;
        }
        self.text("<nav>\n");
        self.element("h2", "", self.word(Word::Contents));
        self.text("<ol>\n");
        for (index, cell) in self.report.notebook.cells.iter().enumerate() {
            let (kind, title, verdict) = match cell {
                Cell::Text(cell) => (Word::Text, first_line(&cell.text), None),
                Cell::Pin(pin) => (pin.seen.word(), pin.title.clone(), Some(self.standing(pin).verdict())),
            };
            let kind = escaped(self.word(kind));
            let mark = verdict.map_or_else(String::new, |verdict| {
                let (class, told) = self.mark(verdict);
                format!(" <span class=\"mark {class}\">{}</span>", escaped(told))
            });
            let _ = writeln!(
                self.out,
                "<li><a href=\"#cell-{}\"><span class=\"faint\">{kind}</span> {}</a>{mark}</li>",
                index + 1,
                escaped(&title)
            );
        }
        self.text("</ol>\n</nav>\n");
    }

    fn mark(&self, verdict: Verdict) -> (&'static str, &'static str) {
        let language = self.report.language;
        match verdict {
            Verdict::Holds => ("holds", language.pick("matches", "stimmt")),
            Verdict::Broken => ("broken", language.pick("does not match", "stimmt nicht")),
            Verdict::Unknown => ("unknown", language.pick("not checked", "nicht geprüft")),
        }
    }

    fn cells(&mut self) {
        for (index, cell) in self.report.notebook.cells.iter().enumerate() {
            let id = format!("cell-{}", index + 1);
            match cell {
                Cell::Text(cell) => {
                    let _ = writeln!(self.out, "<section id=\"{id}\" class=\"text\">");
                    self.element("p", " class=\"note\"", &cell.text);
                    self.text("</section>\n");
                }
                Cell::Pin(pin) => self.pin(&id, pin),
            }
        }
    }

    fn pin(&mut self, id: &str, pin: &Pin) {
        let standing = self.standing(pin);
        let _ = writeln!(self.out, "<article id=\"{id}\">");
        self.element("p", " class=\"kind\"", self.word(pin.seen.word()));
        self.element("h2", "", &pin.title);
        if !pin.note.is_empty() {
            self.element("p", " class=\"note\"", &pin.note);
        }
        match &pin.seen {
            Seen::Event(seen) => self.event(seen),
            Seen::State(seen) => self.state(seen),
            Seen::Diff(seen) => self.diff(seen),
            Seen::Query(seen) => self.query(seen),
            Seen::WhatIf(seen) => self.what_if(seen),
        }
        self.outcome(&standing);
        self.provenance(pin);
        self.text("</article>\n");
    }

    /// What the check came to.
    fn outcome(&mut self, standing: &Standing) {
        let language = self.report.language;
        let (class, _) = self.mark(standing.verdict());
        self.element("h3", "", self.word(Word::Result));
        let told = format!("{} {}", sentence(standing, language), advice(standing, language));
        self.element("p", &format!(" class=\"standing {class}\""), told.trim());
        let Standing::Differs { differences, .. } = standing else { return };
        let rows = differences.iter().map(|one| {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
            vec![one.aspect.told(language), value(&one.then), value(&one.now)]
        });
        self.table(&[Word::What, Word::Then, Word::Now], rows.collect());
    }

    /// Where it was pinned.
    fn provenance(&mut self, pin: &Pin) {
        let mut facts: Facts = vec![
            (Word::TakenAt, time(pin.taken_at)),
            (Word::Store, format!("{} — {} ({})", pin.store.name, pin.store.location, pin.store.backend)),
            (Word::Identity, pin.store.link.clone()),
            (Word::LogUpTo, pin.head.to_string()),
        ];
        facts.extend(pin.head_hash.map(|hash| (Word::LogHash, hash.to_hex())));
        self.text("<footer>\n");
        self.facts(facts);
        if let Some(place) = pin.address.strip_prefix("#/") {
            let link = format!("ledgerscope://{}/{place}", pin.store.link);
            let _ = writeln!(self.out, "<p><a href=\"{}\">{}</a></p>", escaped(&link), escaped(self.word(Word::Open)));
        }
        self.text("</footer>\n");
    }

    fn event(&mut self, seen: &SeenEvent) {
        if let Some(sentence) = &seen.sentence {
            self.element("p", " class=\"sentence\"", sentence);
        }
        let mut facts: Facts = vec![
            (Word::Position, seen.position.to_string()),
            (Word::Stream, seen.stream.to_string()),
            (Word::Version, seen.version.to_string()),
            (Word::EventType, seen.event_type.clone()),
            (Word::SchemaVersion, seen.schema_version.to_string()),
            (Word::RecordedAt, time(seen.recorded_at)),
        ];
        facts.extend(seen.actor.clone().map(|actor| (Word::Actor, actor)));
        facts.extend(seen.problem.clone().map(|problem| (Word::Problem, problem)));
        facts.push((Word::EventId, seen.event_id.to_string()));
        facts.extend(seen.correlation_id.map(|id| (Word::Correlation, id.to_string())));
        facts.extend(seen.causation_id.map(|id| (Word::Causation, id.to_string())));
        facts.push((Word::ContentHash, seen.content_hash.to_hex()));
        facts.extend(seen.chain_hash.map(|hash| (Word::ChainHash, hash.to_hex())));
        self.facts(facts);
        let payload = if seen.binary { Word::PayloadHex } else { Word::Payload };
        self.excerpt(payload, &seen.payload);
        self.excerpt(Word::Metadata, &seen.metadata);
    }

    fn state(&mut self, seen: &SeenState) {
        if let Some(sentence) = seen.event.as_ref().and_then(|event| event.sentence.as_ref()) {
            self.element("p", " class=\"sentence\"", sentence);
        }
        let mut facts: Facts = vec![(Word::Stream, seen.stream.to_string()), (Word::Version, seen.version.to_string())];
        if let Some(event) = &seen.event {
            facts.push((Word::Position, event.position.to_string()));
            facts.push((Word::EventType, event.event_type.clone()));
            facts.push((Word::RecordedAt, time(event.recorded_at)));
        }
        facts.extend(seen.problem.clone().map(|problem| (Word::Problem, problem)));
        facts.push((Word::StateHash, seen.hash.to_hex()));
        self.facts(facts);
        if seen.state.is_whole() {
            let rows = self.report.view.tree(&seen.state.text).into_iter().filter_map(|node| {
                let value = match (&node.display, &node.text) {
                    (Some(display), _) => display.clone(),
                    (None, Some(text)) => text.clone(),
                    (None, None) if node.children == 0 => "∅".to_owned(),
                    (None, None) => return None,
                };
                Some(vec![node.path, value])
            });
            self.table(&[Word::Field, Word::Value], rows.collect());
        }
        self.excerpt(Word::AsStored, &seen.state);
    }

    fn diff(&mut self, seen: &SeenDiff) {
        let mut facts: Facts = vec![
            (Word::Stream, seen.stream.to_string()),
            (Word::FromVersion, format!("{} ({})", seen.from, seen.from_hash.to_hex())),
            (Word::ToVersion, format!("{} ({})", seen.to, seen.to_hash.to_hex())),
        ];
        facts.extend(seen.problem.clone().map(|problem| (Word::Problem, problem)));
        self.facts(facts);
        self.changes(&seen.changes, seen.total);
    }

    fn changes(&mut self, changes: &[SeenChange], total: u64) {
        if changes.is_empty() {
            self.element("p", " class=\"faint\"", self.word(Word::NothingDiffers));
            return;
        }
        let language = self.report.language;
        let rows = changes.iter().map(|change| {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "—".to_owned());
            vec![
                change.path.clone(),
                change.kind.word(language).to_owned(),
                value(&change.before),
                value(&change.after),
            ]
        });
        self.table(&[Word::Field, Word::Change, Word::Before, Word::After], rows.collect());
        self.left_out(total, changes.len());
    }

    /// Says how much of a list is not here.
    fn left_out(&mut self, total: u64, shown: usize) {
        let left = total.saturating_sub(shown as u64);
        if left > 0 {
            let left = self.grouped(left);
            let told = match self.report.language {
                Language::English => format!("… and {left} more"),
                Language::German => format!("… und {left} weitere"),
            };
            self.element("p", " class=\"faint\"", &told);
        }
    }

    fn query(&mut self, seen: &SeenQuery) {
        let asked: Vec<_> = seen.conditions().into_iter().map(|(name, value)| vec![name, value]).collect();
        self.element("h3", "", self.word(Word::Asked));
        if asked.is_empty() {
            self.element("p", "", self.word(Word::AllEvents));
        } else {
            self.table(&[Word::What, Word::Value], asked);
        }
        let mut facts: Facts = vec![(Word::Matches, seen.matches.to_string())];
        if seen.undecided > 0 {
            facts.push((Word::Undecided, seen.undecided.to_string()));
        }
        facts.push((Word::QueryHash, seen.hash.to_hex()));
        self.facts(facts);
        self.element("h3", "", self.word(if seen.newest_first { Word::RowsNewest } else { Word::Rows }));
        self.rows(&seen.rows);
        self.left_out(seen.matches, seen.rows.len());
    }

    fn rows(&mut self, rows: &[SeenRow]) {
        let rows = rows.iter().map(|row| {
            vec![
                row.position.to_string(),
                time(row.recorded_at),
                row.stream.to_string(),
                row.version.to_string(),
                row.event_type.clone(),
                row.sentence.clone().unwrap_or_default(),
                row.content_hash.to_hex(),
            ]
        });
        let heads = [
            Word::Position,
            Word::RecordedAt,
            Word::Stream,
            Word::Version,
            Word::EventType,
            Word::Sentence,
            Word::ContentHash,
        ];
        self.table(&heads, rows.collect());
    }

    fn what_if(&mut self, seen: &SeenWhatIf) {
        self.facts(vec![
            (Word::Fork, seen.fork.to_string()),
            (Word::Events, seen.events.to_string()),
            (Word::WhatIfHash, seen.hash.to_hex()),
        ]);
        if !seen.steps.is_empty() {
            self.element("h3", "", self.word(Word::Steps));
            let rows = seen.steps.iter().map(|step| {
                let code = step.code.as_ref().map(|code| format!(" [{code}]")).unwrap_or_default();
                let message = step.message.as_ref().map(|message| format!(": {message}")).unwrap_or_default();
                let details = step.details.iter().map(|(name, value)| format!("\n{}: {value}", self.told(name)));
                let details: String = details.collect();
                let (what, outcome) = (self.told(&step.what), self.told(&step.outcome));
                vec![what.to_owned(), format!("{outcome}{code}{message}{details}"), step.events.to_string()]
            });
            self.table(&[Word::What, Word::Outcome, Word::Events], rows.collect());
        }
        for end in &seen.ends {
            let versions = format!("{}: {} → {}", end.stream, end.original_version, end.what_if_version);
            self.element("h3", "", &format!("{} — {versions}", self.word(Word::Ends)));
            if let Some(problem) = &end.problem {
                self.facts(vec![(Word::Problem, problem.clone())]);
            }
            self.changes(&end.changes, end.total);
        }
        self.element("h3", "", self.word(Word::Lane));
        let rows = seen.lane.iter().map(|step| {
            vec![
                step.stream.to_string(),
                step.version.to_string(),
                step.event_type.clone(),
                self.told(&step.provenance).to_owned(),
                step.sentence.clone().unwrap_or_default(),
            ]
        });
        let heads = [Word::Stream, Word::Version, Word::EventType, Word::HowItCame, Word::Sentence];
        self.table(&heads, rows.collect());
        self.left_out(seen.events, seen.lane.len());
        self.element("h3", "", self.word(Word::Scenario));
        self.element("pre", "", &seen.scenario.to_text());
    }

    fn facts(&mut self, facts: Facts) {
        self.text("<dl>\n");
        for (name, value) in facts {
            let _ = writeln!(self.out, "<dt>{}</dt><dd>{}</dd>", escaped(self.word(name)), escaped(&value));
        }
        self.text("</dl>\n");
    }

    fn table(&mut self, heads: &[Word], rows: Vec<Vec<String>>) {
        if rows.is_empty() {
            self.element("p", " class=\"faint\"", "—");
            return;
        }
        self.text("<div class=\"wide\"><table>\n<thead><tr>");
        for head in heads {
            let _ = write!(self.out, "<th scope=\"col\">{}</th>", escaped(self.word(*head)));
        }
        self.text("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.text("<tr>");
            for cell in row {
                let _ = write!(self.out, "<td>{}</td>", escaped(&cell));
            }
            self.text("</tr>\n");
        }
        self.text("</tbody>\n</table></div>\n");
    }

    fn excerpt(&mut self, name: Word, excerpt: &Excerpt) {
        self.element("h3", "", self.word(name));
        // Laid out to be read; scalars stay exactly as they are written.
        let text = if excerpt.is_whole() { crate::json::pretty(&excerpt.text).ok() } else { None };
        self.element("pre", "", text.as_deref().unwrap_or(&excerpt.text));
        if !excerpt.is_whole() {
            let (kept, all) = (self.grouped(excerpt.text.len() as u64), self.grouped(excerpt.bytes));
            let told = match self.report.language {
                Language::English => format!("The first {kept} of {all} bytes; the hash covers all of them."),
                Language::German => format!("Die ersten {kept} von {all} Bytes; der Hash umfasst alle."),
            };
            self.element("p", " class=\"faint\"", &told);
        }
    }

    fn foot(&mut self) {
        self.element("p", " class=\"faint\"", self.word(Word::Foot));
        self.text("</main>\n");
    }
}

fn first_line(text: &str) -> String {
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or("…").trim();
    if line.chars().count() <= 80 { line.to_owned() } else { line.chars().take(79).chain(['…']).collect() }
}
