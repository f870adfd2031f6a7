//! What can go wrong on purpose.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::watch;

/// How an answer gets lost after the work was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Lost {
    /// The connection breaks.
    ConnectionCut,
    /// No answer ever comes.
    NeverAnswered,
}

/// How running subscriptions end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// With an error, `Unavailable`, as when a node shuts down.
    Error,
    /// With OK, as if everything had been said.
    Ok,
}

/// How many subscriptions-endings there were so far, and what the last was.
pub(super) type Endings = (u64, Ending);

/// What is wrong with the server at present.
pub(super) struct Faults {
    now: Mutex<Present>,
    frozen: watch::Sender<bool>,
    endings: watch::Sender<Endings>,
}

#[derive(Default)]
struct Present {
    delay: Duration,
    busy: u32,
    leader: Option<(String, u16)>,
    lost: VecDeque<Lost>,
}

impl Faults {
    pub fn none() -> Self {
        Self {
            now: Mutex::new(Present::default()),
            frozen: watch::Sender::new(false),
            endings: watch::Sender::new((0, Ending::Error)),
        }
    }

    fn now(&self) -> MutexGuard<'_, Present> {
        self.now.lock().unwrap()
    }

    pub fn set_delay(&self, delay: Duration) {
        self.now().delay = delay;
    }

    pub fn delay(&self) -> Duration {
        self.now().delay
    }

    pub fn set_busy(&self, calls: u32) {
        self.now().busy = calls;
    }

    /// Whether this call is to be turned away; counts it.
    pub fn take_busy(&self) -> bool {
        let mut now = self.now();
        let busy = now.busy > 0;
        now.busy = now.busy.saturating_sub(1);
        busy
    }

    pub fn set_leader(&self, leader: Option<(String, u16)>) {
        self.now().leader = leader;
    }

    /// Who leads, if it is another node.
    pub fn leader(&self) -> Option<(String, u16)> {
        self.now().leader.clone()
    }

    pub fn lose_answers(&self, count: usize, how: Lost) {
        self.now().lost.extend(std::iter::repeat_n(how, count));
    }

    /// How the answer to the write that was just carried out gets lost, if it does.
    pub fn take_lost(&self) -> Option<Lost> {
        self.now().lost.pop_front()
    }

    pub fn freeze(&self, frozen: bool) {
        self.frozen.send_replace(frozen);
    }

    pub fn frozen(&self) -> watch::Receiver<bool> {
        self.frozen.subscribe()
    }

    pub fn end_subscriptions(&self, how: Ending) {
        self.endings.send_modify(|endings| *endings = (endings.0 + 1, how));
    }

    pub fn endings(&self) -> watch::Receiver<Endings> {
        self.endings.subscribe()
    }
}
