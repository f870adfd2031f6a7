"""The official Python client against the test server: what it appends, reads, follows and deletes."""

import datetime
import json
import os
import pathlib
import threading
import unittest
import uuid

from kurrentdbclient import KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import (
    AccessDeniedError,
    FailedPreconditionError,
    MaximumAppendSizeExceededError,
    NotFoundError,
    StreamIsDeletedError,
    UnauthenticatedError,
    WrongCurrentVersionError,
)

# Longest time to wait for an event of a subscription, in seconds.
PATIENCE = 30


def new_stream() -> str:
    return f"python-{uuid.uuid4()}"


def event(number: int, kind: str = "Happened") -> NewEvent:
    return NewEvent(type=kind, data=json.dumps({"number": number}).encode(), metadata=b'{"by":"python"}')


def events(count: int) -> list[NewEvent]:
    return [event(number) for number in range(count)]


def in_time(test: unittest.TestCase, subscription) -> None:
    """Ends a subscription that says nothing for too long, so that its test fails."""
    timer = threading.Timer(PATIENCE, subscription.stop)
    timer.start()
    test.addCleanup(timer.cancel)
    test.addCleanup(subscription.stop)


class OpenServer(unittest.TestCase):
    def setUp(self) -> None:
        self.client = KurrentDBClient(os.environ["OPEN_SERVER"])
        self.addCleanup(self.client.close)

    def test_one_event_and_a_batch_are_appended_and_read_in_both_directions(self) -> None:
        stream = new_stream()
        first = self.client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=event(0))
        batch = self.client.append_to_stream(stream, current_version=0, events=events(39))
        self.assertGreater(batch, first, "the positions of the log grow")
        read = self.client.get_stream(stream)
        self.assertEqual([found.stream_position for found in read], list(range(40)))
        self.assertEqual(read[0].commit_position, first)
        self.assertEqual((read[0].type, read[0].data, read[0].metadata), ("Happened", b'{"number": 0}', b'{"by":"python"}'))
        self.assertEqual(read[0].content_type, "application/json")
        age = datetime.datetime.now(datetime.timezone.utc) - read[0].recorded_at
        self.assertLess(abs(age.total_seconds()), 60, "recorded just now")
        backward = self.client.get_stream(stream, backwards=True, limit=2)
        self.assertEqual([found.stream_position for found in backward], [39, 38])
        self.assertEqual(self.client.get_current_version(stream), 39)

    def test_a_wrong_version_is_refused_to_one_event_and_to_a_batch(self) -> None:
        stream = new_stream()
        self.client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(2))
        for stale in (event(9), events(2)):
            with self.assertRaises(WrongCurrentVersionError):
                self.client.append_to_stream(stream, current_version=0, events=stale)
            with self.assertRaises(WrongCurrentVersionError):
                self.client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=stale)
        self.assertEqual(self.client.get_current_version(stream), 1)

    def test_a_repeated_append_writes_nothing(self) -> None:
        stream = new_stream()
        batch = events(3)
        first = self.client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=batch)
        again = self.client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=batch)
        self.assertEqual(first, again)
        self.client.append_to_stream(stream, current_version=StreamState.ANY, events=batch)
        self.assertEqual(self.client.get_current_version(stream), 2)

    def test_an_append_above_the_limit_is_refused(self) -> None:
        large = NewEvent(type="Large", data=b"x" * (1024 * 1024))
        with self.assertRaises(MaximumAppendSizeExceededError):
            self.client.append_to_stream(new_stream(), current_version=StreamState.ANY, events=[large])

    def test_the_log_is_filtered_by_type_and_by_stream(self) -> None:
        stream, kind = new_stream(), f"Kind{uuid.uuid4().hex}"
        begin = self.client.append_to_stream(stream, current_version=StreamState.ANY, events=[event(1, kind), event(2)])
        found = list(self.client.read_all(filter_include=[kind]))
        self.assertEqual([(read.stream_name, read.stream_position) for read in found], [(stream, 0)])
        of_stream = list(self.client.read_all(filter_include=[stream], filter_by_stream_name=True))
        self.assertEqual(len(of_stream), 2)
        newest = list(self.client.read_all(backwards=True, limit=1, filter_include=[stream], filter_by_stream_name=True))
        self.assertEqual(newest[0].commit_position, begin)
        # What the client leaves out if not told otherwise, with a look-ahead: the events of the system.
        self.assertFalse([read.type for read in self.client.read_all() if read.type.startswith("$")])
        self.assertTrue([read.type for read in self.client.read_all(filter_exclude=[]) if read.type.startswith("$")])
        onward = list(self.client.read_all(commit_position=begin))
        self.assertEqual(onward[0].commit_position, begin, "from a position on, with it")

    def test_links_of_a_category_are_resolved(self) -> None:
        category = f"category{uuid.uuid4().hex}"
        self.client.append_to_stream(f"{category}-1", current_version=StreamState.ANY, events=events(2))
        found = self.client.get_stream(f"$ce-{category}", resolve_links=True)
        self.assertEqual([(read.stream_name, read.link.type) for read in found], [(f"{category}-1", "$>")] * 2)

    def test_a_subscription_to_the_log_catches_up_and_goes_on(self) -> None:
        stream = new_stream()
        self.client.append_to_stream(stream, current_version=StreamState.ANY, events=events(2))
        subscription = self.client.subscribe_to_all(
            filter_include=[stream], filter_by_stream_name=True, include_caught_up=True, include_checkpoints=True
        )
        in_time(self, subscription)
        seen: list[int] = []
        for received in subscription:
            if received.is_caught_up:
                self.client.append_to_stream(stream, current_version=1, events=event(2))
            elif not received.is_checkpoint:
                seen.append(received.stream_position)
            if len(seen) == 3:
                break
        self.assertEqual(seen, [0, 1, 2])

    def test_a_subscription_to_a_stream_begins_behind_its_position(self) -> None:
        stream = new_stream()
        self.client.append_to_stream(stream, current_version=StreamState.ANY, events=events(3))
        subscription = self.client.subscribe_to_stream(stream, stream_position=0)
        in_time(self, subscription)
        received = [next(subscription).stream_position, next(subscription).stream_position]
        self.client.append_to_stream(stream, current_version=2, events=event(3))
        received.append(next(subscription).stream_position)
        self.assertEqual(received, [1, 2, 3])

    def test_a_deleted_stream_is_not_found_and_can_go_on(self) -> None:
        stream = new_stream()
        self.client.append_to_stream(stream, current_version=StreamState.ANY, events=events(2))
        self.client.delete_stream(stream, current_version=1)
        with self.assertRaises(NotFoundError):
            self.client.get_stream(stream)
        self.client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=event(2))
        self.assertEqual([found.stream_position for found in self.client.get_stream(stream)], [2])

    def test_a_tombstone_is_for_ever(self) -> None:
        stream = new_stream()
        self.client.append_to_stream(stream, current_version=StreamState.ANY, events=events(2))
        self.client.tombstone_stream(stream, current_version=1)
        with self.assertRaises(StreamIsDeletedError):
            self.client.get_stream(stream)
        with self.assertRaises(StreamIsDeletedError):
            self.client.append_to_stream(stream, current_version=StreamState.ANY, events=events(2))
        # Of one event the client passes on what the server says, as it is.
        with self.assertRaisesRegex(FailedPreconditionError, f"Event stream '{stream}' is deleted."):
            self.client.append_to_stream(stream, current_version=StreamState.ANY, events=event(9))

    def test_metadata_hide_the_beginning_of_a_stream(self) -> None:
        stream = new_stream()
        self.client.append_to_stream(stream, current_version=StreamState.ANY, events=events(5))
        self.client.set_stream_metadata(stream, metadata={"$maxCount": 2, "own": "kept"})
        self.assertEqual(self.client.get_stream_metadata(stream), ({"$maxCount": 2, "own": "kept"}, 0))
        self.assertEqual([found.stream_position for found in self.client.get_stream(stream)], [3, 4])

    def test_persistent_subscriptions_and_projections_are_listed(self) -> None:
        self.assertEqual(list(self.client.list_subscriptions()), [])
        running = {found.name: found.status for found in self.client.list_all_projection_statistics()}
        self.assertEqual(running["$by_category"], "Running")


class SecureServer(unittest.TestCase):
    def connected(self, login: str) -> KurrentDBClient:
        address = os.environ["SECURE_SERVER"].replace("://", f"://{login}@")
        authority = pathlib.Path(os.environ["AUTHORITY_FILE"]).read_bytes()
        client = KurrentDBClient(address, root_certificates=authority)
        self.addCleanup(client.close)
        return client

    def test_a_user_appends_and_reads_over_tls(self) -> None:
        client, stream = self.connected("alice:secret"), new_stream()
        client.append_to_stream(stream, current_version=StreamState.NO_STREAM, events=events(2))
        self.assertEqual(len(client.get_stream(stream)), 2)

    def test_the_log_is_for_administrators(self) -> None:
        with self.assertRaises(AccessDeniedError):
            list(self.connected("alice:secret").read_all())
        list(self.connected("admin:changeit").read_all())

    def test_a_wrong_password_is_unauthenticated(self) -> None:
        with self.assertRaises(UnauthenticatedError):
            self.connected("alice:wrong").get_stream(new_stream())


if __name__ == "__main__":
    unittest.main()
