//! The event store on EventStoreDB and KurrentDB.
//!
//! The server is reached through its client library, whose types never leave this crate. What the library gets wrong is made
//! good here: it is built anew when it has died (`connection`), every call is bounded in time, errors say which step failed
//! (`reach`), requests leave at once (`prompt`), and a subscription only ever wakes somebody (`awake`). What the server cannot
//! be asked is asked of a local index that follows its log (`follow`, `index`). Appends are decided by the planner of all stores
//! and carried out under an exact revision (`lane`). See docs/adr/0026 to 0029.

mod awake;
mod config;
mod connection;
mod event;
mod follow;
mod index;
mod inspect;
mod lane;
mod limits;
mod log;
mod metadata;
mod overview;
mod percent;
mod place;
mod probe;
mod prompt;
mod reach;
mod read;
mod store;
mod stream_pages;
mod stream_settings;
mod verify;

pub use config::{ConfigError, EventStoreDbConfig, Insecurity, Node, NodePreference};
pub use inspect::{Inspection, StreamMetadata, StreamState};
pub use probe::{probe, probe_telling};
pub use store::{EventStoreDbOptions, EventStoreDbStore, IndexState};
pub use stream_settings::AccessRules;
