"""Operators as people write them in YAML files, read by the kind of the field that they are for.

What no value could meet is refused: it is a slip of the pen, and would go unnoticed otherwise.
"""

from collections.abc import Sequence
from decimal import Decimal
from math import ceil, floor
from typing import Any

from stream.files.yaml_file import Element, Mapping
from stream.measures.kinds import Kind, as_text
from stream.measures.operators import (
    BOUNDS,
    DAYS,
    DISTRIBUTIONS,
    EQUAL,
    PERCENTS,
    Operator,
)
from stream.measures.paths import Path

MAX_DAYS = 36_500
#: With so many decimals a number of days is a whole number of milliseconds.
_DAYS_DECIMALS = 5
_NUMERIC = (Kind.NUMBER, Kind.MONEY, Kind.ANY)
_MEANT_FOR = {
    **dict.fromkeys(EQUAL, "what can be equal"),
    **dict.fromkeys(BOUNDS, "numbers and amounts"),
    **dict.fromkeys(DAYS, "times"),
    **dict.fromkeys(PERCENTS, f"what buyers are ranked by ({', '.join(DISTRIBUTIONS)})"),
}


def read_operators(
    element: Element, fields: Mapping, path: Path, decimals: int, allowed: Sequence[str]
) -> tuple[Operator, ...]:
    """The operators of a condition on the field at a path, in the order of the file.

    ``fields`` are operators alone; those of ``allowed`` may be used. Amounts have so many
    ``decimals`` at most. Raises :class:`~stream.errors.Fatal`.
    """
    usable = [name for name in usable_for(path) if name in allowed]
    if not fields:
        raise element.wrong(f"{path.text} needs one of {', '.join(usable)}")
    for name, value in fields.items():
        if name not in usable:
            raise value.wrong(_not_for(name, path, usable, allowed))
    operators = tuple(_operator(value, name, path, decimals) for name, value in fields.items())
    _check_company(fields, operators)
    _check_bounds(fields, operators, path, decimals)
    _check_spans(fields, operators)
    return operators


def usable_for(path: Path) -> tuple[str, ...]:
    """The operators that a field at a path can have."""
    bounds = BOUNDS if path.kind in _NUMERIC else ()
    percents = PERCENTS if path.text in DISTRIBUTIONS else ()
    values = DAYS if path.kind is Kind.INSTANT else (*EQUAL, *bounds)
    return (*values, *percents, "known")


def _not_for(name: str, path: Path, usable: Sequence[str], allowed: Sequence[str]) -> str:
    if name not in allowed:
        return f"{name} cannot be asked for here; {path.text} can have {', '.join(usable)}"
    is_ranked = name in PERCENTS and path.kind in _NUMERIC
    is_what = "is not one of them" if is_ranked else f"is {path.kind}"
    fits = [each for each in usable if each in (*BOUNDS, *DAYS)] or usable[1:2] or usable
    return f"{name} is for {_MEANT_FOR[name]}, and {path.text} {is_what}; use {_either(fits)}"


def _either(names: Sequence[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _operator(element: Element, name: str, path: Path, decimals: int) -> Operator:
    what = f"a value of {path.text}"
    if name == "in":
        elements = element.items("values")
        if not elements:
            raise element.wrong("in needs at least one value")
        found = [value for each in elements for value in _values(each, path, decimals)]
        written = tuple(each.text(what) for each in elements)
        return Operator(name, tuple(dict.fromkeys(found)), written)
    written = (element.text(what),)
    match name:
        case "is":
            return Operator(name, _values(element, path, decimals), written)
        case "known":
            return Operator(name, (element.truth(name),), written)
        case "within_days" | "older_than_days":
            return Operator(name, (_days(element, name),), written)
        case "top_percent" | "bottom_percent":
            return Operator(name, (_percent(element, name),), written)
        case _:
            return Operator(name, (_number(element, name, path.kind, decimals),), written)


def _values(element: Element, path: Path, decimals: int) -> tuple[Any, ...]:
    """A value as the field holds it; several where what is written may mean one or another."""
    what = f"a value of {path.text}"
    match path.kind:
        case Kind.NUMBER | Kind.NUMBERS | Kind.MONEY:
            number = _number(element, what, path.kind, decimals)
            limits = path.limits
            if _is_outside(number, path) or (limits.whole and number != int(number)):
                raise element.wrong(f"{path.text} cannot be {element.text(what)}{_span(path)}")
            return (number,)
        case Kind.BOOLEAN:
            return (element.truth(what),)
        case Kind.ANY:
            return _readings(element, what)
        case _ if path.allowed:
            return (element.choice(path.text, path.allowed),)
        case Kind.NAMES:
            return (element.text(what).rstrip("/"),)
        case _:
            return (element.text(what),)


def _readings(element: Element, what: str) -> tuple[str, ...]:
    """A declared trait may be text, a number or a truth value: `5.0` also means 5, `yes` true."""
    text = element.text(what)
    readings = [text]
    if element.is_number:
        readings.append(as_text(float(element.decimal(what))))
    elif element.looks_like("bool"):
        readings.append(as_text(element.truth(what)))
    return tuple(dict.fromkeys(readings))


def _number(element: Element, what: str, kind: Kind, decimals: int) -> int | float | Decimal:
    if kind is Kind.MONEY:
        return element.decimal(what, decimals=decimals)
    number = element.decimal(what)
    return int(number) if number == int(number) else float(number)


def _days(element: Element, name: str) -> Decimal:
    days = element.decimal(name, decimals=_DAYS_DECIMALS)
    if not 0 < days <= MAX_DAYS:
        raise element.wrong(f"{name}: {days} should be above 0 and at most {MAX_DAYS}")
    return days


def _percent(element: Element, name: str) -> int:
    percent = element.decimal(name)
    if not 0 < percent < 100 or percent % 5:
        raise element.wrong(f"{name}: {percent} should be a multiple of 5 from 5 to 95")
    return int(percent)


def _is_outside(number: int | float | Decimal, path: Path) -> bool:
    low, high = path.limits.low, path.limits.high
    return (low is not None and number < low) or (high is not None and number > high)


def _span(path: Path) -> str:
    """The end of a message: what numbers the field can be."""
    low, high, whole = path.limits.low, path.limits.high, path.limits.whole
    what = "whole numbers" if whole else "numbers"
    since = "" if low is None else f" from {low:g}"
    until = "" if high is None else f" to {high:g}"
    return f": it holds {what}{since}{until}"


def _check_company(fields: Mapping, operators: Sequence[Operator]) -> None:
    """`is`, `in` and `known: false` leave no room for others."""
    for each in operators:
        others = [name for name in fields if name not in (each.name, "known")]
        if each.name in EQUAL and others:
            raise fields[others[0]].wrong(f"{each.name} stands alone, without {others[0]}")
        if each.name == "known" and not each.values[0] and len(operators) > 1:
            raise fields["known"].wrong("known: false stands alone: no value meets the others")


def _check_bounds(
    fields: Mapping, operators: Sequence[Operator], path: Path, decimals: int
) -> None:
    bounds = [each for each in operators if each.name in BOUNDS]
    for each in bounds:
        if _is_outside(each.values[0], path):
            raise fields[each.name].wrong(
                f"{each.name} {each.written[0]} is beyond what {path.text} can be{_span(path)}"
            )
    if bounds and not _leave_room(bounds, path, decimals):
        asked = " and ".join(f"{each.name} {each.written[0]}" for each in bounds)
        beyond = _span(path) if len(bounds) == 1 else ""
        raise fields[bounds[-1].name].wrong(f"{path.text} can never be {asked}{beyond}")


def _leave_room(bounds: Sequence[Operator], path: Path, decimals: int) -> bool:
    """Whether any number of the field meets all bounds."""
    is_money = path.kind is Kind.MONEY
    is_whole = is_money or path.limits.whole
    lows = [] if path.limits.low is None else [(path.limits.low, False)]
    highs = [] if path.limits.high is None else [(path.limits.high, False)]
    for each in bounds:
        bound = each.values[0].scaleb(decimals) if is_money else each.values[0]
        is_strict = each.name in ("above", "below")
        is_low = each.name in ("at_least", "above")
        if is_whole and is_strict:  # above 2.5 is at least 3
            bound, is_strict = (floor(bound) + 1 if is_low else ceil(bound) - 1), False
        elif is_whole:
            bound = ceil(bound) if is_low else floor(bound)
        (lows if is_low else highs).append((bound, is_strict))
    if not lows or not highs:
        return True
    low = max(lows)
    high = min(highs, key=lambda each: (each[0], not each[1]))
    return low[0] < high[0] or (low[0] == high[0] and not low[1] and not high[1])


def _check_spans(fields: Mapping, operators: Sequence[Operator]) -> None:
    asked = {each.name: each.values[0] for each in operators}
    match asked:
        case {"within_days": within, "older_than_days": older} if older >= within:
            raise fields["older_than_days"].wrong(
                f"nothing is within_days {within} and older_than_days {older}"
            )
        case {"top_percent": top, "bottom_percent": bottom} if top + bottom <= 100:
            raise fields["bottom_percent"].wrong(
                f"nobody is in top_percent {top} and bottom_percent {bottom}"
            )
