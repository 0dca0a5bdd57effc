"""Describing looks and does not touch; it says when it has to look again."""

from datetime import UTC, datetime
from itertools import pairwise
from statistics import median

import msgspec
from hypothesis import given

from stream.profile.portrait import Portrait, difference
from stream.profile.state import State, next_change, prune
from tests.support.events import (
    FAR_MS,
    INTERNAL,
    Wire,
    folded,
    portrait_bytes,
    suspicious_portrait,
    to_ms,
    to_text,
)
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

    Drawn from the contract: an hour leaves 30 days after its end, so does a UTC day; a month with
    orders leaves 365 days after its end; the days since the last order are told in steps, and the
    next order is expected once; an age band begins with a year; findings of a risk end. Nothing
    else moves with time.
    """
    month = 30 * DAY_MS
    acts = [event for event in history if event["type"] not in INTERNAL]
    times = [to_ms(event["occurred_at"]) for event in acts]
    orders = [to_ms(e["occurred_at"]) for e in acts if e["type"] == "order_completed"]
    found = {(at // unit + 1) * unit + month for at in times for unit in (HOUR_MS, DAY_MS)}
    if any("birth_year" in event.get("traits", {}) for event in acts):
        found |= {to_ms(f"{year}-01-01T00:00:00Z") for year in range(1971, 2105)}
    found |= {_month_after(at) + 365 * DAY_MS for at in orders}
    if orders:
        days = sorted({at // DAY_MS for at in orders})[-16:]
        gaps = [later - earlier for earlier, later in pairwise(days)]
        found |= {max(orders) + step * DAY_MS for step in STEPS}
        found |= {max(orders) + int(median(gaps) * DAY_MS)} if gaps else set()
    found |= risk_edges(history)
    return sorted(at for at in found if at > from_ms)


def risk_edges(history: list[Wire]) -> set[int]:
    """When findings may begin, end, 7 or 30 days after, and be forgotten, 7 days later.

    Of clicks the times are kept to 20 ms.
    """
    times = {to_ms(event["occurred_at"]) for event in history}
    times |= {at // 20 * 20 for at in times}
    return {at + days * DAY_MS for at in times for days in (0, 7, 14, 30, 37)}


#: Days since the last order that are told: all up to 16, then eight to each doubling: 168 years.
STEPS = (*range(16), *(eighth << power for power in range(1, 13) for eighth in range(8, 16)))


def _month_after(at_ms: int) -> int:
    moment = datetime.fromtimestamp(at_ms // 1000, UTC)
    return to_ms(f"{moment.year + moment.month // 12}-{moment.month % 12 + 1:02}-01T00:00:00Z")


@given(histories(max_size=12), delays)
def test_the_portrait_changes_at_the_announced_instants_and_at_no_other(
    history: list[Wire], delay_ms: int
) -> None:
    state = folded(history)
    assert state.newest_ms is not None
    instant = state.newest_ms + delay_ms
    found = edges(history, instant)
    announced = announcements(state, instant, max(found, default=FAR_MS))
    changing = []
    known: Portrait = suspicious_portrait(state, instant)
    for edge in found:
        assert difference(known, suspicious_portrait(state, edge - 1)) is None, to_text(edge - 1)
        now = suspicious_portrait(state, edge)
        if difference(known, now) is not None:
            changing.append(edge)
        known = now
    assert set(changing) <= set(announced)
    # A day or a month may leave without being seen, as where its names weigh too little; that
    # costs one look. So may an age band where the year begins, and those are all at midnight. Of a
    # finding that ends another may be left that says the same, and what is forgotten may be little.
    assert set(announced) <= set(found)
    unseen = set(announced) - set(changing) - risk_edges(history)
    assert all(edge % DAY_MS == 0 for edge in unseen)


def announcements(state: State, from_ms: int, until_ms: int) -> list[int]:
    """The chain of next changes up to an instant, each asked for at the one before."""
    chain: list[int] = []
    upcoming = next_change(state, from_ms)
    while upcoming is not None and upcoming <= until_ms:
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
