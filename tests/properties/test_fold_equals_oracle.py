"""Folding and describing says the same as looking at every event again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import example, given, target

from stream.measures.reference import NONE_TAKEN
from stream.measures.repurchase import BUILTIN
from stream.profile.state import prune
from tests.support.events import (
    Wire,
    contacted,
    folded,
    identified,
    ordered,
    portrait,
    searched,
    to_ms,
    viewed,
)
from tests.support.oracle.document import expected
from tests.support.oracle.values import Measures, differences
from tests.support.strategies import DAY_MS, HOUR_MS, delays, histories

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_, STORE_FIGURES = NONE_TAKEN.of("main", 2)
MEASURES = Measures(
    recency_days=STORE_FIGURES.recency_days,
    orders=STORE_FIGURES.orders,
    amount=STORE_FIGURES.amount,
    average_order=STORE_FIGURES.average_order,
    price=STORE_FIGURES.price,
    base=BUILTIN.base,
    momentum=BUILTIN.momentum,
    waiting=BUILTIN.waiting,
    spend=BUILTIN.spend,
    typical_order=BUILTIN.typical_order_minor,
)


def assert_says_what_the_oracle_says(history: list[Wire], delay_ms: int, *, pruned: bool) -> None:
    as_of_ms = max(to_ms(event["occurred_at"]) for event in history) + delay_ms
    state = folded(history)
    said = expected(history, EPOCH + timedelta(milliseconds=as_of_ms), MEASURES)
    if pruned:
        prune(state)
    if said is None:
        assert state.erased
        assert state.newest_ms is None
        return
    found = portrait(state, as_of_ms)
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    # These standards have no rules and no weights; other tests are about those.
    assert document.pop("labels") == document.pop("segments") == []
    assert document.pop("risk")["reasons"] == []
    inclinations = document["disposition"]["inclinations"]
    assert inclinations == sorted(inclinations, key=lambda each: (-each["score"], each["name"]))
    inclinations.sort(key=lambda each: each["name"])
    assert list(differences(document, said)) == []
    target(float(sum(document["activity"]["counts"].values())))


@given(histories(erasable=True), delays)
@example([viewed("2024-03-01T12:00:00.000Z"), viewed("2024-01-31T12:00:00Z")], 0)
@example([viewed("2024-03-01T12:00:00.000Z"), viewed("2024-01-31T11:59:59.999Z")], 0)
@example([viewed("2024-03-01T23:30:00+05:30", price="0.16")], 30 * DAY_MS + HOUR_MS)
@example([identified("2024-12-31T23:59:59.999Z", birth_year=2000)], 1)
@example([searched("2024-03-01T12:00:00Z", f"query {n}") for n in range(8)], 0)
@example([contacted("2024-03-01T12:00:00Z", subject=f"subject {n}") for n in range(8)], 0)
@example([viewed("2024-03-01T12:00:00.999Z"), viewed("2024-03-01T12:30:01Z")], 0)
@example([ordered("2024-03-01T12:00:00Z", "1.00"), ordered("2023-03-02T12:00:00Z", "1.00")], 0)
@example([ordered("2024-03-01T12:00:00Z", "1.00"), ordered("2023-02-28T12:00:00Z", "1.00")], 0)
def test_portrait_says_what_looking_at_every_event_says(history: list[Wire], delay_ms: int) -> None:
    assert_says_what_the_oracle_says(history, delay_ms, pruned=False)


@given(histories(), delays)
def test_pruning_does_not_change_what_is_said(history: list[Wire], delay_ms: int) -> None:
    assert_says_what_the_oracle_says(history, delay_ms, pruned=True)
