//! Tells Tauri where the capabilities are, and makes a fresh clone compile before the UI was built once.

use std::error::Error;
use std::fs;
use std::path::Path;

const PLACEHOLDER: &str = "<!doctype html>\n<title>Ledgerscope</title>\n<p>The UI has not been built yet: run <code>npm run build:ui</code>.</p>\n";

fn main() -> Result<(), Box<dyn Error>> {
    let page = Path::new("ui/dist/index.html");
    if !page.exists() {
        // The UI's folder is compiled into the program, so there has to be one.
        fs::create_dir_all("ui/dist")?;
        fs::write(page, PLACEHOLDER)?;
    }
    // The window's pages are part of the program: a new build of the UI is a new program.
    println!("cargo:rerun-if-changed=ui/dist");
    let attributes = tauri_build::Attributes::new().capabilities_path_pattern("./src-tauri/capabilities/**/*");
    tauri_build::try_build(attributes)?;
    tidy_generated_schemas()
}

/// Tauri writes its schemas to `gen/` beside Cargo.toml; they belong to the shell's folder.
fn tidy_generated_schemas() -> Result<(), Box<dyn Error>> {
    let (written, wanted) = (Path::new("gen"), Path::new("src-tauri/gen"));
    if written.exists() {
        if wanted.exists() {
            fs::remove_dir_all(wanted)?;
        }
        fs::rename(written, wanted)?;
    }
    Ok(())
}
