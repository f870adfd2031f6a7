//! The processes of customers on the floor: any process on any of its streams, step by step.

use std::sync::Arc;

use bank::customer::{Customer, CustomerState};
use es_core::{AnyState, CommandDraft, Process, Settlement, Turn};
use serde_json::json;

use super::{Floor, stream};

/// Processes that run for customers and their accounts.
pub const CUSTOMER_PROCESSES: [&str; 4] = ["account_links", "customer_accounts", "kyc_review", "erasure"];

impl Floor {
    fn process(&self, name: &str) -> Arc<dyn Process> {
        let found = self.domain.processes.iter().find(|process| process.name() == name);
        found.expect("a process of the bank").clone()
    }

    pub fn turn_of(&self, process: &str, instance: &str) -> Turn {
        let (process, stream) = (self.process(process), stream(instance));
        let aggregate = self.domain.aggregate(process.category()).expect("the process's aggregate");
        let state = self.states.get(&stream).cloned().unwrap_or_else(|| aggregate.initial());
        process.turn(&stream, &state)
    }

    /// Sends the planned command; its answer, which has to be recorded.
    pub fn dispatch_of(&mut self, process: &str, instance: &str) -> Option<(CommandDraft, Settlement)> {
        let draft = self.turn_of(process, instance).pending.first()?.clone();
        let how = match self.send(&draft, &format!("process:{process}")) {
            Ok(_) => Settlement::Done,
            Err(rejection) => Settlement::Rejected(rejection),
        };
        Some((draft, how))
    }

    /// Records the answer; a refusal of the own stream would be a fault.
    #[track_caller]
    pub fn settle_of(&mut self, process: &str, instance: &str, planned: &CommandDraft, how: &Settlement) {
        let state = self.states[&stream(instance)].clone();
        let outcome = self.process(process).settle(&stream(instance), &state, planned, how);
        if let Err(rejection) = self.send(&outcome, &format!("process:{process}")) {
            panic!("the outcome {} was refused: {}", outcome.command_type, rejection.message);
        }
    }

    #[track_caller]
    pub fn step_of(&mut self, process: &str, instance: &str) {
        if let Some((planned, how)) = self.dispatch_of(process, instance) {
            self.settle_of(process, instance, &planned, &how);
        }
    }

    /// Instances of a process's category.
    pub fn instances(&self, process: &str) -> Vec<String> {
        let category = self.process(process).category();
        self.states.keys().filter(|stream| stream.category() == category).map(ToString::to_string).collect()
    }

    /// Lets the customers' processes work until nothing is pending.
    #[track_caller]
    pub fn settle_customers(&mut self) {
        for _ in 0..1_000 {
            let work = CUSTOMER_PROCESSES.into_iter().flat_map(|name| {
                self.instances(name).into_iter().map(move |instance| (name, instance)).collect::<Vec<_>>()
            });
            let next = work.into_iter().find(|(name, instance)| !self.turn_of(name, instance).pending.is_empty());
            let Some((name, instance)) = next else { return };
            let before = self.log.len();
            self.step_of(name, &instance);
            assert!(self.log.len() > before, "{name} stands still at {instance}");
        }
        panic!("the processes do not come to an end");
    }

    /// Sends the due timers of customers' processes. Their commands are for their own streams.
    pub fn fire_customer_timers(&mut self) {
        for name in CUSTOMER_PROCESSES {
            for instance in self.instances(name) {
                for timer in self.turn_of(name, &instance).timers {
                    if timer.due_at <= self.now {
                        self.send(&timer.command, &format!("process:{name}")).expect("a due timer is not refused");
                    }
                }
            }
        }
    }

    pub fn customer(&self, id: &str) -> Customer {
        let state = self.states.get(&stream(&format!("customer-{id}"))).and_then(AnyState::downcast_ref);
        state.and_then(CustomerState::customer).expect("a registered customer").clone()
    }

    /// Cases that an account is frozen for.
    pub fn cases(&self, account: &str) -> Vec<String> {
        let state = self.account(account);
        state.account().map_or_else(Vec::new, |account| account.frozen_by.keys().map(ToString::to_string).collect())
    }

    /// Types of the events of a stream, from an index of the log on.
    pub fn events_since(&self, from: usize, name: &str) -> Vec<&'static str> {
        let own = self.log[from..].iter().filter(|(stream, _)| stream.as_str() == name);
        own.map(|(_, event)| event.event_type).collect()
    }

    pub fn about_customer(&mut self, command_type: &str) {
        self.does(command_type, json!({"customerId": "C-1", "reason": "as agreed"}));
    }

    pub fn open_account(&mut self, id: &str) {
        let payload = json!({"accountId": id, "customerId": "C-1", "currency": "EUR", "product": "current"});
        self.does("OpenAccount", payload);
    }
}
