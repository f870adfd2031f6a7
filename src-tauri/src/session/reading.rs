//! Reading: streams, events, states.

use es_core::{StreamQuery, limits};
use tokio_util::sync::CancellationToken;

use super::{Session, arguments};
use crate::wire::{
    AppError, CategoryRow, EventDetail, StateView, StreamOrder, StreamsPage, StreamsRequest, TimelineEntry,
};

impl Session {
    /// A page of streams.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn streams(&self, request: StreamsRequest) -> Result<StreamsPage, AppError> {
        let query = StreamQuery {
            category: request.category.filter(|category| !category.is_empty()),
            contains: request.search.filter(|text| !text.is_empty()),
            system: false,
            order: match request.order {
                StreamOrder::Name => es_core::StreamOrder::Name,
                StreamOrder::LastChange => es_core::StreamOrder::LastChange,
                StreamOrder::Length => es_core::StreamOrder::Length,
            },
            offset: request.offset.into(),
            limit: request.limit.clamp(1, 500) as usize,
        };
        let page = match request.at.as_deref().map(arguments::position).transpose()? {
            Some(position) => self.as_of.streams(&query, position, &|_, _| {}, &self.stop()).await?,
            None => self.engine.queries().events().streams(&query).await?,
        };
        let streams = page.streams.into_iter().map(Into::into).collect();
        Ok(StreamsPage { streams, total: page.total.to_string() })
    }

    /// Categories with their sizes.
    ///
    /// # Errors
    /// The store does not answer.
    pub async fn categories(&self, at: Option<&str>) -> Result<Vec<CategoryRow>, AppError> {
        let counts = match at.map(arguments::position).transpose()? {
            Some(position) => self.as_of.categories(position, &self.stop()).await?,
            None => self.engine.queries().events().categories().await?,
        };
        Ok(counts.into_iter().map(Into::into).collect())
    }

    /// Event types that the domain knows, current and historical, by name.
    #[must_use]
    pub fn event_types(&self) -> Vec<String> {
        let current = self.domain.event_types.iter().map(|event_type| event_type.event_type);
        let historical = self.domain.upcasters.upcasters().map(|upcaster| upcaster.event_type);
        let mut names: Vec<String> = current.chain(historical).map(str::to_owned).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Everything about one event.
    ///
    /// # Errors
    /// There is no such event, or the store does not answer.
    pub async fn event_detail(&self, position: &str) -> Result<EventDetail, AppError> {
        let position = arguments::position(position)?;
        Ok(self.inspector.event_detail(position, &self.stop()).await?.into())
    }

    /// Versions of a stream with type and time, after a version.
    ///
    /// # Errors
    /// There is no such stream, or the store does not answer.
    pub async fn timeline(
        &self,
        stream: &str,
        after_version: &str,
        limit: u32,
    ) -> Result<Vec<TimelineEntry>, AppError> {
        let (stream, after) = (arguments::stream(stream)?, arguments::version(after_version)?);
        let limit = (limit as usize).clamp(1, limits::PAGE_EVENTS);
        Ok(self.inspector.timeline(&stream, after, limit).await?.into_iter().map(Into::into).collect())
    }

    /// State at a version, compared with another.
    ///
    /// # Errors
    /// There is no such stream or version, it has no state, or the store does not answer.
    pub async fn state_at(
        &self,
        stream: &str,
        version: &str,
        compared_with: Option<&str>,
    ) -> Result<StateView, AppError> {
        let (stream, version) = (arguments::stream(stream)?, arguments::version(version)?);
        let compared_with = compared_with.map(arguments::version).transpose()?;
        Ok(self.inspector.state_at(&stream, version, compared_with, &self.stop()).await?.into())
    }

    /// The last version recorded at or before a time; 0 if none.
    ///
    /// # Errors
    /// There is no such stream, the time is not one, or the store does not answer.
    pub async fn version_at(&self, stream: &str, time: &str) -> Result<String, AppError> {
        let (stream, time) = (arguments::stream(stream)?, arguments::time(time)?);
        Ok(self.inspector.version_at(&stream, time).await?.to_string())
    }

    /// Ends what is being read when the session ends.
    pub(super) fn stop(&self) -> CancellationToken {
        self.end.child_token()
    }
}
