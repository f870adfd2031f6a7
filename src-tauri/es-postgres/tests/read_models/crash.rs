//! A server that dies, and one that does not answer.

use std::time::{Duration, Instant};

use es_core::{ProjectionError, ReadModelStore, Rows};
use es_postgres::PostgresConfig;
use es_testkit::postgres::{Cluster, ClusterOptions, fresh_schema};
use es_testkit::{run, time};

use super::{SUMS, TABLES, begin, commit_of, count, database, row, store_error};

fn config(cluster: &Cluster) -> PostgresConfig {
    let config = PostgresConfig::from_url(&cluster.url()).expect("a connection string");
    PostgresConfig { schema: fresh_schema(), create: true, ..config }
}

/// Commits of rows do not wait for the disk. Whatever is gone after a crash, it is gone whole.
#[test]
fn a_server_that_dies_keeps_rows_and_checkpoint_together() {
    run(async {
        let cluster = Cluster::start(ClusterOptions::default());
        let views = database::views(&config(&cluster)).await;
        let mut checkpoint = begin(&views, "one", time(0)).await;
        let mut lost = 0;
        for round in 0..4_i64 {
            for _ in 0..=round * 3 {
                checkpoint = count(&views, &checkpoint, "a").await.expect("a commit");
            }
            cluster.kill();
            let error = store_error(count(&views, &checkpoint, "a").await);
            assert!(error.retryable(), "{error}");
            cluster.restart();
            let stored = views.acquire("sums", 1, "one", time(round)).await.expect("the lease is ours");
            lost += checkpoint.position.get() - stored.position.get();
            let sum = i64::try_from(stored.position.get()).expect("small");
            // What the commit remembers of its last ones is not taken for what is stored.
            let work = move |rows: &mut dyn Rows| {
                let found = rows.get(&SUMS, &["a".into()])?;
                assert_eq!(found, (sum > 0).then(|| row("a", sum)), "as many as the checkpoint says");
                Ok(rows.put(&SUMS, row("a", sum + 1))?)
            };
            checkpoint = views.commit(commit_of(&stored, work)).await.expect("and it goes on");
        }
        println!("{lost} commits were made again");
    });
}

#[test]
fn a_server_that_does_not_answer_is_not_waited_for_without_end() {
    run(async {
        let cluster = Cluster::start(ClusterOptions::default());
        let short = Duration::from_millis(500);
        let config = PostgresConfig { statement_timeout: short, connect_timeout: short, ..config(&cluster) };
        let views = database::views(&config).await;
        let checkpoint = begin(&views, "one", time(0)).await;
        let checkpoint = count(&views, &checkpoint, "a").await.expect("a commit");
        cluster.freeze();
        let started = Instant::now();
        let error = store_error(count(&views, &checkpoint, "a").await);
        assert!(error.retryable() && error.unavailable(), "{error:?}");
        let error = views.prepare("others", 1, TABLES).await.expect_err("nor does anything else");
        assert!(error.retryable(), "{error:?}");
        assert!(started.elapsed() < Duration::from_secs(20), "{:?} were waited", started.elapsed());
        cluster.thaw();
        let stored = views.acquire("sums", 1, "one", time(1)).await.expect("it answers again");
        match count(&views, &stored, "a").await {
            Ok(_) => {}
            Err(ProjectionError::Store(error)) => panic!("it goes on from what is stored: {error}"),
            Err(other) => panic!("{other}"),
        }
    });
}
