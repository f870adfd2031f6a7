//! Everything that crosses to the webview: the only place with specta derives.
//!
//! Positions, versions and money cross as decimal strings, times as RFC 3339 in UTC with microseconds, ids as text. The UI
//! never turns one of them into a JavaScript number, except to place things on the screen.

mod app;
mod bank;
mod bank_lists;
mod command;
mod connections;
mod events;
mod history;
mod maintenance;
mod process;
mod projection;
mod state;
mod streams;
mod verify;

pub use app::*;
pub use bank::*;
pub use bank_lists::*;
pub use command::*;
pub use connections::*;
pub use events::*;
pub use history::*;
pub use maintenance::*;
pub use process::*;
pub use projection::*;
pub use state::*;
pub use streams::*;
pub use verify::*;
