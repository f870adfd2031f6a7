//! Long tasks: progress that is throttled and always ends, and a way to stop them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use es_core::ChosenLanguage;
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
pub struct Tasks {
    running: Arc<Mutex<Running>>,
    language: ChosenLanguage,
}

#[derive(Default)]
struct Running {
    /// Tells a task from a later one with the same id.
    started: u64,
    by_id: HashMap<String, (u64, CancellationToken)>,
}

impl Tasks {
    /// Tasks that tell what they are doing in the language that is chosen there.
    #[must_use]
    pub fn speaking(language: ChosenLanguage) -> Self {
        Self { running: Arc::default(), language }
    }

    /// Begins a task that reports to a window. A running task with the same id is asked to stop: the window has forgotten it.
    #[must_use]
    pub fn start(&self, task_id: String, channel: Channel<Progress>) -> Task {
        self.begin(task_id, Box::new(move |progress| drop(channel.send(progress))))
    }

    /// Begins a task that reports to anybody.
    #[must_use]
    pub fn begin(&self, task_id: String, receiver: Receiver) -> Task {
        let token = CancellationToken::new();
        let mut running = self.running.lock();
        running.started += 1;
        let number = running.started;
        if let Some((_, former)) = running.by_id.insert(task_id.clone(), (number, token.clone())) {
            former.cancel();
        }
        drop(running);
        let sent = Sent { last: None, latest: nothing_yet(), phase_begun: Instant::now(), phase_base: 0 };
        Task { task_id, number, token, tasks: self.clone(), receiver, sent: Mutex::new(sent) }
    }

    /// Asks a task to stop; false if there is none with this id.
    pub fn cancel(&self, task_id: &str) -> bool {
        self.running.lock().by_id.get(task_id).is_some_and(|(_, token)| {
            token.cancel();
            true
        })
    }

    /// Asks every task to stop.
    pub fn cancel_all(&self) {
        self.running.lock().by_id.values().for_each(|(_, token)| token.cancel());
    }
}

struct Sent {
    /// When the last message went out.
    last: Option<Instant>,
    latest: Progress,
    /// When the present phase began, and how much was done by then: rates are those of the phase.
    phase_begun: Instant,
    phase_base: u64,
}

/// One long task. Dropping it sends the last message, however the task ended.
pub struct Task {
    task_id: String,
    number: u64,
    token: CancellationToken,
    tasks: Tasks,
    receiver: Receiver,
    sent: Mutex<Sent>,
}

impl Task {
    /// Cancelled when the task should stop.
    #[must_use]
    pub fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.task_id
    }

    /// How far it is.
    #[must_use]
    pub fn latest(&self) -> Progress {
        self.sent.lock().latest.clone()
    }

    /// Tells how far the task has come; most messages are left out so that the window is not flooded.
    pub fn report(&self, phase: &str, done: u64, total: Option<u64>) {
        let phase = crate::language::phase(phase, self.tasks.language.get());
        let mut sent = self.sent.lock();
        let begins = sent.latest.phase != phase;
        if begins {
            (sent.phase_begun, sent.phase_base) = (Instant::now(), done);
        }
        let since = done.saturating_sub(sent.phase_base);
        let (rate, eta_seconds) =
            pace(sent.phase_begun.elapsed(), since, total.map(|total| total.saturating_sub(done)));
        sent.latest = Progress {
            phase,
            done: done.to_string(),
            total: total.map(|total| total.to_string()),
            rate,
            eta_seconds,
            finished: false,
        };
        if begins || sent.last.is_none_or(|last| last.elapsed() >= INTERVAL) {
            sent.last = Some(Instant::now());
            (self.receiver)(sent.latest.clone());
        }
    }
}

/// Units a second, and the seconds that are left at that rate; nothing until there is something to judge by.
#[expect(clippy::cast_precision_loss, reason = "estimates for people")]
fn pace(elapsed: Duration, done: u64, left: Option<u64>) -> (Option<f64>, Option<f64>) {
    if elapsed < Duration::from_millis(200) || done == 0 {
        return (None, None);
    }
    let rate = done as f64 / elapsed.as_secs_f64();
    (Some(rate), left.map(|left| left as f64 / rate))
}

impl Drop for Task {
    fn drop(&mut self) {
        self.tasks.running.lock().by_id.retain(|id, (number, _)| *id != self.task_id || *number != self.number);
        let latest = self.sent.get_mut().latest.clone();
        (self.receiver)(Progress { finished: true, eta_seconds: None, ..latest });
    }
}

fn nothing_yet() -> Progress {
    Progress { phase: String::new(), done: "0".to_owned(), total: None, rate: None, eta_seconds: None, finished: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Seen = Arc<Mutex<Vec<Progress>>>;

    fn listener() -> (Seen, Receiver) {
        let seen = Seen::default();
        let told = Arc::clone(&seen);
        (seen, Box::new(move |progress| told.lock().push(progress)))
    }

    #[test]
    fn a_fast_task_tells_little_and_always_its_end() {
        let (seen, receiver) = listener();
        let task = Tasks::default().begin("t".to_owned(), receiver);
        for done in 0..=100_000 {
            task.report("Counting", done, Some(100_000));
        }
        drop(task);
        let seen = seen.lock();
        assert!(seen.len() < 20, "a fast loop must not flood the window, it sent {}", seen.len());
        let last = seen.last().expect("at least the end");
        assert!(last.finished, "the last message says that it is the last");
        assert_eq!((last.done.as_str(), last.phase.as_str()), ("100000", "Counting"), "the end tells where it ended");
        assert_eq!(seen.iter().filter(|progress| progress.finished).count(), 1, "there is one end");
    }

    #[test]
    fn the_end_is_told_even_if_the_task_panics() {
        let (seen, receiver) = listener();
        let task = Tasks::default().begin("t".to_owned(), receiver);
        let broken = std::thread::spawn(move || {
            let _task = task;
            panic!("in the middle");
        });
        assert!(broken.join().is_err(), "the task has panicked");
        assert!(seen.lock().last().is_some_and(|progress| progress.finished), "the window is not left waiting");
    }

    #[test]
    fn cancelling_reaches_the_running_task_and_nobody_else() {
        let tasks = Tasks::default();
        let one = tasks.begin("one".to_owned(), listener().1);
        let two = tasks.begin("two".to_owned(), listener().1);
        assert!(tasks.cancel("one"), "it is running");
        assert!(one.token().is_cancelled() && !two.token().is_cancelled(), "only the named one is asked to stop");
        drop(one);
        assert!(!tasks.cancel("one"), "it has ended");
        assert!(!tasks.cancel("never"), "it was never there");
    }

    #[test]
    fn a_later_task_with_the_same_id_replaces_the_former_and_outlives_it() {
        let tasks = Tasks::default();
        let former = tasks.begin("same".to_owned(), listener().1);
        let later = tasks.begin("same".to_owned(), listener().1);
        assert!(former.token().is_cancelled(), "the window has forgotten the former one");
        drop(former);
        assert!(tasks.cancel("same") && later.token().is_cancelled(), "the later one can still be cancelled");
    }
}
