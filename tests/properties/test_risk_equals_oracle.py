"""The reasons of a risk are those that the events give, and the score is that of their sum."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, target

from tests.support.events import EVERY_FINDING, Wire, folded, suspicious_portrait, to_ms
from tests.support.oracle import risk
from tests.support.oracle.values import moment, text
from tests.support.strategies import delays, histories

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
PARTS = ("account", "device", "order", "promotion")


def judged(history: list[Wire], as_of_ms: int) -> dict[str, Any]:
    """The section, as it is published."""
    section: dict[str, Any] = msgspec.json.decode(
        msgspec.json.encode(suspicious_portrait(folded(history), as_of_ms).risk)
    )
    return section


def newest(history: list[Wire]) -> int:
    return max(to_ms(event["occurred_at"]) for event in history)


@given(histories(), delays)
def test_the_reasons_are_those_that_looking_at_every_event_gives(
    history: list[Wire], delay_ms: int
) -> None:
    as_of_ms = newest(history) + delay_ms
    everything = [(moment(event), event) for event in history]
    expected = risk.reasons(everything, EPOCH + timedelta(milliseconds=as_of_ms))
    said = {each["code"]: each["at"] for each in judged(history, as_of_ms)["reasons"]}
    target(float(len(said)))
    assert {code: at for code, at in said.items() if code in risk.CODES} == {
        code: text(at) for code, at in expected.items()
    }


@given(histories(), delays)
def test_the_score_is_the_calibration_of_the_sum_and_every_reason_names_its_evidence(
    history: list[Wire], delay_ms: int
) -> None:
    as_of_ms = newest(history) + delay_ms
    section = judged(history, as_of_ms)
    points = [(each["part"], each["points"]) for each in section["reasons"]]
    assert section["score"] == calibrated(sum(n for _, n in points))
    for part in PARTS:
        assert section[part] == calibrated(sum(n for each, n in points if each == part))
    known = {event["event_id"] for event in history} | {e.get("cause") for e in history}
    for each in section["reasons"]:
        assert to_ms(each["at"]) <= as_of_ms < to_ms(each["until"])
        assert set(each["events"]) <= known
        assert each["events"] or each["code"] in ("regular_clicks", "rapid_clicks")


def calibrated(points: int) -> int:
    """The documented curve: odds of 2 to the points over 20, shifted to begin at 0."""
    half, doubling = EVERY_FINDING.half_points, EVERY_FINDING.doubling
    odds = (2 ** (points / doubling) - 1) / (2 ** (half / doubling) - 1)
    return int(100 * odds / (1 + odds) + 0.5)
