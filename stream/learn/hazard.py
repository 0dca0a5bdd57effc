"""Regression of whether something happened within a time, by a hazard: 1 - exp(-exp(b · x))."""

import math
from collections.abc import Sequence
from statistics import fmean, pstdev

#: Pull of each slope towards zero, as if this part of the rows spoke against it (in units of the
#: covariate's standard deviation); keeps slopes finite where a covariate is constant or separates.
_RIDGE = 1e-3
_ROUNDS = 50
#: Largest change of a round, in slopes per standard deviation. A full step may leave the region
#: where the likelihood is curved, and never come back.
_LARGEST_STEP = 0.5
#: At steps as small as this the search has arrived.
_ARRIVED = 1e-7
#: Bounds of b · x during the search: chances from 2e-9 to 1 - 2e-9.
_BOUNDS = (-20.0, 3.0)

Vector = list[float]


def fit_hazard(rows: Sequence[Sequence[float]], outcomes: Sequence[bool]) -> Vector | None:
    """Maximum likelihood of intercept and slopes, by Fisher scoring; None where it finds none.

    The complementary log-log link (McCullagh and Nelder 1989, §4.3), whose likelihood has one
    maximum. ``rows`` are covariates without the constant, at least one row.
    """
    means = [fmean(column) for column in zip(*rows, strict=True)]
    scales = [pstdev(column) or 1.0 for column in zip(*rows, strict=True)]
    design = [
        (1.0, *((x - mean) / scale for x, mean, scale in zip(row, means, scales, strict=True)))
        for row in rows
    ]
    rate = fmean(outcomes)
    if not 0 < rate < 1:
        return None
    weights = [math.log(-math.log1p(-rate)), *(0.0 for _ in means)]
    for _ in range(_ROUNDS):
        step = _step(design, outcomes, weights)
        if step is None:
            return None
        size = max(map(abs, step))
        part = min(1.0, _LARGEST_STEP / size) if size else 1.0
        weights = [weight + part * change for weight, change in zip(weights, step, strict=True)]
        if size < _ARRIVED:
            return _unscaled(weights, means, scales)
    return None


def concordance(scores: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Chance that a row with the outcome scores above one without, ties counting half; 0..1.

    The area under the ROC curve (Mann and Whitney 1947). 0.5 where all outcomes are the same.
    """
    counts: dict[float, list[int]] = {}
    for score, outcome in zip(scores, outcomes, strict=True):
        counts.setdefault(score, [0, 0])[bool(outcome)] += 1
    falses = trues = 0
    in_order = 0.0
    for score in sorted(counts):
        false, true = counts[score]
        in_order += true * (falses + false / 2)
        falses += false
        trues += true
    return in_order / (trues * falses) if trues and falses else 0.5


def _step(
    design: Sequence[Sequence[float]], outcomes: Sequence[bool], weights: Vector
) -> Vector | None:
    """One step of Fisher scoring: the information matrix's solution for the score."""
    size = len(weights)
    score = [0.0] * size
    information = [[0.0] * size for _ in range(size)]
    for row, outcome in zip(design, outcomes, strict=True):
        linear = sum(x * weight for x, weight in zip(row, weights, strict=True))
        hazard = math.exp(min(max(linear, _BOUNDS[0]), _BOUNDS[1]))
        chance = -math.expm1(-hazard)
        pull = (outcome - chance) * hazard / chance
        certainty = hazard * hazard * (1 - chance) / chance
        for i, x in enumerate(row):
            score[i] += x * pull
            line, weighted = information[i], x * certainty
            for j in range(i + 1):
                line[j] += weighted * row[j]
    for i in range(size):
        for j in range(i):
            information[j][i] = information[i][j]
    ridge = _RIDGE * len(design)
    for i in range(1, size):
        information[i][i] += ridge
        score[i] -= ridge * weights[i]
    return _solve(information, score)


def _solve(matrix: list[Vector], right: Vector) -> Vector | None:
    """Gaussian elimination with partial pivoting; None where the matrix is singular."""
    size = len(right)
    lines = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for i in range(size):
        pivot = max(range(i, size), key=lambda k: abs(lines[k][i]))
        if abs(lines[pivot][i]) < 1e-12:
            return None
        lines[i], lines[pivot] = lines[pivot], lines[i]
        for k in range(i + 1, size):
            factor = lines[k][i] / lines[i][i]
            for j in range(i, size + 1):
                lines[k][j] -= factor * lines[i][j]
    found = [0.0] * size
    for i in reversed(range(size)):
        rest = sum(lines[i][j] * found[j] for j in range(i + 1, size))
        found[i] = (lines[i][size] - rest) / lines[i][i]
    return found


def _unscaled(weights: Vector, means: Vector, scales: Vector) -> Vector:
    """Intercept and slopes in the covariates' own units."""
    slopes = [weight / scale for weight, scale in zip(weights[1:], scales, strict=True)]
    return [weights[0] - sum(s * m for s, m in zip(slopes, means, strict=True)), *slopes]
