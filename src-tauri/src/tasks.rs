//! Long tasks: progress that is throttled and always ends, and a way to stop them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tauri::ipc::Channel;
use tokio_util::sync::CancellationToken;

use crate::wire::Progress;

/// Least time between two messages of one task.
const INTERVAL: Duration = Duration::from_millis(50);

/// Takes progress messages: a window's channel, or a test's list.
pub type Receiver = Box<dyn Fn(Progress) + Send + Sync>;

/// The running tasks by id.
#[derive(Clone, Default)]
pub struct Tasks(Arc<Mutex<Running>>);

#[derive(Default)]
struct Running {
    /// Tells a task from a later one with the same id.
    started: u64,
    by_id: HashMap<String, (u64, CancellationToken)>,
}

impl Tasks {
    /// Begins a task that reports to a window. A running task with the same id is asked to stop: the window has forgotten it.
    #[must_use]
    pub fn start(&self, task_id: String, channel: Channel<Progress>) -> Task {
        self.begin(task_id, Box::new(move |progress| drop(channel.send(progress))))
    }

    /// Begins a task that reports to anybody.
    #[must_use]
    pub fn begin(&self, task_id: String, receiver: Receiver) -> Task {
        let token = CancellationToken::new();
        let mut running = self.0.lock();
        running.started += 1;
        let number = running.started;
        if let Some((_, former)) = running.by_id.insert(task_id.clone(), (number, token.clone())) {
            former.cancel();
        }
        drop(running);
        let begun = Instant::now();
        let state = Mutex::new(Sent { last: None, latest: nothing_yet() });
        Task { task_id, number, token, tasks: self.clone(), receiver, begun, state }
    }

    /// Asks a task to stop; false if there is none with this id.
    pub fn cancel(&self, task_id: &str) -> bool {
        self.0.lock().by_id.get(task_id).is_some_and(|(_, token)| {
            token.cancel();
            true
        })
    }

    /// Asks every task to stop.
    pub fn cancel_all(&self) {
        self.0.lock().by_id.values().for_each(|(_, token)| token.cancel());
    }
}

struct Sent {
    last: Option<Instant>,
    latest: Progress,
}

/// One long task. Dropping it sends the last message, however the task ended.
pub struct Task {
    task_id: String,
    number: u64,
    token: CancellationToken,
    tasks: Tasks,
    receiver: Receiver,
    begun: Instant,
    state: Mutex<Sent>,
}

impl Task {
    /// Cancelled when the task should stop.
    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Tells how far the task has come; most messages are left out so that the window is not flooded.
    pub fn report(&self, phase: &str, done: u64, total: Option<u64>) {
        let seconds = self.begun.elapsed().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = (seconds > 0.2).then(|| done as f64 / seconds);
        #[expect(clippy::cast_precision_loss, reason = "an estimate for people")]
        let eta_seconds = match (rate, total) {
            (Some(rate), Some(total)) if rate > 0.0 => Some(total.saturating_sub(done) as f64 / rate),
            _ => None,
        };
        let progress = Progress {
            phase: phase.to_owned(),
            done: done.to_string(),
            total: total.map(|total| total.to_string()),
            rate,
            eta_seconds,
            finished: false,
        };
        let mut state = self.state.lock();
        let due = state.last.is_none_or(|last| last.elapsed() >= INTERVAL);
        state.latest = progress;
        if due {
            state.last = Some(Instant::now());
            (self.receiver)(state.latest.clone());
        }
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.tasks.0.lock().by_id.retain(|id, (number, _)| *id != self.task_id || *number != self.number);
        let latest = self.state.get_mut().latest.clone();
        (self.receiver)(Progress { finished: true, eta_seconds: None, ..latest });
    }
}

fn nothing_yet() -> Progress {
    Progress { phase: String::new(), done: "0".to_owned(), total: None, rate: None, eta_seconds: None, finished: false }
}
