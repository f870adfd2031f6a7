use es_core::{Position, ProjectionTables, RowQuery};

use super::{ACCOUNTS, NAME, ReadModelFixture, TABLES, account};
use crate::generate::time;

/// Prepares a version with one row that names it.
async fn build(fixture: &ReadModelFixture, version: u32) {
    fixture.store.prepare(NAME, version, TABLES).await.expect("the tables are prepared");
    let checkpoint = fixture.store.acquire(NAME, version, "builder", time(0)).await.expect("the lease is free");
    let row = account("1", &format!("v{version}"), version.into());
    fixture.put(&checkpoint, &ACCOUNTS, vec![row]).await;
}

async fn shown(fixture: &ReadModelFixture) -> String {
    let rows = fixture.rows(&ACCOUNTS).await;
    rows[0][1].as_text().expect("a text").to_owned()
}

async fn state(fixture: &ReadModelFixture) -> ProjectionTables {
    fixture.store.projection(NAME).await.expect("a state")
}

pub async fn nothing_is_queried_before_the_first_activation(fixture: &ReadModelFixture) {
    assert_eq!(state(fixture).await, ProjectionTables::default(), "an unknown projection has no versions");
    build(fixture, 1).await;
    let error = fixture.store.query(NAME, RowQuery::all(&ACCOUNTS)).await.expect_err("no version is active");
    assert_eq!(error.code(), "unsupported", "{error}");
    assert_eq!(fixture.store.scan(&ACCOUNTS, 1, None, 9).await.expect("a scan").len(), 1, "but it can be verified");
    fixture.store.activate(NAME, 1).await.expect("an activation");
    assert_eq!(shown(fixture).await, "v1", "now it is queried");
    let error = fixture.store.query("somebody_else", RowQuery::all(&ACCOUNTS)).await;
    assert!(error.is_err(), "a table is queried through its own projection");
}

pub async fn a_version_is_built_beside_the_active_one(fixture: &ReadModelFixture) {
    build(fixture, 1).await;
    fixture.store.activate(NAME, 1).await.expect("an activation");
    fixture.store.set_building(NAME, Some(2)).await.expect("a mark");
    build(fixture, 2).await;
    assert_eq!(shown(fixture).await, "v1", "queries still see the active version");
    let (active, building) = (Some(1), Some(2));
    let expected = ProjectionTables { active_version: active, building_version: building, ..Default::default() };
    assert_eq!(state(fixture).await, expected, "both versions are known");
    fixture.store.activate(NAME, 2).await.expect("an activation");
    assert_eq!(shown(fixture).await, "v2", "queries see the new version");
    let expected = ProjectionTables { active_version: Some(2), previous_version: Some(1), ..Default::default() };
    assert_eq!(state(fixture).await, expected, "nothing is being built any more");
}

pub async fn activation_keeps_the_former_version_and_drops_the_one_before(fixture: &ReadModelFixture) {
    for version in 1..=3 {
        build(fixture, version).await;
        fixture.store.activate(NAME, version).await.expect("an activation");
        fixture.store.activate(NAME, version).await.expect("activating the active version changes nothing");
    }
    let tables = state(fixture).await;
    assert_eq!((tables.active_version, tables.previous_version), (Some(3), Some(2)), "one version is kept");
    assert_eq!(fixture.position(1).await, None, "the one before is gone with its checkpoint");
    assert!(fixture.store.scan(&ACCOUNTS, 1, None, 9).await.is_err(), "and with its rows");
    assert_eq!(fixture.store.scan(&ACCOUNTS, 2, None, 9).await.expect("a scan").len(), 1, "the former one is kept");
}

pub async fn a_rollback_is_an_activation_of_the_previous_version(fixture: &ReadModelFixture) {
    for version in [1, 2] {
        build(fixture, version).await;
        fixture.store.activate(NAME, version).await.expect("an activation");
    }
    fixture.store.activate(NAME, 1).await.expect("a rollback");
    assert_eq!(shown(fixture).await, "v1", "queries see the former version again");
    let tables = state(fixture).await;
    assert_eq!((tables.active_version, tables.previous_version), (Some(1), Some(2)), "and the other one is kept");
    fixture.store.activate(NAME, 2).await.expect("forward again");
    assert_eq!(shown(fixture).await, "v2", "nothing was lost");
}

pub async fn the_active_version_cannot_be_discarded(fixture: &ReadModelFixture) {
    build(fixture, 1).await;
    fixture.store.activate(NAME, 1).await.expect("an activation");
    let error = fixture.store.discard(NAME, 1, TABLES).await.expect_err("queries need it");
    assert_eq!(error.code(), "read_model_misfit", "{error}");
    assert_eq!(shown(fixture).await, "v1", "it is still there");
}

pub async fn a_discarded_version_is_gone(fixture: &ReadModelFixture) {
    build(fixture, 1).await;
    fixture.store.activate(NAME, 1).await.expect("an activation");
    fixture.store.set_building(NAME, Some(2)).await.expect("a mark");
    build(fixture, 2).await;
    let late = fixture.store.checkpoint(NAME, 2).await.expect("a look-up").expect("a checkpoint");
    fixture.store.discard(NAME, 2, TABLES).await.expect("a discard");
    assert_eq!(fixture.position(2).await, None, "the checkpoint is gone");
    assert!(fixture.store.scan(&ACCOUNTS, 2, None, 9).await.is_err(), "the rows are gone");
    assert_eq!(state(fixture).await.building_version, None, "nothing is being built");
    assert!(fixture.commit(&late, |_| Ok(())).await.is_err(), "a builder that is late does not bring it back");
    build(fixture, 2).await;
    let rows = fixture.store.scan(&ACCOUNTS, 2, None, 9).await.expect("a scan");
    assert_eq!(rows.len(), 1, "it can be built again from nothing");
    fixture.store.discard(NAME, 9, TABLES).await.expect("a version that never was is discarded without harm");
}

pub async fn preparing_again_keeps_rows_and_checkpoint(fixture: &ReadModelFixture) {
    build(fixture, 1).await;
    fixture.store.prepare(NAME, 1, TABLES).await.expect("preparing again");
    assert_eq!(fixture.position(1).await, Some(Position(1)), "the checkpoint is kept");
    assert_eq!(fixture.store.scan(&ACCOUNTS, 1, None, 9).await.expect("a scan").len(), 1, "the rows are kept");
}

pub async fn halts_and_pauses_are_kept(fixture: &ReadModelFixture) {
    build(fixture, 1).await;
    fixture.store.activate(NAME, 1).await.expect("an activation");
    let halted = Some((Position(17), "the event contradicts: Größe".to_owned()));
    fixture.store.set_halted(NAME, halted.clone()).await.expect("a halt");
    fixture.store.set_paused(NAME, true).await.expect("a pause");
    let tables = state(fixture).await;
    assert_eq!((tables.halted, tables.paused, tables.active_version), (halted, true, Some(1)), "both are kept");
    fixture.store.set_halted(NAME, None).await.expect("a halt is cleared");
    let tables = state(fixture).await;
    assert_eq!((tables.halted, tables.paused), (None, true), "each on its own");
    fixture.store.set_paused(NAME, false).await.expect("a pause ends");
    assert!(!state(fixture).await.paused, "the pause has ended");
}

pub async fn a_version_that_was_never_prepared_is_not_activated(fixture: &ReadModelFixture) {
    build(fixture, 1).await;
    fixture.store.activate(NAME, 1).await.expect("an activation");
    let error = fixture.store.activate(NAME, 5).await.expect_err("there is no version 5");
    assert_eq!(error.code(), "read_model_misfit", "{error}");
    assert_eq!(shown(fixture).await, "v1", "queries are as before");
}
