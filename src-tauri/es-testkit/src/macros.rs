//! The macros that turn a suite into tests of the calling crate.

/// Expands to a module with one test per promise of the event store. The second argument is an expression that, awaited,
/// gives a [`Fixture`](crate::Fixture) around a fresh, empty store; it is evaluated in every test.
#[macro_export]
macro_rules! event_store_contract {
    ($name:ident, $fixture:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $crate::contract_tests!(
                ($name, $fixture),
                events::append,
                [],
                [
                    each_expectation_is_checked_on_a_missing_stream,
                    each_expectation_is_checked_on_an_existing_stream,
                    versions_and_positions_are_in_the_order_of_the_request,
                    no_event_stands_at_position_zero_and_the_head_is_the_last_one,
                    a_stale_append_loses_alone,
                    of_concurrent_creators_exactly_one_wins,
                    a_refused_append_writes_nothing,
                    later_parts_expect_streams_as_earlier_parts_leave_them,
                    what_was_acknowledged_is_read_at_once,
                    an_append_is_never_partly_visible,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::append,
                [dense_positions],
                [a_refused_append_leaves_no_gap_between_positions,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::append,
                [multi_stream_append],
                [an_append_to_several_streams_is_all_or_nothing, streams_may_take_turns_in_one_append,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::idempotency,
                [],
                [
                    the_same_append_again_changes_nothing,
                    a_replay_is_recognised_whatever_it_expects,
                    a_replay_is_recognised_behind_many_later_events,
                    a_partly_known_append_is_refused,
                    the_same_id_with_other_content_is_refused,
                    other_content_under_a_known_id_is_refused_whatever_is_expected,
                    the_same_events_in_another_order_are_refused,
                    an_id_twice_in_one_request_is_refused,
                    one_request_sent_many_times_at_once_is_written_once,
                    one_id_with_different_contents_at_once_is_written_once,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::idempotency,
                [lookup_by_event_id],
                [the_same_events_in_another_stream_are_refused,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::idempotency,
                [multi_stream_append],
                [an_append_to_several_streams_is_replayed,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::read,
                [],
                [
                    each_filter_means_the_same_in_both_directions,
                    random_filters_mean_the_same_in_both_directions,
                    reads_exclude_where_they_start,
                    a_filtered_read_begins_exactly_where_it_is_told,
                    pages_of_one_event_walk_the_whole_log,
                    reads_beyond_the_ends_are_empty,
                    a_page_moves_past_what_does_not_match,
                    pages_are_cut_to_the_limit,
                    a_page_of_none_moves_nothing_and_tells_the_head,
                    scanned_positions_are_those_of_a_filtered_read,
                    events_are_read_at_given_positions_in_the_given_order,
                    a_stream_is_read_in_both_directions,
                    a_missing_stream_reads_as_empty,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::read,
                [lookup_by_event_id],
                [an_event_is_found_by_its_id,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::follow,
                [],
                [
                    a_tailing_reader_that_started_first_sees_all_that_concurrent_writers_wrote,
                    a_filtered_follower_misses_nothing,
                    waiting_ends_at_once_when_there_are_events,
                    waiting_ends_with_the_time_given,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::follow,
                [wake_ups],
                [waiting_ends_soon_after_an_append,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::streams,
                [],
                [
                    streams_are_listed_in_each_order,
                    streams_are_searched_by_text_and_category,
                    stream_pages_cover_the_list_and_tell_the_total,
                    a_list_of_streams_is_cut_to_the_limit,
                    a_stream_tells_its_last_event,
                    categories_count_streams_and_events,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::payload,
                [],
                [
                    json_is_kept_byte_for_byte,
                    malformed_json_is_refused,
                    json_as_deep_as_allowed_is_kept_and_deeper_json_is_refused,
                    limits_are_enforced_with_their_numbers,
                    the_largest_allowed_event_is_kept,
                    an_append_over_the_stores_own_limit_is_refused_with_it,
                    empty_requests_are_refused,
                    odd_stream_names_are_kept_and_found,
                    ids_of_the_metadata_are_columns,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::payload,
                [binary_payloads],
                [binary_payloads_are_kept_byte_for_byte,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::payload,
                [multi_stream_append],
                [as_many_streams_as_allowed_are_written_at_once_and_one_more_is_refused,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::time,
                [],
                [recorded_times_ascend_in_whole_microseconds, the_position_at_a_time_is_exact,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::time,
                [settable_clock],
                [a_clock_that_goes_back_does_not_take_the_log_with_it,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::time,
                [import],
                [
                    imported_events_keep_their_times,
                    an_import_back_in_time_is_refused_as_a_whole,
                    an_import_is_all_or_nothing,
                    an_import_is_replayed,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::integrity,
                [],
                [content_hashes_are_those_of_the_bytes, a_replay_leaves_log_and_chain_alone,]
            );
            $crate::contract_tests!(($name, $fixture), events::integrity, [hash_chain], [the_chain_links_every_event,]);
            $crate::contract_tests!(
                ($name, $fixture),
                events::model,
                [],
                [random_commands_do_what_a_simple_model_does,]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::retention,
                [retention],
                [
                    a_store_that_retains_keeps_positions_dense_and_the_chain_whole,
                    a_truncated_stream_begins_later_and_says_so,
                    everything_else_goes_on_with_a_truncated_stream,
                    each_expectation_of_a_truncated_stream_is_about_its_last_event,
                    a_retried_append_of_truncated_events_is_recognised,
                    a_change_is_recorded_with_who_when_and_why,
                    a_cut_is_forward_only_and_keeps_the_last_event,
                    streams_of_the_store_itself_and_missing_ones_are_refused,
                    a_change_decided_on_an_older_record_changes_nothing,
                    the_same_change_again_changes_nothing,
                    a_closed_stream_takes_no_further_events,
                    each_expectation_of_a_closed_stream_is_refused,
                    an_outline_tells_all_stored_events,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::scavenge,
                [retention],
                [
                    a_scavenge_moves_hidden_events_and_nothing_else,
                    every_read_says_what_was_scavenged,
                    a_retried_append_of_scavenged_events_is_recognised,
                    each_expectation_of_a_scavenged_stream_is_about_its_last_event,
                    a_batch_keeps_its_limits_and_the_next_one_goes_on,
                    a_scavenge_decided_on_an_older_record_moves_nothing,
                    each_stage_of_a_batch_is_told_in_order,
                    the_archive_holds_the_same_events_and_verifies,
                    the_chain_goes_on_through_stubs,
                    filters_mean_the_same_after_a_scavenge,
                    a_follower_passes_over_what_was_scavenged,
                    outlines_and_stubs_are_cut_to_the_limit,
                    random_retention_does_what_a_simple_model_does,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                events::scavenge,
                [retention, settable_clock],
                [the_position_at_a_time_is_exact_after_a_scavenge,]
            );
        }
    };
}

/// Expands to a module with one test per promise of the read-model store. The second argument is an expression that, awaited,
/// gives a [`ReadModelFixture`](crate::ReadModelFixture) around a fresh, empty store; it is evaluated in every test.
#[macro_export]
macro_rules! read_model_contract {
    ($name:ident, $fixture:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $crate::contract_tests!(
                ($name, $fixture),
                read_models::rows,
                [],
                [
                    rows_are_put_replaced_and_deleted,
                    work_reads_its_own_writes,
                    a_row_is_looked_at_and_changed_in_place,
                    a_table_of_keys_only_works,
                    rows_that_do_not_fit_are_refused,
                    undeclared_tables_and_columns_are_refused,
                    work_that_fails_changes_nothing,
                    work_that_panics_changes_nothing,
                    each_condition_means_the_same_as_in_memory,
                    random_queries_mean_the_same_as_in_memory,
                    query_pages_cover_the_answer_in_a_stable_order,
                    a_scan_walks_all_rows_by_key,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                read_models::checkpoints,
                [],
                [
                    a_commit_moves_rows_and_checkpoint_together,
                    a_commit_from_another_position_is_fenced,
                    a_lease_of_another_owner_is_respected_until_it_expires,
                    a_take_over_fences_the_former_owner,
                    a_renewed_lease_keeps_its_epoch,
                    a_released_lease_is_free_at_once,
                    concurrent_commits_from_one_checkpoint_succeed_once,
                    a_checkpoint_without_rows_is_moved_under_the_same_rules,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                read_models::versions,
                [],
                [
                    nothing_is_queried_before_the_first_activation,
                    a_version_is_built_beside_the_active_one,
                    activation_keeps_the_former_version_and_drops_the_one_before,
                    a_rollback_is_an_activation_of_the_previous_version,
                    the_active_version_cannot_be_discarded,
                    a_discarded_version_is_gone,
                    preparing_again_keeps_rows_and_checkpoint,
                    halts_and_pauses_are_kept,
                    a_version_that_was_never_prepared_is_not_activated,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                read_models::quarantine,
                [],
                [
                    a_stream_is_set_aside_and_released_with_the_rows,
                    a_commit_that_fails_sets_nothing_aside,
                    a_discarded_version_takes_its_quarantine_along,
                    a_reset_forgets_all_but_the_pause,
                    another_version_is_not_halted_by_what_halted_the_former,
                ]
            );
            $crate::contract_tests!(
                ($name, $fixture),
                read_models::side,
                [],
                [
                    timers_come_due_in_their_order,
                    a_timer_is_replaced_and_cleared,
                    snapshots_move_forward_only,
                    snapshots_of_other_code_are_not_found,
                    snapshots_are_listed_and_deleted,
                ]
            );
        }
    };
}

/// Expands to a module with one test per promise of the keys of sealed personal data. The second argument is as that of
/// [`event_store_contract!`](crate::event_store_contract): the keys are part of the event store.
#[macro_export]
macro_rules! subject_keys_contract {
    ($name:ident, $fixture:expr) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            $crate::contract_tests!(
                ($name, $fixture),
                subject_keys::keys,
                [subject_keys],
                [
                    a_subject_has_no_key_before_its_first_use,
                    a_key_is_made_once_and_each_subject_has_its_own,
                    of_many_who_make_a_key_at_once_all_get_the_same,
                    a_destroyed_key_is_gone_and_never_comes_back,
                    of_many_who_destroy_a_key_at_once_exactly_one_has_done_it,
                    what_was_sealed_opens_until_the_key_is_destroyed,
                    odd_subjects_are_told_apart,
                    a_key_from_another_store_never_takes_the_place_of_one_that_is_there,
                    keys_are_no_events,
                ]
            );
        }
    };
}

/// One test per named function of a suite's module. Where something that the tests need is declared absent, each checks that it
/// is refused instead. Either way the case is noted.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    (($name:ident, $fixture:expr), $suite:ident::$group:ident, $needs:tt, [$($test:ident),* $(,)?]) => {
        $(
            #[test]
            fn $test() {
                let place = std::sync::OnceLock::new();
                let verdict = $crate::run(async {
                    let fixture = $fixture.await;
                    let _ = place.set(fixture.place());
                    $crate::check_needs!($suite, fixture, $needs);
                    $crate::$suite::$group::$test(&fixture).await;
                    $crate::Verdict::Held
                });
                let place = place.into_inner().flatten();
                $crate::tally::note(stringify!($name), place, stringify!($test), verdict);
            }
        )*
    };
}

/// Ends a test with the verdict of the first need that is absent.
#[doc(hidden)]
#[macro_export]
macro_rules! check_needs {
    ($suite:ident, $fixture:ident, [$($need:ident),*]) => {
        $(
            if let Some(verdict) = $crate::$suite::capabilities::$need(&$fixture).await {
                return verdict;
            }
        )*
    };
}
