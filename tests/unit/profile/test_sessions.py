"""Sessions: more than 30 minutes without an event part two of them."""

import itertools

import pytest

from stream.profile.activity import Activity
from stream.profile.state import prune
from tests.support.events import Wire, event, folded, ordered, portrait, to_ms, viewed


def described(*events: Wire, as_of: str = "2024-05-06T23:00:00Z") -> Activity:
    return portrait(folded(events), to_ms(as_of)).activity


def added(occurred_at: str) -> Wire:
    return event("product_added", occurred_at, product={"product_id": "p1"})


@pytest.mark.parametrize(
    ("second", "sessions"),
    [
        ("10:30:00.000", 1),
        ("10:30:00.999", 1),  # a session's times are whole seconds
        ("10:30:01.000", 2),
    ],
)
def test_sessions_are_parted_by_more_than_thirty_minutes(second, sessions):
    #   10:00             10:30    10:30:01
    #     *-----------------|--------*
    #            one session          two
    section = described(viewed("2024-05-06T10:00:00Z"), viewed(f"2024-05-06T{second}Z"))
    assert section.sessions == sessions


def test_an_event_in_between_joins_two_sessions_whenever_it_comes():
    #   10:00      10:25      10:50
    #     *----------*----------*
    events = [viewed(f"2024-05-06T10:{minute:02}:00Z") for minute in (0, 25, 50)]
    for order in itertools.permutations(events):
        assert described(*order).sessions == 1
    assert described(events[0], events[2]).sessions == 2


def test_each_event_in_between_joins_what_it_is_close_to():
    #   10:00     10:20     10:31     10:40           11:05
    #     *         2         *         1               *
    events = [viewed(f"2024-05-06T{time}:00Z") for time in ("10:00", "10:31", "11:05")]
    assert described(*events).sessions == 3
    events.append(viewed("2024-05-06T10:40:00Z"))
    assert described(*events).sessions == 2
    events.append(viewed("2024-05-06T10:20:00Z"))
    assert described(*events).sessions == 1


@pytest.mark.parametrize(
    "type_name", ["invite_sent", "password_reset", "sign_in_failed", "support_contacted"]
)
def test_what_happens_outside_the_shop_makes_no_session(type_name):
    section = described(event(type_name, "2024-05-06T10:00:00Z"))
    assert (section.sessions, section.counts) == (0, {type_name: 1})
    assert section.conversion.view_to_cart is None


def test_conversion_is_that_of_the_sessions():
    #     view     view+cart    cart+order    order
    #   ---|-----------|------------|-----------|---
    section = described(
        viewed("2024-05-06T01:00:00Z"),
        *(viewed("2024-05-06T03:00:00Z"), added("2024-05-06T03:10:00Z")),
        *(added("2024-05-06T05:00:00Z"), ordered("2024-05-06T05:29:00Z", "5.00")),
        ordered("2024-05-06T07:00:00Z", "5.00"),
    )
    assert section.sessions == 4
    assert section.conversion.view_to_cart == 0.5
    assert section.conversion.cart_to_order == 0.5


def test_without_a_cart_nothing_is_said_of_carts_that_became_orders():
    section = described(ordered("2024-05-06T07:00:00Z", "5.00"))
    assert (section.conversion.view_to_cart, section.conversion.cart_to_order) == (0.0, None)


@pytest.mark.parametrize("pruned", [False, True])
def test_of_a_session_on_the_edge_only_what_is_in_the_window_counts(pruned):
    #         11:50 cart    12:00       12:10 order              as_of
    #              *----------|-----------*------------------------)
    events = [added("2024-05-06T11:50:00Z"), ordered("2024-05-06T12:10:00Z", "5.00")]
    state = folded([*events, viewed("2024-06-05T12:00:00Z")])
    if pruned:
        prune(state)
    section = portrait(state, to_ms("2024-06-05T12:00:00Z")).activity
    assert section.sessions == 2
    assert section.conversion.view_to_cart == 0.0
