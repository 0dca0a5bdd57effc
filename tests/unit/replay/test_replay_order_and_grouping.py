"""Grouping of nearby lines, order of time, and ids of equal rows."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stream.events import SignedIn
from stream.replay.grouping import Group, group_nearby
from stream.replay.identity import Occurrences
from stream.replay.ordering import in_time_order
from stream.replay.source import Skipped

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(minute: int, name: str = "e") -> SignedIn:
    at = START + timedelta(minutes=minute)
    return SignedIn(event_id=name, customer_id="c", occurred_at=at)


def grouped(keys: str, hold_lines: int) -> tuple[list[tuple[str, int]], list[int]]:
    found = list(group_nearby(((n, key, n) for n, key in enumerate(keys, 1)), hold_lines))
    groups = [(g.key, len(g.lines)) for g in found if isinstance(g, Group)]
    return groups, [s.line for s in found if isinstance(s, Skipped)]


def test_lines_within_reach_of_each_other_are_one_group_in_the_order_of_first_lines():
    assert grouped("abacb", hold_lines=3) == ([("a", 2), ("b", 2), ("c", 1)], [])


def test_a_line_that_comes_back_after_its_group_is_complete_is_told_and_starts_no_second_one():
    assert grouped("abbbba", hold_lines=3) == ([("a", 1), ("b", 4)], [6])


def test_a_group_waits_while_an_older_one_is_open():
    assert grouped("abaaaaa", hold_lines=2) == ([("a", 6), ("b", 1)], [])


@given(st.lists(st.integers(0, 50)))
def test_any_order_within_the_window_comes_out_sorted(minutes):
    found = list(in_time_order([event(m) for m in minutes], window_events=60))
    assert [e.occurred_at for e in found] == sorted(event(m).occurred_at for m in minutes)


@given(st.lists(st.integers(0, 50)), st.integers(1, 5))
def test_a_narrow_window_loses_and_repeats_nothing(minutes, window):
    events = [event(m, f"e{n}") for n, m in enumerate(minutes)]
    assert {e.event_id for e in in_time_order(events, window)} == {e.event_id for e in events}
    assert len(list(in_time_order(events, window))) == len(events)


def test_events_of_one_instant_keep_their_order():
    events = [event(0, "b"), event(0, "a"), event(0, "c")]
    assert [e.event_id for e in in_time_order(events)] == ["b", "a", "c"]


def test_equal_ids_are_numbered_and_long_unseen_ones_are_forgotten():
    occurrences = Occurrences(remembered=2)
    assert [occurrences.number(i) for i in "aabac"] == ["a", "a-2", "b", "a-3", "c"]
    assert occurrences.number("a") == "a-4"
    assert occurrences.number("b") == "b"
