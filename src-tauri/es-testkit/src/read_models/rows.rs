use es_core::memory::MemoryRows;
use es_core::{Cell, Comparison, ProjectionError, Row, RowQuery, Rows, Table};

use super::{ACCOUNTS, LINES, NAME, NUMBERS, OTHER, ReadModelFixture, TABLES, TAGS, account};
use crate::generate::Dice;

const COMPARISONS: [Comparison; 7] = [
    Comparison::Eq,
    Comparison::Ne,
    Comparison::Lt,
    Comparison::Le,
    Comparison::Gt,
    Comparison::Ge,
    Comparison::Contains,
];

fn values() -> Vec<Cell> {
    let texts = ["", "a", "A", "b", "5", "10", "ä", "Ä", "%", "_", "it's", "zz"];
    let mut values: Vec<Cell> = texts.into_iter().map(Cell::from).collect();
    values.extend([-1, 0, 5, 10, i64::MAX, i64::MIN].map(Cell::Int));
    values.push(Cell::Null);
    values
}

/// Accounts with texts that sort and compare oddly, and numbers at the ends.
fn accounts() -> Vec<Row> {
    let orders = ["", "a", "A", "ab", "5", "10", "ä", "Ä", "100%", "a_b", "it's", "Zz", "zz"];
    let balances = [-1, 0, 5, 10, 5, i64::MAX, i64::MIN, 10, 0, 1, 2, 3, 5];
    let rows = orders.into_iter().zip(balances).enumerate().map(|(index, (order, balance))| {
        let group = if index % 3 == 0 { Cell::Null } else { Cell::from(if index % 3 == 1 { "b" } else { "A" }) };
        vec![format!("{:02}", 99 - index).into(), order.into(), balance.into(), group]
    });
    let mut rows: Vec<Row> = rows.collect();
    rows.push(vec!["00".into(), Cell::Null, Cell::Null, Cell::Null]);
    rows
}

fn folded(rows: &[Row]) -> MemoryRows {
    let mut memory = MemoryRows::new(TABLES);
    rows.iter().for_each(|row| memory.put(&ACCOUNTS, row.clone()).expect("the row fits"));
    memory
}

async fn assert_same(fixture: &ReadModelFixture, memory: &MemoryRows, query: RowQuery) {
    let expected = memory.query(&query).expect("the query is sound");
    let found = fixture.query(query.clone()).await;
    let all = memory.rows_of(query.table).filter(|row| query.matches(row)).count() as u64;
    assert_eq!(expected.total, all, "the total is the number of matching rows: {query:?}");
    assert_eq!(found, expected, "{:?} {:?} {} {}", query.conditions, query.order, query.offset, query.limit);
}

pub async fn rows_are_put_replaced_and_deleted(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let checkpoint = fixture.put(&checkpoint, &ACCOUNTS, vec![account("1", "x", 10), account("2", "y", 20)]).await;
    let checkpoint = fixture.put(&checkpoint, &ACCOUNTS, vec![account("1", "z", 11)]).await;
    assert_eq!(fixture.rows(&ACCOUNTS).await, [account("1", "z", 11), account("2", "y", 20)], "put replaces by key");
    let work = |rows: &mut dyn Rows| {
        rows.delete(&ACCOUNTS, &["1".into()])?;
        rows.delete(&ACCOUNTS, &["missing".into()])?;
        Ok(())
    };
    let checkpoint = fixture.commit(&checkpoint, work).await.expect("a commit");
    assert_eq!(fixture.rows(&ACCOUNTS).await, [account("2", "y", 20)], "delete removes by key");
    let numbers: Vec<Row> = [3, -7, i64::MAX, 0].map(|n| vec![n.into(), format!("word {n}").into()]).to_vec();
    let checkpoint = fixture.put(&checkpoint, &NUMBERS, numbers.clone()).await;
    let found = fixture.rows(&NUMBERS).await;
    assert_eq!(found, [1, 3, 0, 2].map(|index: usize| numbers[index].clone()), "numbers sort as numbers");
    let extremes =
        vec![vec!["a\0b".into(), 1.into(), i64::MIN.into()], vec!["😀'\"".into(), i64::MIN.into(), Cell::Null]];
    fixture.put(&checkpoint, &LINES, extremes.clone()).await;
    assert_eq!(fixture.rows(&LINES).await, extremes, "cells come back as they were");
}

pub async fn work_reads_its_own_writes(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let work = |rows: &mut dyn Rows| {
        assert_eq!(rows.get(&LINES, &["a".into(), 1.into()])?, None, "nothing is there yet");
        rows.put(&LINES, vec!["a".into(), 1.into(), 5.into()])?;
        rows.put(&LINES, vec!["a".into(), 2.into(), Cell::Null])?;
        assert_eq!(rows.get(&LINES, &["a".into(), 1.into()])?, Some(vec!["a".into(), 1.into(), 5.into()]));
        rows.put(&LINES, vec!["a".into(), 1.into(), 6.into()])?;
        assert_eq!(rows.get(&LINES, &["a".into(), 1.into()])?, Some(vec!["a".into(), 1.into(), 6.into()]));
        rows.delete(&LINES, &["a".into(), 2.into()])?;
        assert_eq!(rows.get(&LINES, &["a".into(), 2.into()])?, None, "the row was deleted in this work");
        Ok(())
    };
    fixture.commit(&checkpoint, work).await.expect("a commit");
    assert_eq!(fixture.rows(&LINES).await, [vec!["a".into(), 1.into(), 6.into()]], "the last writes stand");
}

pub async fn a_row_is_looked_at_and_changed_in_place(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let key = [Cell::from("a"), Cell::from(1)];
    let missing = key.clone();
    let work = move |rows: &mut dyn Rows| {
        assert!(!rows.read(&LINES, &missing, &mut |_| panic!("there is no row"))?, "nothing is there yet");
        assert!(!rows.update(&LINES, &missing, &mut |_| panic!("there is no row"))?, "nothing to change");
        rows.put(&LINES, vec!["a".into(), 1.into(), 5.into()])?;
        let add = |row: &mut Row| {
            row[2] = (row[2].as_int().unwrap_or(0) + 1).into();
            Ok(())
        };
        for _ in 0..3 {
            assert!(rows.update(&LINES, &missing, &mut add.clone())?, "the row is there");
        }
        let mut seen = None;
        assert!(rows.read(&LINES, &missing, &mut |row| seen = Some(row.clone()))?, "the row is there");
        assert_eq!(seen, Some(vec!["a".into(), 1.into(), 8.into()]), "changed three times");
        Ok(())
    };
    let checkpoint = fixture.commit(&checkpoint, work).await.expect("a commit");
    assert_eq!(fixture.rows(&LINES).await, [vec!["a".into(), 1.into(), 8.into()]], "the change stands");
    let misfits: [fn(&mut Row); 3] = [|row| row[0] = "b".into(), |row| row[2] = "text".into(), |row| row.truncate(1)];
    for spoil in misfits {
        let key = key.clone();
        let work = move |rows: &mut dyn Rows| {
            rows.update(&LINES, &key, &mut |row| {
                spoil(row);
                Ok(())
            })?;
            Ok(())
        };
        let outcome = fixture.commit(&checkpoint, work).await;
        let Err(ProjectionError::Store(error)) = outcome else { panic!("it does not fit: {outcome:?}") };
        assert_eq!(error.code(), "read_model_misfit", "{error}");
        assert_eq!(fixture.rows(&LINES).await, [vec!["a".into(), 1.into(), 8.into()]], "as before");
    }
}

pub async fn a_table_of_keys_only_works(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let tag = |tag: &str, account: &str| -> Row { vec![tag.into(), account.into()] };
    fixture.put(&checkpoint, &TAGS, vec![tag("b", "1"), tag("a", "2"), tag("b", "1")]).await;
    assert_eq!(fixture.rows(&TAGS).await, [tag("a", "2"), tag("b", "1")], "the same key again changes nothing");
}

pub async fn rows_that_do_not_fit_are_refused(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let misfits: [(&Table, Row); 6] = [
        (&NUMBERS, vec![1.into()]),
        (&NUMBERS, vec![1.into(), "one".into(), "more".into()]),
        (&NUMBERS, vec!["1".into(), "one".into()]),
        (&NUMBERS, vec![Cell::Null, "one".into()]),
        (&NUMBERS, vec![1.into(), 1.into()]),
        (&LINES, vec!["a".into(), Cell::Null, 1.into()]),
    ];
    for (table, row) in misfits {
        let table: &'static Table = if table.name == NUMBERS.name { &NUMBERS } else { &LINES };
        let shown = format!("{row:?}");
        let outcome = fixture.commit(&checkpoint, move |rows| Ok(rows.put(table, row)?)).await;
        let Err(ProjectionError::Store(error)) = outcome else { panic!("{shown} does not fit {}", table.name) };
        assert_eq!(error.code(), "read_model_misfit", "{shown}: {error}");
    }
    let bad_keys: [&[Cell]; 3] = [&[], &[Cell::Null], &[Cell::Int(1), Cell::Int(2)]];
    for key in bad_keys {
        let get = fixture.commit(&checkpoint, move |rows| Ok(rows.get(&NUMBERS, key).map(drop)?)).await;
        let delete = fixture.commit(&checkpoint, move |rows| Ok(rows.delete(&NUMBERS, key)?)).await;
        assert!(get.is_err() && delete.is_err(), "{key:?} is no key of {}", NUMBERS.name);
    }
    assert_eq!(fixture.position(1).await, Some(0.into()), "the checkpoint did not move");
}

pub async fn undeclared_tables_and_columns_are_refused(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let outcome = fixture.commit(&checkpoint, |rows| Ok(rows.put(&OTHER, vec!["1".into()])?)).await;
    assert!(outcome.is_err(), "work may not touch an undeclared table");
    let queries = [
        RowQuery::all(&OTHER),
        RowQuery::all(&ACCOUNTS).when("missing", Comparison::Eq, 1),
        RowQuery::all(&ACCOUNTS).order_by("balance\" DESC; --", false),
    ];
    for query in queries {
        let error = fixture.store.query(NAME, query.clone()).await.expect_err("nothing undeclared is queried");
        assert_eq!(error.code(), "read_model_misfit", "{query:?}: {error}");
    }
    let error = fixture.store.scan(&OTHER, 1, None, 10).await.expect_err("nothing undeclared is scanned");
    assert_eq!(error.code(), "read_model_misfit", "{error}");
}

pub async fn work_that_fails_changes_nothing(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let checkpoint = fixture.put(&checkpoint, &ACCOUNTS, vec![account("1", "x", 1), account("2", "y", 2)]).await;
    let before = fixture.rows(&ACCOUNTS).await;
    let work = |rows: &mut dyn Rows| {
        rows.put(&ACCOUNTS, account("1", "changed", 5))?;
        rows.put(&ACCOUNTS, account("1", "changed again", 6))?;
        rows.delete(&ACCOUNTS, &["2".into()])?;
        rows.put(&ACCOUNTS, account("3", "new", 3))?;
        rows.put(&TAGS, vec!["new".into(), "3".into()])?;
        Err(ProjectionError::Contradiction("the event contradicts the rows".to_owned()))
    };
    let outcome = fixture.commit(&checkpoint, work).await;
    let expected = ProjectionError::Contradiction("the event contradicts the rows".to_owned());
    assert_eq!(outcome, Err(expected), "the work's own error is returned");
    assert_eq!(fixture.rows(&ACCOUNTS).await, before, "all rows are as before");
    assert!(fixture.rows(&TAGS).await.is_empty(), "in every table");
    assert_eq!(fixture.position(1).await, Some(checkpoint.position), "and so is the checkpoint");
    fixture.put(&checkpoint, &ACCOUNTS, vec![account("4", "z", 4)]).await;
    assert_eq!(fixture.rows(&ACCOUNTS).await.len(), 3, "the store goes on");
}

pub async fn work_that_panics_changes_nothing(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let work = |rows: &mut dyn Rows| {
        rows.put(&ACCOUNTS, account("1", "half", 1))?;
        panic!("a fault in a projection")
    };
    let outcome = fixture.commit(&checkpoint, work).await;
    let Err(ProjectionError::Contradiction(said)) = outcome else { panic!("a fault of the work: {outcome:?}") };
    assert!(said.contains("a fault in a projection"), "the panic's message is told: {said}");
    assert!(fixture.rows(&ACCOUNTS).await.is_empty(), "the half-done work is not there");
    fixture.put(&checkpoint, &ACCOUNTS, vec![account("2", "y", 2)]).await;
}

pub async fn each_condition_means_the_same_as_in_memory(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    fixture.put(&checkpoint, &ACCOUNTS, accounts()).await;
    let memory = folded(&accounts());
    for column in ["account_id", "order", "balance", "group"] {
        for comparison in COMPARISONS {
            for value in values() {
                assert_same(fixture, &memory, RowQuery::all(&ACCOUNTS).when(column, comparison, value)).await;
            }
        }
    }
}

pub async fn random_queries_mean_the_same_as_in_memory(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    fixture.put(&checkpoint, &ACCOUNTS, accounts()).await;
    let memory = folded(&accounts());
    let columns = ["account_id", "order", "balance", "group"];
    let mut dice = Dice::new(5);
    for _ in 0..400 {
        let mut query = RowQuery::all(&ACCOUNTS);
        for _ in 0..dice.below(3) {
            let (column, comparison) = (dice.pick(&columns), dice.pick(&COMPARISONS));
            query = query.when(column, comparison, dice.pick(&values()));
        }
        for _ in 0..dice.below(3) {
            query = query.order_by(dice.pick(&columns), dice.below(2) == 0);
        }
        let limit = usize::try_from(1 + dice.below(20)).expect("small");
        assert_same(fixture, &memory, query.page(dice.below(6), limit)).await;
    }
}

pub async fn query_pages_cover_the_answer_in_a_stable_order(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let rows: Vec<Row> = (0..50).map(|n| account(&format!("{:03}", 997 * n % 50), "same", n % 3)).collect();
    fixture.put(&checkpoint, &ACCOUNTS, rows).await;
    for descending in [false, true] {
        let query = RowQuery::all(&ACCOUNTS).order_by("balance", descending).order_by("order", true);
        let whole = fixture.query(query.clone()).await;
        assert_eq!((whole.rows.len(), whole.total), (50, 50), "everything fits one page");
        let balances: Vec<_> = whole.rows.iter().filter_map(|row| row[2].as_int()).collect();
        assert!(balances.windows(2).all(|pair| if descending { pair[0] >= pair[1] } else { pair[0] <= pair[1] }));
        let keys = |rows: &[Row]| rows.windows(2).all(|pair| pair[0][2] != pair[1][2] || pair[0][0] < pair[1][0]);
        assert!(keys(&whole.rows), "equal rows stand in the order of their keys");
        let mut found = Vec::new();
        for offset in (0..56).step_by(7) {
            let page = fixture.query(query.clone().page(offset, 7)).await;
            assert_eq!(page.total, 50, "the total does not depend on the page");
            found.extend(page.rows);
        }
        assert_eq!(found, whole.rows, "pages follow each other without gap or overlap");
    }
    let beyond = fixture.query(RowQuery::all(&ACCOUNTS).page(u64::MAX, 10)).await;
    assert_eq!((beyond.rows.len(), beyond.total), (0, 50), "beyond the end there is nothing");
}

pub async fn a_scan_walks_all_rows_by_key(fixture: &ReadModelFixture) {
    let checkpoint = fixture.begin().await;
    let keys = ["a", "b", "ba", "ä", ""];
    let rows: Vec<Row> = (0..60).map(|n: i64| vec![keys[n as usize % 5].into(), (n - 30).into(), n.into()]).collect();
    let checkpoint = fixture.put(&checkpoint, &LINES, rows.clone()).await;
    let mut expected = rows;
    expected.sort();
    for limit in [1, 7, 60, 1000] {
        let mut found: Vec<Row> = Vec::new();
        loop {
            let after = found.last().map(|row| row[..2].to_vec());
            let page = fixture.store.scan(&LINES, 1, after, limit).await.expect("a page");
            assert!(page.len() <= limit, "a page is no longer than asked for");
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        assert_eq!(found, expected, "in pages of {limit}");
    }
    fixture.put(&checkpoint, &NUMBERS, vec![vec![7.into(), "seven".into()], vec![(-7).into(), Cell::Null]]).await;
    let page = fixture.store.scan(&NUMBERS, 1, Some(vec![(-7).into()]), 10).await.expect("a page");
    assert_eq!(page, [vec![Cell::from(7), "seven".into()]], "a scan goes on after a number");
}
