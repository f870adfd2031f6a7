//! Schemas in other languages.
