//! Everything that crosses to the webview: the only place with specta derives.
//!
//! Positions, versions and money cross as decimal strings, times as RFC 3339 in UTC with microseconds, ids as text. The UI
//! never turns one of them into a JavaScript number, except to place things on the screen.

mod app;
mod bank;
mod bank_lists;
mod causes;
mod clock;
mod command;
mod command_history;
mod connections;
mod copying;
mod events;
mod grid;
mod history;
mod links;
mod maintenance;
mod notebook;
mod parity;
mod process;
mod projection;
mod saved;
mod server;
mod stage;
mod state;
mod story;
mod streams;
mod theatre;
mod verify;
mod what_if;

pub use app::*;
pub use bank::*;
pub use bank_lists::*;
pub use causes::*;
pub use clock::*;
pub use command::*;
pub use command_history::*;
pub use connections::*;
pub use copying::*;
pub use events::*;
pub use grid::*;
pub use history::*;
pub use links::*;
pub use maintenance::*;
pub use notebook::*;
pub use parity::*;
pub use process::*;
pub use projection::*;
pub use saved::*;
pub use server::*;
pub use stage::*;
pub use state::*;
pub use story::*;
pub use streams::*;
pub use theatre::*;
pub use verify::*;
pub use what_if::*;
