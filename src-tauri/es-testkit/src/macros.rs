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
                $fixture,
                events,
                append,
                [
                    each_expectation_is_checked_on_a_missing_stream,
                    each_expectation_is_checked_on_an_existing_stream,
                    versions_and_positions_are_in_the_order_of_the_request,
                    positions_are_dense_where_declared,
                    a_stale_append_loses_alone,
                    of_concurrent_creators_exactly_one_wins,
                    a_refused_append_writes_nothing,
                    an_append_to_several_streams_is_all_or_nothing,
                    what_was_acknowledged_is_read_at_once,
                ]
            );
            $crate::contract_tests!(
                $fixture,
                events,
                idempotency,
                [
                    the_same_append_again_changes_nothing,
                    a_replay_is_recognised_though_the_expectation_is_stale,
                    a_partly_known_append_is_refused,
                    the_same_id_with_other_content_is_refused,
                    the_same_events_in_another_order_or_stream_are_refused,
                    an_id_twice_in_one_request_is_refused,
                    one_request_sent_many_times_at_once_is_written_once,
                    one_id_with_different_contents_at_once_is_written_once,
                    an_append_to_several_streams_is_replayed,
                ]
            );
            $crate::contract_tests!(
                $fixture,
                events,
                read,
                [
                    each_filter_means_the_same_in_both_directions,
                    random_filters_mean_the_same_in_both_directions,
                    reads_exclude_where_they_start,
                    pages_of_one_event_walk_the_whole_log,
                    reads_beyond_the_ends_are_empty,
                    a_page_moves_past_what_does_not_match,
                    pages_are_cut_to_the_limit,
                    scanned_positions_are_those_of_a_filtered_read,
                    events_are_read_at_given_positions_in_the_given_order,
                    a_stream_is_read_in_both_directions,
                    a_missing_stream_reads_as_empty,
                    an_event_is_found_by_its_id_where_declared,
                ]
            );
            $crate::contract_tests!(
                $fixture,
                events,
                follow,
                [
                    a_tailing_reader_that_started_first_sees_all_that_concurrent_writers_wrote,
                    a_filtered_follower_misses_nothing,
                    waiting_ends_at_once_when_there_are_events,
                    waiting_ends_with_the_time_given,
                    waiting_ends_soon_after_an_append,
                ]
            );
            $crate::contract_tests!(
                $fixture,
                events,
                streams,
                [
                    streams_are_listed_in_each_order,
                    streams_are_searched_by_text_and_category,
                    stream_pages_cover_the_list_and_tell_the_total,
                    a_stream_tells_its_last_event,
                    categories_count_streams_and_events,
                ]
            );
            $crate::contract_tests!(
                $fixture,
                events,
                payload,
                [
                    json_is_kept_byte_for_byte,
                    malformed_json_is_refused,
                    binary_payloads_are_kept_where_declared,
                    limits_are_enforced_with_their_numbers,
                    the_largest_allowed_event_is_kept,
                    empty_requests_are_refused,
                    odd_stream_names_are_kept_and_found,
                    ids_of_the_metadata_are_columns,
                ]
            );
            $crate::contract_tests!(
                $fixture,
                events,
                time,
                [
                    recorded_time_never_decreases,
                    the_position_at_a_time_is_exact,
                    imported_events_keep_their_times,
                    an_import_back_in_time_is_refused_as_a_whole,
                    an_import_is_all_or_nothing,
                    an_import_is_replayed,
                ]
            );
            $crate::contract_tests!(
                $fixture,
                events,
                integrity,
                [
                    content_hashes_are_those_of_the_bytes,
                    the_chain_links_every_event_where_declared,
                    a_replay_leaves_the_chain_alone,
                ]
            );
            $crate::contract_tests!($fixture, events, model, [random_commands_do_what_a_simple_model_does,]);
            $crate::contract_tests!(
                $fixture,
                events,
                retention,
                [
                    what_is_declared_of_retention_is_true,
                    a_truncated_stream_begins_later_and_says_so,
                    everything_else_goes_on_with_a_truncated_stream,
                    a_change_is_recorded_with_who_when_and_why,
                    a_cut_is_forward_only_and_keeps_the_last_event,
                    streams_of_the_store_itself_and_missing_ones_are_refused,
                    a_change_decided_on_an_older_record_changes_nothing,
                    the_same_change_again_changes_nothing,
                    a_closed_stream_takes_no_further_events,
                    an_outline_tells_all_stored_events,
                ]
            );
            $crate::contract_tests!(
                $fixture,
                events,
                scavenge,
                [
                    a_scavenge_moves_hidden_events_and_nothing_else,
                    every_read_says_what_was_scavenged,
                    a_retried_append_of_scavenged_events_is_recognised,
                    a_batch_keeps_its_limits_and_the_next_one_goes_on,
                    a_scavenge_decided_on_an_older_record_moves_nothing,
                    each_stage_of_a_batch_is_told_in_order,
                    the_archive_holds_the_same_events_and_verifies,
                    the_chain_goes_on_through_stubs,
                    filters_mean_the_same_after_a_scavenge,
                    the_position_at_a_time_is_exact_after_a_scavenge,
                    a_follower_passes_over_what_was_scavenged,
                    random_retention_does_what_a_simple_model_does,
                ]
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
                $fixture,
                read_models,
                rows,
                [
                    rows_are_put_replaced_and_deleted,
                    work_reads_its_own_writes,
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
                $fixture,
                read_models,
                checkpoints,
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
                $fixture,
                read_models,
                versions,
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
                $fixture,
                read_models,
                side,
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

/// One test per named function of a suite's module.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    ($fixture:expr, $suite:ident, $group:ident, [$($test:ident),* $(,)?]) => {
        $(
            #[test]
            fn $test() {
                $crate::run(async {
                    let fixture = $fixture.await;
                    $crate::$suite::$group::$test(&fixture).await;
                });
            }
        )*
    };
}
