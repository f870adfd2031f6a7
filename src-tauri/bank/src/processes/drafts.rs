//! How processes write down the commands that they want sent, and the timers that they wait for.

use es_core::{CommandDraft, StreamName, TimerDraft, Turn, step_command_id};

/// A command as a step of a process.
pub(super) fn draft(
    stream: &StreamName,
    step: &str,
    command_type: &'static str,
    payload: Result<String, serde_json::Error>,
) -> CommandDraft {
    CommandDraft {
        command_id: step_command_id(stream, step),
        command_type: command_type.to_owned(),
        // These commands hold ids, days and texts only, which always can be written; if one could not, the empty payload would
        // be refused by its shape and the instance shown as stuck.
        payload: payload.unwrap_or_default(),
    }
}

/// For a command that is no step of the process: named in the draft, so that the runtime reports it as unknown and stops here.
pub(super) fn not_a_step(stream: &StreamName, planned: &CommandDraft) -> CommandDraft {
    let command_type = format!("Settle{}", planned.command_type);
    CommandDraft { command_id: step_command_id(stream, &command_type), command_type, payload: "{}".to_owned() }
}

/// The turn of a process that only waits for timers: it is at an end when there are none.
pub(super) fn waiting_for(timers: Vec<TimerDraft>) -> Turn {
    Turn { pending: Vec::new(), finished: timers.is_empty(), timers }
}
