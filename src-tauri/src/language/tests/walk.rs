//! Every text of every answer is either data or told in German, and every command tells the answers that have such texts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// What the fields hold that are shown as they are: numbers, times, ids, names of the field or of somebody's choosing, codes that
/// the window has words for, and texts that a person wrote.
const DATA: &str = "about account account_id actor actual address after already approved_by archive archive_bytes at_place \
    attempt before before_version active_tables begins_at begins_at_earliest behind booking_date business_date bytes ca_file categories category causation_id \
    causation_position chain_hash changed_at changed_paths channel checked checkpoint checksum_after checksum_before clock code \
    column columns command_id command_type commands compared_with condition consumers contains content_hash copied \
    correlation_id count created_by created_position currency customer_id customer_name cuts database day debit debited_at \
    decided_at decision differing_rows different done due_at earliest end entries environment erased evaluated event_count event_id \
    event_type event_types events example executed expected expected_version expires_at failed fingerprint first_at first_row \
    folder followed fork found free_bytes from group half_built_tables halted_at hash head head_hash hits_left_out hold hold_id \
    host id ignored imported in_flight interval json kept key keys kind lag_events last last_at last_checkpoint \
    last_event_type last_position last_recorded_at last_version latency_micros latest left_out link location looked_at matched matches \
    max_age_seconds max_count metadata metadata_version milliseconds min_age_seconds minor mode most name newest next next_on \
    next_timer nodes not_evaluable not_offered note notebook number of of_other_code off_stage oldest open_accounts opening \
    opening_connection order_id original_version other outcome outlived_rows parent parked partial_streams path payload pending \
    pin pinned place placed_at placed_position position previous previous_tables process product quarantined query_id raw \
    raw_bytes recorded_at recorded_from recorded_until reference refused registered_at requested_at requested_by resumed_at row \
    rows rows_after rows_before rows_checked same saves_events scanned scanned_through scenario scene_id schema sent_at sha256 \
    side_file side_user similar simulated since source source_chain_hash source_position span_micros status store_link \
    store_location store_name stream stream_prefix streams streams_aside stubs subjects table tables taken_at target \
    target_chain_hash target_position task_id through time timer timers to told_at total total_differences total_streams \
    transfer_id truncated_streams undecided under_way until user value_date values version violation_count waited_micros \
    what_if_version withheld writes";

/// Fields whose names are those of prose elsewhere, and why they are not told.
const TOLD_ELSEWHERE: &[(&str, &str)] = &[
    ("AppError.message", "goes with its German words"),
    ("AppError.hint", "goes with its German words"),
    ("FailureWords.message", "are the German words"),
    ("FailureWords.hint", "are the German words"),
    ("EventRow.sentence", "told by the bank in the language of the window"),
    ("PinSeen.sentence", "in the language that it was pinned in"),
    ("PinRow.sentence", "in the language that it was pinned in"),
    ("PinStep.what", "in the language that it was pinned in"),
    ("PinCheck.told", "composed in the language that is asked for"),
    ("PinCheck.advice", "composed in the language that is asked for"),
    ("PinDifference.what", "composed in the language that is asked for"),
    ("PinView.title", "somebody's"),
    ("NotebookRow.title", "somebody's"),
    ("NotebookView.title", "somebody's"),
    ("Pinned.title", "somebody's"),
    ("NotebookCell.text", "somebody's"),
    ("WhatIfScenario.title", "somebody's"),
    ("SceneWords.en", "has both languages"),
    ("SceneWords.de", "has both languages"),
    ("CommandHistoryEntry.message", "told with its details"),
    ("LegalHoldRow.reason", "somebody's"),
    ("SkippedEvent.reason", "somebody's"),
    ("CommandHistoryEntry.reason", "somebody's"),
    ("StageStepKind.reason", "somebody's"),
    ("WhatIfStep.reason", "somebody's"),
    ("ServerProjectionRow.reason", "the server's"),
    ("MoneyView.text", "an amount, which the window writes"),
    ("FieldValue.text", "a value"),
    ("FieldValue.display", "an amount, which the window writes"),
    ("WatchPoint.value", "a value"),
    ("WatchPoint.display", "an amount, which the window writes"),
    ("StuckInstance.event", "a position"),
    ("PinText.text", "a value"),
    ("Detail.value", "told with the code that it belongs to"),
    ("ServerFact.name", "told with its value"),
];

/// The type in front of a brace, without its path.
fn type_name(text: &str) -> String {
    text.trim().rsplit("::").next().unwrap_or_default().to_owned()
}

/// Types that can be told, with the fields that are.
fn told_fields() -> BTreeMap<String, BTreeSet<String>> {
    let source = include_str!("../answers.rs");
    let mut told: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for list in source.split("prose! {\n").skip(1).chain(source.split("stored! {\n").skip(1)) {
        for line in list.split("\n}\n").next().unwrap_or_default().lines() {
            let Some((name, fields)) = line.trim().trim_end_matches('}').split_once('{') else { continue };
            let fields = fields.split(',').map(|field| field.trim().to_owned()).filter(|field| !field.is_empty());
            told.entry(type_name(name)).or_default().extend(fields);
        }
    }
    for body in source.split("impl InGerman for ").skip(1) {
        let (name, body) = body.split_once(" {").expect("a body");
        let body = body.split("\n}\n").next().unwrap_or_default();
        let words = body.split(|letter: char| !letter.is_alphanumeric() && letter != '_').map(str::to_owned);
        told.entry(type_name(name)).or_default().extend(words);
    }
    told
}

/// Every serialized type of the wire with its fields and their types.
fn wire_types() -> BTreeMap<String, Vec<(String, String)>> {
    let mut types = BTreeMap::new();
    super::rust_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/src/wire"), &mut |_, source| {
        for item in source.split("#[derive(").skip(1) {
            let (derived, rest) = item.split_once(")]").expect("the end of an attribute");
            let Some(head) = rest.lines().find(|line| line.starts_with("pub ") && line.ends_with('{')) else {
                continue;
            };
            if !derived.contains("Serialize") {
                continue;
            }
            let name = head.trim_end_matches('{').split_whitespace().last().unwrap_or_default().to_owned();
            let body = rest.split("\n}\n").next().unwrap_or_default();
            let fields = body.lines().map(str::trim).filter(|line| !line.starts_with("//") && !line.starts_with('#'));
            let fields =
                fields.filter_map(|line| line.trim_start_matches("pub ").trim_end_matches(',').split_once(": "));
            types.insert(name, fields.map(|(field, kind)| (field.to_owned(), kind.to_owned())).collect());
        }
    });
    types
}

#[test]
fn every_text_of_every_answer_is_data_or_told() {
    let (told, data) = (told_fields(), DATA.split_whitespace().collect::<BTreeSet<_>>());
    let types = wire_types();
    assert!(types.len() > 150, "the wire is read: {}", types.len());
    let mut unknown = Vec::new();
    for (name, fields) in &types {
        for (field, kind) in fields {
            let is_text = kind.replace("Option<", "").replace("Vec<", "").trim_end_matches('>') == "String";
            let is_told = told.get(name).is_some_and(|fields| fields.contains(field));
            let place = format!("{name}.{field}");
            let elsewhere = TOLD_ELSEWHERE.iter().any(|(known, _)| *known == place);
            // A type that is told has a text in it, so what holds it has to be told, too.
            let holds_prose =
                told.keys().any(|inner| kind.split(|c: char| !c.is_alphanumeric()).any(|word| word == inner));
            let asks = if is_text { !data.contains(field.as_str()) } else { holds_prose };
            if asks && !is_told && !elsewhere {
                unknown.push(format!("{place}: {kind}"));
            }
        }
    }
    assert!(unknown.is_empty(), "neither data nor told: {unknown:#?}");
}

#[test]
fn every_command_tells_its_answers() {
    let told = told_fields();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src-tauri/src/commands");
    let (mut silent, mut commands) = (Vec::new(), 0);
    super::rust_files(&folder, &mut |path, source| {
        for command in source.split("#[tauri::command]").skip(1) {
            let (head, body) = command.split_once(" {\n").expect("a body");
            // What comes in pieces is an answer, too; how far a task is, is told by the tasks.
            let pieces = head.split("Channel<").skip(1).filter(|piece| !piece.starts_with("Progress>"));
            let pieces = pieces.map(|piece| piece.split('>').next().unwrap_or_default());
            let answer =
                [head.rsplit("-> ").next().unwrap_or_default()].into_iter().chain(pieces).collect::<Vec<_>>().join(" ");
            let body = body.split("\n}\n").next().unwrap_or_default();
            let has_prose =
                answer.split(|c: char| !c.is_alphanumeric()).any(|word| word != "String" && told.contains_key(word));
            commands += 1;
            if has_prose && !body.contains("told(") {
                silent.push(format!("{}: {}", path.display(), head.trim()));
            }
        }
    });
    assert!(commands > 120, "the commands are read: {commands}");
    assert!(silent.is_empty(), "these answers have texts that are not told: {silent:#?}");
}
