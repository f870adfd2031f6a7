//! `ledgerscope diff`, `blame`, `watch`, `bisect` and `lanes`.

pub(super) mod args;
mod told;

use std::collections::BTreeMap;

use chrono::NaiveDate;
use es_core::{Position, StreamName, StreamVersion};
use inspector::{
    EventSummary, Expression, FieldValue, FoldProblem, LaneOrder, LanePage, LanePlace, Pace, Search, Tally, Watched,
};

use super::args::State;
use super::desk::Desk;
use super::failure::Failure;
use super::moment::{stream_name, version};
use super::output::{Align, Output, Table, printable, short_time};
use super::progress::Meter;
use super::state;
use args::{Bisect, Blame, Diff, Lanes, Order, Watch};
use told::{
    BisectJson, BlameJson, BlamedJson, EventJson, FieldChangeJson, FieldJson, LaneEntryJson, LanesJson, RunJson,
    WatchJson, field_json,
};

/// What differs between two versions: a state, compared.
pub(super) async fn diff(desk: &Desk, asked: Diff, out: &mut Output) -> Result<(), Failure> {
    let Diff { stream, from, to } = asked;
    state::run(desk, State { stream, at: to, diff: Some(from), changes: true }, out).await
}

pub(super) async fn blame(desk: &Desk, asked: Blame, meter: &Meter, out: &mut Output) -> Result<(), Failure> {
    let (stream, at) = place(desk, &asked.stream, "--at", asked.at.as_deref()).await?;
    let tell = |done, total| meter.report("folded", done, Some(total));
    let pace = Pace { cancel: &desk.stop, tell: &tell };
    if let Some(path) = &asked.path {
        let history = desk.inspector.field_history(&stream, path, at, pace).await?;
        meter.finish();
        return field(&history, out);
    }
    let blame = desk.inspector.blame(&stream, at, pace).await?;
    meter.finish();
    let events: BTreeMap<StreamVersion, &EventSummary> =
        blame.events.iter().map(|event| (event.version, event)).collect();
    let event_of = |version: StreamVersion| events.get(&version).copied();
    if out.json {
        let value = |path: &inspector::PathBlame| BlamedJson {
            path: path.path.clone(),
            event: event_of(path.version).map(EventJson::from),
        };
        return out.object(&BlameJson {
            stream: blame.stream.to_string(),
            version: blame.version.to_string(),
            last_version: blame.last_version.to_string(),
            begins_at: blame.begins_at.to_string(),
            values: blame.paths.iter().map(value).collect(),
            left_out: blame.left_out,
            problem: blame.problem.as_ref().map(Into::into),
        });
    }
    heading(&blame.stream, blame.version, blame.last_version, blame.problem.as_ref(), out)?;
    let mut table = Table::new(&[
        ("VERSION", Align::Right),
        ("TIME (UTC)", Align::Left),
        ("ACTOR", Align::Left),
        ("EVENT", Align::Left),
        ("PATH", Align::Left),
    ]);
    for path in blame.paths.iter().filter(|path| !path.path.is_empty()) {
        let [time, actor, event] = event_of(path.version).map_or_else(
            || ["".to_owned(), "".to_owned(), "(as it begins)".to_owned()],
            |event| [short_time(event.recorded_at), event.actor.clone().unwrap_or_default(), event.event_type.clone()],
        );
        table.row(vec![path.version.to_string(), time, actor, event, path.path.clone()]);
    }
    out.table(&table)?;
    if blame.begins_at.get() > 1 {
        out.line(&format!("Events before version {} are gone; what it set may be older.", blame.begins_at))?;
    }
    if blame.left_out > 0 {
        out.line(&format!("{} further values are not listed.", blame.left_out))?;
    }
    Ok(())
}

fn field(history: &inspector::FieldHistory, out: &mut Output) -> Result<(), Failure> {
    if out.json {
        let change = |change: &inspector::FieldChange| FieldChangeJson {
            event: (&change.event).into(),
            before: change.before.as_ref().map(field_json),
            after: change.after.as_ref().map(field_json),
        };
        return out.object(&FieldJson {
            stream: history.stream.to_string(),
            version: history.version.to_string(),
            path: history.path.clone(),
            followed: history.followed.clone(),
            changes: history.changes.iter().map(change).collect(),
            left_out: history.left_out.to_string(),
            problem: history.problem.as_ref().map(Into::into),
        });
    }
    out.line(&printable(&format!("{} of {}, up to version {}", history.followed, history.stream, history.version)))?;
    failed(history.problem.as_ref(), out)?;
    out.line("")?;
    if history.left_out > 0 {
        out.line(&format!("{} earlier changes are not listed.", history.left_out))?;
    }
    if history.changes.is_empty() {
        return out.line("No event has changed it: the state begins with it.");
    }
    let mut table = Table::new(&[
        ("VERSION", Align::Right),
        ("TIME (UTC)", Align::Left),
        ("EVENT", Align::Left),
        ("BEFORE", Align::Right),
        ("AFTER", Align::Right),
    ]);
    let text = |value: &Option<FieldValue>| match value {
        Some(value) => value.display.clone().unwrap_or_else(|| value.text.clone()),
        None => "–".to_owned(),
    };
    for change in &history.changes {
        table.row(vec![
            change.event.version.to_string(),
            short_time(change.event.recorded_at),
            change.event.event_type.clone(),
            text(&change.before),
            text(&change.after),
        ]);
    }
    out.table(&table)
}

pub(super) async fn watch(desk: &Desk, asked: Watch, meter: &Meter, out: &mut Output) -> Result<(), Failure> {
    let expression = Expression::parse_on_state(&asked.expression)?;
    let (stream, until) = place(desk, &asked.stream, "--until", asked.until.as_deref()).await?;
    let tell = |done, total| meter.report("folded", done, Some(total));
    let pace = Pace { cancel: &desk.stop, tell: &tell };
    let watched = desk.inspector.watch(&stream, &expression, Some(until), pace).await?;
    meter.finish();
    if out.json {
        let run = |run: &inspector::Run| RunJson { from: run.from.version.to_string(), until: run.until.to_string() };
        return out.object(&WatchJson {
            stream: watched.stream.to_string(),
            expression: asked.expression,
            until: watched.until.to_string(),
            points: watched.points.iter().map(Into::into).collect(),
            thinned: watched.thinned,
            lowest: watched.lowest.as_ref().map(Into::into),
            highest: watched.highest.as_ref().map(Into::into),
            hits: watched.hits.iter().map(run).collect(),
            hits_left_out: watched.hits_left_out.to_string(),
            tally: (&watched.tally).into(),
            problem: watched.problem.as_ref().map(Into::into),
        });
    }
    watched_for_people(&asked.expression, &watched, out)
}

fn watched_for_people(expression: &str, watched: &Watched, out: &mut Output) -> Result<(), Failure> {
    out.line(&printable(&format!("{expression} on {}, up to version {}", watched.stream, watched.until)))?;
    failed(watched.problem.as_ref(), out)?;
    out.line("")?;
    let mut table = Table::new(&[("VERSION", Align::Right), ("TIME (UTC)", Align::Left), ("VALUE", Align::Right)]);
    let mut former = None;
    for point in &watched.points {
        // A value that stays is told once.
        if former.replace(&point.value) != Some(&point.value) {
            table.row(vec![point.version.to_string(), short_time(point.recorded_at), point.value.text()]);
        }
    }
    if table.is_empty() {
        out.line("It came to no value at any version.")?;
    } else {
        out.table(&table)?;
    }
    if watched.thinned {
        out.line("There are more values between these; the lowest and highest ones are here.")?;
    }
    for (which, extreme) in [("Lowest", &watched.lowest), ("Highest", &watched.highest)] {
        if let Some(point) = extreme {
            out.line(&printable(&format!("{which}: {} at version {}", point.value.text(), point.version)))?;
        }
    }
    for run in &watched.hits {
        out.line(&format!("Holds at versions {} to {}", run.from.version, run.until))?;
    }
    if watched.hits_left_out > 0 {
        out.line(&format!("and at {} further stretches.", watched.hits_left_out))?;
    }
    counted(&watched.tally, out)
}

pub(super) async fn bisect(desk: &Desk, asked: Bisect, meter: &Meter, out: &mut Output) -> Result<(), Failure> {
    let condition = Expression::parse_on_state(&asked.condition)?;
    let (stream, until) = place(desk, &asked.stream, "--until", asked.until.as_deref()).await?;
    let search = if asked.halving { Search::Halving } else { Search::EveryVersion };
    let tell = |done, total| meter.report("searched", done, Some(total));
    let pace = Pace { cancel: &desk.stop, tell: &tell };
    let found = desk.inspector.bisect(&stream, &condition, search, Some(until), pace).await?;
    meter.finish();
    if out.json {
        return out.object(&BisectJson {
            stream: found.stream.to_string(),
            condition: asked.condition,
            search: if asked.halving { "halving" } else { "everyVersion" },
            first: found.first.as_ref().map(Into::into),
            until: found.until.to_string(),
            tally: (&found.tally).into(),
            problem: found.problem.as_ref().map(Into::into),
        });
    }
    failed(found.problem.as_ref(), out)?;
    match &found.first {
        Some(event) => {
            out.line(&format!("First holds at version {} (position {}).", event.version, event.position))?;
            sentence(event, out)?;
        }
        None if asked.halving => {
            out.line(&format!("Does not hold at version {}, so halving finds nothing before it.", found.until))?;
        }
        None => out.line(&format!("Holds at no version up to {}.", found.until))?,
    }
    if asked.halving {
        out.line("Searched by halving: right only if the condition, once it holds, goes on to hold.")?;
    }
    counted(&found.tally, out)
}

pub(super) async fn lanes(desk: &Desk, asked: Lanes, meter: &Meter, out: &mut Output) -> Result<(), Failure> {
    let streams = asked.streams.iter().map(|name| stream_name(name)).collect::<Result<Vec<_>, _>>()?;
    let after = asked.after.as_deref().map(lane_place).transpose()?;
    let order = if asked.order == Order::Recorded { LaneOrder::Recorded } else { LaneOrder::ValueDate };
    let tell = |done, total| meter.report("read", done, Some(total));
    let pace = Pace { cancel: &desk.stop, tell: &tell };
    let page = desk.inspector.lanes(&streams, order, (after, None), asked.limit, pace).await?;
    meter.finish();
    if out.json {
        let entry = |entry: &inspector::LaneEntry| LaneEntryJson {
            lane: entry.lane,
            event: (&entry.event).into(),
            value_date: entry.value_date.map(|day| day.to_string()),
        };
        return out.object(&LanesJson {
            lanes: page.lanes.iter().map(|lane| lane.stream.to_string()).collect(),
            entries: page.entries.iter().map(entry).collect(),
            next: page.next.map(place_text),
        });
    }
    lanes_for_people(&page, out)
}

fn lanes_for_people(page: &LanePage, out: &mut Output) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("POSITION", Align::Right),
        ("TIME (UTC)", Align::Left),
        ("VALUE DATE", Align::Left),
        ("STREAM", Align::Left),
        ("EVENT", Align::Left),
        ("", Align::Left),
    ]);
    for entry in &page.entries {
        let event = &entry.event;
        table.row(vec![
            event.position.to_string(),
            short_time(event.recorded_at),
            entry.value_date.map(|day| day.to_string()).unwrap_or_default(),
            event.stream.to_string(),
            event.event_type.clone(),
            event.sentence.clone().or_else(|| event.problem.clone()).unwrap_or_default(),
        ]);
    }
    if table.is_empty() {
        return out.line("There are no further events.");
    }
    out.table(&table)?;
    match page.next {
        Some(next) => out.line(&format!("More: --after {}", place_text(next))),
        None => Ok(()),
    }
}

/// A stream that exists, and a version of it (the last one unless told).
async fn place(
    desk: &Desk,
    stream: &str,
    what: &str,
    at: Option<&str>,
) -> Result<(StreamName, StreamVersion), Failure> {
    let stream = stream_name(stream)?;
    let info = desk.stream_exists(&stream).await?;
    let version = match at {
        Some(text) => version(desk, &stream, what, text).await?,
        None => info.version,
    };
    Ok((stream, version))
}

/// `1234`, or `2026-03-01@1234`.
fn place_text(place: LanePlace) -> String {
    place.day.map_or_else(|| place.position.to_string(), |day| format!("{day}@{}", place.position))
}

fn lane_place(text: &str) -> Result<LanePlace, Failure> {
    let (day, position) = text.rsplit_once('@').map_or((None, text), |(day, position)| (Some(day), position));
    let day = day.map(|day| day.parse::<NaiveDate>()).transpose();
    match (day, position.parse::<u64>()) {
        (Ok(day), Ok(position)) if position <= Position::MAX.get() => {
            Ok(LanePlace { day, position: Position(position) })
        }
        _ => {
            let message = format!("--after {text:?} is no place.");
            Err(Failure::bad_input(
                "bad_argument",
                message,
                "Take what the page before has named, as 1234 or 2026-03-01@1234.",
            ))
        }
    }
}

fn heading(
    stream: &StreamName,
    version: StreamVersion,
    last: StreamVersion,
    problem: Option<&FoldProblem>,
    out: &mut Output,
) -> Result<(), Failure> {
    out.line(&printable(&format!("{stream}, version {version} of {last}")))?;
    failed(problem, out)?;
    out.line("")
}

fn failed(problem: Option<&FoldProblem>, out: &mut Output) -> Result<(), Failure> {
    match problem {
        Some(problem) => out.line(&printable(&format!("NOT FOLDED FURTHER: {problem}; this is what was before it."))),
        None => Ok(()),
    }
}

fn sentence(event: &EventSummary, out: &mut Output) -> Result<(), Failure> {
    let told = event.sentence.as_deref().or(event.problem.as_deref()).unwrap_or_default();
    let actor = event.actor.as_deref().unwrap_or("nobody named");
    let line = format!("{} UTC  {}  by {actor}: {told}", short_time(event.recorded_at), event.event_type);
    out.line(&printable(&line))
}

fn counted(tally: &Tally, out: &mut Output) -> Result<(), Failure> {
    let mut line = format!("Evaluated at {} version(s).", tally.evaluated);
    if let Some((position, error)) = &tally.first_not_evaluable {
        let count = tally.not_evaluable;
        line += &format!(" Could not be evaluated at {count} of them, first at position {position}: {error}.");
    }
    out.line(&printable(&line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_between_lanes_is_read_as_it_was_written() {
        for text in ["1234", "2026-03-01@1234", "0"] {
            assert_eq!(lane_place(text).map(place_text).ok().as_deref(), Some(text));
        }
        for bad in ["", "x", "2026-13-01@5", "@5", "-1", "9223372036854775808"] {
            assert!(lane_place(bad).is_err(), "{bad:?} is no place");
        }
    }
}
