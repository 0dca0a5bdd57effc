"""Average precision, precision and recall equal their definitions."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.evaluate.figures import average_precision, precision_and_recall

ROWS = st.lists(st.tuples(st.integers(-3, 3), st.booleans()), min_size=1, max_size=30).filter(
    lambda rows: any(outcome for _, outcome in rows)
)


@given(ROWS)
def test_average_precision_is_the_mean_over_the_true_rows_of_the_precision_at_their_score(
    rows: list[tuple[int, bool]],
) -> None:
    precisions = []
    for score, outcome in rows:
        if outcome:
            above = [found for other, found in rows if other >= score]
            precisions.append(sum(above) / len(above))
    expected = sum(precisions) / len(precisions)
    scores, outcomes = zip(*rows, strict=True)
    assert average_precision(scores, outcomes) == pytest.approx(expected, abs=1e-12)


def test_average_precision_of_a_constant_score_is_the_share_of_true_rows() -> None:
    assert average_precision([4, 4, 4, 4], [True, False, False, False]) == 0.25


def test_average_precision_does_not_depend_on_the_order_of_equal_scores() -> None:
    rows = [(score, outcome) for score in range(3) for outcome in (True, False, False)]
    figures = set()
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        figures.add(average_precision(*zip(*rows, strict=True)))
    assert len(figures) == 1


def test_average_precision_without_a_true_row_is_refused() -> None:
    with pytest.raises(ValueError, match="true rows"):
        average_precision([1.0, 2.0], [False, False])


def test_precision_and_recall_count_what_is_flagged_and_what_is_true() -> None:
    flagged = [True, True, True, False, False]
    outcomes = [True, False, True, True, False]
    assert precision_and_recall(flagged, outcomes) == (2 / 3, 2 / 3)


def test_precision_of_nothing_flagged_and_recall_of_nothing_true_are_zero() -> None:
    assert precision_and_recall([False, False], [True, False]) == (0.0, 0.0)
    assert precision_and_recall([True, False], [False, False]) == (0.0, 0.0)
