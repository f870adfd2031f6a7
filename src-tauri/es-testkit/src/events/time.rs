use chrono::TimeDelta;
use es_core::{AppendError, AppendRequest, ExpectedVersion, ImportedAppend, InvalidAppend, Position};

use super::Fixture;
use crate::generate::{numbered, stream, time};

fn imported(name: &str, seconds: i64, number: u64) -> ImportedAppend {
    let request = AppendRequest::to_stream(stream(name), ExpectedVersion::Any, vec![numbered(number)]);
    ImportedAppend { request, recorded_at: time(seconds) }
}

pub async fn recorded_time_never_decreases(fixture: &Fixture) {
    let Some(clock) = &fixture.clock else { return };
    for (number, seconds) in [10, 20, 5, -100, 15, 30, 29].into_iter().enumerate() {
        clock.set(time(seconds) + TimeDelta::microseconds(i64::try_from(number).expect("small")));
        fixture.write(&stream(&format!("account-{}", number % 2)), vec![numbered(1)]).await;
    }
    let times: Vec<_> = fixture.all().await.into_iter().map(|event| event.recorded_at).collect();
    let at = |seconds, micros| time(seconds) + TimeDelta::microseconds(micros);
    let expected = [at(10, 0), at(20, 1), at(20, 1), at(20, 1), at(20, 1), at(30, 5), at(30, 5)];
    assert_eq!(times, expected, "a clock that goes back does not take the log with it");
}

pub async fn the_position_at_a_time_is_exact(fixture: &Fixture) {
    let nothing = fixture.store.position_at(time(0)).await.expect("a position");
    assert_eq!(nothing, Position::ZERO, "an empty log has no position");
    let Some(clock) = &fixture.clock else { return };
    for seconds in [10, 10, 20, 30, 30, 30, 40] {
        clock.set(time(seconds));
        fixture.write(&stream("account-1"), vec![numbered(1)]).await;
    }
    let all = fixture.all().await;
    for seconds in [0, 9, 10, 11, 20, 25, 30, 39, 40, 41, 1_000_000] {
        for micros in [-1, 0, 1] {
            let asked = time(seconds) + TimeDelta::microseconds(micros);
            let expected = all.iter().rev().find(|event| event.recorded_at <= asked);
            let expected = expected.map_or(Position::ZERO, |event| event.position);
            let found = fixture.store.position_at(asked).await.expect("a position");
            assert_eq!(found, expected, "the last position at or before {asked}");
        }
    }
}

pub async fn imported_events_keep_their_times(fixture: &Fixture) {
    let seconds = [-500, -500, -400, -300];
    let appends: Vec<_> = (0..4).map(|n| imported(&format!("account-{}", n % 2), seconds[n], n as u64)).collect();
    let outcome = fixture.store.import(appends).await;
    if !fixture.store.capabilities().import {
        assert_eq!(outcome.expect_err("not declared").code(), "unsupported", "not declared, so refused");
        return;
    }
    assert_eq!(outcome.expect("an import").len(), 4, "one answer per append");
    let all = fixture.all().await;
    let times: Vec<_> = all.iter().map(|event| event.recorded_at).collect();
    assert_eq!(times, seconds.map(time), "imported events keep their times");
    assert_eq!(all[3].version.get(), 2, "versions are given as in an append");
}

pub async fn an_import_back_in_time_is_refused_as_a_whole(fixture: &Fixture) {
    if !fixture.store.capabilities().import {
        return;
    }
    fixture.store.import(vec![imported("account-1", 100, 1)]).await.expect("an import");
    let (recorded_at, head) = (time(99), time(100));
    let outcome = fixture.store.import(vec![imported("account-1", 200, 2), imported("account-1", 99, 3)]).await;
    let inside = InvalidAppend::TimeGoesBack { recorded_at, head: time(200) };
    assert_eq!(outcome, Err(AppendError::Invalid(inside)), "time may not go back within an import");
    let outcome = fixture.store.import(vec![imported("account-1", 99, 4)]).await;
    let before = InvalidAppend::TimeGoesBack { recorded_at, head };
    assert_eq!(outcome, Err(AppendError::Invalid(before)), "nor before the log's last event");
    fixture.assert_length(1, "a refused import writes nothing").await;
    assert_eq!(fixture.store.head().await.expect("a head"), fixture.all().await[0].position, "the head did not move");
}

pub async fn an_import_is_all_or_nothing(fixture: &Fixture) {
    if !fixture.store.capabilities().import {
        return;
    }
    let mut stale = imported("account-1", 20, 2);
    stale.request.parts[0].expected = ExpectedVersion::NoStream;
    let outcome = fixture.store.import(vec![imported("account-1", 10, 1), stale, imported("account-2", 30, 3)]).await;
    assert!(matches!(outcome, Err(AppendError::WrongExpectedVersion { .. })), "{outcome:?}");
    fixture.assert_length(0, "one refused append refuses the whole import").await;
    let next = fixture.store.import(vec![imported("account-1", 5, 4)]).await.expect("an earlier import");
    assert_eq!(next[0].events[0].version.get(), 1, "the refused import left no trace");
}

pub async fn an_import_is_replayed(fixture: &Fixture) {
    if !fixture.store.capabilities().import {
        return;
    }
    let appends = vec![imported("account-1", 10, 1), imported("account-2", 20, 2)];
    let first = fixture.store.import(appends.clone()).await.expect("an import");
    let again = fixture.store.import(appends).await.expect("the same import again");
    assert!(again.iter().all(|appended| appended.replayed), "the second time everything is there");
    assert_eq!(again[1].events, first[1].events, "and stands where it stood");
    fixture.assert_length(2, "nothing was written twice").await;
}
