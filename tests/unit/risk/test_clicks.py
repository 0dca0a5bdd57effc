"""Clicks that a machine makes."""

from itertools import accumulate
from random import Random

import pytest

from stream.risk.clicks import find
from stream.risk.evidence import Evidence
from stream.risk.findings import Finding
from stream.risk.subject import Subject

T, SECOND_MS = 1_700_000_000_000, 1_000


def found(clicks: list[int], code: str) -> list[Finding]:
    subject = Subject(Evidence(clicks=clicks), None, None, max(clicks, default=T), ())
    return [each for each in find(subject) if each.code == code]


def regular(*intervals_ms: int) -> list[tuple[int, int]]:
    clicks = list(accumulate(intervals_ms, initial=T))
    return [((each.at_ms - T), each.value) for each in found(clicks, "regular_clicks")]


def test_eleven_equal_intervals_are_a_run_and_ten_none() -> None:
    assert regular(*[5_000] * 10) == []
    assert regular(*[5_000] * 11) == [(55_000, 12)]


def test_a_run_is_told_again_when_it_has_grown() -> None:
    told = [(55_000, 12), (75_000, 16), (115_000, 24), (155_000, 32)]
    assert regular(*[5_000] * 31) == told
    assert regular(*[5_000] * 22) == told[:2]


def test_a_run_is_found_among_other_clicks() -> None:
    before, after = [700, 90_000, 12_000], [40_000, 300]
    assert regular(*before, *[5_000] * 12, *after) == [(sum(before) + 55_000, 12)]


def test_a_run_that_changes_its_pace_is_two() -> None:
    assert regular(*[5_000] * 11, *[60_000] * 11) == [(55_000, 12), (55_000 + 660_000, 12)]


@pytest.mark.parametrize(("spread_ms", "runs"), [(400, 1), (600, 0)])
def test_intervals_may_vary_by_less_than_a_twentieth(spread_ms: int, runs: int) -> None:
    # Six below and six above the mean of 10 s: the deviation is the spread.
    intervals = [10_000 - spread_ms, 10_000 + spread_ms] * 6
    assert len([each for each in regular(*intervals) if each[1] == 12]) == runs


@pytest.mark.parametrize(("interval_ms", "runs"), [(1, 1), (599_999, 1), (600_000, 0), (0, 0)])
def test_intervals_are_longer_than_nothing_and_shorter_than_ten_minutes(
    interval_ms: int, runs: int
) -> None:
    assert len(regular(*[interval_ms] * 11)) == runs


def test_intervals_of_people_are_no_run() -> None:
    random = Random(7)
    for _ in range(200):
        assert regular(*(int(random.expovariate(1 / 20_000)) for _ in range(31))) == []


def test_a_run_says_when_and_how_fast_it_was() -> None:
    (run,) = found([T + n * 2_500 for n in range(12)], "regular_clicks")
    assert run.detail == "12 clicks at intervals of 2.5 s since 2023-11-14T22:13:20.000Z"
    assert run.events == ()


def test_thirty_clicks_within_a_minute() -> None:
    #   0      …     59,999    60,000 ms: the minute is open at its begin
    clicks = [T + n * 2_000 + n % 7 for n in range(29)]
    (rapid,) = found([*clicks, T + 59_999], "rapid_clicks")
    assert (rapid.at_ms, rapid.value) == (T + 59_999, 30)
    assert found([*clicks, T + 60_000], "rapid_clicks") == []


def test_rapid_clicks_of_one_instant_are_found_once() -> None:
    (rapid,) = found([T] * 32, "rapid_clicks")
    assert (rapid.at_ms, rapid.value) == (T, 32)


def test_few_clicks_are_nothing() -> None:
    assert found([], "rapid_clicks") == []
    assert found([T] * 29, "rapid_clicks") == []
