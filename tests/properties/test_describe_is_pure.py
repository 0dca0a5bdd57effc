"""Describing looks and does not touch; it says when it has to look again."""

import msgspec
from hypothesis import given

from stream.profile.portrait import Portrait, difference
from stream.profile.state import State, next_change, prune
from tests.support.events import Wire, folded, portrait, portrait_bytes, to_ms, to_text
from tests.support.strategies import DAY_MS, HOUR_MS, delays, histories


@given(histories(), delays)
def test_describing_changes_nothing_and_says_the_same_twice(
    history: list[Wire], delay_ms: int
) -> None:
    state = folded(history)
    assert state.newest_ms is not None
    before = msgspec.msgpack.encode(state)
    first = portrait_bytes(state, state.newest_ms + delay_ms)
    next_change(state, state.newest_ms + delay_ms)
    assert msgspec.msgpack.encode(state) == before
    assert portrait_bytes(state, state.newest_ms + delay_ms) == first


@given(histories(), delays)
def test_pruning_is_idempotent_and_changes_no_portrait(history: list[Wire], delay_ms: int) -> None:
    state = folded(history)
    assert state.newest_ms is not None
    instant = state.newest_ms + delay_ms
    before = portrait_bytes(state, instant)
    prune(state)
    assert portrait_bytes(state, instant) == before
    once = msgspec.msgpack.encode(state)
    prune(state)
    assert msgspec.msgpack.encode(state) == once


def edges(history: list[Wire], from_ms: int) -> list[int]:
    """Every instant at which time alone could change the portrait of these events.

    Drawn from the contract: an hour leaves 30 days after its end, so does a UTC day, and an age
    band begins with a year. Nothing else in the document moves with time.
    """
    month = 30 * DAY_MS
    times = [to_ms(event["occurred_at"]) for event in history]
    found = {(at // unit + 1) * unit + month for at in times for unit in (HOUR_MS, DAY_MS)}
    found |= {to_ms(f"{year}-01-01T00:00:00Z") for year in range(1971, 2105)}
    return sorted(at for at in found if at > from_ms)


@given(histories(max_size=12), delays)
def test_the_portrait_changes_at_the_announced_instants_and_at_no_other(
    history: list[Wire], delay_ms: int
) -> None:
    state = folded(history)
    assert state.newest_ms is not None
    instant = state.newest_ms + delay_ms
    announced = announcements(state, instant)
    changing = []
    known: Portrait = portrait(state, instant)
    for edge in edges(history, instant):
        assert difference(known, portrait(state, edge - 1)) is None, to_text(edge - 1)
        now = portrait(state, edge)
        if difference(known, now) is not None:
            changing.append(edge)
        known = now
    assert set(changing) <= set(announced)
    # A day may leave whose names and prices weigh too little to be seen; that costs one look.
    assert all(edge % DAY_MS == 0 for edge in set(announced) - set(changing))


def announcements(state: State, from_ms: int) -> list[int]:
    """The chain of next changes, each asked for at the one before."""
    chain: list[int] = []
    upcoming = next_change(state, from_ms)
    while upcoming is not None:
        assert upcoming > (chain[-1] if chain else from_ms)
        chain.append(upcoming)
        upcoming = next_change(state, upcoming)
    return chain


@given(histories(), delays)
def test_pruning_does_not_move_the_next_change(history: list[Wire], delay_ms: int) -> None:
    state = folded(history)
    assert state.newest_ms is not None
    announced = next_change(state, state.newest_ms + delay_ms)
    prune(state)
    assert next_change(state, state.newest_ms + delay_ms) == announced
