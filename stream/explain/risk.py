"""Evidence of the risk: reasons with their points, and how these come to a score and a level."""

from collections.abc import Iterator
from operator import attrgetter

from stream.explain.basis import Basis
from stream.explain.evidence import Evidence, as_read
from stream.risk.reasons import KINDS, MEMORY_MS, PARTS
from stream.risk.score import Reason, Risk
from stream.risk.weights import LEVELS, Weights
from stream.terminal import counted
from stream.windows import DAY_MS


def explain(basis: Basis) -> Iterator[Evidence]:
    """Evidence of the score and the level, of the parts, and of each reason."""
    risk, weights = basis.portrait.risk, basis.standards.risk
    yield basis.because("risk.score", _score(risk, weights))
    yield basis.because("risk.level", _level(risk, weights))
    for part in PARTS:
        reasons = [reason for reason in risk.reasons if reason.part == part]
        yield basis.because(f"risk.{part}", _points(reasons) or "no reason of this part holds")
    if not risk.reasons:
        yield basis.because("risk.reasons", "nothing that brings points was found")
    for reason in risk.reasons:
        value = f"{reason.code} {counted(reason.points, 'point')}"
        yield Evidence("risk.reasons", value, _reason(reason, weights))


def steps_in_words(code: str, weights: Weights) -> str:
    """The values of a reason and the points from there on: ``at least 5: 15, 10: 30``."""
    steps = ", ".join(f"{value}: {points}" for value, points in weights.steps.get(code, ()))
    return steps and f"{'at most' if KINDS[code].less else 'at least'} {steps}"


def _points(reasons: list[Reason]) -> str:
    if not reasons:
        return ""
    points = sum(map(attrgetter("points"), reasons))
    return f"{counted(points, 'point')} of {counted(len(reasons), 'reason')}"


def _score(risk: Risk, weights: Weights) -> str:
    if not risk.reasons:
        return "no reason holds"
    points = sum(map(attrgetter("points"), risk.reasons))
    return (
        f"{_points(list(risk.reasons))}; the calibration is 100 * (x - 1) / (x + h - 2) with "
        f"x = 2 ** ({points} / {weights.doubling}) and "
        f"h = 2 ** ({weights.half_points} / {weights.doubling})"
    )


def _level(risk: Risk, weights: Weights) -> str:
    rank = LEVELS.index(risk.level)
    if rank and risk.score < weights.bounds[risk.level].rises_at:
        bounds = weights.bounds[risk.level]
        return (
            f"reached at {bounds.rises_at} within the last {MEMORY_MS // DAY_MS} days, and not "
            f"yet left, since a score of {risk.score} is not below {bounds.falls_below}"
        )
    begins = [f"{name} begins at {weights.bounds[name].rises_at}" for name in LEVELS[1:]]
    return f"of a score of {risk.score}: {', '.join(begins)}"


def _reason(reason: Reason, weights: Weights) -> str:
    kind = KINDS[reason.code]
    events = "events" if len(reason.events) > 1 else "event"
    shown = f"{events} {', '.join(reason.events)}" if reason.events else "no event was kept"
    return (
        f"{reason.detail}; {reason.part}; found {as_read(reason.at)}, holds until "
        f"{as_read(reason.until)}; {shown}; points by {kind.unit}: "
        f"{steps_in_words(reason.code, weights)}"
    )
