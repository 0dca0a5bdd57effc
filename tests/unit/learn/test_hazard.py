"""The regression finds the hazard that made the outcomes."""

import math
import random

import pytest

from stream.learn.hazard import fit_hazard

TRUTH = (-1.0, 0.8, -0.5)


def drawn(rows: int) -> tuple[list[tuple[float, float]], list[bool]]:
    draw = random.Random(3)
    values = [(draw.gauss(5, 2), draw.gauss(0, 1)) for _ in range(rows)]
    chances = [
        -math.expm1(-math.exp(TRUTH[0] + TRUTH[1] * (a - 5) + TRUTH[2] * b)) for a, b in values
    ]
    return values, [draw.random() < chance for chance in chances]


def test_slopes_and_intercept_are_those_that_made_the_outcomes() -> None:
    rows, outcomes = drawn(4000)
    found = fit_hazard(rows, outcomes)
    assert found is not None
    assert found == pytest.approx([TRUTH[0] - 5 * TRUTH[1], *TRUTH[1:]], abs=0.2)


def test_expected_and_seen_outcomes_are_as_many() -> None:
    rows, outcomes = drawn(500)
    found = fit_hazard(rows, outcomes)
    assert found is not None
    base, a, b = found
    expected = sum(-math.expm1(-math.exp(base + a * x + b * y)) for x, y in rows)
    assert expected == pytest.approx(sum(outcomes), rel=0.01)


def test_a_constant_covariate_has_no_say() -> None:
    rows, outcomes = drawn(500)
    found = fit_hazard([(*row, 7.0) for row in rows], outcomes)
    assert found is not None
    assert found[3] == pytest.approx(0, abs=1e-9)


def test_rows_that_a_covariate_separates_have_finite_slopes() -> None:
    found = fit_hazard([(float(i),) for i in range(40)], [i >= 20 for i in range(40)])
    assert found is None or math.isfinite(found[1])


@pytest.mark.parametrize("outcome", [True, False])
def test_outcomes_of_one_kind_fit_nothing(outcome: bool) -> None:
    assert fit_hazard([(1.0,), (2.0,)], [outcome, outcome]) is None
