//! The TypeScript side of the interface, written from the Rust side.

use std::path::Path;

use specta_typescript::Typescript;

/// Writes `ui/src/platform/bindings.ts`.
///
/// # Errors
/// A type that TypeScript cannot hold, or the file cannot be written.
pub fn write(path: &Path) -> Result<(), specta_typescript::Error> {
    let header = "// Generated from the Rust commands; do not edit. `npm run bindings` writes it anew.\n";
    crate::commands::interface::<tauri::Wry>().export(Typescript::default().header(header), path)
}

#[cfg(test)]
mod tests {
    use bank::language::{Language, schema};

    use super::*;

    #[test]
    fn bindings_are_current() {
        let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/src/platform/bindings.ts");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let fresh = folder.path().join("bindings.ts");
        write(&fresh).expect("every type that crosses has a TypeScript form");
        let fresh = std::fs::read_to_string(fresh).expect("just written");
        if std::env::var_os("LEDGERSCOPE_WRITE_BINDINGS").is_some() {
            std::fs::create_dir_all(committed.parent().expect("has a folder")).expect("folder");
            std::fs::write(&committed, &fresh).expect("the bindings can be written");
        }
        let committed = std::fs::read_to_string(&committed).unwrap_or_default();
        assert!(committed == fresh, "ui/src/platform/bindings.ts is stale: run `npm run bindings` and commit it");
    }

    /// What tests of the window's forms are made of.
    #[test]
    fn the_catalogue_of_commands_that_the_windows_tests_use_is_current() {
        for (language, file) in [(Language::English, "commands.json"), (Language::German, "commands.de.json")] {
            let file = format!("ui/src/test/fake/{file}");
            let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join(&file);
            let fresh = serde_json::to_string_pretty(&catalogue(language)).expect("JSON") + "\n";
            if std::env::var_os("LEDGERSCOPE_WRITE_BINDINGS").is_some() {
                std::fs::write(&committed, &fresh).expect("the catalogue can be written");
            }
            let committed = std::fs::read_to_string(&committed).unwrap_or_default();
            assert!(committed == fresh, "{file} is stale: run `npm run bindings` and commit it");
        }
    }

    /// The commands for people, as they are told in a language.
    fn catalogue(language: Language) -> Vec<serde_json::Value> {
        let domain = crate::composition::domain().expect("a sound domain");
        let commands = domain.commands.iter().filter(|command| command.for_people).map(|command| {
            serde_json::json!({
                "commandType": command.command_type,
                "category": command.category,
                "title": schema::text(command.title, language),
                "description": schema::text(command.description, language),
                "schema": schema::told(&command.schema, language),
                "example": command.example,
            })
        });
        commands.collect()
    }
}
