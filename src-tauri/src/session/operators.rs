//! What operators decide about instances of processes.

use es_core::Intervention;
use es_runtime::{Operator, Outcome};

use super::commanding::CHANNEL;
use super::{Session, arguments};
use crate::wire::{AppError, CommandResult, OperatorAction, OperatorDecision, OperatorOffer};

impl Session {
    /// What could be decided about an instance now, and the rules that do not allow the rest.
    ///
    /// # Errors
    /// It is no instance of a process, it cannot be read, or the store does not answer.
    pub async fn process_offers(&self, stream: &str) -> Result<Vec<OperatorOffer>, AppError> {
        let offers = self.engine.offers(&arguments::stream(stream)?).await?;
        let offer = |offer: es_runtime::Offer| OperatorOffer {
            action: offer.intervention.into(),
            refusal: offer.refusal.map(|refusal| refusal.message),
        };
        let retry = OperatorOffer { action: OperatorAction::Retry, refusal: None };
        Ok(std::iter::once(retry).chain(offers.into_iter().map(offer)).collect())
    }

    /// Carries out what an operator has decided; it is recorded with actor and reason.
    ///
    /// # Errors
    /// It is no instance of a process, a bad actor or reason, the step that the decision was to take the place of was carried
    /// out before, another program drives the process, or the store cannot be written or does not answer.
    pub async fn decide_instance(&self, decision: OperatorDecision) -> Result<CommandResult, AppError> {
        self.writable()?;
        let stream = arguments::stream(&decision.stream)?;
        let by = operator(&decision.actor, decision.reason)?;
        let outcome = match intervention(decision.action) {
            Some(intervention) => self.engine.intervene(&stream, intervention, &by).await?,
            None => {
                let appended = self.engine.retry_instance(&stream, &by).await?;
                Outcome::Executed { stream, appended, consequences: Vec::new() }
            }
        };
        if matches!(outcome, Outcome::Executed { .. } | Outcome::AlreadyDone { .. }) {
            self.carry_on();
        }
        self.told_outcome(&self.engine, outcome).await
    }

    /// Lets processes look at all stuck instances again, each recorded with actor and reason. Answers with how many.
    ///
    /// # Errors
    /// A bad actor or reason, another program drives a process, or the store cannot be written or does not answer.
    pub async fn retry_stuck(&self, actor: &str, reason: &str) -> Result<u32, AppError> {
        self.writable()?;
        let by = operator(actor, reason.to_owned())?;
        let mut count = 0;
        for stream in self.engine.stuck().into_keys() {
            self.engine.retry_instance(&stream, &by).await?;
            count += 1;
        }
        self.carry_on();
        Ok(count)
    }
}

fn operator(actor: &str, reason: String) -> Result<Operator, AppError> {
    Ok(Operator { actor: arguments::actor(actor)?.to_owned(), channel: CHANNEL.to_owned(), reason })
}

fn intervention(action: OperatorAction) -> Option<Intervention> {
    match action {
        OperatorAction::Retry => None,
        OperatorAction::Cancel => Some(Intervention::Cancel),
        OperatorAction::Compensate => Some(Intervention::Compensate),
        OperatorAction::Park => Some(Intervention::Park),
    }
}

impl From<Intervention> for OperatorAction {
    fn from(intervention: Intervention) -> Self {
        match intervention {
            Intervention::Cancel => Self::Cancel,
            Intervention::Compensate => Self::Compensate,
            Intervention::Park => Self::Park,
        }
    }
}
