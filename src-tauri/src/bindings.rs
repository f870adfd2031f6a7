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
}
