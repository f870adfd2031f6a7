//! The banking domain: pure deciders, money, postings, upcasters, read models, processes, simulator.

pub mod account;
pub mod currency;
pub mod customer;
pub(crate) mod declare;
pub mod domain;
pub mod entry;
pub mod exchange;
pub mod ids;
pub mod interest;
pub mod language;
pub mod ledger;
pub mod money;
pub mod order;
pub mod personal;
pub mod posting;
pub mod processes;
pub mod projections;
pub mod queries;
pub(crate) mod refusal;
pub mod related;
pub mod schema;
pub mod sentence;
pub mod simulator;
pub(crate) mod spelled;
pub mod story;
pub(crate) mod text;
pub mod transaction;
pub mod transfer;
pub mod upcasters;

pub use domain::domain;
