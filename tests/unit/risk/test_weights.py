"""Weights: points by steps, and the calibration of their sum."""

from math import log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.risk.weights import Weights

WEIGHTS = Weights(
    {
        "failed_sign_ins": ((5, 15), (10, 30), (20, 50)),
        "fast_first_order": ((3600, 10), (600, 35), (60, 100)),
    }
)

curves = st.builds(
    Weights, st.just({}), half_points=st.integers(1, 1000), doubling=st.integers(1, 1000)
)


@pytest.mark.parametrize(
    ("value", "points"), [(0, 0), (4, 0), (5, 15), (9, 15), (10, 30), (20, 50), (10**9, 50)]
)
def test_a_step_is_reached_at_its_threshold_and_the_worst_counts(value: int, points: int) -> None:
    assert WEIGHTS.points("failed_sign_ins", value) == points


@pytest.mark.parametrize(
    ("value", "points"), [(0, 100), (60, 100), (61, 35), (600, 35), (3600, 10), (3601, 0)]
)
def test_where_less_is_worse_steps_are_reached_from_above(value: int, points: int) -> None:
    assert WEIGHTS.points("fast_first_order", value) == points


def test_a_reason_without_steps_brings_nothing() -> None:
    assert WEIGHTS.points("new_device", 1) == 0


@given(curves)
def test_no_points_are_a_score_of_0_and_half_points_one_of_50(weights: Weights) -> None:
    assert weights.score(0) == 0
    assert weights.score(weights.half_points) == 50


@given(curves, st.integers(0, 50_000), st.integers(0, 50_000))
def test_more_points_are_never_a_lower_score(weights: Weights, few: int, more: int) -> None:
    assert 0 <= weights.score(few) <= weights.score(few + more) <= 100


@given(curves, st.integers(0, 5_000))
def test_the_odds_of_a_score_are_those_that_the_file_describes(
    weights: Weights, points: int
) -> None:
    x, h = points / weights.doubling, weights.half_points / weights.doubling
    if max(x, h) < 300 and points > 0:
        expected = 100 * (2**x - 1) / (2**x + 2**h - 2)
        assert abs(weights.score(points) - expected) <= 0.5 + 1e-6


def test_far_from_0_another_doubling_doubles_the_odds() -> None:
    weights = Weights({}, half_points=200, doubling=20)
    scores = [weights.score(points) for points in (200, 220, 240)]
    assert scores == [50, 67, 80]
    assert log2((80 / 20) / (50 / 50)) == 2


@pytest.mark.parametrize(
    ("points", "score"),
    [(10, 6), (20, 13), (30, 21), (40, 30), (50, 40), (60, 50), (70, 60), (82, 70), (100, 82)],
)
def test_scores_are_as_the_shipped_file_tabulates_them(points: int, score: int) -> None:
    assert Weights({}).score(points) == score
