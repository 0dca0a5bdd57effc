"""Points of the reasons of a risk, fitted to labelled history; the reasons and their steps stay."""

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from stream.learn.logistic import fit_logistic
from stream.risk.weights import Steps, Weights

#: Log-odds of a doubling.
_DOUBLING = math.log(2)
#: Pull of the points of a step towards what they were before: as if those were known to a doubling
#: of the odds, one standard deviation of a normal prior.
PULL = 1 / _DOUBLING**2


class Labelled(Struct, frozen=True):
    """A customer at some instant: the codes of the reasons there were with the points of each, and
    what the customer turned out to be.
    """

    reasons: tuple[tuple[str, int], ...]
    fraud: bool


class Fitted(Struct, frozen=True):
    """The weights with the points that the history speaks for, and by code how many of it had the
    reason: what nothing had keeps its points.
    """

    weights: Weights
    seen: Mapping[str, int]


def fit_weights(history: Sequence[Labelled], weights: Weights) -> Fitted:
    """The maximum a posteriori of a logistic regression on the steps that the reasons reached.

    The worst step that a reason reached is a feature that holds or does not, and its points are its
    coefficient, not below zero, in doublings of the odds. The prior are the points in ``weights``,
    those that the history was judged by (see :data:`PULL`). The share of fraud in the history goes
    into an intercept that is left out: verdicts on alerts are mostly of fraud, all customers mostly
    not, so calibration and levels stay. Points are whole, at least 1, and each step brings more
    than the milder ones, as the file of weights wants it.
    """
    numbers = _numbers(weights)
    unit = _DOUBLING / weights.doubling
    prior = [weights.steps[code][place][1] * unit for code, place in numbers]
    rows = [
        (frozenset(numbers[step] for step in _reached(each, weights)), each.fraud)
        for each in history
    ]
    found = fit_logistic(rows, prior, PULL).coefficients
    steps = {
        code: _worsening(old, [found[numbers[code, place]] / unit for place in range(len(old))])
        for code, old in weights.steps.items()
    }
    seen = Counter(code for each in history for code, _ in _reached(each, weights))
    return Fitted(replace(weights, steps=steps), {code: seen[code] for code in weights.steps})


def points(example: Labelled, before: Weights, after: Weights) -> int:
    """The sum of the points that other weights with the same steps would have brought."""
    return sum(after.steps[code][place][1] for code, place in _reached(example, before))


def _numbers(weights: Weights) -> dict[tuple[str, int], int]:
    """A number for each step, by code and place."""
    every = ((code, place) for code, steps in weights.steps.items() for place in range(len(steps)))
    return {step: number for number, step in enumerate(every)}


def _reached(example: Labelled, weights: Weights) -> Iterator[tuple[str, int]]:
    """Code and place of the worst step of each reason; none for a reason of other weights."""
    for code, brought in example.reasons:
        place = sum(brought >= least for _, least in weights.steps.get(code, ())) - 1
        if place >= 0:
            yield code, place


def _worsening(old: Steps, points: Sequence[float]) -> Steps:
    steps: list[tuple[int, int]] = []
    milder = 0
    for (threshold, _), found in zip(old, points, strict=True):
        milder = max(milder + 1, round(found))
        steps.append((threshold, milder))
    return tuple(steps)
