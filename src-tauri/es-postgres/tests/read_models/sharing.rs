//! Several programs, and several stores of one program, on the same views.

use std::sync::Arc;

use chrono::TimeDelta;
use es_core::{Position, ProjectionError, ReadModelStore, Row, RowQuery, RowSource, Rows};
use es_postgres::PostgresReadModels;
use es_testkit::{run, time};

use super::{SUMS, begin, commit_of, count, database, row, rows};

#[test]
fn two_programs_on_one_schema_count_every_event_once() {
    run(async {
        let config = database::config().await;
        let first = database::views(&config).await;
        begin(&first, "owner 0", time(0)).await;
        let mut workers = Vec::new();
        for worker in 0..4_i64 {
            // Stores of their own: what they share is the schema, as two programs would.
            let views = database::views(&config).await;
            workers.push(tokio::spawn(async move {
                let mut done = 0_u64;
                for round in 0..30 {
                    let hours = (round * 4 + worker) * 10;
                    let now = time(0) + TimeDelta::hours(hours);
                    let Ok(mut checkpoint) = views.acquire("sums", 1, &format!("owner {worker}"), now).await else {
                        continue;
                    };
                    for _ in 0..3 {
                        match count(&views, &checkpoint, "shared").await {
                            Ok(moved) => {
                                checkpoint = moved;
                                done += 1;
                            }
                            Err(ProjectionError::Store(error)) => {
                                assert_eq!(error.code(), "fenced", "only fencing stops a commit: {error}");
                                break;
                            }
                            Err(other) => panic!("{other}"),
                        }
                    }
                }
                done
            }));
        }
        let mut done = 0;
        for worker in workers {
            done += worker.await.expect("the worker ends");
        }
        let checkpoint = first.checkpoint("sums", 1).await.expect("a look-up").expect("a checkpoint");
        assert!(done > 0, "somebody worked");
        assert_eq!(checkpoint.position, Position(done), "the checkpoint moved once per acknowledged commit");
        let sum = i64::try_from(done).expect("small");
        assert_eq!(rows(&first).await, [row("shared", sum)], "and each wrote its row once");
    });
}

#[test]
fn several_programs_create_one_schema_at_once() {
    run(async {
        let config = database::config().await;
        let opening: Vec<_> = (0..6).map(|_| tokio::spawn(PostgresReadModels::open(config.clone()))).collect();
        for opened in opening {
            let views = opened.await.expect("it ends").expect("everybody finds or makes the tables");
            begin(&views, "one", time(0)).await;
        }
    });
}

#[test]
fn several_programs_prepare_and_drop_versions_at_once() {
    run(async {
        let config = database::config().await;
        let mut workers = Vec::new();
        for _ in 0..4 {
            let views = Arc::new(database::views(&config).await);
            workers.push(tokio::spawn(async move {
                for round in 0..8 {
                    views.prepare("sums", 1, super::TABLES).await.expect("whoever comes first makes them");
                    if round % 2 == 0 {
                        views.discard("sums", 1, super::TABLES).await.expect("whoever comes first drops them");
                    }
                }
            }));
        }
        for worker in workers {
            worker.await.expect("nobody waits for somebody who waits for him");
        }
    });
}

/// A store that has committed to a version remembers rows of it. Whatever another store does to them meanwhile, what the next
/// commit reads is what is stored.
#[test]
fn what_another_store_has_committed_is_seen_by_the_next_commit() {
    // Of a table that is small enough to be known whole, and of one that is not.
    for others in [0, 1500] {
        run(async move {
            let config = database::config().await;
            let (one, two) = (database::views(&config).await, database::views(&config).await);
            let mut checkpoint = begin(&one, "owner", time(0)).await;
            let fill = move |rows: &mut dyn Rows| {
                (0..others).try_for_each(|number| rows.put(&SUMS, row(&format!("other {number}"), 0)))?;
                Ok(())
            };
            checkpoint = one.commit(commit_of(&checkpoint, fill)).await.expect("a commit");
            for round in 0..4 {
                for views in [&one, &one, &two] {
                    // The lease is the same owner's, so nothing but the revision of the rows tells the two apart.
                    checkpoint = count(views, &checkpoint, "shared").await.expect("a commit");
                }
                let key = format!("round {round}");
                let work = move |rows: &mut dyn Rows| {
                    assert_eq!(rows.get(&SUMS, &["gone".into()])?, None, "deleted by the other store");
                    Ok(rows.put(&SUMS, row(&key, 1))?)
                };
                checkpoint = one.commit(commit_of(&checkpoint, work)).await.expect("a commit");
                let put = |rows: &mut dyn Rows| Ok(rows.put(&SUMS, row("gone", 1))?);
                checkpoint = one.commit(commit_of(&checkpoint, put)).await.expect("a commit");
                let delete = move |rows: &mut dyn Rows| {
                    let last = rows.get(&SUMS, &[format!("round {round}").into()])?;
                    assert!(last.is_some(), "put by the other store");
                    Ok(rows.delete(&SUMS, &["gone".into()])?)
                };
                checkpoint = two.commit(commit_of(&checkpoint, delete)).await.expect("a commit");
            }
            let query = RowQuery::all(&SUMS).when("account_id", es_core::Comparison::Eq, "shared");
            let found: Vec<Row> = one.query("sums", query).await.expect("an answer").rows;
            assert_eq!(found, [row("shared", 12)], "every commit counted on the one before");
        });
    }
}

#[test]
fn a_commit_that_failed_leaves_nothing_to_remember() {
    run(async {
        let config = database::config().await;
        let views = database::views(&config).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        let checkpoint = count(&views, &checkpoint, "a").await.expect("a commit");
        let work = |rows: &mut dyn Rows| {
            rows.put(&SUMS, row("a", 100))?;
            rows.put(&SUMS, row("b", 100))?;
            Err(ProjectionError::Contradiction("no".to_owned()))
        };
        views.commit(commit_of(&checkpoint, work)).await.expect_err("the work fails");
        let checkpoint = count(&views, &checkpoint, "a").await.expect("a commit");
        count(&views, &checkpoint, "b").await.expect("a commit");
        assert_eq!(rows(&views).await, [row("a", 2), row("b", 1)], "counted on what is stored");
    });
}

#[test]
fn a_query_is_answered_though_its_connection_was_cut() {
    run(async {
        let mut config = database::config().await;
        config.application_name.clone_from(&config.schema);
        let views = database::views(&config).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        let checkpoint = count(&views, &checkpoint, "a").await.expect("a commit");
        let mut other = database::session(&config).await;
        let cut = format!(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = '{}'",
            config.application_name
        );
        database::execute(&mut other, &cut).await;
        assert_eq!(rows(&views).await, [row("a", 1)], "on a new connection");
        // Those that are left may be cut as well; whoever is told so tries again, as projections do.
        let mut counted = count(&views, &checkpoint, "a").await;
        if let Err(ProjectionError::Store(error)) = &counted {
            assert!(error.retryable(), "{error}");
            counted = count(&views, &checkpoint, "a").await;
        }
        counted.expect("a commit");
        assert_eq!(rows(&views).await, [row("a", 2)]);
    });
}

#[test]
fn a_change_in_place_that_fails_leaves_no_trace() {
    run(async {
        let config = database::config().await;
        let views = database::views(&config).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        let checkpoint = count(&views, &checkpoint, "a").await.expect("a commit");
        let work = |rows: &mut dyn Rows| {
            let refused = rows.update(&SUMS, &["a".into()], &mut |row| {
                row[1] = 100.into();
                Err(ProjectionError::Contradiction("no".to_owned()))
            });
            assert!(refused.is_err(), "the change's own error");
            Ok(())
        };
        let checkpoint = views.commit(commit_of(&checkpoint, work)).await.expect("the work goes on");
        count(&views, &checkpoint, "a").await.expect("a commit");
        assert_eq!(rows(&views).await, [row("a", 2)], "neither stored nor remembered");
    });
}
