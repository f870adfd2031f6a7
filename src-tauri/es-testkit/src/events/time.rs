use chrono::{DateTime, TimeDelta, Utc};
use es_core::event::to_micros;
use es_core::{AppendError, AppendRequest, ExpectedVersion, ImportedAppend, InvalidAppend, ManualClock, Position};

use super::Fixture;
use crate::generate::{numbered, stream, time};

fn imported(name: &str, seconds: i64, number: u64) -> ImportedAppend {
    let request = AppendRequest::to_stream(stream(name), ExpectedVersion::Any, vec![numbered(number)]);
    ImportedAppend { request, recorded_at: time(seconds) }
}

/// The clock, for tests that need one.
fn clock(fixture: &Fixture) -> &ManualClock {
    fixture.clock.as_ref().expect("a clock that can be set")
}

pub async fn recorded_times_ascend_in_whole_microseconds(fixture: &Fixture) {
    for number in 0..40 {
        fixture.write(&stream(&format!("account-{}", number % 4)), vec![numbered(number), numbered(number)]).await;
    }
    let all = fixture.all().await;
    for pair in all.windows(2) {
        assert!(pair[0].recorded_at <= pair[1].recorded_at, "times never decrease along positions");
    }
    for event in &all {
        assert_eq!(event.recorded_at, to_micros(event.recorded_at), "the time at {}", event.position);
    }
    for number in 0..4 {
        let name = stream(&format!("account-{number}"));
        let expected: Vec<_> = all.iter().filter(|event| event.stream == name).cloned().collect();
        assert_eq!(fixture.read_stream(&name).await, expected, "log and stream tell the same times");
    }
}

pub async fn a_clock_that_goes_back_does_not_take_the_log_with_it(fixture: &Fixture) {
    let clock = clock(fixture);
    for (number, seconds) in [10, 20, 5, -100, 15, 30, 29].into_iter().enumerate() {
        clock.set(time(seconds) + TimeDelta::microseconds(i64::try_from(number).expect("small")));
        fixture.write(&stream(&format!("account-{}", number % 2)), vec![numbered(1)]).await;
    }
    let times: Vec<_> = fixture.all().await.into_iter().map(|event| event.recorded_at).collect();
    let at = |seconds, micros| time(seconds) + TimeDelta::microseconds(micros);
    let expected = [at(10, 0), at(20, 1), at(20, 1), at(20, 1), at(20, 1), at(30, 5), at(30, 5)];
    assert_eq!(times, expected, "the time stands until the clock has caught up");
}

pub async fn the_position_at_a_time_is_exact(fixture: &Fixture) {
    let nothing = fixture.store.position_at(time(0)).await.expect("a position");
    assert_eq!(nothing, Position::ZERO, "before everything there is no position");
    for seconds in [10, 10, 20, 30, 30, 30, 40] {
        if let Some(clock) = &fixture.clock {
            clock.set(time(seconds));
        }
        fixture.write(&stream("account-1"), vec![numbered(1)]).await;
    }
    let all = fixture.all().await;
    let (first, last) = (all[0].recorded_at, all[6].recorded_at);
    let mut times: Vec<_> = all.iter().map(|event| event.recorded_at).collect();
    times.extend([first - TimeDelta::seconds(9), last + TimeDelta::seconds(9), last + TimeDelta::days(9)]);
    times.push(first + (last - first) / 2);
    let mut times: Vec<_> =
        times.into_iter().flat_map(|time| [-1, 0, 1].map(|micros| time + TimeDelta::microseconds(micros))).collect();
    times.extend([DateTime::<Utc>::MIN_UTC, DateTime::<Utc>::MAX_UTC, last - TimeDelta::nanoseconds(1)]);
    for asked in times {
        let until = all.partition_point(|event| event.recorded_at <= asked);
        let expected = until.checked_sub(1).map_or(Position::ZERO, |last| all[last].position);
        let found = fixture.store.position_at(asked).await.expect("a position");
        if fixture.is_alone() {
            assert_eq!(found, expected, "the last position at or before {asked}");
        } else {
            let next = all.get(until).map_or(Position::MAX, |event| event.position);
            assert!((expected..next).contains(&found), "{found} is at or before {asked}: {expected}..{next}");
        }
    }
}

pub async fn imported_events_keep_their_times(fixture: &Fixture) {
    let seconds = [-500, -500, -400, -300];
    let appends: Vec<_> = (0..4).map(|n| imported(&format!("account-{}", n % 2), seconds[n], n as u64)).collect();
    assert_eq!(fixture.store.import(appends).await.expect("an import").len(), 4, "one answer per append");
    let all = fixture.all().await;
    let times: Vec<_> = all.iter().map(|event| event.recorded_at).collect();
    assert_eq!(times, seconds.map(time), "imported events keep their times");
    assert_eq!(all[3].version.get(), 2, "versions are given as in an append");
}

pub async fn an_import_back_in_time_is_refused_as_a_whole(fixture: &Fixture) {
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
    let mut stale = imported("account-1", 20, 2);
    stale.request.parts[0].expected = ExpectedVersion::NoStream;
    let outcome = fixture.store.import(vec![imported("account-1", 10, 1), stale, imported("account-2", 30, 3)]).await;
    assert!(matches!(outcome, Err(AppendError::WrongExpectedVersion { .. })), "{outcome:?}");
    fixture.assert_length(0, "one refused append refuses the whole import").await;
    let next = fixture.store.import(vec![imported("account-1", 5, 4)]).await.expect("an earlier import");
    assert_eq!(next[0].events[0].version.get(), 1, "the refused import left no trace");
}

pub async fn an_import_is_replayed(fixture: &Fixture) {
    let appends = vec![imported("account-1", 10, 1), imported("account-2", 20, 2)];
    let first = fixture.store.import(appends.clone()).await.expect("an import");
    let again = fixture.store.import(appends).await.expect("the same import again");
    assert!(again.iter().all(|appended| appended.replayed), "the second time everything is there");
    assert_eq!(again[1].events, first[1].events, "and stands where it stood");
    fixture.assert_length(2, "nothing was written twice").await;
}
