"""Figures of merit equal their definitions, and intervals cover what they should."""

import random
from collections.abc import Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.evaluate.figures import (
    auc,
    auc_of_rows,
    balanced_accuracy,
    interval,
    intervals,
)

ROWS = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=2, max_size=30).filter(
    lambda rows: len({outcome for _, outcome in rows}) == 2
)


def _auc_by_pairs(rows: Sequence[tuple[int, bool]]) -> float:
    trues = [score for score, outcome in rows if outcome]
    falses = [score for score, outcome in rows if not outcome]
    wins = sum((a > b) + (a == b) / 2 for a, b in product(trues, falses))
    return wins / (len(trues) * len(falses))


@given(ROWS)
def test_auc_is_the_part_of_pairs_in_the_right_order(rows: list[tuple[int, bool]]) -> None:
    scores, outcomes = zip(*rows, strict=True)
    assert auc(scores, outcomes) == pytest.approx(_auc_by_pairs(rows), abs=1e-12)


def test_auc_of_a_perfect_of_a_reversed_and_of_a_constant_score() -> None:
    outcomes = [False, False, True, True]
    assert auc([1, 2, 3, 4], outcomes) == 1.0
    assert auc([4, 3, 2, 1], outcomes) == 0.0
    assert auc([5, 5, 5, 5], outcomes) == 0.5


@pytest.mark.parametrize("outcome", [True, False])
def test_auc_without_rows_of_both_outcomes_is_refused(outcome: bool) -> None:
    with pytest.raises(ValueError, match="both outcomes"):
        auc([1.0, 2.0], [outcome, outcome])


def test_auc_of_a_score_that_is_not_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="not a number"):
        auc([1.0, float("nan")], [True, False])


def test_auc_of_rows_that_do_not_pair_up_is_refused() -> None:
    with pytest.raises(ValueError, match="zip"):
        auc([1.0], [True, False])


def test_balanced_accuracy_is_the_mean_of_the_recalls() -> None:
    actual = [True, True, False, False, False, False]
    assert balanced_accuracy([True, False, False, False, False, True], actual) == 0.625
    assert balanced_accuracy(actual, actual) == 1.0


def test_balanced_accuracy_of_the_majority_is_one_half() -> None:
    assert balanced_accuracy([False] * 10, [True] + [False] * 9) == 0.5


def test_balanced_accuracy_without_rows_of_both_outcomes_is_refused() -> None:
    with pytest.raises(ValueError, match="both outcomes"):
        balanced_accuracy([True], [True])


def test_interval_of_a_mean_is_that_of_the_normal_theory() -> None:
    draw = random.Random(1)
    sample = [draw.gauss(10, 2) for _ in range(400)]
    mean = sum(sample) / len(sample)
    low, high = interval(400, lambda rows: sum(sample[row] for row in rows) / len(rows))
    half = 1.96 * 2 / 20  # 1.96 standard errors
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.05)


def test_interval_is_the_same_each_time_and_another_for_another_seed() -> None:
    def spread(rows: Sequence[int]) -> float:
        return sum(rows) / len(rows)

    assert interval(50, spread) == interval(50, spread)
    assert interval(50, spread) != interval(50, spread, seed=8)


def test_intervals_are_those_of_the_same_draws() -> None:
    def low(rows: Sequence[int]) -> float:
        return min(rows)

    def mean(rows: Sequence[int]) -> float:
        return sum(rows) / len(rows)

    both = intervals(50, lambda rows: (low(rows), mean(rows)))
    assert both == [interval(50, low), interval(50, mean)]


@given(ROWS, st.randoms(use_true_random=False))
def test_auc_of_rows_is_that_of_the_rows_alone(
    rows: list[tuple[int, bool]], draw: random.Random
) -> None:
    scores, outcomes = zip(*rows, strict=True)
    chosen = [*draw.choices(range(len(rows)), k=8), outcomes.index(True), outcomes.index(False)]
    alone = auc([scores[row] for row in chosen], [outcomes[row] for row in chosen])
    assert auc_of_rows(scores, outcomes)(chosen) == alone


def test_interval_leaves_out_draws_that_have_no_figure() -> None:
    outcomes = [True, False, False]

    def figure(rows: Sequence[int]) -> float:  # undefined for draws of one outcome
        return auc([2 - row for row in rows], [outcomes[row] for row in rows])

    assert interval(3, figure) == (1.0, 1.0)


def _none() -> float:
    raise ValueError("no figure")


def test_interval_without_any_figure_is_refused() -> None:
    with pytest.raises(ValueError, match="any sample"):
        interval(3, lambda _rows: _none())
    with pytest.raises(ValueError, match="at least one row"):
        interval(0, lambda _rows: 0.0)
