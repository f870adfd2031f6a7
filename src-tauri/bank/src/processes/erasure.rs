//! Erasure of personal data: a timer for the end of the legal retention.

use es_core::{AnyState, CommandDraft, Process, Settlement, StreamName, TimerDraft, Turn};

use super::drafts::{draft, not_a_step};
use crate::customer::limits::beginning_of;
use crate::customer::{Customer, CustomerCommand, CustomerState, ErasePersonalData};

/// The process that erases personal data when the law allows it.
pub struct Erasure;

fn timer(stream: &StreamName, customer: &Customer) -> Option<TimerDraft> {
    let request = customer.erasure?;
    let first_day = request.retained_until.succ_opt()?;
    let command = CustomerCommand::from(ErasePersonalData { customer_id: customer.customer_id.clone() });
    // The day of the request is part of the step: one that was withdrawn is another one.
    let step = format!("erasure:{}", request.requested_on);
    let command = draft(stream, &step, command.command_type(), command.encode());
    Some(TimerDraft { name: "erasure".into(), due_at: beginning_of(first_day), command })
}

impl Process for Erasure {
    fn name(&self) -> &'static str {
        "erasure"
    }

    fn category(&self) -> &'static str {
        "customer"
    }

    fn wakes_on(&self) -> &'static [&'static str] {
        &["ErasureRequested", "ErasureRequestWithdrawn", "PersonalDataErased"]
    }

    fn turn(&self, stream: &StreamName, state: &AnyState) -> Turn {
        let customer = state.downcast_ref::<CustomerState>().and_then(CustomerState::customer);
        let timer = customer.and_then(|customer| timer(stream, customer));
        Turn { pending: Vec::new(), finished: timer.is_none(), timers: timer.into_iter().collect() }
    }

    fn settle(&self, stream: &StreamName, _: &AnyState, planned: &CommandDraft, _: &Settlement) -> CommandDraft {
        not_a_step(stream, planned)
    }
}
