//! The task that drives a process, and driving without one.

use std::sync::Arc;
use std::time::Duration;

use es_core::StoreError;
use tokio_util::sync::CancellationToken;

use super::{Dispatcher, ProcessState, Step, StuckInstance};
use crate::config::Pause;
use crate::engine::Inner;

/// What driving came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DriveReport {
    /// Commands sent.
    pub commands: u64,
    /// Whether anything was done; if not, nothing is left to do but wait.
    pub moved: bool,
    /// Whether another window or program drives one of the processes.
    pub held_elsewhere: bool,
    /// Why some instances have to be tried again, if so.
    pub problem: Option<String>,
    /// Instances that cannot go on by themselves.
    pub stuck: Vec<StuckInstance>,
}

/// Attempts after which driving in the caller's task gives up on a store that keeps failing.
const ATTEMPTS: u32 = 8;

/// Drives a process until the engine stops.
pub(crate) async fn run(inner: Arc<Inner>, dispatcher: Arc<Dispatcher>) {
    let mut pause = Pause::new(&inner.config);
    while !inner.stop.is_cancelled() {
        let step = {
            let mut lane = dispatcher.lane.lock().await;
            dispatcher.step(&inner, &mut lane).await
        };
        match step {
            Ok(Step::Moved) => {
                pause.reset();
                inner.tell();
            }
            Ok(Step::AtEnd(position)) => {
                pause.reset();
                dispatcher.show(&inner, ProcessState::Waiting, None);
                tokio::select! {
                    () = inner.stop.cancelled() => {}
                    () = dispatcher.nudge.notified() => {}
                    found = inner.events.wait_for_events(position, inner.config.poll_interval) => {
                        if found.is_err() {
                            tokio::time::sleep(inner.config.first_pause).await;
                        }
                    }
                }
            }
            Ok(Step::HeldElsewhere) => {
                dispatcher.show(&inner, ProcessState::HeldElsewhere, None);
                dispatcher.rest(&inner, inner.config.poll_interval).await;
            }
            Ok(Step::Later(problem)) => dispatcher.retry_later(&inner, problem, &mut pause).await,
            Err(error) => dispatcher.retry_later(&inner, error.to_string(), &mut pause).await,
        }
    }
    dispatcher.lane.lock().await.let_go(&inner).await;
}

impl Dispatcher {
    async fn retry_later(&self, inner: &Inner, problem: String, pause: &mut Pause) {
        tracing::warn!(process = self.process.name(), problem, "process will try again");
        self.show(inner, ProcessState::Retrying, Some(problem));
        self.rest(inner, pause.take()).await;
    }

    fn show(&self, inner: &Inner, state: ProcessState, problem: Option<String>) {
        let mut seen = self.seen.lock();
        let changed = seen.state != state || seen.problem != problem;
        seen.state = state;
        seen.problem = problem;
        drop(seen);
        if changed {
            inner.tell();
        }
    }

    async fn rest(&self, inner: &Inner, at_most: Duration) {
        tokio::select! {
            () = inner.stop.cancelled() => {}
            () = self.nudge.notified() => {}
            () = tokio::time::sleep(at_most) => {}
        }
    }

    fn commands_sent(&self) -> u64 {
        self.seen.lock().commands
    }
}

pub(crate) async fn drive_once(inner: &Arc<Inner>) -> Result<DriveReport, StoreError> {
    let mut report = DriveReport::default();
    for dispatcher in &inner.dispatchers {
        let before = dispatcher.commands_sent();
        let step = {
            let mut lane = dispatcher.lane.lock().await;
            dispatcher.step(inner, &mut lane).await?
        };
        report.commands += dispatcher.commands_sent() - before;
        report.stuck.extend(dispatcher.stuck());
        match step {
            Step::Moved => report.moved = true,
            Step::AtEnd(_) => dispatcher.show(inner, ProcessState::Idle, None),
            Step::HeldElsewhere => report.held_elsewhere = true,
            Step::Later(problem) => report.problem = Some(problem),
        }
    }
    Ok(report)
}

pub(crate) async fn drive_until_idle(
    inner: &Arc<Inner>,
    cancel: &CancellationToken,
) -> Result<DriveReport, StoreError> {
    let mut pause = Pause::new(&inner.config);
    let (mut commands, mut moved, mut failures) = (0, false, 0);
    loop {
        if cancel.is_cancelled() {
            return Err(StoreError::Cancelled);
        }
        let round = drive_once(inner).await;
        if let Ok(round) = &round {
            commands += round.commands;
            moved |= round.moved;
        }
        match round {
            Ok(round) if round.problem.is_none() && round.moved => failures = 0,
            Ok(round) if round.problem.is_none() || failures >= ATTEMPTS => {
                return Ok(DriveReport { commands, moved, ..round });
            }
            Err(error) if !error.retryable() || failures >= ATTEMPTS => return Err(error),
            _ => {
                failures += 1;
                tokio::time::sleep(pause.take()).await;
            }
        }
    }
}
