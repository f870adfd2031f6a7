//! Copies as the window works with them.

use super::Workbench;
use super::lasting::{Lasting, Shown};
use crate::connections::Chosen;
use crate::copying::{Ends, Purpose, Wanted};
use crate::tasks::Task;
use crate::wire::{AppError, CopyRequest, CopyResult, CopyRun};

pub(super) type Copies = Lasting<CopyResult>;

/// A copy that is about to begin.
pub struct CopyOrder {
    /// What is copied.
    pub from: Chosen,
    /// Where it goes.
    pub to: Chosen,
    with_keys: bool,
    leave_out: bool,
}

impl Workbench {
    /// The stores of a copy, with their passwords.
    ///
    /// # Errors
    /// One of them cannot be chosen.
    pub async fn copy_order(&self, request: CopyRequest) -> Result<CopyOrder, AppError> {
        let CopyRequest { from, to, with_keys, leave_out } = request;
        Ok(CopyOrder { from: self.choice(from).await?, to: self.choice(to).await?, with_keys, leave_out })
    }

    /// Examines, copies or compares. What would leave something out, differs or was stopped is an answer.
    ///
    /// # Errors
    /// `busy`, one of the stores cannot be opened or fails, the target holds something else or may not be written.
    pub async fn copy(&self, order: CopyOrder, purpose: Purpose, task: Task) -> Result<CopyResult, AppError> {
        let CopyOrder { from, to, with_keys, leave_out } = order;
        let verb = match purpose {
            Purpose::Plan => "Examining",
            Purpose::Copy => "Copying",
            Purpose::Compare => "Comparing",
        };
        let between = if purpose == Purpose::Compare { "with" } else { "into" };
        let title = format!("{verb} {} {between} {}", from.name(), to.name());
        let writes = if purpose == Purpose::Copy { vec![to.clone()] } else { Vec::new() };
        let running = self.copies.begin(title, writes, task)?;
        let wanted = Wanted { purpose, with_keys, leave_out };
        let ended = async {
            let ends = Ends::open(from, to, purpose).await?;
            let told = |progress: &es_runtime::Progress| running.report(progress);
            let ended = ends.carry_out(wanted, &told, running.token()).await;
            ends.close().await;
            Ok(CopyResult::from(&ended?))
        };
        let ended = ended.await;
        running.end(ended)
    }

    /// The copy that is under way, or how the last one ended.
    #[must_use]
    pub fn last_copy(&self) -> Option<CopyRun> {
        let Shown { task_id, title, progress, ended } = self.copies.shown()?;
        let (result, error) = match ended {
            None => (None, None),
            Some(Ok(result)) => (Some(result), None),
            Some(Err(error)) => (None, Some(error)),
        };
        Some(CopyRun { task_id, title, progress, result, error })
    }
}
