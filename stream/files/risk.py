"""The file of weights, `PORTRAIT_RISK`: how many points each reason brings, and when to alarm.

A file replaces the shipped one, `risk.yaml`, as a whole: a reason that it leaves out brings
no points. What is wrong in it is said with its line and, where a word is misspelt, with the closest
that is known.
"""

from itertools import pairwise
from pathlib import Path as File

from stream.errors import Fatal
from stream.files.yaml_file import Element, read_yaml
from stream.risk.reasons import CODES, KINDS
from stream.risk.weights import LEVELS, Bounds, Level, Steps, Weights
from stream.windows import HOUR_MS

#: The file of weights that comes with the package.
SHIPPED = File(__file__).with_name("risk.yaml")
#: Of a step, and of the calibration, at most.
MAX_POINTS = 1000
#: Of a step, at most: 2**31 seconds are 68 years.
MAX_THRESHOLD = 2**31
MAX_COOL_DOWN_HOURS = 24 * 365


def load_weights(file: File | None) -> Weights:
    """The weights of a file, or of the shipped one. Raises :class:`~stream.errors.Fatal`."""
    file = file or SHIPPED
    content = read_yaml(file)
    if content is None:  # as a file is while it is written: it would take all risks away
        raise Fatal(f"{file} is empty; write `reasons: {{}}` where no points are meant")
    sections = content.mapping(
        required=("reasons",), optional=("calibration", "levels", "cool_down_hours")
    )
    default = Weights({})
    calibration, cool_down = sections.get("calibration"), sections.get("cool_down_hours")
    half_points, doubling = (
        (default.half_points, default.doubling)
        if calibration is None
        else _calibration(calibration)
    )
    return Weights(
        steps=_reasons(sections["reasons"]),
        half_points=half_points,
        doubling=doubling,
        bounds=_levels(sections["levels"]) if "levels" in sections else default.bounds,
        cool_down_ms=default.cool_down_ms if cool_down is None else _cool_down_ms(cool_down),
    )


def _calibration(element: Element) -> tuple[int, int]:
    fields = element.mapping(required=("half_points", "doubling"))
    return (
        _whole(fields["half_points"], "half_points", 1, MAX_POINTS),
        _whole(fields["doubling"], "doubling", 1, MAX_POINTS),
    )


def _levels(element: Element) -> dict[Level, Bounds]:
    fields = element.mapping(required=LEVELS[1:])
    found = {name: _bounds(fields[name], name) for name in LEVELS[1:]}
    for lower, higher in pairwise(LEVELS[1:]):
        below, above = found[lower], found[higher]
        if below.rises_at >= above.rises_at or below.falls_below > above.falls_below:
            raise fields[higher].wrong(
                f"{higher} should rise at more than {lower} does, {below.rises_at}, and fall "
                f"below no less than it does, {below.falls_below}"
            )
    return found


def _bounds(element: Element, name: str) -> Bounds:
    fields = element.mapping(required=("rises_at", "falls_below"))
    rises_at = _whole(fields["rises_at"], "rises_at", 1, 100)
    falls_below = _whole(fields["falls_below"], "falls_below", 1, 100)
    if falls_below > rises_at:
        raise fields["falls_below"].wrong(
            f"{name} cannot rise at {rises_at} and fall below {falls_below}: it would do both"
        )
    return Bounds(rises_at, falls_below)


def _cool_down_ms(element: Element) -> int:
    hours = element.decimal("cool_down_hours", at_least=0, decimals=3)
    if hours > MAX_COOL_DOWN_HOURS:
        raise element.wrong(f"cool_down_hours: {hours} is above {MAX_COOL_DOWN_HOURS}")
    return int(hours * HOUR_MS)


def _reasons(element: Element) -> dict[str, Steps]:
    fields = element.mapping(optional=CODES)
    return {code: _steps(code, fields[code]) for code in CODES if code in fields}


def _steps(code: str, element: Element) -> Steps:
    """The steps of a reason, mildest first; in the file they may stand in any order."""
    kind = KINDS[code]
    operator, other = ("at_most", "at_least") if kind.less else ("at_least", "at_most")
    fields = element.mapping(optional=(operator, other))
    if other in fields:
        worse = "the lower" if kind.less else "the higher"
        raise fields[other].wrong(
            f"{code} is the worse {worse} it is ({kind.unit}): use {operator}, not {other}"
        )
    if operator not in fields:
        raise element.wrong(f"{code} needs steps, such as {operator}: {{{kind.worth}: 10}}")
    steps = fields[operator].entries(f"{kind.unit} and points")
    if not steps:
        raise fields[operator].wrong(f"{code} needs at least one step; leave it out for no points")
    found: dict[int, tuple[int, Element]] = {}
    for key, value in steps:
        # What is not worth keeping is not looked at, nor is more kept than so many: such a step
        # would never be reached.
        low, high = (0, None) if kind.less else (kind.worth, kind.most)
        threshold = _whole(key, operator, low, MAX_THRESHOLD if high is None else high)
        if threshold in found:
            raise key.wrong(f"{operator} {threshold} stands here twice")
        found[threshold] = _whole(value, "points", 1, MAX_POINTS), key
    return _worsening(code, operator, found)


def _worsening(code: str, operator: str, found: dict[int, tuple[int, Element]]) -> Steps:
    """The steps from the mildest to the worst; each has to bring more than the one before."""
    ordered = sorted(found, reverse=KINDS[code].less)
    steps = tuple((threshold, found[threshold][0]) for threshold in ordered)
    for (milder, fewer), (worse, points) in pairwise(steps):
        if points <= fewer:
            raise found[worse][1].wrong(
                f"{code}: {operator} {worse} is worse than {operator} {milder}, and should bring "
                f"more than {fewer} points, not {points}"
            )
    return steps


def _whole(element: Element, what: str, low: int, high: int) -> int:
    number = int(element.decimal(what, at_least=low, decimals=0))
    if number > high:
        raise element.wrong(f"{what}: {number} is above {high}")
    return number
