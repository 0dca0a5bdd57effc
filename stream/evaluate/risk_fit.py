"""How well weights that were fitted to the past tell fraud in what came after it."""

from collections.abc import Sequence

from msgspec import Struct

from stream.evaluate.figures import auc, average_precision
from stream.learn.risk import Labelled, fit_weights, points
from stream.risk.weights import Weights

#: Part of the history, the newest, that is held out of the fit.
HELD_OUT = 0.3
_DECIMALS = 4


class Ranking(Struct, frozen=True):
    """How well sums of points rank fraud above the rest: by pairs, and by mean precision."""

    auc: float
    average_precision: float


class Comparison(Struct, frozen=True):
    """The same ``n`` cases, ``fraud`` of them fraud, ranked by the weights before and after."""

    n: int
    fraud: int
    before: Ranking
    after: Ranking


def compare(history: Sequence[Labelled], before: Weights, after: Weights) -> Comparison | None:
    """Rank cases by other weights with the same steps; None where all are of one kind."""
    outcomes = [each.fraud for each in history]
    if len(set(outcomes)) < 2:
        return None
    return Comparison(
        n=len(history),
        fraud=sum(outcomes),
        before=_rank([points(each, before, before) for each in history], outcomes),
        after=_rank([points(each, before, after) for each in history], outcomes),
    )


def hold_out(history: Sequence[Labelled], weights: Weights) -> Comparison | None:
    """Fit to the older part of a history that is in order of time, and rank the newest by it.

    None where one of the parts is all of one kind.
    """
    cut = len(history) - round(len(history) * HELD_OUT)
    older, newest = history[:cut], history[cut:]
    if len({each.fraud for each in older}) < 2:
        return None
    return compare(newest, weights, fit_weights(older, weights).weights)


def _rank(sums: Sequence[int], outcomes: Sequence[bool]) -> Ranking:
    return Ranking(
        auc=round(auc(sums, outcomes), _DECIMALS),
        average_precision=round(average_precision(sums, outcomes), _DECIMALS),
    )
