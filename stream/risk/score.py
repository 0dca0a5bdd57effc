"""The score: from findings to reasons, parts and a level."""

from collections.abc import Sequence
from typing import Annotated, Literal

from msgspec import Meta, Struct

from stream.risk.findings import Finding
from stream.risk.reasons import KINDS, MEMORY_MS, PARTS, Part
from stream.risk.weights import LEVELS, Weights
from stream.windows import to_rfc3339


class Reason(Struct, frozen=True):
    """Why there is a risk."""

    code: Annotated[str, Meta(description="Name of the reason, as in the file of weights.")]
    part: Annotated[Part, Meta(description="Part of the score that it counts for.")]
    points: Annotated[int, Meta(ge=1, description="What it adds to the sum.")]
    detail: Annotated[str, Meta(description="The same in words.")]
    at: Annotated[str, Meta(description="RFC 3339, UTC; when it was found.")]
    until: Annotated[str, Meta(description="RFC 3339, UTC; when it holds no more.")]
    events: Annotated[
        tuple[str, ...], Meta(description="Ids of the events that show it, oldest first.")
    ]


class Risk(Struct, frozen=True, kw_only=True):
    """How risky the customer is; a score is the calibration of the sum of its reasons' points."""

    score: Annotated[int, Meta(ge=0, le=100, description="Of all reasons together.")]
    level: Annotated[
        Literal["low", "elevated", "high"],
        Meta(description="Of the score; a level is left later than it is reached."),
    ]
    account: Annotated[int, Meta(ge=0, le=100, description="Score of the account's reasons alone.")]
    device: Annotated[
        int,
        Meta(
            ge=0,
            le=100,
            description="Score of what accounts share: devices, addresses, references.",
        ),
    ]
    order: Annotated[int, Meta(ge=0, le=100, description="Score of the orders' reasons alone.")]
    promotion: Annotated[
        int, Meta(ge=0, le=100, description="Score of the reasons of promotion abuse alone.")
    ]
    reasons: Annotated[tuple[Reason, ...], Meta(description="Most points first.")]


#: Of a customer about whom there is no finding.
NO_RISK = Risk(score=0, level="low", account=0, device=0, order=0, promotion=0, reasons=())


def judge(findings: Sequence[Finding], as_of_ms: int, weights: Weights) -> Risk:
    """The risk at an instant. Of several findings of one code the one with most points counts, of
    these the newest.
    """
    if not findings:
        return NO_RISK
    best = _best(findings, as_of_ms, weights)
    reasons = tuple(_reason(finding, points) for points, finding in best)
    parts = dict.fromkeys(PARTS, 0)
    for reason in reasons:
        parts[reason.part] += reason.points
    score = weights.score(sum(parts.values()))
    return Risk(
        score=score,
        level=level(findings, as_of_ms, weights),  # type: ignore[arg-type]
        reasons=reasons,
        **{part: weights.score(points) for part, points in parts.items()},
    )


def level(findings: Sequence[Finding], as_of_ms: int, weights: Weights) -> str:
    """The level with its hysteresis, from what held in the last :data:`MEMORY_MS`.

    It is walked through from there anew each time, so that it depends on nothing but evidence.
    """
    since_ms = as_of_ms - MEMORY_MS
    instants = {since_ms, as_of_ms}
    for finding in findings:
        instants.update(ms for ms in (finding.at_ms, finding.ends_ms) if since_ms < ms <= as_of_ms)
    rank = 0
    for at_ms in sorted(instants):
        held = [f for f in findings if f.at_ms <= at_ms or at_ms == as_of_ms]
        score = weights.score(sum(points for points, _ in _best(held, at_ms, weights)))
        rank = _next_rank(rank, score, weights)
    return LEVELS[rank]


def next_change(findings: Sequence[Finding], as_of_ms: int) -> int | None:
    """The next instant, ms, at which the risk may change without an event; None for never."""
    instants = (
        ms
        for finding in findings
        for end_ms in (finding.at_ms, finding.ends_ms)
        for ms in (end_ms, end_ms + MEMORY_MS)
    )
    return min((ms for ms in instants if ms > as_of_ms), default=None)


def _next_rank(rank: int, score: int, weights: Weights) -> int:
    """The rank of the level after a score, from the rank before it."""
    for number, name in enumerate(LEVELS[1:], 1):
        bounds = weights.bounds[name]
        if score >= bounds.rises_at:
            rank = max(rank, number)
        elif score < bounds.falls_below:
            return min(rank, number - 1)
    return rank


def _best(
    findings: Sequence[Finding], as_of_ms: int, weights: Weights
) -> list[tuple[int, Finding]]:
    """By code what holds with most points, most points first."""
    found: dict[str, tuple[int, int, Finding]] = {}
    for finding in findings:
        points = weights.points(finding.code, finding.value) if finding.holds(as_of_ms) else 0
        if points:
            offered = (points, finding.at_ms, finding)
            known = found.get(finding.code)
            if known is None or offered[:2] > known[:2]:
                found[finding.code] = offered
    ranked = sorted(found.values(), key=lambda each: (-each[0], each[2].code))
    return [(points, finding) for points, _, finding in ranked]


def _reason(finding: Finding, points: int) -> Reason:
    return Reason(
        code=finding.code,
        part=KINDS[finding.code].part,
        points=points,
        detail=finding.detail,
        at=to_rfc3339(finding.at_ms),
        until=to_rfc3339(finding.ends_ms),
        events=finding.events,
    )
