//! Logs: a file a day in the user's data folder for the window, standard error for the command line.

use std::io;
use std::path::Path;

use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{RollingFileAppender, Rotation};
use tracing_subscriber::EnvFilter;

/// Sets what is logged, for example `debug` or `info,es_runtime=trace`.
pub const LEVEL: &str = "LEDGERSCOPE_LOG";

const KEPT_FILES: usize = 7;

fn level(otherwise: &str) -> EnvFilter {
    EnvFilter::try_from_env(LEVEL).unwrap_or_else(|_| EnvFilter::new(otherwise))
}

/// Logs into a folder until the guard is dropped. Does nothing if logging has begun already.
///
/// # Errors
/// The folder cannot be written.
pub fn to_folder(folder: &Path) -> io::Result<WorkerGuard> {
    std::fs::create_dir_all(folder)?;
    let appender = RollingFileAppender::builder()
        .rotation(Rotation::DAILY)
        .filename_prefix("ledgerscope")
        .filename_suffix("log")
        .max_log_files(KEPT_FILES)
        .build(folder)
        .map_err(io::Error::other)?;
    let (writer, guard) = tracing_appender::non_blocking(appender);
    let _already_begun =
        tracing_subscriber::fmt().with_env_filter(level("info")).with_writer(writer).with_ansi(false).try_init();
    Ok(guard)
}

/// Logs warnings to standard error.
pub fn to_stderr() {
    let _already_begun =
        tracing_subscriber::fmt().with_env_filter(level("error")).with_writer(io::stderr).without_time().try_init();
}
