"""The logistic regression finds the minimum of its loss, under its bounds."""

import math
import random

import pytest

from stream.learn.logistic import Fit, fit_logistic

Rows = list[tuple[frozenset[int], bool]]
TRUTH = (1.5, 0.0, 3.0)


def chance(log_odds: float) -> float:
    return 1 / (1 + math.exp(-log_odds))


def drawn(count: int, intercept: float = -2.0) -> Rows:
    draw = random.Random(5)
    rows = []
    for _ in range(count):
        features = frozenset(number for number in range(3) if draw.random() < 0.3)
        log_odds = intercept + sum(TRUTH[number] for number in features)
        rows.append((features, draw.random() < chance(log_odds)))
    return rows


def slopes(rows: Rows, fit: Fit, prior: tuple[float, ...], pull: float) -> list[float]:
    """The derivative of the loss by the intercept and by each coefficient."""
    found = [0.0, *(pull * (b - p) for b, p in zip(fit.coefficients, prior, strict=True))]
    for features, outcome in rows:
        off = chance(fit.intercept + sum(fit.coefficients[n] for n in features)) - outcome
        found[0] += off
        for number in features:
            found[1 + number] += off
    return found


def test_coefficients_are_those_that_made_the_outcomes() -> None:
    fit = fit_logistic(drawn(20_000), (0.0, 0.0, 0.0), 1.0)
    assert fit.intercept == pytest.approx(-2.0, abs=0.1)
    assert fit.coefficients == pytest.approx(TRUTH, abs=0.1)


@pytest.mark.parametrize("pull", [0.01, 2.0, 50.0])
def test_the_loss_is_flat_at_the_fit_but_for_what_lies_on_its_bound(pull: float) -> None:
    rows, prior = drawn(500), (0.5, 0.0, 1.0)
    fit = fit_logistic(rows, prior, pull)
    base, *others = slopes(rows, fit, prior, pull)
    assert base == pytest.approx(0, abs=1e-4)
    for value, slope in zip(fit.coefficients, others, strict=True):
        if value > 0:
            assert slope == pytest.approx(0, abs=1e-4)
        else:
            assert slope >= -1e-4


def test_a_feature_that_speaks_against_comes_to_nothing_and_never_below() -> None:
    rows = [(frozenset({0}), False)] * 50 + [(frozenset[int](), True)] * 50
    assert fit_logistic(rows, (1.0,), 0.1).coefficients == (0.0,)


def test_a_feature_that_no_row_has_keeps_its_prior() -> None:
    rows = [(frozenset({0}), True), (frozenset[int](), False)] * 20
    assert fit_logistic(rows, (0.3, 1.7), 1.0).coefficients[1] == 1.7


def test_a_feature_that_every_row_has_keeps_its_prior_beside_the_intercept() -> None:
    rows = [(frozenset({0}), number % 4 == 0) for number in range(400)]
    fit = fit_logistic(rows, (1.2,), 1.0)
    assert fit.coefficients == pytest.approx((1.2,), abs=1e-5)
    assert fit.intercept == pytest.approx(math.log(1 / 3) - 1.2, abs=1e-5)


def test_a_feature_that_separates_the_outcomes_has_a_finite_coefficient() -> None:
    rows = [(frozenset({0}), True)] * 800 + [(frozenset[int](), False)] * 9_000
    (value,) = fit_logistic(rows, (2.0,), 1.0).coefficients
    assert 4 < value < 20


@pytest.mark.parametrize("outcome", [True, False])
def test_outcomes_of_one_kind_end_the_search_all_the_same(outcome: bool) -> None:
    fit = fit_logistic([(frozenset({0}), outcome)] * 30, (1.0,), 1.0)
    assert math.isfinite(fit.intercept)
    assert abs(fit.intercept) <= 20
