//! How a long look at a history goes.

use tokio_util::sync::CancellationToken;

/// Is told how far it is: events done, and events in all.
pub type Tell<'a> = &'a (dyn Fn(u64, u64) + Send + Sync);

/// What stops a long look, and who is told how far it is.
#[derive(Clone, Copy)]
pub struct Pace<'a> {
    /// Stops it once cancelled.
    pub cancel: &'a CancellationToken,
    /// Told about every page that was read.
    pub tell: Tell<'a>,
}

impl<'a> Pace<'a> {
    /// Nobody is told.
    #[must_use]
    pub fn quiet(cancel: &'a CancellationToken) -> Self {
        Self { cancel, tell: &|_, _| {} }
    }
}
