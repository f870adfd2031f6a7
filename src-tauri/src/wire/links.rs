//! Links to places, as they reach the window.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::app::AppError;

/// A link that the program was asked to open.
#[derive(Debug, Clone, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "outcome")]
pub enum OpenedLink {
    /// Its form is right; whether there is such a place is for the window to say.
    #[serde(rename_all = "camelCase")]
    Place {
        /// Address of the place, beginning with `#/`.
        address: String,
        /// Whose data it is about.
        store: LinkedStore,
    },
    /// It is no link, or none that may be opened.
    #[serde(rename_all = "camelCase")]
    Refused {
        /// Why.
        error: AppError,
    },
}

/// Whose data a link is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum LinkedStore {
    /// Nobody's: the place is about the program.
    Any,
    /// The store that is open.
    Open,
    /// A connection of the list.
    #[serde(rename_all = "camelCase")]
    Connection {
        /// Its id.
        id: String,
        /// What people call it.
        name: String,
    },
    /// The store in the user's data folder.
    Own,
    /// A store that is not known here.
    Unknown,
}

/// The program was asked to open a link: the window takes it with `takeLink`.
#[derive(Debug, Clone, Serialize, Deserialize, Type, tauri_specta::Event)]
#[serde(rename_all = "camelCase")]
pub struct LinkArrived {}
