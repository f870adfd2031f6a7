//! The task that keeps a projection, and catching up without one.

use std::sync::Arc;
use std::time::Instant;

use es_core::{Position, StoreError, limits};
use tokio_util::sync::CancellationToken;

use super::{Follower, ProjectionState, RebuildError, RebuildOptions, RebuildOutcome, Step, build};
use crate::config::Pause;
use crate::engine::{Behind, Inner};
use crate::progress::{Meter, NoProgress, ProgressSink};

/// Builds that nobody asked for: what a process left that was killed is gone on with, and what passes verification is used.
const BACKGROUND: RebuildOptions = RebuildOptions { accept_differences: false, resume: true, keep: true };

/// Follows the log until the engine stops.
pub(crate) async fn run(inner: Arc<Inner>, follower: Arc<Follower>) {
    let mut pause = Pause::new(&inner.config);
    while !inner.stop.is_cancelled() {
        let step = {
            let mut lane = follower.lane.lock().await;
            follower.step(&inner, &mut lane, None).await
        };
        match step {
            Ok(step) => {
                pause.reset();
                go_on(&inner, &follower, step, &mut pause).await;
            }
            Err(error) => retry_later(&inner, &follower, &error.to_string(), &mut pause).await,
        }
    }
    follower.lane.lock().await.let_go(&inner).await;
}

async fn go_on(inner: &Arc<Inner>, follower: &Follower, step: Step, pause: &mut Pause) {
    let state = match step {
        Step::Moved => {
            note(inner, follower, ProjectionState::CatchingUp);
            return;
        }
        Step::AtEnd(position) => {
            note(inner, follower, ProjectionState::Running);
            wait_for_events(inner, follower, position).await;
            return;
        }
        Step::NeedsBuild(reason) => {
            match build(inner, follower, (reason, BACKGROUND), &NoProgress, &inner.stop).await {
                Ok(report) if matches!(report.outcome, RebuildOutcome::Refused { .. }) => ProjectionState::Halted,
                Ok(_) => return,
                Err(RebuildError::HeldElsewhere { .. } | RebuildError::AlreadyRunning { .. }) => {
                    ProjectionState::HeldElsewhere
                }
                Err(RebuildError::Poison { .. }) => ProjectionState::Halted,
                Err(error) => return retry_later(inner, follower, &error.to_string(), pause).await,
            }
        }
        Step::Paused => ProjectionState::Paused,
        Step::Halted => ProjectionState::Halted,
        Step::HeldElsewhere => ProjectionState::HeldElsewhere,
    };
    note(inner, follower, state);
    rest(inner, follower, inner.config.poll_interval).await;
}

async fn retry_later(inner: &Inner, follower: &Follower, problem: &str, pause: &mut Pause) {
    tracing::warn!(projection = follower.name(), problem, "projection will try again");
    {
        let mut seen = follower.seen.lock();
        seen.set(ProjectionState::Retrying);
        seen.problem = Some(problem.to_owned());
    }
    inner.tell();
    rest(inner, follower, pause.take()).await;
}

/// Sets the state, unless a rebuild is shown.
fn note(inner: &Inner, follower: &Follower, state: ProjectionState) {
    let mut seen = follower.seen.lock();
    if seen.state != state && seen.state != ProjectionState::Rebuilding {
        seen.set(state);
        drop(seen);
        inner.tell();
    }
}

async fn wait_for_events(inner: &Inner, follower: &Follower, position: Position) {
    tokio::select! {
        () = inner.stop.cancelled() => {}
        () = follower.nudge.notified() => {}
        found = inner.events.wait_for_events(position, inner.config.poll_interval) => {
            if found.is_err() {
                tokio::time::sleep(inner.config.first_pause).await;
            }
        }
    }
}

async fn rest(inner: &Inner, follower: &Follower, at_most: std::time::Duration) {
    tokio::select! {
        () = inner.stop.cancelled() => {}
        () = follower.nudge.notified() => {}
        () = tokio::time::sleep(at_most) => {}
    }
}

/// Brings every projection up to a position in the caller's task. Returns those that could not get there.
pub(crate) async fn catch_up(
    inner: &Arc<Inner>,
    until: Position,
    progress: &dyn ProgressSink,
    cancel: &CancellationToken,
) -> Result<Vec<Behind>, RebuildError> {
    let mut meter = Meter::new(progress);
    let mut behind = Vec::new();
    for follower in &inner.followers {
        meter.phase(follower.name(), 0, Some(until.get()));
        let state = catch_up_one(inner, follower, until, &mut meter, cancel).await?;
        if let Some(state) = state {
            let position = inner.position_of(follower).await?;
            behind.push(Behind { projection: follower.name(), position, state });
        }
    }
    meter.finish();
    Ok(behind)
}

/// Nothing if it got there; else what holds it up.
async fn catch_up_one(
    inner: &Arc<Inner>,
    follower: &Follower,
    until: Position,
    meter: &mut Meter<'_>,
    cancel: &CancellationToken,
) -> Result<Option<ProjectionState>, RebuildError> {
    let give_up = Instant::now() + 2 * limits::LEASE_TTL;
    loop {
        if cancel.is_cancelled() {
            return Err(RebuildError::Store(StoreError::Cancelled));
        }
        let step = {
            let mut lane = follower.lane.lock().await;
            follower.step(inner, &mut lane, Some(until)).await?
        };
        meter.tell(follower.seen.lock().position.get(), Some(until.get()));
        match step {
            Step::Moved => {}
            Step::AtEnd(_) => return Ok(None),
            Step::Paused => return Ok(Some(ProjectionState::Paused)),
            Step::Halted => return Ok(Some(ProjectionState::Halted)),
            Step::NeedsBuild(reason) => match build(inner, follower, (reason, BACKGROUND), &NoProgress, cancel).await {
                Ok(report) if report.is_cancelled() => return Err(RebuildError::Store(StoreError::Cancelled)),
                Ok(report) if report.is_swapped() => {}
                Ok(_) | Err(RebuildError::Poison { .. }) => return Ok(Some(ProjectionState::Halted)),
                Err(RebuildError::HeldElsewhere { .. } | RebuildError::AlreadyRunning { .. }) => {
                    tokio::time::sleep(inner.config.first_pause).await;
                }
                Err(error) => return Err(error),
            },
            // The other owner does the work; wait for it, since it may also be gone until its lease ends.
            Step::HeldElsewhere => {
                if inner.position_of(follower).await? >= until {
                    return Ok(None);
                }
                if Instant::now() > give_up {
                    return Ok(Some(ProjectionState::HeldElsewhere));
                }
                tokio::select! {
                    () = cancel.cancelled() => {}
                    () = tokio::time::sleep(inner.config.first_pause) => {}
                }
            }
        }
    }
}
