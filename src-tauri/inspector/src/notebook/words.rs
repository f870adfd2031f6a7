//! The fixed words of reports and of what is told about pins, in every language that there is.

use es_core::Language;

use super::check::{Aspect, Gone, Standing};
use super::model::{ChangeKind, Seen};

/// What a language does with words and numbers.
pub(super) trait Speaks {
    /// The one of the two texts that is in it.
    fn pick<'t>(self, english: &'t str, german: &'t str) -> &'t str;

    /// A whole number with its digits in groups.
    fn grouped(self, number: u64) -> String;
}

impl Speaks for Language {
    fn pick<'t>(self, english: &'t str, german: &'t str) -> &'t str {
        match self {
            Self::English => english,
            Self::German => german,
        }
    }

    fn grouped(self, number: u64) -> String {
        let digits = number.to_string();
        let separator = self.pick(",", ".");
        let mut out = String::with_capacity(digits.len() * 4 / 3);
        for (index, digit) in digits.char_indices() {
            if index > 0 && (digits.len() - index).is_multiple_of(3) {
                out.push_str(separator);
            }
            out.push(digit);
        }
        out
    }
}

macro_rules! words {
    ($($(#[$about:meta])* $name:ident => $english:literal, $german:literal;)*) => {
        /// A fixed word or phrase of a report.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Word { $($(#[$about])* $name),* }

        impl Word {
            /// It in a language.
            pub(super) fn in_(self, language: Language) -> &'static str {
                match self { $(Self::$name => language.pick($english, $german)),* }
            }

            #[cfg(test)]
            pub(super) const ALL: &[Self] = &[$(Self::$name),*];
        }
    };
}

words! {
    Report => "Report of a notebook", "Bericht aus einem Notizbuch";
    Contents => "Contents", "Inhalt";
    WrittenAt => "Written at", "Erstellt am";
    WrittenBy => "Written by", "Erstellt mit";
    Pins => "Pins", "Pins";
    CheckedAgainst => "Checked against", "Geprüft an";
    NotCheckedHere => "no store was open", "es war kein Speicher geöffnet";
    Summary => "Result", "Ergebnis";
    Event => "Event", "Ereignis";
    State => "State", "Zustand";
    Diff => "Difference", "Unterschied";
    Query => "Query", "Abfrage";
    WhatIf => "What-if", "Was wäre wenn";
    OneHolds => "The pin matches.", "Der Pin stimmt noch.";
    OneBroken => "The pin does not match any more.", "Der Pin stimmt nicht mehr.";
    OneUnknown => "The pin could not be checked.", "Der Pin konnte nicht geprüft werden.";
    Text => "Text", "Text";
    TakenAt => "Pinned at", "Angeheftet am";
    Store => "Store", "Speicher";
    Identity => "Identity", "Kennung";
    LogUpTo => "Log up to position", "Log bis Position";
    LogHash => "Hash of the log up to there", "Hash des Logs bis dorthin";
    Position => "Position", "Position";
    Stream => "Stream", "Stream";
    Version => "Version", "Version";
    EventId => "Event id", "Ereignis-ID";
    EventType => "Type", "Typ";
    SchemaVersion => "Schema version", "Schemaversion";
    RecordedAt => "Recorded at", "Aufgezeichnet am";
    Actor => "Actor", "Akteur";
    Sentence => "What happened", "Was geschah";
    Problem => "Problem", "Problem";
    Correlation => "Correlation id", "Korrelations-ID";
    Causation => "Causation id", "Ursachen-ID";
    ContentHash => "Content hash", "Inhalts-Hash";
    ChainHash => "Chain hash", "Ketten-Hash";
    StateHash => "Hash of the state", "Hash des Zustands";
    QueryHash => "Hash of the positions", "Hash der Positionen";
    WhatIfHash => "Hash of the what-if", "Hash der Was-wäre-wenn-Rechnung";
    Payload => "Payload, as stored", "Nutzdaten, wie gespeichert";
    PayloadHex => "Payload, as stored, hexadecimal", "Nutzdaten, wie gespeichert, hexadezimal";
    Metadata => "Metadata, as stored", "Metadaten, wie gespeichert";
    Value => "Value", "Wert";
    Field => "Field", "Feld";
    Before => "Before", "Vorher";
    After => "After", "Nachher";
    Change => "Change", "Änderung";
    FromVersion => "From version", "Von Version";
    ToVersion => "To version", "Bis Version";
    AsStored => "The same, letter for letter", "Dasselbe, Zeichen für Zeichen";
    Asked => "Asked for", "Gesucht";
    Matches => "Matches", "Treffer";
    Undecided => "Without an answer", "Ohne Antwort";
    Rows => "The first rows", "Die ersten Zeilen";
    RowsNewest => "The newest rows", "Die neuesten Zeilen";
    Fork => "Forks behind position", "Gabelt sich nach Position";
    Steps => "Steps", "Schritte";
    Outcome => "Outcome", "Ausgang";
    Events => "Events", "Ereignisse";
    Lane => "What would have happened", "Was geschehen wäre";
    Ends => "What ends otherwise", "Was anders endet";
    HowItCame => "How it came", "Herkunft";
    Clock => "Time passes", "Zeit vergeht";
    Processes => "Processes work", "Prozesse arbeiten";
    Executed => "executed", "ausgeführt";
    Rejected => "rejected by a rule", "von einer Regel abgelehnt";
    Invalid => "not understood", "nicht verstanden";
    Ran => "done", "erledigt";
    Failed => "failed", "fehlgeschlagen";
    Commands => "commands", "Befehle";
    Timers => "timers", "Timer";
    Recorded => "recorded", "aufgezeichnet";
    Replaced => "edited", "bearbeitet";
    Moved => "moved", "verschoben";
    Skipped => "left out", "ausgelassen";
    Inserted => "inserted", "eingefügt";
    FromStep => "by a step", "durch einen Schritt";
    Scenario => "The scenario", "Das Szenario";
    Result => "Check", "Prüfung";
    Then => "As pinned", "Wie angeheftet";
    Now => "Now", "Jetzt";
    What => "What", "Was";
    Open => "Open in Ledgerscope", "In Ledgerscope öffnen";
    NothingDiffers => "Nothing differs.", "Es gibt keinen Unterschied.";
    AllEvents => "all events", "alle Ereignisse";
    Empty => "This notebook is empty.", "Dieses Notizbuch ist leer.";
    Exact =>
        "Amounts and numbers of any size are exact, as they are stored. Times are UTC.",
        "Beträge und Zahlen jeder Größe sind genau, wie sie gespeichert sind. Zeiten sind UTC.";
    Foot =>
        "This file holds the pins themselves: “Open a report” in Ledgerscope reads them back and checks them against a store.",
        "Diese Datei enthält die Pins selbst: „Bericht öffnen“ in Ledgerscope liest sie zurück und prüft sie an einem Speicher.";
}

impl Seen {
    pub(super) fn word(&self) -> Word {
        match self {
            Self::Event(_) => Word::Event,
            Self::State(_) => Word::State,
            Self::Diff(_) => Word::Diff,
            Self::Query(_) => Word::Query,
            Self::WhatIf(_) => Word::WhatIf,
        }
    }
}

/// The word for a name that a pin of a what-if keeps: what a step does, how it ended, how an event came into the lane. A command
/// stands for itself, and so does what a later program may have written.
pub(super) fn of_what_if(name: &str, language: Language) -> &str {
    let word = match name {
        "clock" => Word::Clock,
        "processes" => Word::Processes,
        "executed" => Word::Executed,
        "rejected" => Word::Rejected,
        "invalid" => Word::Invalid,
        "ran" => Word::Ran,
        "failed" => Word::Failed,
        "commands" => Word::Commands,
        "timers" => Word::Timers,
        "recorded" => Word::Recorded,
        "replaced" => Word::Replaced,
        "moved" => Word::Moved,
        "skipped" => Word::Skipped,
        "inserted" => Word::Inserted,
        "fromStep" => Word::FromStep,
        other => return other,
    };
    word.in_(language)
}

impl ChangeKind {
    pub(super) fn word(self, language: Language) -> &'static str {
        match self {
            Self::Added => language.pick("added", "neu"),
            Self::Removed => language.pick("removed", "entfernt"),
            Self::Changed => language.pick("changed", "geändert"),
        }
    }
}

impl Aspect {
    /// What it is called.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let pick = |english: &str, german: &str| language.pick(english, german).to_owned();
        match self {
            Self::Content => pick("content hash", "Inhalts-Hash"),
            Self::Chain => pick("chain hash", "Ketten-Hash"),
            Self::Log(position) => {
                let position = language.grouped(position.get());
                pick(
                    &format!("hash of the log up to position {position}"),
                    &format!("Hash des Logs bis Position {position}"),
                )
            }
            Self::EventId => pick("event id", "Ereignis-ID"),
            Self::Stream => pick("stream", "Stream"),
            Self::Version => pick("version", "Version"),
            Self::RecordedAt => pick("time", "Zeit"),
            Self::State(version) => {
                let version = language.grouped(version.get());
                pick(
                    &format!("hash of the state at version {version}"),
                    &format!("Hash des Zustands in Version {version}"),
                )
            }
            Self::Value(path) => path.clone(),
            Self::Matches => pick("matches", "Treffer"),
            Self::Positions => pick("hash of the positions", "Hash der Positionen"),
            Self::Row(position) => {
                let position = language.grouped(position.get());
                pick(&format!("event at position {position}"), &format!("Ereignis an Position {position}"))
            }
            Self::Step(number) => pick(&format!("step {number}"), &format!("Schritt {number}")),
            Self::Events => pick("events", "Ereignisse"),
            Self::WhatIf => pick("hash of the what-if", "Hash der Was-wäre-wenn-Rechnung"),
        }
    }
}

/// What has become of a pin, in one sentence with its numbers.
#[must_use]
pub fn sentence(standing: &Standing, language: Language) -> String {
    let pick = |english: String, german: String| match language {
        Language::English => english,
        Language::German => german,
    };
    let grouped = |number: u64| language.grouped(number);
    match standing {
        Standing::Matches => pick("It is as it was pinned.".into(), "Es ist, wie es angeheftet wurde.".into()),
        Standing::Grown { then, now, head } => {
            let (then, now, head) = (grouped(*then), grouped(*now), grouped(head.get()));
            pick(
                format!(
                    "The same {then} events match as far as the log reached then; up to position {head} it finds {now}."
                ),
                format!(
                    "Bis dorthin, wo das Log damals endete, sind es dieselben {then} Treffer; bis Position {head} sind es {now}."
                ),
            )
        }
        Standing::OtherStore { pinned, open } => pick(
            format!("Another store is open: this was pinned in {pinned}, and {open} is open."),
            format!("Ein anderer Speicher ist geöffnet: Angeheftet wurde dies in {pinned}, geöffnet ist {open}."),
        ),
        Standing::NoStore => pick("No store is open.".into(), "Es ist kein Speicher geöffnet.".into()),
        Standing::Gone(gone) => of_gone(gone, language),
        Standing::Differs { total: 1, .. } => pick(
            "It is not as it was pinned any more: one thing differs.".into(),
            "Es ist nicht mehr, wie es angeheftet wurde: Eines weicht ab.".into(),
        ),
        Standing::Differs { total, .. } => pick(
            format!("It is not as it was pinned any more: {} things differ.", grouped(*total)),
            format!("Es ist nicht mehr, wie es angeheftet wurde: {} Angaben weichen ab.", grouped(*total)),
        ),
        Standing::NotChecked { reason, .. } => {
            pick(format!("It could not be checked: {reason}."), format!("Es konnte nicht geprüft werden: {reason}."))
        }
    }
}

fn of_gone(gone: &Gone, language: Language) -> String {
    let pick = |english: String, german: String| match language {
        Language::English => english,
        Language::German => german,
    };
    let grouped = |number: u64| language.grouped(number);
    match gone {
        Gone::BeyondHead { position, head } => {
            let (position, head) = (grouped(position.get()), grouped(head.get()));
            pick(
                format!("The log ends at position {head}; this was at position {position}."),
                format!("Das Log endet an Position {head}; dies stand an Position {position}."),
            )
        }
        Gone::Archived { position, same: true } => pick(
            format!(
                "The event at position {} was moved to the archive; what is left of it has the hash that was pinned.",
                grouped(position.get())
            ),
            format!(
                "Das Ereignis an Position {} wurde ins Archiv verschoben; was davon blieb, hat den angehefteten Hash.",
                grouped(position.get())
            ),
        ),
        Gone::Archived { position, same: false } => pick(
            format!(
                "The event at position {} was moved to the archive, and what is left of it has another hash than was pinned.",
                grouped(position.get())
            ),
            format!(
                "Das Ereignis an Position {} wurde ins Archiv verschoben, und was davon blieb, hat einen anderen Hash als angeheftet.",
                grouped(position.get())
            ),
        ),
        Gone::Removed { position } => pick(
            format!("There is no event at position {} any more, and nothing says why.", grouped(position.get())),
            format!("An Position {} steht kein Ereignis mehr, und nichts sagt, warum.", grouped(position.get())),
        ),
        Gone::NoStream { stream } => {
            pick(format!("There is no stream {stream}."), format!("Es gibt keinen Stream {stream}."))
        }
        Gone::Hidden { stream, version, begins_at } => {
            let (version, begins_at) = (grouped(version.get()), grouped(begins_at.get()));
            pick(
                format!("Retention has hidden version {version} of {stream}: it is read from version {begins_at} on."),
                format!(
                    "Die Aufbewahrung hat Version {version} von {stream} verborgen: Gelesen wird ab Version {begins_at}."
                ),
            )
        }
        Gone::Shorter { stream, version, last } => {
            let (version, last) = (grouped(version.get()), grouped(last.get()));
            pick(
                format!("{stream} ends with version {last}; this was version {version}."),
                format!("{stream} endet mit Version {last}; dies war Version {version}."),
            )
        }
    }
}

/// What a person can do about it; empty if there is nothing to do.
#[must_use]
pub fn advice(standing: &Standing, language: Language) -> &'static str {
    match standing {
        Standing::Matches | Standing::Gone(Gone::Archived { same: true, .. }) => "",
        Standing::Grown { .. } => language.pick(
            "Go to it and pin it again, if what it finds now matters.",
            "Gehen Sie dorthin und heften Sie es neu an, falls der jetzige Stand zählt.",
        ),
        Standing::OtherStore { .. } | Standing::NoStore => language.pick(
            "Open the store that it was pinned in, or a copy of it, then check again.",
            "Öffnen Sie den Speicher, in dem es angeheftet wurde, oder eine Kopie davon, und prüfen Sie erneut.",
        ),
        Standing::Gone(Gone::Hidden { .. }) => language.pick(
            "What was seen is kept here; the retention view says what is hidden and why.",
            "Was zu sehen war, steht noch hier; die Ansicht Aufbewahrung sagt, was verborgen ist und warum.",
        ),
        Standing::Gone(Gone::Archived { same: false, .. } | Gone::Removed { .. }) => language.pick(
            "Verify the store and its archive, and keep its files as evidence.",
            "Prüfen Sie den Speicher und sein Archiv, und bewahren Sie dessen Dateien als Beleg auf.",
        ),
        Standing::Gone(Gone::BeyondHead { .. } | Gone::NoStream { .. } | Gone::Shorter { .. }) => language.pick(
            "Find out whether the store was restored from an older backup, or is another one.",
            "Klären Sie, ob der Speicher aus einer älteren Sicherung stammt oder ein anderer ist.",
        ),
        Standing::Differs { differences, .. } if is_about_code(differences.iter().map(|one| &one.aspect)) => language.pick(
            "Verify the store: if it is intact, the program computes this otherwise than the version that pinned it.",
            "Prüfen Sie den Speicher: Ist er unversehrt, rechnet das Programm anders als die Version, die dies angeheftet hat.",
        ),
        Standing::Differs { .. } => language.pick(
            "Verify the store, and keep its file as evidence.",
            "Prüfen Sie den Speicher, und bewahren Sie seine Datei als Beleg auf.",
        ),
        Standing::NotChecked { .. } => {
            language.pick("Correct what is named, then check again.", "Beheben Sie das Genannte, und prüfen Sie erneut.")
        }
    }
}

/// Whether all that differs is computed from events, and no hash of an event.
fn is_about_code<'a>(mut aspects: impl Iterator<Item = &'a Aspect>) -> bool {
    aspects.all(|aspect| {
        matches!(
            aspect,
            Aspect::State(_)
                | Aspect::Value(_)
                | Aspect::Step(_)
                | Aspect::Events
                | Aspect::WhatIf
                | Aspect::Matches
                | Aspect::Positions
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_is_there_in_every_language() {
        for word in Word::ALL {
            for language in [Language::English, Language::German] {
                assert!(!word.in_(language).trim().is_empty(), "{word:?} in {language:?}");
            }
        }
    }

    #[test]
    fn a_command_in_a_what_if_stands_for_itself() {
        assert_eq!(of_what_if("RequestTransfer", Language::German), "RequestTransfer");
        assert_eq!(of_what_if("failed", Language::German), "fehlgeschlagen");
    }

    #[test]
    fn numbers_of_any_size_keep_every_digit() {
        assert_eq!(Language::English.grouped(u64::MAX), "18,446,744,073,709,551,615");
        assert_eq!(Language::German.grouped(9_007_199_254_740_993), "9.007.199.254.740.993");
        assert_eq!(Language::English.grouped(999), "999");
    }
}
