//! The contract suite of read models on PostgreSQL, in a database whose own order of texts is not bytewise.

#![allow(clippy::expect_used, reason = "a failed expectation is a failed test")]

#[path = "read_models/database.rs"]
mod database;

use std::sync::Arc;

use es_testkit::{ReadModelFixture, read_model_contract};

async fn read_models() -> ReadModelFixture {
    ReadModelFixture::new(Arc::new(database::views(&database::config().await).await))
}

read_model_contract!(postgres_read_models, read_models());
