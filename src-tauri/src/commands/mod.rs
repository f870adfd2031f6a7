//! What the window may ask for. Every command is an adapter: it names its arguments, calls the session, and nothing else.

mod bank;
mod bank_lists;
mod causes;
mod clock;
mod commanding;
mod connections;
mod events;
mod files;
mod grid;
mod history;
mod links;
mod maintenance;
mod processes;
mod projections;
mod saved;
mod servers;
mod store;
mod theatre;
mod time_travel;
mod what_if;

use tauri::Runtime;
use tauri_specta::{Builder, ErrorHandlingMode, collect_commands, collect_events};

use crate::wire::{CommandTags, HeadMoved, LinkArrived, StoreChanged};

/// The interface between the program and its window, for any Tauri runtime: the real one and the one of the tests.
#[must_use]
pub fn interface<R: Runtime>() -> Builder<R> {
    Builder::<R>::new()
        .commands(collect_commands![
            store::app_info,
            store::set_language,
            store::open_store,
            store::choose_store,
            store::create_demo,
            store::store_status,
            store::cancel_task,
            store::verify,
            connections::connections,
            connections::parse_connection,
            connections::save_connection,
            connections::remove_connection,
            connections::open_connection,
            connections::test_connection,
            connections::confirm_production,
            servers::examine_copy,
            servers::copy_store,
            servers::compare_copy,
            servers::last_copy,
            servers::run_parity,
            servers::last_parity,
            servers::parity_answers,
            servers::server_overview,
            servers::index_progress,
            servers::server_streams,
            servers::server_stream,
            servers::server_subscriptions,
            servers::server_projections,
            events::streams,
            events::categories,
            grid::events_open,
            grid::events_progress,
            grid::events_stop,
            grid::events_continue,
            grid::events_block,
            grid::events_close,
            grid::row_of_position,
            grid::row_at_time,
            grid::events_density,
            saved::saved_queries,
            saved::save_query,
            saved::save_query_folder,
            saved::remove_saved_query,
            files::export_events,
            files::import_events,
            events::event_types,
            events::event_detail,
            causes::event_causes,
            causes::event_position,
            causes::cause_graph,
            causes::transfer_story,
            links::take_link,
            links::read_link,
            time_travel::timeline,
            time_travel::state_at,
            time_travel::version_at,
            history::check_expression,
            history::blame,
            history::field_history,
            history::watch,
            history::bisect,
            history::lanes,
            what_if::run_what_if,
            what_if::what_if_test,
            what_if::open_what_if,
            what_if::save_what_if,
            what_if::save_what_if_test,
            commanding::commands,
            commanding::dry_run,
            commanding::check_command,
            commanding::execute,
            commanding::wait_until,
            commanding::read_models_reach,
            commanding::command_history,
            theatre::theatre_open,
            theatre::theatre_close,
            theatre::theatre_rehearse,
            theatre::theatre_write,
            projections::projections,
            projections::rebuild_projection,
            projections::reset_projection,
            projections::dismiss_rebuild,
            projections::roll_back_projection,
            projections::examine_projection,
            projections::pause_projection,
            projections::resume_projection,
            projections::retry_projection,
            projections::skip_event,
            projections::release_stream,
            processes::processes,
            processes::process_instances,
            processes::process_timers,
            processes::process_offers,
            processes::decide_instance,
            processes::retry_stuck,
            maintenance::snapshots,
            maintenance::verify_snapshots,
            maintenance::delete_snapshots,
            maintenance::retention,
            maintenance::set_retention_rule,
            maintenance::place_legal_hold,
            maintenance::lift_legal_hold,
            maintenance::preview_retention,
            maintenance::apply_retention,
            maintenance::verify_archive,
            bank::accounts,
            bank::statement,
            bank::transfers,
            bank::trial_balance,
            bank_lists::customers,
            bank_lists::customer,
            bank_lists::holds,
            bank_lists::orders,
            bank_lists::activity,
            bank_lists::limits,
            bank_lists::actors,
            bank_lists::audit,
            clock::clock,
            clock::as_of_prepare,
            clock::version_at_position,
            clock::transfers_in_flight,
        ])
        .events(collect_events![HeadMoved, LinkArrived, StoreChanged])
        .error_handling(ErrorHandlingMode::Throw)
        .disable_serde_phases()
        .constant("commandTags", TAGS)
}

const fn reads(command: &'static str, reads: &'static [&'static str]) -> CommandTags {
    CommandTags { command, reads, changes: &[] }
}

const fn changes(command: &'static str, changes: &'static [&'static str]) -> CommandTags {
    CommandTags { command, reads: &[], changes }
}

const EVERYTHING: &[&str] = &[
    "store",
    "connections",
    "log",
    "readModels",
    "projections",
    "processes",
    "maintenance",
    "savedQueries",
    "commandHistory",
];

/// What each command reads and changes, for the UI's cache. `log` also changes with every `HeadMoved`, and with it, a little
/// later, `readModels`.
pub const TAGS: &[CommandTags] = &[
    reads("appInfo", &["store"]),
    // The window asks for everything again by itself: no answer may be kept that is told in the former language.
    changes("setLanguage", &[]),
    changes("openStore", EVERYTHING),
    changes("chooseStore", EVERYTHING),
    changes("createDemo", EVERYTHING),
    reads("storeStatus", &["store", "log"]),
    changes("cancelTask", &[]),
    reads("verify", &["log"]),
    reads("connections", &["connections"]),
    reads("parseConnection", &[]),
    changes("saveConnection", EVERYTHING),
    changes("removeConnection", &["connections"]),
    changes("openConnection", EVERYTHING),
    reads("testConnection", &[]),
    changes("confirmProduction", &[]),
    reads("examineCopy", &[]),
    changes("copyStore", &["betweenStores"]),
    reads("compareCopy", &[]),
    reads("lastCopy", &["betweenStores"]),
    changes("runParity", &["betweenStores"]),
    reads("lastParity", &["betweenStores"]),
    reads("parityAnswers", &["betweenStores"]),
    reads("serverOverview", &["store", "log"]),
    reads("indexProgress", &["store"]),
    reads("serverStreams", &["store", "log"]),
    reads("serverStream", &["store", "log"]),
    reads("serverSubscriptions", &["store"]),
    reads("serverProjections", &["store"]),
    reads("streams", &["log"]),
    reads("categories", &["log"]),
    reads("eventsOpen", &["log"]),
    reads("eventsProgress", &["log"]),
    changes("eventsStop", &[]),
    changes("eventsContinue", &[]),
    reads("eventsBlock", &["log"]),
    changes("eventsClose", &[]),
    reads("rowOfPosition", &["log"]),
    reads("rowAtTime", &["log"]),
    reads("eventsDensity", &["log"]),
    reads("savedQueries", &["savedQueries"]),
    changes("saveQuery", &["savedQueries"]),
    changes("saveQueryFolder", &["savedQueries"]),
    changes("removeSavedQuery", &["savedQueries"]),
    reads("exportEvents", &["log"]),
    changes("importEvents", EVERYTHING),
    reads("eventTypes", &["log"]),
    // An event never changes, but the position of its stream's last version does.
    reads("eventDetail", &["log"]),
    reads("eventCauses", &["log"]),
    reads("eventPosition", &["log"]),
    reads("causeGraph", &["log"]),
    reads("transferStory", &["log", "processes"]),
    changes("takeLink", &[]),
    reads("readLink", &[]),
    reads("timeline", &["log"]),
    reads("stateAt", &["log"]),
    reads("versionAt", &["log"]),
    reads("checkExpression", &[]),
    reads("blame", &["log"]),
    reads("fieldHistory", &["log"]),
    reads("watch", &["log"]),
    reads("bisect", &["log"]),
    reads("lanes", &["log"]),
    reads("runWhatIf", &["log"]),
    reads("whatIfTest", &["log"]),
    reads("openWhatIf", &[]),
    reads("saveWhatIf", &[]),
    reads("saveWhatIfTest", &[]),
    reads("commands", &[]),
    reads("dryRun", &["log"]),
    reads("checkCommand", &[]),
    changes("execute", &["log", "readModels", "projections", "processes", "commandHistory"]),
    reads("waitUntil", &["readModels"]),
    reads("readModelsReach", &["readModels"]),
    reads("commandHistory", &["commandHistory"]),
    changes("theatreOpen", &[]),
    changes("theatreClose", &[]),
    changes("theatreRehearse", &[]),
    changes("theatreWrite", &["log", "readModels", "projections", "processes", "commandHistory"]),
    reads("projections", &["projections", "log"]),
    changes("rebuildProjection", &["projections", "readModels"]),
    changes("resetProjection", &["projections", "readModels"]),
    changes("dismissRebuild", &["projections"]),
    changes("rollBackProjection", &["projections", "readModels"]),
    reads("examineProjection", &["projections", "log"]),
    changes("pauseProjection", &["projections"]),
    changes("resumeProjection", &["projections", "readModels"]),
    changes("retryProjection", &["projections", "readModels"]),
    changes("skipEvent", &["log", "projections", "readModels"]),
    changes("releaseStream", &["projections", "readModels"]),
    reads("processes", &["processes", "log"]),
    reads("processInstances", &["processes", "log"]),
    reads("processTimers", &["processes", "log"]),
    reads("processOffers", &["processes", "log"]),
    changes("decideInstance", &["log", "readModels", "processes"]),
    changes("retryStuck", &["log", "processes"]),
    reads("snapshots", &["maintenance"]),
    reads("verifySnapshots", &["maintenance", "log"]),
    changes("deleteSnapshots", &["maintenance"]),
    reads("retention", &["maintenance"]),
    changes("setRetentionRule", &["maintenance", "log"]),
    changes("placeLegalHold", &["maintenance", "log"]),
    changes("liftLegalHold", &["maintenance", "log"]),
    reads("previewRetention", &["maintenance", "log"]),
    changes("applyRetention", &["maintenance", "log"]),
    reads("verifyArchive", &["maintenance"]),
    reads("accounts", &["readModels"]),
    reads("statement", &["readModels"]),
    reads("betweenStores", &["readModels"]),
    reads("trialBalance", &["readModels"]),
    reads("customers", &["readModels"]),
    reads("customer", &["readModels"]),
    reads("holds", &["readModels"]),
    reads("orders", &["readModels"]),
    reads("activity", &["readModels"]),
    reads("limits", &["readModels"]),
    reads("actors", &["readModels"]),
    reads("audit", &["readModels"]),
    reads("clock", &["log"]),
    reads("asOfPrepare", &[]),
    reads("versionAtPosition", &["log"]),
    reads("transfersInFlight", &["readModels"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Commands that change what the window shows and nothing in a store.
    const HARMLESS: &[&str] = &[
        "setLanguage",
        "openStore",
        "chooseStore",
        "openConnection",
        "saveConnection",
        "removeConnection",
        "confirmProduction",
        "cancelTask",
        "eventsStop",
        "eventsContinue",
        "eventsClose",
        "saveQuery",
        "saveQueryFolder",
        "removeSavedQuery",
    ];

    #[test]
    fn every_command_that_writes_asks_on_production_under_its_own_name() {
        let sources = [
            include_str!("bank.rs"),
            include_str!("bank_lists.rs"),
            include_str!("clock.rs"),
            include_str!("commanding.rs"),
            include_str!("connections.rs"),
            include_str!("events.rs"),
            include_str!("files.rs"),
            include_str!("grid.rs"),
            include_str!("history.rs"),
            include_str!("maintenance.rs"),
            include_str!("processes.rs"),
            include_str!("projections.rs"),
            include_str!("saved.rs"),
            include_str!("servers.rs"),
            include_str!("store.rs"),
            include_str!("theatre.rs"),
            include_str!("time_travel.rs"),
            include_str!("what_if.rs"),
        ]
        .concat();
        let is_read = |tags: &CommandTags| !tags.reads.is_empty() || matches!(tags.command, "commands");
        for tags in TAGS.iter().filter(|tags| !tags.changes.is_empty()) {
            // Those that write to the open store, and those that write to others.
            let asked = [r#"bench.writing(""#, r#"bench.writing_to(""#].map(|asks| format!("{asks}{}\"", tags.command));
            let asks = asked.iter().any(|asks| sources.contains(asks));
            assert_eq!(asks, !HARMLESS.contains(&tags.command) && !is_read(tags), "{}", tags.command);
        }
        let asked = sources.matches("bench.writing(").count() + sources.matches("bench.writing_to(").count();
        let writing = TAGS.iter().filter(|tags| !tags.changes.is_empty() && !HARMLESS.contains(&tags.command)).count();
        assert_eq!(asked, writing, "no command asks under the name of another one");
    }
}
