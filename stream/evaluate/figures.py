"""Figures of merit of a score or a guess, and how sure they are."""

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence

#: A figure of the rows with these indices.
Statistic = Callable[[Sequence[int]], float]

#: Part of the resampled figures outside of each end of an interval.
_TAIL = 0.025


def auc(scores: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Area under the ROC curve: the chance that a true row scores above a false one.

    0..1, and 0.5 for a guess; ties count half (Mann and Whitney 1947). Raises ValueError where the
    lengths differ, a score is NaN, or all outcomes are the same.
    """
    return auc_of_rows(scores, outcomes)(range(len(scores)))


def auc_of_rows(scores: Sequence[float], outcomes: Sequence[bool]) -> Statistic:
    """:func:`auc` as a statistic of row indices, for :func:`interval`: sorted only once."""
    if any(map(math.isnan, scores)):
        raise ValueError("a score is not a number")
    ranks = {score: rank for rank, score in enumerate(sorted(set(scores)))}
    codes = [2 * ranks[s] + bool(o) for s, o in zip(scores, outcomes, strict=True)]

    def statistic(rows: Sequence[int]) -> float:
        counts = Counter(map(codes.__getitem__, rows))
        trues = falses = 0
        in_order = 0.0
        for code in range(0, 2 * len(ranks), 2):
            false, true = counts.get(code, 0), counts.get(code + 1, 0)
            in_order += true * (falses + false / 2)
            falses += false
            trues += true
        if not trues or not falses:
            raise ValueError("an AUC needs rows of both outcomes")
        return in_order / (trues * falses)

    return statistic


def average_precision(scores: Sequence[float], outcomes: Sequence[bool]) -> float:
    """Mean precision over the true rows, each at the score that finds it; 0..1.

    The sum of ``(recall - recall before) * precision`` over the distinct scores from the highest
    on (Manning, Raghavan and Schütze 2008, §8.4), without interpolation: rows of one score are
    found together. Raises ValueError where the lengths differ, a score is NaN, or no row is true.
    """
    if any(map(math.isnan, scores)):
        raise ValueError("a score is not a number")
    by_score: Counter[float] = Counter()
    found: Counter[float] = Counter()
    for score, outcome in zip(scores, outcomes, strict=True):
        by_score[score] += 1
        found[score] += bool(outcome)
    trues = found.total()
    if not trues:
        raise ValueError("an average precision needs true rows")
    area, rows, hits = 0.0, 0, 0
    for score in sorted(by_score, reverse=True):
        rows += by_score[score]
        hits += found[score]
        area += found[score] * hits / rows
    return area / trues


def precision_and_recall(flagged: Sequence[bool], outcomes: Sequence[bool]) -> tuple[float, float]:
    """Part of the flagged rows that are true, and part of the true rows that are flagged; 0..1.

    0 where nothing is flagged, or nothing true. Raises ValueError where the lengths differ.
    """
    hits = sum(1 for flag, true in zip(flagged, outcomes, strict=True) if flag and true)
    flags, trues = sum(map(bool, flagged)), sum(map(bool, outcomes))
    return (hits / flags if flags else 0.0, hits / trues if trues else 0.0)


def balanced_accuracy(predicted: Sequence[bool], actual: Sequence[bool]) -> float:
    """Mean of the two recalls: of the true rows and of the false ones; 0..1, 0.5 for a guess.

    Raises ValueError where the lengths differ or all of ``actual`` are the same.
    """
    right = {True: 0, False: 0}
    rows = {True: 0, False: 0}
    for guess, truth in zip(predicted, actual, strict=True):
        rows[bool(truth)] += 1
        right[bool(truth)] += bool(guess) == bool(truth)
    if not rows[True] or not rows[False]:
        raise ValueError("a balanced accuracy needs rows of both outcomes")
    return (right[True] / rows[True] + right[False] / rows[False]) / 2


def interval(
    n: int, statistic: Statistic, *, rounds: int = 500, seed: int = 7
) -> tuple[float, float]:
    """95 % percentile bootstrap of a statistic of rows (Efron and Tibshirani 1993, §13.3).

    ``statistic`` is given ``n`` indices of rows, drawn with replacement out of ``range(n)``, and
    may raise ValueError for a draw it is not defined on, such as one without true rows: that draw
    is left out. Deterministic by ``seed``. Raises ValueError for no rows, or where no draw at all
    was good.
    """
    return intervals(n, lambda rows: (statistic(rows),), rounds=rounds, seed=seed)[0]


def intervals(
    n: int,
    statistics: Callable[[Sequence[int]], Sequence[float]],
    *,
    rounds: int = 500,
    seed: int = 7,
) -> list[tuple[float, float]]:
    """:func:`interval` of several figures of the same draws, in the order of the figures."""
    if n < 1 or rounds < 1:
        raise ValueError("an interval needs at least one row and one round")
    draw = random.Random(seed)
    rows = range(n)
    figures: list[Sequence[float]] = []
    for _ in range(rounds):
        try:
            figures.append(statistics(draw.choices(rows, k=n)))
        except ValueError:
            continue
    if not figures:
        raise ValueError("the figure is not defined on any sample of these rows")
    columns = [sorted(column) for column in zip(*figures, strict=True)]
    return [(_quantile(column, _TAIL), _quantile(column, 1 - _TAIL)) for column in columns]


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Linear interpolation between the order statistics around it."""
    place = part * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
