//! Durable timers: what is set, what should be set, and what was sent already.

use std::collections::{BTreeMap, HashMap};

use es_core::{StreamName, Timer, TimerDraft};
use uuid::Uuid;

/// The timers of one process, as the store has them. Only the holder of the process's lease changes them.
#[derive(Default)]
pub(super) struct Timers {
    set: BTreeMap<String, Vec<Timer>>,
    /// Timers whose command was sent and changed nothing: setting them again would send it for ever.
    spent: HashMap<String, (Uuid, String)>,
}

/// Changes to be stored.
#[derive(Default)]
pub(super) struct TimerChanges {
    pub(super) set: Vec<Timer>,
    pub(super) clear: Vec<String>,
}

impl TimerChanges {
    pub(super) fn is_empty(&self) -> bool {
        self.set.is_empty() && self.clear.is_empty()
    }
}

impl Timers {
    pub(super) fn of(stored: Vec<Timer>) -> Self {
        let mut timers = Self::default();
        for timer in stored {
            timers.set.entry(timer.stream.clone()).or_default().push(timer);
        }
        timers
    }

    pub(super) fn streams(&self) -> impl Iterator<Item = &str> {
        self.set.keys().map(String::as_str)
    }

    /// Notes what an instance wants, and says what has to be stored for it.
    pub(super) fn want(
        &mut self,
        process: &str,
        stream: &StreamName,
        wanted: &[TimerDraft],
        changes: &mut TimerChanges,
    ) {
        let wanted = wanted.iter().map(|draft| Timer {
            timer_id: timer_id(process, stream, &draft.name),
            process: process.to_owned(),
            stream: stream.as_str().to_owned(),
            due_at: draft.due_at,
            command: draft.command.clone(),
        });
        let wanted: Vec<Timer> = wanted.filter(|timer| !self.is_spent(timer)).collect();
        let former = self.set.remove(stream.as_str()).unwrap_or_default();
        changes.set.extend(wanted.iter().filter(|timer| !former.contains(timer)).cloned());
        let gone = former.into_iter().filter(|timer| wanted.iter().all(|kept| kept.timer_id != timer.timer_id));
        changes.clear.extend(gone.map(|timer| timer.timer_id));
        if !wanted.is_empty() {
            self.set.insert(stream.as_str().to_owned(), wanted);
        }
    }

    /// Notes that a timer's command was sent and the timer cleared; `unchanged` says why it changed nothing, if so.
    pub(super) fn fired(&mut self, timer: &Timer, unchanged: Option<String>) {
        if let Some(of_stream) = self.set.get_mut(&timer.stream) {
            of_stream.retain(|set| set.timer_id != timer.timer_id);
            if of_stream.is_empty() {
                self.set.remove(&timer.stream);
            }
        }
        if let Some(reason) = unchanged {
            self.spent.insert(timer.timer_id.clone(), (timer.command.command_id, reason));
        }
    }

    /// Why an instance that waits only for timers waits in vain, if so.
    pub(super) fn waits_in_vain(
        &mut self,
        process: &str,
        stream: &StreamName,
        wanted: &[TimerDraft],
    ) -> Option<String> {
        let ids: Vec<String> = wanted.iter().map(|draft| timer_id(process, stream, &draft.name)).collect();
        let prefix = timer_id(process, stream, "");
        self.spent.retain(|id, _| !id.starts_with(&prefix) || ids.contains(id));
        let spent = |draft: &TimerDraft| {
            let (command, reason) = self.spent.get(&timer_id(process, stream, &draft.name))?;
            (*command == draft.command.command_id).then(|| reason.clone())
        };
        let reasons: Vec<String> = wanted.iter().filter_map(spent).collect();
        (!wanted.is_empty() && reasons.len() == wanted.len())
            .then(|| format!("its timer came, but {}", reasons.join("; ")))
    }

    fn is_spent(&self, timer: &Timer) -> bool {
        self.spent.get(&timer.timer_id).is_some_and(|(command, _)| *command == timer.command.command_id)
    }
}

fn timer_id(process: &str, stream: &StreamName, name: &str) -> String {
    format!("{process}/{stream}/{name}")
}
