"""Merging two states is folding both histories: commutative, associative, with a zero."""

from copy import deepcopy
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from stream.profile.fold import fold
from stream.profile.state import State, merge, prune
from tests.support.events import Wire, folded, occur, portrait_bytes, to_ms
from tests.support.strategies import delays, histories


def pruned(events: list[Wire]) -> State:
    state = folded(events)
    prune(state)
    return state


def parts(history: list[Wire], owners: list[int]) -> list[State]:
    """States of three histories that each event went to one of."""
    return [
        pruned([e for n, e in enumerate(history) if owners[n % len(owners)] == owner])
        for owner in range(3)
    ]


splits = st.lists(st.integers(0, 2), min_size=1, max_size=40)


@given(histories(erasable=True), splits, delays)
def test_merged_states_are_what_folding_both_histories_gives(
    history: list[Wire], owners: list[int], delay_ms: int
) -> None:
    a, b, c = parts(history, owners)
    whole = pruned(history)
    assert merge(merge(a, b), c) == whole
    instant = max(to_ms(event["occurred_at"]) for event in history) + delay_ms
    merged = portrait_bytes(merge(c, merge(b, a)), instant)
    assert merged == portrait_bytes(folded(history), instant)


@given(histories(), splits)
def test_merging_unpruned_states_gives_the_same(history: list[Wire], owners: list[int]) -> None:
    a = folded([e for n, e in enumerate(history) if owners[n % len(owners)]])
    b = folded([e for n, e in enumerate(history) if not owners[n % len(owners)]])
    assert merge(a, b) == pruned(history)


@given(histories(erasable=True), splits)
def test_merge_is_commutative_and_associative(history: list[Wire], owners: list[int]) -> None:
    a, b, c = parts(history, owners)
    a.marks, b.marks = {"clicks:0": 7, "carts:1": 3}, {"clicks:0": 5, "orders:2": 9}
    assert merge(a, b) == merge(b, a)
    assert merge(merge(a, b), c) == merge(a, merge(b, c))
    assert merge(a, b).marks == {"clicks:0": 7, "carts:1": 3, "orders:2": 9}


@given(histories(erasable=True))
def test_the_empty_state_adds_nothing(history: list[Wire]) -> None:
    state = pruned(history)
    assert merge(state, State()) == state
    assert merge(State(), state) == state


@given(histories(), splits)
def test_merging_leaves_both_arguments_as_they_were_and_shares_nothing_with_them(
    history: list[Wire], owners: list[int]
) -> None:
    a, b, _ = parts(history, owners)
    before = deepcopy((a, b))
    merged = merge(a, b)
    shared: tuple[dict[Any, Any] | list[Any], ...] = (
        *(merged.hours, merged.days, merged.sessions, merged.seen, merged.cases, merged.devices),
        *(merged.spending.hours, merged.spending.months, merged.spending.order_days),
        *(merged.social.brought, merged.social.invitations),
        *(
            merged.risk.sign_ins,
            merged.risk.history.addresses,
            merged.risk.failures,
            merged.risk.resets,
        ),
        *(merged.risk.orders, merged.risk.undone, merged.risk.redeemed, merged.risk.clicks),
        *(*merged.risk.known.values(), merged.risk.known),
    )
    for part in shared:
        part.clear()
    for event in history:
        merged.traits[event["event_id"]] = (0, None)
    assert (a, b) == before


@given(histories())
def test_folding_on_into_a_merged_state_leaves_the_merged_ones_alone(history: list[Wire]) -> None:
    a = folded(history)
    before = msgspec.msgpack.encode(a)
    merged = merge(a, State())
    for event in history:
        if event["type"] != "erasure_requested":
            fold(merged, occur(event))
    for tile in merged.hours.values():
        tile[0] = 99
    for day in merged.days.values():
        day.categories["x"] = day.brands["x"] = day.genders["x"] = day.prices[1] = 99
        day.searches["x"] = day.subjects["x"] = day.viewed[1] = day.bought[1] = 99
    assert msgspec.msgpack.encode(a) == before
