//! Lanes: several streams side by side along one column of time.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use es_core::{Position, ProjectedEvent, RecordedEvent, StreamInfo, StreamName, StreamVersion};

use crate::fold::{InspectError, guarded, read_page};
use crate::inspector::Inspector;
use crate::limits;
use crate::merge::Merge;
use crate::pace::Pace;
use crate::views::EventSummary;

/// Events of one lane that are read ahead while lanes are merged.
const AHEAD: usize = 256;

/// How events of different lanes follow each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneOrder {
    /// As they were recorded: by their place in the log.
    Recorded,
    /// By the day from which they count, where the domain says one, else by the day (UTC) on which they were recorded; within
    /// a day as they were recorded.
    ValueDate,
}

/// One of the streams.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lane {
    /// Its name.
    pub stream: StreamName,
    /// Its last version.
    pub version: StreamVersion,
    /// Events before this version are gone; 0 or 1 if none are.
    pub begins_at: StreamVersion,
}

/// A place in the column of time. What follows it is the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LanePlace {
    /// The day, where days make the order.
    pub day: Option<NaiveDate>,
    /// The place in the log.
    pub position: Position,
}

/// An event in its lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneEntry {
    /// Index of the lane.
    pub lane: usize,
    /// The event.
    pub event: EventSummary,
    /// The day from which it counts, if it has one of its own.
    pub value_date: Option<NaiveDate>,
}

/// A page of lanes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LanePage {
    /// The lanes, in the order asked for.
    pub lanes: Vec<Lane>,
    /// The events, in the order asked for.
    pub entries: Vec<LaneEntry>,
    /// Where to go on; nothing at the end.
    pub next: Option<LanePlace>,
}

impl Inspector {
    /// The events of several streams in one order, after a place and up to a position: nothing beyond it is read, and each lane
    /// ends where it ended then.
    ///
    /// # Errors
    /// An unknown stream, too many, a failing store, or cancelled.
    pub async fn lanes(
        &self,
        streams: &[StreamName],
        order: LaneOrder,
        (after, until): (Option<LanePlace>, Option<Position>),
        limit: usize,
        pace: Pace<'_>,
    ) -> Result<LanePage, InspectError> {
        let mut distinct: Vec<StreamName> = Vec::new();
        for stream in streams {
            if !distinct.contains(stream) {
                distinct.push(stream.clone());
            }
        }
        if distinct.len() > limits::LANES {
            let what = format!("{} streams are asked for", distinct.len());
            return Err(InspectError::TooMany { what, most: limits::LANES });
        }
        let mut infos: Vec<StreamInfo> = Vec::new();
        for stream in &distinct {
            let mut info = self.stream_at(stream, StreamVersion::ZERO).await?.0;
            if let Some(until) = until {
                // A stream that begins later is a lane without events.
                info.version = self.version_at_position(stream, until).await?;
            }
            infos.push(info);
        }
        let limit = limit.clamp(1, limits::LANE_EVENTS);
        // One more than asked for: it says whether there is a next page.
        let mut entries = match order {
            LaneOrder::Recorded => self.recorded(&infos, after, limit + 1, pace).await?,
            LaneOrder::ValueDate => self.by_value_date(&infos, after, limit + 1, pace).await?,
        };
        let more = entries.len() > limit;
        entries.truncate(limit);
        let next = entries.last().filter(|_| more).map(|(place, ..)| *place);
        let entry = |(_, lane, event, value_date): (LanePlace, usize, RecordedEvent, Option<NaiveDate>)| LaneEntry {
            lane,
            event: self.summary(&event),
            value_date,
        };
        let lane =
            |info: StreamInfo| Lane { stream: info.stream, version: info.version, begins_at: info.truncated_before };
        Ok(LanePage {
            lanes: infos.into_iter().map(lane).collect(),
            entries: entries.into_iter().map(entry).collect(),
            next,
        })
    }

    async fn recorded(
        &self,
        lanes: &[StreamInfo],
        after: Option<LanePlace>,
        limit: usize,
        pace: Pace<'_>,
    ) -> Result<Vec<Placed>, InspectError> {
        let mut ranges = Vec::new();
        for info in lanes {
            let from = match after {
                Some(place) => self.version_at_position(&info.stream, place.position).await?,
                None => StreamVersion::ZERO,
            };
            ranges.push((info.stream.clone(), from, info.version));
        }
        let mut merge = Merge::new(ranges, AHEAD);
        let mut placed = Vec::new();
        while placed.len() < limit {
            let Some((lane, event)) = merge.next(&*self.reader, pace.cancel).await? else { break };
            let value_date = self.value_date(&event);
            placed.push((LanePlace { day: None, position: event.position }, lane, event, value_date));
            (pace.tell)(placed.len() as u64, limit as u64);
        }
        Ok(placed)
    }

    /// Days need not follow the order of recording, so every event is looked at; only those of the page are kept.
    async fn by_value_date(
        &self,
        lanes: &[StreamInfo],
        after: Option<LanePlace>,
        limit: usize,
        pace: Pace<'_>,
    ) -> Result<Vec<Placed>, InspectError> {
        let total: u64 = lanes.iter().map(|info| info.version.get()).sum();
        let mut done = 0;
        let mut earliest: BTreeMap<LanePlace, (usize, RecordedEvent, Option<NaiveDate>)> = BTreeMap::new();
        for (lane, info) in lanes.iter().enumerate() {
            let mut from = StreamVersion::ZERO;
            while from < info.version {
                let page = read_page(&*self.reader, &info.stream, from, info.version, pace.cancel).await?;
                from = page.events.last().map_or(info.version, |event| event.version);
                for event in page.events {
                    let value_date = self.value_date(&event);
                    let day = Some(value_date.unwrap_or_else(|| event.recorded_at.date_naive()));
                    let place = LanePlace { day, position: event.position };
                    let is_next = after.is_none_or(|after| place > after);
                    let fits =
                        earliest.len() < limit || earliest.last_key_value().is_some_and(|(last, _)| place < *last);
                    if is_next && fits {
                        earliest.insert(place, (lane, event, value_date));
                        if earliest.len() > limit {
                            earliest.pop_last();
                        }
                    }
                }
                (pace.tell)(done + from.get(), total);
            }
            done += info.version.get();
        }
        Ok(earliest.into_iter().map(|(place, (lane, event, value_date))| (place, lane, event, value_date)).collect())
    }

    /// The day from which an event counts, as the domain has it; nothing if it does not decode.
    fn value_date(&self, event: &RecordedEvent) -> Option<NaiveDate> {
        guarded(|| {
            let parts = self.domain.upcasters.upcast(event).map_err(|error| error.to_string())?;
            let date = |current| (self.domain.value_date)(&ProjectedEvent { recorded: event, current });
            Ok(parts.iter().find_map(date))
        })
        .ok()
        .flatten()
    }
}

type Placed = (LanePlace, usize, RecordedEvent, Option<NaiveDate>);
