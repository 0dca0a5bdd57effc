"""The score: from findings to reasons, parts and a level."""

from collections.abc import Iterable, Sequence
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from stream.risk.findings import Finding
from stream.risk.reasons import KINDS, MEMORY_MS, PARTS, Part
from stream.risk.weights import LEVELS, Level, Weights
from stream.windows import to_rfc3339


class Reason(Struct, frozen=True):
    """Why there is a risk."""

    code: Annotated[str, Meta(description="Name of the reason, as in the file of weights.")]
    part: Annotated[Part, Meta(description="Part of the score that it counts for.")]
    points: Annotated[int, Meta(ge=1, description="What it adds to the sum.")]
    detail: Annotated[str, Meta(description="What was found, in words.")]
    at: Annotated[str, Meta(description="RFC 3339, UTC; when it was found.")]
    until: Annotated[str, Meta(description="RFC 3339, UTC; when it holds no more.")]
    events: Annotated[
        tuple[str, ...],
        Meta(
            description="Ids of the newest ten events that show it, oldest first; none for clicks, "
            "whose times `detail` says. Of what accounts share it is the event that made it known, "
            "which may be another customer's."
        ),
    ]


class Risk(Struct, frozen=True, kw_only=True):
    """How risky the customer is; a score is the calibration of the sum of its reasons' points."""

    score: Annotated[int, Meta(ge=0, le=100, description="Of all reasons together.")]
    level: Annotated[
        Level,
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
    reasons: Annotated[
        tuple[Reason, ...], Meta(description="What was found and brings points, most points first.")
    ]


#: Of a customer about whom there is no finding.
NO_RISK = Risk(score=0, level="low", account=0, device=0, order=0, promotion=0, reasons=())


class _Weighed(NamedTuple):
    """A finding that brings points, and when it ends."""

    points: int
    ends_ms: int
    finding: Finding

    def holds(self, as_of_ms: int) -> bool:
        return self.finding.at_ms <= as_of_ms < self.ends_ms


def judge(findings: Sequence[Finding], as_of_ms: int, weights: Weights) -> Risk:
    """The risk at an instant. Of several findings of one code the one with most points counts, of
    these the newest.
    """
    weighed = _weigh(findings, as_of_ms, weights)
    if not weighed:
        return NO_RISK
    reasons = tuple(
        _reason(each) for each in _best(each for each in weighed if each.holds(as_of_ms))
    )
    parts = dict.fromkeys(PARTS, 0)
    for reason in reasons:
        parts[reason.part] += reason.points
    score = weights.score(sum(parts.values()))
    return Risk(
        score=score,
        level=_level(weighed, as_of_ms, score, weights),
        reasons=reasons,
        **{part: weights.score(points) for part, points in parts.items()},
    )


def level(findings: Sequence[Finding], as_of_ms: int, weights: Weights) -> Level:
    """The level with its hysteresis, from what held in the last :data:`MEMORY_MS`."""
    weighed = _weigh(findings, as_of_ms, weights)
    score = weights.score(_sum(each for each in weighed if each.holds(as_of_ms)))
    return _level(weighed, as_of_ms, score, weights)


def next_change(findings: Sequence[Finding], as_of_ms: int) -> int | None:
    """The next instant, ms, at which the risk may change without an event; None for never.

    A finding may begin, if the instant is one of the past, and end, and that it held may be
    forgotten.
    """
    instants = (
        ms
        for finding in findings
        for ms in (finding.at_ms, finding.ends_ms, finding.ends_ms + MEMORY_MS)
    )
    return min((ms for ms in instants if ms > as_of_ms), default=None)


def _weigh(findings: Sequence[Finding], as_of_ms: int, weights: Weights) -> list[_Weighed]:
    """What brings points now, or did within the memory of a level."""
    weighed: list[_Weighed] = []
    for finding in findings:
        ends_ms = finding.ends_ms
        if finding.at_ms <= as_of_ms < ends_ms + MEMORY_MS and (
            points := weights.points(finding.code, finding.value)
        ):
            weighed.append(_Weighed(points, ends_ms, finding))
    return weighed


def _level(weighed: Sequence[_Weighed], as_of_ms: int, score: int, weights: Weights) -> Level:
    """The level of a score: walked through anew each time from the beginning of the memory, so
    that it depends on nothing but evidence.
    """
    lowest = _next_rank(0, score, weights)
    if lowest == _next_rank(len(LEVELS) - 1, score, weights):
        return LEVELS[lowest]  # nearly always: what was before does not matter
    since_ms = as_of_ms - MEMORY_MS
    instants = {since_ms, as_of_ms}
    for each in weighed:
        begins_ms = each.finding.at_ms
        instants.update(ms for ms in (begins_ms, each.ends_ms) if since_ms < ms < as_of_ms)
    rank = 0
    for at_ms in sorted(instants):
        points = _sum(each for each in weighed if each.holds(at_ms))
        rank = _next_rank(rank, weights.score(points), weights)
    return LEVELS[rank]


def _next_rank(rank: int, score: int, weights: Weights) -> int:
    """The rank of the level after a score, from the rank before it."""
    for number, name in enumerate(LEVELS[1:], 1):
        bounds = weights.bounds[name]
        if score >= bounds.rises_at:
            rank = max(rank, number)
        elif score < bounds.falls_below:
            return min(rank, number - 1)
    return rank


def _sum(weighed: Iterable[_Weighed]) -> int:
    """The points of all codes together, each with the most that it brings."""
    points: dict[str, int] = {}
    for each in weighed:
        code = each.finding.code
        if each.points > points.get(code, 0):
            points[code] = each.points
    return sum(points.values())


def _best(weighed: Iterable[_Weighed]) -> list[_Weighed]:
    """By code the one that counts, most points first."""
    found: dict[str, _Weighed] = {}
    for each in weighed:
        known = found.get(each.finding.code)
        if known is None or _precedence(each) > _precedence(known):
            found[each.finding.code] = each
    return sorted(found.values(), key=lambda each: (-each.points, each.finding.code))


def _precedence(weighed: _Weighed) -> tuple[int, int, tuple[str, ...], str]:
    """Up to the last word, so that the order of the findings does not matter."""
    finding = weighed.finding
    return weighed.points, finding.at_ms, finding.events, finding.detail


def _reason(weighed: _Weighed) -> Reason:
    finding = weighed.finding
    return Reason(
        code=finding.code,
        part=KINDS[finding.code].part,
        points=weighed.points,
        detail=finding.detail,
        at=to_rfc3339(finding.at_ms),
        until=to_rfc3339(weighed.ends_ms),
        events=finding.events,
    )
