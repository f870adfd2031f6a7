//! The clock: what a time or a position means, and read models at that moment.
//!
//! A question names the moment that it is about, so that no answer can be of another one; nothing here remembers any.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use es_core::{Position, RowSource};
use inspector::{Moment, RowsAsOf, RowsAt};

use super::{Session, arguments, present::time};
use crate::tasks::Task;
use crate::wire::{AppError, ClockView, ModelAt, ModelHalt, TableCount};

/// Where a question finds its rows.
pub(super) struct Source {
    rows: Arc<dyn RowSource>,
    /// The moment that it is about; nothing for now.
    pub(super) position: Option<Position>,
}

impl Source {
    pub(super) fn rows(&self) -> &dyn RowSource {
        &*self.rows
    }

    /// What to do about something that is not there.
    pub(super) fn hint(&self, now: &'static str) -> &'static str {
        if self.position.is_some() { "It may have come later than the moment that is shown." } else { now }
    }
}

impl Session {
    /// What the clock shows at a position or a time; at the head, if neither is given. What the log does not reach is the head.
    ///
    /// # Errors
    /// A position or time that is none, both at once, or the store does not answer.
    pub async fn clock(&self, at: Option<&str>, at_time: Option<&str>) -> Result<ClockView, AppError> {
        let reader = &**self.engine.queries().events();
        let moment = match (at, at_time) {
            (Some(at), Some(_)) => {
                return Err(AppError::bad_argument("Moment", at, "alone: give a position or a time"));
            }
            (None, Some(at_time)) => Moment::at_time(reader, arguments::time(at_time)?).await?,
            (Some(at), None) => Moment::at(reader, arguments::position(at)?).await?,
            (None, None) => Moment::at(reader, Position::MAX).await?,
        };
        let row = |event: es_core::RecordedEvent| self.inspector.summary(&event).into();
        Ok(ClockView {
            position: moment.position.to_string(),
            recorded_at: moment.event.as_ref().map(|event| time(event.recorded_at)),
            event: moment.event.map(row),
            previous: moment.previous.map(|position| position.to_string()),
            next: moment.next.map(|position| position.to_string()),
            following: moment.following.map(row),
            head: moment.head.to_string(),
        })
    }

    /// Folds read models to a position, so that what is asked of them there is answered at once. Of no name: nothing.
    ///
    /// # Errors
    /// Unknown name, a position that is none, too little memory, cancelled, or the store does not answer.
    pub async fn as_of_prepare(&self, models: &[String], at: &str, task: Task) -> Result<Vec<ModelAt>, AppError> {
        let position = arguments::position(at)?;
        let mut prepared = Vec::with_capacity(models.len());
        for name in models {
            if !self.as_of.models().any(|known| known == name) {
                return Err(AppError::not_found("read model", name, "Choose one of the listed read models."));
            }
            let phase = format!("Folding {} to position {position}", name.replace('_', " "));
            let tell = |done, total| task.report(&phase, done, Some(total));
            let at = self.as_of.rows(name, position, &tell, task.token()).await?;
            prepared.push(model_at(name, &at));
        }
        Ok(prepared)
    }

    /// The rows that a question is about.
    pub(super) fn source(&self, at: Option<&str>) -> Result<Source, AppError> {
        let Some(position) = at.map(arguments::position).transpose()? else {
            return Ok(Source { rows: Arc::clone(self.engine.queries().rows()), position: None });
        };
        let rows = RowsAsOf::new(Arc::clone(&self.as_of), position, self.stop());
        Ok(Source { rows: Arc::new(rows), position: Some(position) })
    }

    /// The time that the clock shows at a position: that of its event. The present time where there is none.
    pub(super) async fn time_at(&self, position: Option<Position>) -> Result<DateTime<Utc>, AppError> {
        let Some(position) = position else { return Ok(self.clock.now()) };
        let moment = Moment::at(&**self.engine.queries().events(), position).await?;
        let event = moment.event.or(moment.following);
        Ok(event.map_or_else(|| self.clock.now(), |event| event.recorded_at))
    }

    /// The last version that a stream had at a position; 0 if it began later.
    ///
    /// # Errors
    /// There is no such stream, a position that is none, or the store does not answer.
    pub async fn version_at_position(&self, stream: &str, at: &str) -> Result<String, AppError> {
        let (stream, position) = (arguments::stream(stream)?, arguments::position(at)?);
        Ok(self.inspector.version_at_position(&stream, position).await?.to_string())
    }
}

fn model_at(name: &str, at: &RowsAt) -> ModelAt {
    let count = |table: &'static es_core::Table| TableCount {
        table: table.name.to_owned(),
        rows: at.rows().row_count(table).to_string(),
    };
    ModelAt {
        name: name.to_owned(),
        position: at.position().to_string(),
        tables: at.rows().tables().map(count).collect(),
        halted: at.halted().map(|poison| ModelHalt {
            position: poison.position.to_string(),
            stream: poison.stream.to_string(),
            event_type: poison.event_type.to_string(),
            reason: crate::errors::sentence(&poison.reason),
        }),
        streams_aside: at.streams_aside().to_string(),
        truncated_streams: at.truncated_streams().to_string(),
    }
}
