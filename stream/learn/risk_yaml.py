"""Weights of risks written as the file that `PORTRAIT_RISK` names."""

from collections.abc import Iterator
from pathlib import Path

from stream.errors import Fatal
from stream.learn.risk import Fitted
from stream.risk.reasons import KINDS
from stream.risk.weights import Steps, Weights
from stream.windows import HOUR_MS


def save_weights(path: str | Path, fitted: Fitted, before: Weights, cases: int) -> None:
    """Write fitted weights, each with its origin; :class:`Fatal` where it fails."""
    try:
        Path(path).write_text(to_yaml(fitted, before, cases), encoding="utf-8")
    except OSError as exc:
        raise Fatal(f"cannot write {path}: {exc.strerror or exc}") from None


def to_yaml(fitted: Fitted, before: Weights, cases: int) -> str:
    """The file's text. ``cases`` is how many labelled ones the fit has seen."""
    return "\n".join([*_head(fitted.weights, cases), *_reasons(fitted, before, cases)]) + "\n"


def _head(weights: Weights, cases: int) -> Iterator[str]:
    yield f"# Weights fitted to {cases} labelled cases by `portrait risk fit`, which keeps reasons,"
    yield "# steps, calibration and levels. Name this file in PORTRAIT_RISK to use it."
    yield ""
    half_points, doubling = weights.half_points, weights.doubling
    yield f"calibration: {{half_points: {half_points}, doubling: {doubling}}}"
    yield "levels:"
    for name, bounds in weights.bounds.items():
        rises_at, falls_below = bounds.rises_at, bounds.falls_below
        yield f"  {name}: {{rises_at: {rises_at}, falls_below: {falls_below}}}"
    hours = f"{weights.cool_down_ms / HOUR_MS:.3f}".rstrip("0").rstrip(".")
    yield f"cool_down_hours: {hours}"
    yield ""


def _reasons(fitted: Fitted, before: Weights, cases: int) -> Iterator[str]:
    steps = fitted.weights.steps
    yield "reasons:" if steps else "reasons: {}"
    for code in steps:
        if seen := fitted.seen[code]:
            was = written(before.steps[code])
            yield f"  # fitted: {seen} of {cases} cases had it; {was} before"
        else:
            yield "  # no case had it: as before"
        operator = "at_most" if KINDS[code].less else "at_least"
        yield f"  {code}: {{{operator}: {written(steps[code])}}}"


def written(steps: Steps) -> str:
    """Steps as they stand in the file."""
    return "{" + ", ".join(f"{threshold}: {points}" for threshold, points in steps) + "}"
