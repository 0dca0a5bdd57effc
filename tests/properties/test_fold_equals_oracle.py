"""Folding and describing says the same as looking at every event again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgspec
from hypothesis import example, given, target

from stream.profile.preference import Preference
from stream.profile.state import prune
from tests.support import oracle
from tests.support.events import Wire, folded, identified, portrait, to_ms, viewed
from tests.support.strategies import DAY_MS, HOUR_MS, delays, histories

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def assert_says_what_the_oracle_says(history: list[Wire], delay_ms: int, *, pruned: bool) -> None:
    as_of_ms = max(to_ms(event["occurred_at"]) for event in history) + delay_ms
    state = folded(history)
    expected = oracle.expected(history, EPOCH + timedelta(milliseconds=as_of_ms))
    if pruned:
        prune(state)
    if expected is None:
        assert state.erased
        assert state.newest_ms is None
        return
    found = portrait(state, as_of_ms)
    document: dict[str, Any] = msgspec.to_builtins(found)
    document = msgspec.json.decode(msgspec.json.encode(document))
    del document["preferences"]
    assert document == expected.document
    assert_ranking(found.preferences.categories, expected.categories)
    assert_ranking(found.preferences.brands, expected.brands)
    if expected.quartiles is None:
        assert found.preferences.price_band is None
    else:
        assert found.preferences.price_band is not None
        for text, exact in zip(
            msgspec.structs.astuple(found.preferences.price_band), expected.quartiles, strict=True
        ):
            assert abs(Decimal(text) - exact) <= exact * Decimal("0.0625")
    target(float(sum(document["activity"]["counts"].values())))


def assert_ranking(found: tuple[Preference, ...], expected: list[oracle.Ranked]) -> None:
    assert [each.name for each in found] == [each.name for each in expected]
    for each, exact in zip(found, expected, strict=True):
        assert abs(Fraction(each.score) - exact.score) <= Fraction("0.0050001")
        assert abs(Fraction(each.share) - exact.share) <= Fraction("0.0000501")


@given(histories(erasable=True), delays)
@example([viewed("2024-03-01T12:00:00.000Z"), viewed("2024-01-31T12:00:00Z")], 0)
@example([viewed("2024-03-01T12:00:00.000Z"), viewed("2024-01-31T11:59:59.999Z")], 0)
@example([viewed("2024-03-01T23:30:00+05:30", price="0.16")], 30 * DAY_MS + HOUR_MS)
@example([identified("2024-12-31T23:59:59.999Z", birth_year=2000)], 1)
def test_portrait_says_what_looking_at_every_event_says(history: list[Wire], delay_ms: int) -> None:
    assert_says_what_the_oracle_says(history, delay_ms, pruned=False)


@given(histories(), delays)
def test_pruning_does_not_change_what_is_said(history: list[Wire], delay_ms: int) -> None:
    assert_says_what_the_oracle_says(history, delay_ms, pruned=True)
