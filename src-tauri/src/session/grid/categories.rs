//! The rows of a grid by category, for the timeline that stacks them.
//!
//! A store finds positions and says nothing of their streams, so each of the largest categories is searched for by itself: one
//! after the other, once the grid's own rows are all there, and as its own search is, so that new events cost only themselves.

use std::sync::Arc;

use es_core::{EventFilter, EventReader, Position, StoreError};
use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;

use super::search::{Phase, Search};
use super::{Asked, Grid};

/// Categories that are told apart; as many colours can be.
const TOLD_APART: usize = 6;
/// Most rows that are counted by category: each category costs a search through them, which on more would take the machine for
/// too long beside somebody who only looks.
const COUNTED_ROWS: u64 = 1_000_000;

/// The bins by category.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ByCategory {
    /// Each bin's events are those of the categories together.
    Counted(Vec<CategoryCounts>),
    /// They are being counted.
    Counting,
    /// There are too many rows.
    TooMany {
        /// As many are counted.
        most: u64,
    },
}

/// A category's part of each bin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CategoryCounts {
    /// The category; nothing for all others together.
    pub category: Option<String>,
    /// Rows of each bin.
    pub counts: Vec<u64>,
}

/// The searches for the categories that are told apart.
#[derive(Default)]
pub struct Categories(Mutex<Found>);

#[derive(Default)]
struct Found {
    searches: Vec<(String, Arc<Search>)>,
    /// How they ended, once they have.
    end: Option<End>,
}

#[derive(Clone, Copy)]
enum End {
    Complete,
    GivenUp,
}

impl Grid {
    /// The bins between some positions by category; `counts` are the rows of each.
    pub(super) async fn by_category(
        &self,
        bounds: &[Position],
        counts: &[u64],
        total: u64,
    ) -> Result<ByCategory, StoreError> {
        if total > COUNTED_ROWS {
            return Ok(ByCategory::TooMany { most: COUNTED_ROWS });
        }
        let searches = match self.category_searches() {
            Some(searches) => searches,
            None => return Ok(ByCategory::Counting),
        };
        let mut left = counts.to_vec();
        let mut parts = Vec::with_capacity(searches.len() + 1);
        for (category, search) in searches {
            search.follow().await?;
            let (before, _) = search.before(bounds);
            let of_bins = before.windows(2).map(|pair| pair[1].saturating_sub(pair[0]));
            // Events that came since the rows were counted are for the next time.
            let counts: Vec<u64> = of_bins.zip(&mut left).map(|(of_bin, left)| take(left, of_bin)).collect();
            parts.push(CategoryCounts { category: Some(category), counts });
        }
        parts.push(CategoryCounts { category: None, counts: left });
        parts.retain(|part| part.counts.iter().any(|count| *count > 0));
        parts.sort_by_key(|part| (part.category.is_none(), std::cmp::Reverse(part.counts.iter().sum::<u64>())));
        Ok(ByCategory::Counted(parts))
    }

    /// The searches once all of them have come to their end; begun if they were not, or were given up.
    fn category_searches(&self) -> Option<Vec<(String, Arc<Search>)>> {
        let mut kept = self.categories.lock();
        if let Some(found) = kept.as_ref().map(|categories| categories.0.lock()) {
            match found.end {
                Some(End::Complete) => return Some(found.searches.clone()),
                None => return None,
                Some(End::GivenUp) => {}
            }
        }
        let categories = Arc::<Categories>::default();
        *kept = Some(Arc::clone(&categories));
        tokio::spawn(search_all(categories, Arc::clone(&self.reader), self.asked.clone(), self.end.clone()));
        None
    }
}

/// Takes as much as there is, and tells how much that was.
fn take(left: &mut u64, wanted: u64) -> u64 {
    let taken = wanted.min(*left);
    *left -= taken;
    taken
}

async fn search_all(categories: Arc<Categories>, reader: Arc<dyn EventReader>, asked: Asked, end: CancellationToken) {
    let searching = async {
        for category in largest(&*reader, &asked.filter).await? {
            let filter = EventFilter { categories: vec![category.clone()], ..asked.filter.clone() };
            let search = Search::begin(Arc::clone(&reader), filter, asked.sieve.clone(), end.child_token()).await?;
            search.ended().await;
            if search.progress().phase != Phase::Complete {
                return Ok(false);
            }
            categories.0.lock().searches.push((category, search));
        }
        Ok::<_, StoreError>(true)
    };
    let complete = tokio::select! {
        biased;
        () = end.cancelled() => return,
        complete = searching => complete,
    };
    if let Err(error) = &complete {
        tracing::warn!(%error, "events could not be counted by category");
    }
    categories.0.lock().end = Some(if complete.unwrap_or(false) { End::Complete } else { End::GivenUp });
}

/// The categories with most events of the log among those that a filter can let through.
async fn largest(reader: &dyn EventReader, filter: &EventFilter) -> Result<Vec<String>, StoreError> {
    let all = reader.categories().await?.into_iter().map(|count| count.category);
    let let_through = |category: &String| {
        let named = filter.categories.is_empty() || filter.categories.contains(category);
        let of_stream = filter.stream.as_ref().is_none_or(|stream| stream.category() == category);
        let of_streams = filter.streams.is_empty() || filter.streams.iter().any(|stream| stream.category() == category);
        named && of_stream && of_streams
    };
    Ok(all.filter(let_through).take(TOLD_APART).collect())
}
