"""Weights: how many points a finding brings, and what a sum of points amounts to."""

from typing import Literal

from msgspec import Struct, field

from stream.risk.reasons import KINDS

Level = Literal["low", "elevated", "high"]
#: Lowest first.
LEVELS: tuple[Level, ...] = ("low", "elevated", "high")

#: Thresholds of a value and the points from there on, mildest first.
Steps = tuple[tuple[int, int], ...]


class Bounds(Struct, frozen=True):
    """A level is reached at ``rises_at`` and left below ``falls_below``; scores 0..100."""

    rises_at: int
    falls_below: int


class Weights(Struct, frozen=True):
    """Points by code, and how they are read.

    ``half_points``   points that come to a score of 50, above 0
    ``doubling``      points that double the odds, once there are many, above 0
    ``bounds``        by level, but the lowest
    ``cool_down_ms``  for so long an alert is not repeated for the same causes
    """

    steps: dict[str, Steps]
    half_points: int = 60
    doubling: int = 20
    bounds: dict[Level, Bounds] = field(
        default_factory=lambda: {"elevated": Bounds(40, 30), "high": Bounds(70, 60)}
    )
    cool_down_ms: int = 24 * 3_600_000

    def points(self, code: str, value: int) -> int:
        """The points of a finding, 0 where its value reaches no step."""
        points = 0
        for threshold, more in self.steps.get(code, ()):
            reached = value <= threshold if KINDS[code].less else value >= threshold
            if not reached:
                break
            points = more
        return points

    def score(self, points: int) -> int:
        """The calibration: 0 for no points, 50 for ``half_points``, and monotone.

        The odds ``score : 100 - score`` are ``(x - 1) : (h - 1)``, where ``x`` is
        ``2 ** (points / doubling)`` and ``h`` is the same of ``half_points``: a logistic curve that
        begins at 0. Rounded half up.
        """
        if points <= 0:
            return 0
        odds = 2.0 ** min(points / self.doubling, _MOST_DOUBLINGS) - 1
        half = 2.0 ** min(self.half_points / self.doubling, _MOST_DOUBLINGS) - 1
        return int(100 * odds / (odds + half) + 0.5)


#: What a float can hold, twice and a hundred times.
_MOST_DOUBLINGS = 1000

#: No points for anything.
NO_WEIGHTS = Weights({})
