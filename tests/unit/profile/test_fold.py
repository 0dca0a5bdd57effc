"""Folding records: each event once, erasure for good."""

from stream.profile.fold import Folded, fold_record
from stream.profile.seen import MEMORY_IDS
from stream.profile.social import Brought
from stream.profile.state import State, merge, next_change, prune
from tests.support.events import (
    Wire,
    event,
    folded,
    identified,
    occur,
    ordered,
    referred,
    to_ms,
    viewed,
)

NOON = "2024-05-06T12:00:00Z"


def offered(state: State, offset: int, wire: Wire, source: str = "clicks:0") -> Folded:
    return fold_record(state, source, offset, occur(wire))


def test_record_at_or_below_the_mark_is_not_folded_again():
    state = State()
    assert offered(state, 5, viewed(NOON)) is Folded.APPLIED
    assert offered(state, 5, viewed(NOON)) is Folded.REPLAYED
    assert offered(state, 4, viewed(NOON)) is Folded.REPLAYED
    assert offered(state, 6, viewed(NOON)) is Folded.APPLIED
    assert state.marks == {"clicks:0": 6}
    assert len(state.seen) == 2


def test_first_record_of_a_partition_has_offset_zero():
    state = State()
    assert offered(state, 0, viewed(NOON)) is Folded.APPLIED
    assert offered(state, 0, viewed(NOON)) is Folded.REPLAYED


def test_marks_of_different_sources_do_not_touch_each_other():
    state = State()
    assert offered(state, 5, viewed(NOON), "clicks:0") is Folded.APPLIED
    assert offered(state, 2, viewed(NOON), "clicks:1") is Folded.APPLIED
    assert offered(state, 2, viewed(NOON), "carts:0") is Folded.APPLIED
    assert state.marks == {"clicks:0": 5, "clicks:1": 2, "carts:0": 2}


def test_event_sent_again_moves_the_mark_and_nothing_else():
    state, sent = State(), viewed(NOON)
    offered(state, 1, sent)
    counted = dict(state.hours)
    assert offered(state, 2, sent) is Folded.DUPLICATE
    assert (state.hours, state.marks) == (counted, {"clicks:0": 2})


def test_id_is_remembered_for_a_day_of_the_customers_own_time():
    #   12:00:00                            12:00:00 next day
    #      *----------------------------------|--
    #     sent                    remembered  |  forgotten
    sent = viewed(NOON)
    for newer, outcome in (
        ("2024-05-07T11:59:59.999Z", Folded.DUPLICATE),
        ("2024-05-07T12:00:00.000Z", Folded.APPLIED),
    ):
        state = State()
        offered(state, 1, sent)
        offered(state, 2, viewed(newer))
        prune(state)
        assert offered(state, 3, sent) is outcome


def test_the_outcome_of_a_resend_does_not_depend_on_pruning():
    sent, state = viewed(NOON), State()
    offered(state, 1, sent)
    offered(state, 2, viewed("2024-05-07T12:00:00.000Z"))
    assert offered(state, 3, sent) is Folded.APPLIED


def test_the_256_newest_ids_are_remembered_with_and_without_pruning():
    minutes = [viewed(f"2024-05-06T{n // 60:02}:{n % 60:02}:00Z") for n in range(MEMORY_IDS + 1)]
    for pruned in (True, False):
        state = State()
        for offset, wire in enumerate(minutes):
            offered(state, offset, wire)
        if pruned:
            prune(state)
        assert offered(state, 1001, minutes[1]) is Folded.DUPLICATE
        assert offered(state, 1002, minutes[0]) is Folded.APPLIED


def test_erasure_leaves_nothing_but_marks():
    state = State()
    offered(state, 1, viewed(NOON, category="mugs", price="5.00"))
    offered(state, 1, ordered(NOON, "5.00"), "orders:0")
    offered(state, 1, identified(NOON, gender="female"), "customers:0")
    assert offered(state, 2, event("erasure_requested", NOON), "customers:0") is Folded.APPLIED
    assert state == State(marks={"clicks:0": 1, "orders:0": 1, "customers:0": 2}, erased=True)
    assert next_change(state, to_ms(NOON)) is None


def test_events_after_the_erasure_leave_nothing_whatever_their_time():
    state = State()
    offered(state, 1, event("erasure_requested", NOON), "customers:0")
    assert offered(state, 7, viewed("2030-01-01T00:00:00Z")) is Folded.ERASED
    assert offered(state, 7, viewed("2030-01-01T00:00:00Z")) is Folded.REPLAYED
    assert state == State(marks={"customers:0": 1, "clicks:0": 7}, erased=True)


def test_erasure_is_not_lost_to_an_event_id_that_was_used_before():
    # A producer that gives all events of one web request the same id must not undo a legal duty.
    state, sent = State(), viewed(NOON)
    offered(state, 1, sent)
    request = event("erasure_requested", NOON, event_id=sent["event_id"])
    assert offered(state, 1, request, "customers:0") is Folded.APPLIED
    assert state.erased


def test_a_referral_is_no_activity_and_is_not_remembered():
    state, referral = State(), referred(NOON, "friend", 2, "30.00")
    assert offered(state, 1, referral, "referrals:0") is Folded.APPLIED
    assert offered(state, 2, referral, "referrals:0") is Folded.APPLIED
    assert (state.seen, state.hours, state.first_ms, state.newest_ms) == ({}, {}, None, None)
    assert list(state.social.brought.values()) == [Brought(2, 3000, to_ms("2024-01-01T00:00:00Z"))]


def test_erasure_forgets_who_was_brought_and_takes_no_more():
    state = State()
    offered(state, 1, referred(NOON, "friend", 2, "30.00"), "referrals:0")
    offered(state, 1, event("erasure_requested", NOON), "customers:0")
    again = referred(NOON, "friend", 3, "40.00")
    assert offered(state, 2, again, "referrals:0") is Folded.ERASED
    assert state == State(marks={"referrals:0": 2, "customers:0": 1}, erased=True)


def test_merging_with_an_erased_history_is_erased():
    erased = State(marks={"customers:0": 3}, erased=True)
    other = folded([viewed(NOON)])
    other.marks = {"clicks:0": 1}
    expected = State(marks={"customers:0": 3, "clicks:0": 1}, erased=True)
    assert merge(erased, other) == merge(other, erased) == expected


def test_a_referral_counts_though_its_id_is_that_of_another_event() -> None:
    state = State()
    view = occur({**viewed("2026-01-01T10:00:00Z"), "event_id": "x"})
    told = occur({**referred("2026-01-01T10:01:00Z", "friend", 1, "5.00"), "event_id": "x"})
    assert fold_record(state, "clicks:0", 0, view) is Folded.APPLIED
    assert fold_record(state, "referrals:0", 0, told) is Folded.APPLIED
    assert len(state.social.brought) == 1
