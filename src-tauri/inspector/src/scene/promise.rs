//! Whether what came of a command is what its scene promises.

use super::file::Expect;
use super::play::StepOutcome;

impl Expect {
    /// The promise that is made of what has just come of a command, when it is recorded; nothing of what cannot be promised.
    #[must_use]
    pub fn of(outcome: &StepOutcome) -> Option<Self> {
        match outcome {
            StepOutcome::Executed { events, .. } => Some(Self::Executed { events: Some(events.clone()) }),
            StepOutcome::Rejected(rejection) => Some(Self::Rejected { code: rejection.code.clone() }),
            StepOutcome::Nothing
            | StepOutcome::Passed(_)
            | StepOutcome::Invalid { .. }
            | StepOutcome::Failed { .. } => None,
        }
    }

    /// Whether it is kept.
    #[must_use]
    pub fn is_kept_by(&self, outcome: &StepOutcome) -> bool {
        match (self, outcome) {
            (Self::Executed { events: None }, StepOutcome::Executed { .. }) => true,
            (Self::Executed { events: Some(promised) }, StepOutcome::Executed { events, .. }) => promised == events,
            (Self::Rejected { code }, StepOutcome::Rejected(rejection)) => *code == rejection.code,
            _ => false,
        }
    }
}
