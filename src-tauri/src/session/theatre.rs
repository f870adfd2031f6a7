//! The concurrency theatre: two commands decided on one version, appended one after the other.
//!
//! It is the engine's own path, taken in two steps: what an actor appends was decided before the other one wrote. A rehearsal is
//! the same engine on a log that is only read and appends that stay in memory.

use std::sync::Arc;

use es_core::memory::MemoryReadModels;
use es_core::{Direction, EventReader, ReadStream, StreamName, StreamVersion, SystemClock};
use es_runtime::{CommandEnvelope, Decided, Decision, Engine, EngineParts, Outcome, Rehearsal};
use inspector::Inspector;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::commanding::envelope;
use super::{Session, arguments};
use crate::composition;
use crate::wire::{
    AppError, CommandRequest, TheatreActor, TheatreBetween, TheatreMove, TheatreRequest, TheatreStage, TheatreTurn,
};

/// Events of a conflict that are shown; more are counted.
const EVENTS_BETWEEN: usize = 50;
/// How often both decide again because others wrote between the two decisions.
const CURTAIN_CALLS: u32 = 5;

/// The one stage of a session.
#[derive(Default)]
pub(super) struct Theatre(Mutex<Option<Stage>>);

struct Stage {
    id: Uuid,
    rehearsal: bool,
    engine: Engine,
    seats: [Seat; 2],
}

/// An actor.
struct Seat {
    request: CommandRequest,
    envelope: CommandEnvelope,
    /// What was decided and not appended yet.
    held: Option<Decided>,
}

impl Seat {
    fn of(request: CommandRequest) -> Result<Self, AppError> {
        let envelope = CommandEnvelope { expected_version: None, ..envelope(&request)? };
        Ok(Self { request, envelope, held: None })
    }
}

impl Stage {
    fn seat(&mut self, actor: TheatreActor) -> &mut Seat {
        let [first, second] = &mut self.seats;
        match actor {
            TheatreActor::First => first,
            TheatreActor::Second => second,
        }
    }
}

impl Session {
    /// Lets two actors load the same version and decide. Nothing is written; a former stage is forgotten.
    ///
    /// # Errors
    /// A command that is none, two that are not about one stream or have one id, a store that cannot be written where it is to be
    /// written, or one that does not answer.
    pub async fn theatre_open(&self, request: TheatreRequest) -> Result<TheatreStage, AppError> {
        let TheatreRequest { first, second, rehearsal } = request;
        if first.command_id == second.command_id {
            return Err(AppError::bad_argument(
                "Command id",
                &second.command_id,
                "another one than the first command's",
            ));
        }
        let engine = if rehearsal {
            self.rehearsing().await?
        } else {
            self.writable()?;
            self.engine.clone()
        };
        let mut stage = Stage { id: Uuid::new_v4(), rehearsal, engine, seats: [Seat::of(first)?, Seat::of(second)?] };
        let mut opened = self.both_decide(&mut stage).await?;
        opened.id = stage.id.to_string();
        *self.theatre.0.lock().await = Some(stage);
        Ok(opened)
    }

    /// Forgets a stage; whatever was decided on it and not appended is gone.
    pub async fn theatre_close(&self, id: &str) {
        let mut theatre = self.theatre.0.lock().await;
        theatre.take_if(|stage| stage.id.to_string() == id);
    }

    /// The command of an actor.
    ///
    /// # Errors
    /// The stage is not there any more.
    pub async fn theatre_command(&self, id: &str, actor: TheatreActor) -> Result<CommandRequest, AppError> {
        let mut theatre = self.theatre.0.lock().await;
        Ok(on_stage(&mut theatre, id)?.seat(actor).request.clone())
    }

    /// An actor's move in a rehearsal: nothing is written to the store, whatever comes of it.
    ///
    /// # Errors
    /// The stage is not there any more or is no rehearsal, there is nothing to append, or the store does not answer.
    pub async fn theatre_rehearse(
        &self,
        id: &str,
        actor: TheatreActor,
        what: TheatreMove,
    ) -> Result<TheatreTurn, AppError> {
        self.theatre_move(id, actor, what, true).await
    }

    /// An actor's move on the store.
    ///
    /// # Errors
    /// The stage is not there any more or is a rehearsal, there is nothing to append, or the store cannot be written or does not
    /// answer.
    pub async fn theatre_write(
        &self,
        id: &str,
        actor: TheatreActor,
        what: TheatreMove,
    ) -> Result<TheatreTurn, AppError> {
        self.writable()?;
        self.theatre_move(id, actor, what, false).await
    }

    async fn theatre_move(
        &self,
        id: &str,
        actor: TheatreActor,
        what: TheatreMove,
        rehearsal: bool,
    ) -> Result<TheatreTurn, AppError> {
        let mut theatre = self.theatre.0.lock().await;
        let stage = on_stage(&mut theatre, id)?;
        if stage.rehearsal != rehearsal {
            return Err(AppError::new(
                "other_stage",
                if rehearsal {
                    "This is played on the store itself."
                } else {
                    "This is a rehearsal: it writes nothing."
                },
                "Begin again where it is to be played.",
            ));
        }
        let engine = stage.engine.clone();
        let seat = stage.seat(actor);
        let (mut decision, held) = (None, seat.held.take());
        let outcome = match (what, held) {
            (TheatreMove::Append, Some(decided)) => engine.append(decided).await?,
            (TheatreMove::Append, None) => return Err(nothing_held()),
            (TheatreMove::Retry, _) => {
                let decided = engine.decide(&seat.envelope).await?;
                decision = Some(self.told_decision(&decided));
                match decided {
                    Decision::Accepted(decided) => engine.append(*decided).await?,
                    Decision::Rejected { rejection, .. } => Outcome::Rejected(rejection),
                    Decision::Invalid(error) => return Err(error.into()),
                }
            }
        };
        if !rehearsal && matches!(outcome, Outcome::Executed { .. } | Outcome::AlreadyDone { .. }) {
            self.carry_on();
        }
        let between = match &outcome {
            Outcome::Conflict { stream, expected, actual, .. } => {
                Some(self.between(&engine, stream, (*expected, *actual)).await?)
            }
            _ => None,
        };
        Ok(TheatreTurn { decision, result: self.told_outcome(&engine, outcome).await?, between })
    }

    /// Both load, both decide: on the same version, also on a store that others write to.
    async fn both_decide(&self, stage: &mut Stage) -> Result<TheatreStage, AppError> {
        for _ in 0..CURTAIN_CALLS {
            let [first, second] = &mut stage.seats;
            let one = stage.engine.decide(&first.envelope).await?;
            let other = stage.engine.decide(&second.envelope).await?;
            let (stream, version) = subject(&one)?;
            let (other_stream, other_version) = subject(&other)?;
            if stream != other_stream {
                return Err(AppError::new(
                    "different_streams",
                    format_args!(
                        "The first command is about {stream}, the second one about {other_stream}: they cannot meet."
                    ),
                    "Let both be about the same one, for example the same account.",
                ));
            }
            if version != other_version {
                continue;
            }
            let opened = TheatreStage {
                id: String::new(),
                stream: stream.to_string(),
                version: version.to_string(),
                rehearsal: stage.rehearsal,
                first: self.told_decision(&one),
                second: self.told_decision(&other),
            };
            (first.held, second.held) = (held(one), held(other));
            return Ok(opened);
        }
        let message = "The stream kept changing while both were deciding. Nothing was written.";
        Err(AppError::new("stream_is_busy", message, "Try again, or rehearse it.").retryable())
    }

    /// The same engine on a log that is only read, and appends in memory above it. Nothing runs there in the background.
    pub(super) async fn rehearsing(&self) -> Result<Engine, AppError> {
        let below = Arc::clone(self.engine.queries().events());
        let rehearsal = Arc::new(Rehearsal::above(below, Arc::new(SystemClock)).await?);
        let read_models = Arc::new(MemoryReadModels::new());
        Ok(Engine::new(EngineParts::new(rehearsal, read_models, Arc::clone(&self.domain))))
    }

    /// What was written between the version that was seen and the present one.
    async fn between(
        &self,
        engine: &Engine,
        stream: &StreamName,
        (expected, actual): (StreamVersion, StreamVersion),
    ) -> Result<TheatreBetween, AppError> {
        let log: Arc<dyn EventReader> = Arc::clone(engine.queries().events());
        let (direction, limit) = (Direction::Forward, EVENTS_BETWEEN);
        let page = log.read_stream(ReadStream { stream: stream.clone(), from: expected, direction, limit }).await?;
        let events = page.events.iter().filter(|event| event.version <= actual);
        let inspector = Inspector::new(Arc::clone(&log), Arc::clone(&self.domain), composition::view())
            .speaking(self.language.clone());
        let state = inspector.state_at(stream, actual, Some(expected), &self.stop()).await?;
        Ok(TheatreBetween {
            events: events.map(|event| self.inspector.summary(event).into()).collect(),
            count: actual.get().saturating_sub(expected.get()).to_string(),
            state: state.into(),
        })
    }
}

fn on_stage<'a>(theatre: &'a mut Option<Stage>, id: &str) -> Result<&'a mut Stage, AppError> {
    let id = arguments::id("Stage", id)?;
    theatre.as_mut().filter(|stage| stage.id == id).ok_or_else(|| {
        AppError::new("not_found", "This stage is not there any more. Nothing was written.", "Begin again.")
    })
}

fn nothing_held() -> AppError {
    let message = "There is no decision left to append. Nothing was written.";
    AppError::new("nothing_decided", message, "Let the actor decide again.")
}

/// What a decision is about.
fn subject(decision: &Decision) -> Result<(StreamName, StreamVersion), AppError> {
    match decision {
        Decision::Accepted(decided) => Ok((decided.stream().clone(), decided.version())),
        Decision::Rejected { stream, version, .. } => Ok((stream.clone(), *version)),
        Decision::Invalid(error) => Err(error.clone().into()),
    }
}

fn held(decision: Decision) -> Option<Decided> {
    match decision {
        Decision::Accepted(decided) => Some(*decided),
        Decision::Rejected { .. } | Decision::Invalid(_) => None,
    }
}
