//! Edits as a pure function: the recorded events after the fork, and what a what-if has in their place.

use chrono::{DateTime, Utc};
use es_core::event::{metadata_ids, to_micros};
use es_core::{Hash, Payload, Position, RecordedEvent, StreamVersion};
use uuid::Uuid;

use super::error::{EditProblem, WhatIfError};
use super::scenario::{Edit, EventRef, Insertion, JsonText, Scenario};

/// How an event has come into a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// As it was recorded.
    Recorded,
    /// With another content or time.
    Replaced,
    /// At another place.
    Moved,
    /// It is left out: nothing follows from it.
    Skipped,
    /// Nobody has recorded it.
    Inserted,
    /// A step of the scenario has led to it; its index.
    FromStep(usize),
}

/// An event at its place among those after the fork.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Arranged {
    pub(super) event: RecordedEvent,
    pub(super) provenance: Provenance,
    /// The last edit that has changed it, from 1.
    pub(super) edit: Option<usize>,
    /// Whether its time is its own; otherwise it is that of its place.
    timed: bool,
    /// The recorded event behind which it was put, if it was; to keep several in order.
    behind: Option<Option<Uuid>>,
}

impl Arranged {
    pub(super) fn is_kept(&self) -> bool {
        self.provenance != Provenance::Skipped
    }
}

/// When an event may have been recorded without time going back: with its neighbours as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeBounds {
    /// Not before the event in front of it.
    pub earliest: DateTime<Utc>,
    /// Not after the next event that has a time of its own, or the beginning of the scenario's clock; nothing: as late as one
    /// likes.
    pub latest: Option<DateTime<Utc>>,
}

/// When something may have been recorded, with what is around it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// What is inserted right after the fork.
    pub after_fork: TimeBounds,
    /// Each event of the lane, by its index. What comes of steps is not there.
    pub events: Vec<EventTimes>,
}

/// When something may have been recorded at an event of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventTimes {
    /// The event itself; nothing if it is left out.
    pub own: Option<TimeBounds>,
    /// What is inserted behind it; nothing if it was inserted itself, and is not a place to be named.
    pub behind: Option<TimeBounds>,
}

/// Between which times events may have been recorded. What follows in the time of its place gives way.
pub(super) fn times(row: &[Arranged], begins: DateTime<Utc>, clock: Option<DateTime<Utc>>) -> Times {
    // Between what is in front of one place and what stands from another place on.
    let between = |front: usize, behind: usize| {
        let in_front = row[..front].iter().rev().find(|arranged| arranged.is_kept());
        let next = row[behind..].iter().find(|arranged| arranged.is_kept() && arranged.timed);
        TimeBounds {
            earliest: in_front.map_or(begins, |arranged| arranged.event.recorded_at),
            latest: next.map(|arranged| arranged.event.recorded_at).or(clock),
        }
    };
    let event = |(at, arranged): (usize, &Arranged)| {
        let place = last_behind(row, at + 1, Some(arranged.event.event_id));
        EventTimes {
            own: arranged.is_kept().then(|| between(at, at + 1)),
            behind: (arranged.provenance != Provenance::Inserted).then(|| between(place, place)),
        }
    };
    let after_fork = last_behind(row, 0, None);
    Times { after_fork: between(after_fork, after_fork), events: row.iter().enumerate().map(event).collect() }
}

/// Does the edits, in their order. `begins` is the time of the last event before the fork.
pub(super) fn arranged(
    recorded: Vec<RecordedEvent>,
    edits: &[Edit],
    fork: Position,
    begins: DateTime<Utc>,
) -> Result<Vec<Arranged>, WhatIfError> {
    let as_recorded =
        |event| Arranged { event, provenance: Provenance::Recorded, edit: None, timed: true, behind: None };
    let mut row: Vec<Arranged> = recorded.into_iter().map(as_recorded).collect();
    for (index, edit) in edits.iter().enumerate() {
        let number = index + 1;
        // Whether time goes back is found out here and not at the end, so that the edit that causes it is the one that is named.
        let done = apply(&mut row, edit, number, fork, begins).and_then(|()| in_time(&mut row, begins));
        done.map_err(|problem| WhatIfError::Edit { number, problem })?;
    }
    Ok(row)
}

fn apply(
    row: &mut Vec<Arranged>,
    edit: &Edit,
    number: usize,
    fork: Position,
    begins: DateTime<Utc>,
) -> Result<(), EditProblem> {
    match edit {
        Edit::Skip { event } => {
            let at = found(row, event, fork)?;
            (row[at].provenance, row[at].edit) = (Provenance::Skipped, Some(number));
        }
        Edit::Replace { event, payload, recorded_at } => {
            let at = kept(row, event, fork)?;
            replace(&mut row[at], payload.as_ref(), *recorded_at);
            row[at].edit = Some(number);
        }
        Edit::Insert { after, inserted } => {
            let (at, behind) = place(row, after.as_ref(), fork)?;
            let (event, provenance) = (inserted.event(number - 1, begins), Provenance::Inserted);
            let timed = inserted.recorded_at.is_some();
            row.insert(at, Arranged { event, provenance, edit: Some(number), timed, behind: Some(behind) });
        }
        Edit::Move { event, after } => {
            let from = kept(row, event, fork)?;
            if after.as_ref().is_some_and(|after| is(&row[from].event, after)) {
                return Ok(());
            }
            // Found before it is taken out, so that an anchor that is not there changes nothing.
            place(row, after.as_ref(), fork)?;
            let moved = row.remove(from);
            let (at, behind) = place(row, after.as_ref(), fork)?;
            let provenance = Provenance::Moved;
            row.insert(at, Arranged { provenance, edit: Some(number), timed: false, behind: Some(behind), ..moved });
        }
    }
    Ok(())
}

fn is(event: &RecordedEvent, wanted: &EventRef) -> bool {
    match wanted {
        EventRef::Position(position) => event.position == *position,
        EventRef::Id(id) => event.event_id == *id,
    }
}

fn found(row: &[Arranged], wanted: &EventRef, fork: Position) -> Result<usize, EditProblem> {
    let named = |arranged: &Arranged| arranged.provenance != Provenance::Inserted && is(&arranged.event, wanted);
    row.iter().position(named).ok_or(EditProblem::NotThere { event: *wanted, fork })
}

fn kept(row: &[Arranged], wanted: &EventRef, fork: Position) -> Result<usize, EditProblem> {
    let at = found(row, wanted, fork)?;
    if row[at].is_kept() { Ok(at) } else { Err(EditProblem::LeftOut { event: *wanted }) }
}

fn replace(arranged: &mut Arranged, payload: Option<&JsonText>, recorded_at: Option<DateTime<Utc>>) {
    if let Some(payload) = payload {
        arranged.event.payload = Payload::json(payload.as_str());
    }
    if let Some(recorded_at) = recorded_at {
        (arranged.event.recorded_at, arranged.timed) = (to_micros(recorded_at), true);
    }
    if arranged.provenance == Provenance::Recorded {
        arranged.provenance = Provenance::Replaced;
    }
}

/// Where an event goes that is put behind another one: also behind those that were put there before.
fn place(row: &[Arranged], after: Option<&EventRef>, fork: Position) -> Result<(usize, Option<Uuid>), EditProblem> {
    let (at, behind) = match after {
        None => (0, None),
        Some(after) => {
            let anchor = found(row, after, fork)?;
            (anchor + 1, Some(row[anchor].event.event_id))
        }
    };
    Ok((last_behind(row, at, behind), behind))
}

/// The place after those that were put behind the same.
fn last_behind(row: &[Arranged], at: usize, behind: Option<Uuid>) -> usize {
    at + row[at..].iter().take_while(|next| next.behind == Some(behind)).count()
}

/// Gives what has no time of its own that of its place, and finds out whether time goes back.
fn in_time(row: &mut [Arranged], begins: DateTime<Utc>) -> Result<(), EditProblem> {
    let mut before = begins;
    for arranged in row.iter_mut().filter(|arranged| arranged.is_kept()) {
        if !arranged.timed {
            arranged.event.recorded_at = before;
        }
        let recorded_at = arranged.event.recorded_at;
        if recorded_at < before {
            return Err(EditProblem::TimeGoesBack { recorded_at, before });
        }
        before = recorded_at;
    }
    Ok(())
}

impl Insertion {
    /// The event, with an id that follows from its place in the scenario.
    fn event(&self, edit: usize, begins: DateTime<Utc>) -> RecordedEvent {
        let metadata = self.metadata.as_ref().map_or("{}", JsonText::as_str);
        let (correlation_id, causation_id) = metadata_ids(metadata);
        RecordedEvent {
            position: Position::ZERO,
            stream: self.stream.clone(),
            version: StreamVersion::ZERO,
            event_id: Scenario::inserted_id(edit),
            event_type: self.event_type.as_str().into(),
            schema_version: self.schema_version,
            payload: Payload::json(self.payload.as_str()),
            metadata: metadata.into(),
            correlation_id,
            causation_id,
            recorded_at: self.recorded_at.map_or(begins, to_micros),
            content_hash: Hash::ZERO,
            chain_hash: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use es_core::StreamName;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).expect("a time")
    }

    fn recorded(count: u64) -> Vec<RecordedEvent> {
        let insertion = |number: u64| Insertion {
            stream: StreamName::new("shelf-1").expect("a name"),
            event_type: "Put".to_owned(),
            schema_version: 1,
            payload: JsonText::new(number.to_string()).expect("JSON"),
            metadata: None,
            recorded_at: Some(at(number as i64 * 10)),
        };
        let event = |number| RecordedEvent {
            position: Position(number),
            version: StreamVersion(number),
            event_id: Uuid::from_u128(u128::from(number)),
            ..insertion(number).event(0, at(0))
        };
        (1..=count).map(event).collect()
    }

    fn position(number: u64) -> EventRef {
        EventRef::Position(Position(number))
    }

    fn inserted(after: Option<EventRef>, payload: &str) -> Edit {
        let inserted = Insertion {
            stream: StreamName::new("shelf-1").expect("a name"),
            event_type: "Put".to_owned(),
            schema_version: 1,
            payload: JsonText::new(payload).expect("JSON"),
            metadata: None,
            recorded_at: None,
        };
        Edit::Insert { after, inserted }
    }

    fn told(edits: &[Edit]) -> Result<String, WhatIfError> {
        let row = arranged(recorded(4), edits, Position::ZERO, at(5))?;
        let one = |arranged: &Arranged| {
            let payload = arranged.event.payload.as_json().unwrap_or_default();
            let seconds = arranged.event.recorded_at.timestamp();
            if arranged.is_kept() { format!("{payload}@{seconds}") } else { format!("({payload})") }
        };
        Ok(row.iter().map(one).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn without_edits_everything_is_as_recorded() {
        assert_eq!(told(&[]).as_deref(), Ok("1@10 2@20 3@30 4@40"));
    }

    #[test]
    fn what_is_put_somewhere_has_the_time_of_its_place_and_stays_in_order() {
        let edits = [
            inserted(Some(position(2)), "71"),
            inserted(Some(position(2)), "72"),
            inserted(None, "70"),
            Edit::Move { event: position(4), after: Some(position(1)) },
        ];
        assert_eq!(told(&edits).as_deref(), Ok("70@5 1@10 4@10 2@20 71@20 72@20 3@30"));
        let behind_itself = Edit::Move { event: position(3), after: Some(position(3)) };
        assert_eq!(told(&[behind_itself]).as_deref(), Ok("1@10 2@20 3@30 4@40"), "nothing moves behind itself");
        let to_the_front = Edit::Move { event: position(3), after: None };
        assert_eq!(told(&[to_the_front]).as_deref(), Ok("3@5 1@10 2@20 4@40"));
    }

    #[test]
    fn what_is_left_out_keeps_its_place_and_has_no_say_in_time() {
        let late = Edit::Replace { event: position(2), payload: None, recorded_at: Some(at(35)) };
        assert_eq!(told(&[Edit::Skip { event: position(3) }, late]).as_deref(), Ok("1@10 2@35 (3) 4@40"));
        let again = Edit::Replace { event: position(3), payload: None, recorded_at: None };
        let error = told(&[Edit::Skip { event: position(3) }, again]).expect_err("it is left out");
        let problem = EditProblem::LeftOut { event: position(3) };
        assert_eq!(error, WhatIfError::Edit { number: 2, problem });
    }

    #[test]
    fn each_event_may_have_any_time_within_its_bounds_and_none_beyond() {
        let edits = [
            Edit::Skip { event: position(3) },
            inserted(Some(position(2)), "71"),
            Edit::Move { event: position(1), after: Some(position(2)) },
        ];
        let clock = at(60);
        let row = done(&edits).expect("it is done");
        let times = times(&row, at(5), Some(clock));
        let told = |bounds: TimeBounds| (bounds.earliest.timestamp(), bounds.latest.map(|time| time.timestamp()));
        let own: Vec<_> = times.events.iter().filter_map(|event| event.own.map(told)).collect();
        let (late, last) = (Some(40), Some(60));
        assert_eq!(own, [(5, late), (20, late), (20, late), (20, last)], "2, 71, 1 and 4, as they stand");
        let behind: Vec<_> = times.events.iter().filter_map(|event| event.behind.map(told)).collect();
        assert_eq!(behind, [(20, late), (20, late), (20, late), (40, last)], "behind 2, 1, the one left out, and 4");
        assert_eq!(told(times.after_fork), (5, Some(20)));
        let second = chrono::Duration::seconds(1);
        let holds = |bounds: TimeBounds, edit: &dyn Fn(DateTime<Utc>) -> Edit| {
            let is_done = |time| {
                let row = done(&[&edits[..], &[edit(time)]].concat());
                row.is_ok_and(|row| row.iter().all(|arranged| arranged.event.recorded_at <= clock))
            };
            let latest = bounds.latest.expect("there is a clock");
            assert!(is_done(bounds.earliest) && is_done(latest), "{bounds:?} are within");
            assert!(
                !is_done(bounds.earliest - second) && !is_done(latest + second),
                "and nothing is beyond {bounds:?}"
            );
        };
        let insert = |after: Option<EventRef>| {
            move |time| match inserted(after, "9") {
                Edit::Insert { after, inserted } => {
                    Edit::Insert { after, inserted: Insertion { recorded_at: Some(time), ..inserted } }
                }
                other => other,
            }
        };
        holds(times.after_fork, &insert(None));
        for (arranged, times) in row.iter().zip(&times.events).filter(|(row, _)| row.provenance != Provenance::Inserted)
        {
            let event = EventRef::Id(arranged.event.event_id);
            if let Some(own) = times.own {
                holds(own, &|time| Edit::Replace { event, payload: None, recorded_at: Some(time) });
            }
            holds(times.behind.expect("it can be named"), &insert(Some(event)));
        }
    }

    fn done(edits: &[Edit]) -> Result<Vec<Arranged>, WhatIfError> {
        arranged(recorded(4), edits, Position::ZERO, at(5))
    }

    #[test]
    fn an_edit_that_cannot_be_done_is_named_with_its_numbers() {
        let late = Edit::Replace { event: position(2), payload: None, recorded_at: Some(at(35)) };
        let problem = EditProblem::TimeGoesBack { recorded_at: at(30), before: at(35) };
        assert_eq!(told(&[late]), Err(WhatIfError::Edit { number: 1, problem }));
        let problem = EditProblem::NotThere { event: position(9), fork: Position::ZERO };
        assert_eq!(told(&[Edit::Skip { event: position(9) }]), Err(WhatIfError::Edit { number: 1, problem }));
    }
}
