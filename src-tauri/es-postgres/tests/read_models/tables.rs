//! Tables of read models: what PostgreSQL could not hold is refused by name, what it can hold may be much.

use es_core::{Cell, Column, Comparison, ReadModelStore, Row, RowQuery, RowSource, Rows, Table};
use es_testkit::{run, time};

use super::{INT, SUMS, TABLES, TEXT, begin, commit_of, count, database, row, rows, store_error};

/// The same name with another shape, and the same columns with other kinds.
static RESHAPED: Table = Table {
    name: "sums",
    columns: &[
        Column { name: "account_id", kind: INT },
        Column { name: "sum", kind: TEXT },
        Column { name: "note", kind: INT },
    ],
    key_columns: 1,
    indexes: &[],
};
static RESHAPED_TABLES: &[&Table] = &[&RESHAPED];

#[test]
fn a_table_that_was_declared_otherwise_is_refused() {
    run(async {
        let views = database::views(&database::config().await).await;
        begin(&views, "one", time(0)).await;
        let error = views.prepare("sums", 1, RESHAPED_TABLES).await.expect_err("version 1 has another shape");
        assert_eq!(error.code(), "read_model_misfit", "{error}");
        let error = views.prepare("others", 1, TABLES).await.expect_err("the table belongs to sums");
        assert_eq!(error.code(), "read_model_misfit", "{error}");
        views.prepare("sums", 2, RESHAPED_TABLES).await.expect("another version may have another shape");
        assert_eq!(rows(&views).await.len(), 0, "version 1 is still queried");
    });
}

#[test]
fn a_table_that_is_declared_anew_is_not_taken_for_the_former() {
    run(async {
        let config = database::config().await;
        // One connection, which has prepared its statements for the former table.
        let views = database::views(&es_postgres::PostgresConfig { max_connections: 1, ..config }).await;
        for round in 0..2 {
            let mut checkpoint = begin(&views, "one", time(0)).await;
            for _ in 0..8 {
                checkpoint = count(&views, &checkpoint, "a").await.expect("a commit");
                assert_eq!(rows(&views).await.len(), 1, "round {round}");
                views.scan(&SUMS, 1, None, 10).await.expect("a scan");
            }
            views.reset("sums").await.expect("a reset");
            views.prepare("sums", 1, RESHAPED_TABLES).await.expect("declared anew");
            views.activate("sums", 1).await.expect("activated");
            let from = views.acquire("sums", 1, "one", time(0)).await.expect("free");
            let put = |rows: &mut dyn Rows| {
                assert_eq!(rows.get(&RESHAPED, &[7.into()])?, None, "nothing is there yet");
                Ok(rows.put(&RESHAPED, vec![7.into(), "text".into(), Cell::Null])?)
            };
            let mut commit = commit_of(&from, put);
            commit.tables = RESHAPED_TABLES;
            views.commit(commit).await.expect("a commit");
            let found = views.query("sums", RowQuery::all(&RESHAPED)).await.expect("an answer").rows;
            assert_eq!(found, [vec![Cell::from(7), "text".into(), Cell::Null]], "round {round}");
            views.scan(&RESHAPED, 1, None, 10).await.expect("a scan");
            views.reset("sums").await.expect("a reset");
        }
    });
}

#[test]
fn names_that_postgresql_would_cut_are_refused() {
    static LONG: Table = Table {
        name: "a_table_of_a_read_model_whose_name_is_longer_than_it_may_be",
        columns: &[Column { name: "id", kind: INT }],
        key_columns: 1,
        indexes: &[],
    };
    static LONG_TABLES: &[&Table] = &[&LONG];
    static INDEXED: Table =
        Table { name: "a_table_of_a_read_model_whose_index_is_cut_in_its_name", indexes: &[&["id"]], ..LONG };
    static INDEXED_TABLES: &[&Table] = &[&INDEXED];
    run(async {
        let views = database::views(&database::config().await).await;
        for (tables, version) in [(LONG_TABLES, 10_001), (INDEXED_TABLES, 1_000_001)] {
            let error = views.prepare("long", version, tables).await.expect_err("the name is too long");
            assert_eq!(error.code(), "read_model_misfit", "{error}");
            assert!(error.to_string().contains(&format!("__v{version}")), "the error names it: {error}");
        }
        views.prepare("long", 1, LONG_TABLES).await.expect("with this version it fits");
    });
}

#[test]
fn text_that_no_index_can_hold_is_refused_where_it_is_put() {
    run(async {
        let views = database::views(&database::config().await).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        // Of characters that no compression makes shorter.
        let long: String =
            (0_u32..2600).map(|n| char::from(33 + (n.wrapping_mul(2_654_435_761) >> 20) as u8 % 90)).collect();
        let long_row = |account: &str, note: &str| -> Row { vec![account.into(), 1.into(), note.into()] };
        for (what, bad) in [("the key", long_row(&long, "")), ("note", long_row("a", &long))] {
            let put = bad.clone();
            let error = store_error(views.commit(commit_of(&checkpoint, move |rows| Ok(rows.put(&SUMS, put)?))).await);
            assert_eq!(error.code(), "read_model_misfit", "{error}");
            assert!(error.to_string().contains(what) && error.to_string().contains("2600"), "{error}");
        }
        let update = move |rows: &mut dyn Rows| {
            rows.put(&SUMS, row("a", 1))?;
            rows.update(&SUMS, &["a".into()], &mut |row| {
                row[2] = long.as_str().into();
                Ok(())
            })?;
            Ok(())
        };
        let error = store_error(views.commit(commit_of(&checkpoint, update)).await);
        assert_eq!(error.code(), "read_model_misfit", "also by a change in place: {error}");
        let fits = "ä".repeat(1250);
        let put = {
            let fits = fits.clone();
            move |rows: &mut dyn Rows| Ok(rows.put(&SUMS, vec![fits.as_str().into(), 1.into(), fits.as_str().into()])?)
        };
        views.commit(commit_of(&checkpoint, put)).await.expect("what is allowed is held");
        assert_eq!(rows(&views).await[0][0], Cell::from(fits.as_str()));
    });
}

#[test]
fn a_commit_of_many_rows_is_written_whole() {
    run(async {
        let views = database::views(&database::config().await).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        let key = |number: i64| format!("{number:06}");
        let put = move |rows: &mut dyn Rows| {
            (0..25_000).try_for_each(|number| rows.put(&SUMS, row(&key(number), number)))?;
            Ok(())
        };
        let checkpoint = views.commit(commit_of(&checkpoint, put)).await.expect("a commit");
        let total = |query: RowQuery| async { views.query("sums", query.page(0, 1)).await.expect("an answer").total };
        assert_eq!(total(RowQuery::all(&SUMS)).await, 25_000);
        let change = move |rows: &mut dyn Rows| {
            for number in (0..25_000).step_by(2) {
                rows.delete(&SUMS, &[key(number).into()])?;
            }
            let found = rows.update(&SUMS, &[key(24_999).into()], &mut |row| {
                row[1] = (-1).into();
                Ok(())
            })?;
            assert!(found, "an odd one stays");
            assert!(!rows.read(&SUMS, &[key(0).into()], &mut |_| {})?, "an even one is gone");
            Ok(())
        };
        views.commit(commit_of(&checkpoint, change)).await.expect("a commit");
        assert_eq!(total(RowQuery::all(&SUMS)).await, 12_500, "half of them are gone");
        assert_eq!(total(RowQuery::all(&SUMS).when("sum", Comparison::Lt, 0)).await, 1, "and one has changed");
    });
}
