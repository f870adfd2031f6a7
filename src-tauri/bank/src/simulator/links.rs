//! The process that names each account in its owner's own record, on the simulated clock.

use chrono::TimeDelta;
use es_core::{AnyState, References, Settlement, step_command_id};
use uuid::Uuid;

use super::Simulator;
use super::agenda::AccountIndex;
use super::desk::Cause;
use super::flights::glimpse;
use crate::account::AccountDecider;
use crate::customer::CustomerDecider;
use crate::processes::{link_outcome, next_link};

const PROCESS: &str = "process:account_links";
/// Milliseconds that a command of the process takes.
const PACE: i64 = 3;

impl Simulator {
    /// Takes the process's turn for one account, whose latest event is given.
    pub(super) fn settle_links(&mut self, account: AccountIndex, mut latest: Uuid) {
        while let Some(holding) = self.accounts.get_mut(account)
            && let Some((step, command)) = next_link(&holding.slot.state)
            && let Some(owner) = self.people.get_mut(holding.person)
        {
            let stream = holding.slot.stream.clone();
            let cause = |step: &str, latest| Cause {
                actor: PROCESS.to_owned(),
                reason: None,
                command_id: Some(step_command_id(&stream, step)),
                chain: Some((holding.correlation_id, latest)),
            };
            let mut references = References::default();
            references.insert(stream.clone(), AnyState::new(glimpse(&holding.slot.state)));
            let (name, slot) = (command.command_type(), &mut owner.slot);
            self.desk.now += TimeDelta::milliseconds(PACE);
            let how = match self.desk.execute::<CustomerDecider>(slot, name, &command, &references, cause(step, latest))
            {
                Ok(_) => Settlement::Done,
                Err(rejection) => Settlement::Rejected(rejection),
            };
            let Some((step, command)) = link_outcome(&holding.slot.state, step, &how) else { return };
            let (name, cause) = (command.command_type(), cause(step, latest));
            self.desk.now += TimeDelta::milliseconds(PACE);
            let none = References::default();
            let done = self.desk.execute::<AccountDecider>(&mut holding.slot, name, &command, &none, cause);
            let Ok(Some(recorded)) = done.map(|done| done.last_event_id) else { return };
            latest = recorded;
        }
    }
}
