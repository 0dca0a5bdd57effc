"""The document as a whole: which instants it knows, and what counts as a change of it."""

import pytest
from msgspec.structs import replace

from stream.profile.portrait import SECTIONS, NotYetKnown, difference, to_change
from stream.profile.state import State, next_change
from stream.windows import DAY_MS
from tests.support.events import (
    contacted,
    event,
    folded,
    identified,
    ordered,
    portrait,
    referred,
    searched,
    to_ms,
    viewed,
)

NOON = "2024-05-06T12:00:00.000Z"
NOON_MS = to_ms(NOON)


def test_instant_before_the_newest_event_is_not_known():
    state = folded([viewed(NOON)])
    with pytest.raises(NotYetKnown, match="c1 has no portrait at 2024-05-06T11:59:59"):
        portrait(state, NOON_MS - 1)
    assert portrait(state, NOON_MS).as_of == NOON


@pytest.mark.parametrize("state", [State(), State(erased=True)])
def test_nobody_without_events_has_a_portrait(state):
    with pytest.raises(NotYetKnown):
        portrait(state, NOON_MS)


def test_first_and_last_seen_are_those_of_all_events_also_beyond_the_window():
    described = portrait(folded([viewed(NOON), viewed("2001-02-03T04:05:06.789+01:00")]), NOON_MS)
    assert described.first_seen == "2001-02-03T03:05:06.789Z"
    assert described.last_seen == NOON


def test_the_passing_of_time_alone_is_no_change():
    state = folded([viewed(NOON)])
    assert difference(portrait(state, NOON_MS), portrait(state, NOON_MS + 1)) is None
    assert difference(portrait(state, NOON_MS), portrait(state, NOON_MS + DAY_MS)) is None


def test_another_version_of_the_reference_alone_is_no_change():
    described = portrait(folded([viewed(NOON)]), NOON_MS)
    assert described.reference == "builtin-1"
    assert difference(described, replace(described, reference="f00d")) is None


def test_a_customer_with_nothing_but_referrals_has_no_portrait_yet():
    brought = referred(NOON, "friend", 1, "5.00")
    state = folded([brought])
    with pytest.raises(NotYetKnown):
        portrait(state, NOON_MS)
    assert next_change(state, NOON_MS) is None
    known = portrait(folded([brought, viewed("2024-05-01T00:00:00Z")]), NOON_MS)
    assert known.social.customers_brought == 1
    assert (known.first_seen, known.last_seen) == ("2024-05-01T00:00:00.000Z",) * 2


@pytest.mark.parametrize(("one", "other"), [(1, True), (0, False), (1, 1.0)])
def test_a_trait_that_only_its_type_tells_apart_is_a_change(one, other):
    before = portrait(folded([identified(NOON, vip=one)]), NOON_MS)
    after = portrait(folded([identified(NOON, vip=other)]), NOON_MS)
    assert difference(before, after) == ("attributes",)


def test_all_sections_of_a_first_portrait_are_new():
    assert difference(None, portrait(folded([viewed(NOON)]), NOON_MS)) == SECTIONS


def test_the_sections_that_differ_are_named_in_the_order_of_the_document():
    one = viewed(NOON)
    before = portrait(folded([one]), NOON_MS)
    more = [
        (viewed(NOON, category="mugs"), ("activity", "preferences")),
        (searched(NOON, "mug"), ("activity", "preferences")),
        (contacted(NOON), ("activity", "service")),
        (event("invite_sent", NOON), ("activity", "social")),
        (ordered(NOON, "1.00"), ("activity", "preferences", "spending")),
        (identified(NOON, size="M"), ("attributes", "activity")),
        (viewed("2024-01-01T00:00:00Z"), ()),  # only `first_seen` moves
        (ordered("2024-01-01T00:00:00Z", "1.00"), ("preferences", "spending")),
        (referred(NOON, "friend", 1, "5.00"), ("social",)),
    ]
    for added, sections in more:
        assert difference(before, portrait(folded([one, added]), NOON_MS)) == sections


def test_a_change_is_the_portrait_with_what_changed_and_why():
    described = portrait(folded([viewed(NOON)]), NOON_MS)
    change = to_change(described, ("activity",), "time")
    assert (change.changed, change.cause, change.version) == (("activity",), "time", 1)
    assert difference(change, described) is None
