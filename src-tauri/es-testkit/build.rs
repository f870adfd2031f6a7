//! Generates the messages of EventStoreDB's protocol for the test server, from the files that come with the client library.
//! Does nothing without the feature `eventstoredb`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    #[cfg(feature = "eventstoredb")]
    protocol::generate()?;
    Ok(())
}

#[cfg(feature = "eventstoredb")]
mod protocol {
    use std::error::Error;
    use std::path::{Path, PathBuf};
    use std::process::Command;

    use serde_json::Value;

    /// The files that the test server serves something of; what they import comes along.
    const FILES: [&str; 6] = [
        "streams.proto",
        "serverfeatures.proto",
        "gossip.proto",
        "persistent.proto",
        "projections.proto",
        "users.proto",
    ];

    pub fn generate() -> Result<(), Box<dyn Error>> {
        let metadata = cargo_metadata()?;
        if let Some(root) = metadata["workspace_root"].as_str() {
            // Another version of the library lies in another folder.
            println!("cargo:rerun-if-changed={}", Path::new(root).join("Cargo.lock").display());
        }
        let folder = protocol_folder(&metadata)?;
        println!("cargo:rerun-if-changed={}", folder.display());
        let files = protox::compile(FILES, [&folder])?;
        tonic_build::configure()
            .bytes(["."])
            .generate_default_stubs(true)
            .use_arc_self(true)
            .include_file("eventstoredb.rs")
            .emit_rerun_if_changed(false)
            .compile_fds(files)?;
        Ok(())
    }

    /// Where the source of the client library keeps its protocol files.
    fn protocol_folder(metadata: &Value) -> Result<PathBuf, Box<dyn Error>> {
        let packages = metadata["packages"].as_array().ok_or("cargo metadata names no packages")?;
        let library = packages.iter().find(|package| package["name"] == "kurrentdb");
        let manifest = library.and_then(|package| package["manifest_path"].as_str());
        let manifest =
            manifest.ok_or("the package kurrentdb, whose protocol files are wanted, is not in Cargo.lock")?;
        let folder = Path::new(manifest).with_file_name("protos");
        if folder.is_dir() {
            Ok(folder)
        } else {
            Err(format!("there are no protocol files in {}", folder.display()).into())
        }
    }

    /// What cargo knows of the packages of this workspace. Everything is downloaded by the time that a build script runs, for
    /// this platform at least; cargo is asked without restrictions only if it says otherwise.
    fn cargo_metadata() -> Result<Value, Box<dyn Error>> {
        let platform = format!("--filter-platform={}", std::env::var("TARGET")?);
        let attempts: [&[&str]; 3] = [&["--locked", "--offline", &platform], &["--locked", &platform], &[]];
        let mut said = String::new();
        for arguments in attempts {
            let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
            let output = Command::new(cargo).args(["metadata", "--format-version", "1"]).args(arguments).output()?;
            if output.status.success() {
                return Ok(serde_json::from_slice(&output.stdout)?);
            }
            said = String::from_utf8_lossy(&output.stderr).into_owned();
        }
        Err(format!("cargo metadata failed: {said}").into())
    }
}
