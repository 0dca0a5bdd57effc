"""Logistic regression on features that hold or do not, with coefficients not below zero."""

import math
from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

#: At changes as small as this the search has arrived, in log-odds.
_ARRIVED = 1e-7
_ROUNDS = 5_000
#: Halvings of a step that does not lower the loss.
_HALVINGS = 30
#: The intercept stays within these log-odds where one outcome is all there is.
_LARGEST_INTERCEPT = 20.0


class Fit(Struct, frozen=True):
    """Log-odds: of a row with no feature, and what each feature adds."""

    intercept: float
    coefficients: tuple[float, ...]


class _Pattern(Struct):
    """Rows with the same features: how many, how many of them true, and their log-odds."""

    features: frozenset[int]
    rows: int = 0
    trues: int = 0
    log_odds: float = 0.0


def fit_logistic(
    rows: Sequence[tuple[frozenset[int], bool]], prior: Sequence[float], pull: float
) -> Fit:
    """Minimise the log-loss plus ``pull / 2`` times the squared distance of the coefficients from
    their ``prior``, under the bound that none is below zero.

    Each row holds the numbers of its features, and the outcome. The loss is convex and the pull
    above zero, so there is one minimum; a feature that no row has, or each, keeps its prior.
    Coordinate descent with Newton steps (Fan et al., LIBLINEAR, JMLR 2008, Appendix G), each halved
    until it lowers the loss. The intercept is free.
    """
    patterns = _patterns(rows)
    coefficients = [max(0.0, value) for value in prior]
    having = {
        number: [each for each in patterns if number in each.features]
        for number in sorted({number for each in patterns for number in each.features})
    }
    # What all rows have, the intercept says as well, and would take ages to hand over.
    having = {number: those for number, those in having.items() if len(those) < len(patterns)}
    for each in patterns:
        each.log_odds = sum(coefficients[number] for number in each.features)
    intercept = 0.0
    for _ in range(_ROUNDS):
        step = _step(patterns, intercept, 0.0, 0.0, -_LARGEST_INTERCEPT)
        step = min(step, _LARGEST_INTERCEPT - intercept)
        intercept += step
        _move(patterns, step)
        largest = abs(step)
        for number, those in having.items():
            step = _step(those, coefficients[number], prior[number], pull, 0.0)
            coefficients[number] += step
            _move(those, step)
            largest = max(largest, abs(step))
        if largest < _ARRIVED:
            break
    return Fit(intercept, tuple(coefficients))


def _patterns(rows: Sequence[tuple[frozenset[int], bool]]) -> list[_Pattern]:
    found: dict[frozenset[int], _Pattern] = {}
    for (features, outcome), count in Counter(rows).items():
        pattern = found.setdefault(features, _Pattern(features))
        pattern.rows += count
        pattern.trues += count * outcome
    return list(found.values())


def _step(
    patterns: Sequence[_Pattern], value: float, prior: float, pull: float, least: float
) -> float:
    """The change of a value, shared by these patterns, that lowers the loss; never below least."""
    slope, curve = pull * (value - prior), pull
    for each in patterns:
        chance = 1 / (1 + math.exp(-each.log_odds))
        slope += each.rows * chance - each.trues
        curve += each.rows * chance * (1 - chance)
    if curve <= 0:
        return 0.0
    step = max(-slope / curve, least - value)
    before = _loss(patterns, 0.0, value, prior, pull)
    for _ in range(_HALVINGS):
        if _loss(patterns, step, value, prior, pull) <= before:
            return step
        step /= 2
    return 0.0


def _loss(
    patterns: Sequence[_Pattern], step: float, value: float, prior: float, pull: float
) -> float:
    loss = pull / 2 * (value + step - prior) ** 2
    for each in patterns:
        log_odds = each.log_odds + step
        # log(1 + exp(x)) without overflow
        loss += each.rows * (max(log_odds, 0.0) + math.log1p(math.exp(-abs(log_odds))))
        loss -= each.trues * log_odds
    return loss


def _move(patterns: Sequence[_Pattern], step: float) -> None:
    for each in patterns:
        each.log_odds += step
