"""Kinds of values that a document holds, told from its types, and how values of them compare.

What the types do not say is marked in their JSON Schema: ``format: decimal`` is an amount of money,
``format: date-time`` an instant.
"""

from collections.abc import Callable
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Any

from msgspec import inspect

Value = str | int | float | bool | Decimal
Bound = int | float | Decimal
#: Tells of a value that is there, and is of the test's kind, whether it passes.
Test = Callable[[Any], bool]


class Kind(StrEnum):
    """What a field holds: the values are words for messages, the comments what is compared."""

    NUMBER = "a number"  # int or float
    MONEY = "an amount"  # Decimal, in units of the base currency
    INSTANT = "a time"  # str, RFC 3339 in UTC with milliseconds: such texts compare as times do
    TEXT = "text"  # str
    BOOLEAN = "true or false"  # bool
    TEXTS = "a list of texts"  # of str
    NUMBERS = "a list of numbers"  # of int or float
    NAMES = "a list of names"  # of str, the `name` of each struct; a name is a path like a/b/c
    ANY = "text, a number or true or false"  # str, int, float or bool: a declared trait


_SCALARS = {
    inspect.IntType: Kind.NUMBER,
    inspect.FloatType: Kind.NUMBER,
    inspect.BoolType: Kind.BOOLEAN,
}
_FORMATS = {"decimal": Kind.MONEY, "date-time": Kind.INSTANT}
_OF_ITEMS = {Kind.TEXT: Kind.TEXTS, Kind.NUMBER: Kind.NUMBERS}


@cache
def one_of(kind: Kind, wanted: tuple[Value, ...]) -> Test:
    """Whether a value is one of those wanted; of a list, whether any of its entries is.

    Of names, one that is wanted stands for all below it: `fashion` for `fashion/men/shirts`. A
    value of :attr:`Kind.ANY` is compared as :func:`as_text` has it.
    """
    values = frozenset(wanted)
    match kind:
        case Kind.NAMES:
            return _at_or_below(values)
        case Kind.TEXTS | Kind.NUMBERS:
            return lambda entries: not values.isdisjoint(entries)
        case Kind.ANY:
            return lambda value: as_text(value) in values
        case _:
            return values.__contains__


@cache
def between(kind: Kind, low: Bound | None, high: Bound | None) -> Test:
    """Whether a value lies within bounds, both inclusive; None is no bound.

    Text and truth values, which :attr:`Kind.ANY` may turn out to be, lie within none.
    """
    if kind is Kind.ANY:
        within = between(Kind.NUMBER, low, high)
        return lambda value: not isinstance(value, str | bool) and within(value)
    if high is None:
        return lambda value: low is None or bool(value >= low)
    if low is None:
        return lambda value: bool(value <= high)
    return lambda value: bool(low <= value <= high)


def _at_or_below(wanted: frozenset[Value]) -> Test:
    prefixes = tuple(f"{name}/" for name in wanted)

    def test(names: Any) -> bool:
        for name in names:  # noqa: SIM110 (a generator takes twice as long)
            if name in wanted or name.startswith(prefixes):
                return True
        return False

    return test


def as_text(value: Any) -> str:
    """A scalar as it is written in a rule: ``true``, ``5`` also for 5.0, ``2.5``, or the text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def kind_of(found: inspect.Type) -> tuple[Kind | None, tuple[str, ...]]:
    """The kind of a type's values, None if rules cannot compare them; and all texts it can be.

    There are no such texts where any text is possible.
    """
    bare, markers = bare_type(found)
    match bare:
        case inspect.StrType():
            return _FORMATS.get(markers.get("format", ""), Kind.TEXT), ()
        case inspect.LiteralType(values=values):
            texts = tuple(value for value in values if isinstance(value, str))
            return (Kind.TEXT, texts) if texts else (Kind.NUMBER, ())
        case inspect.EnumType(cls=cls) if issubclass(cls, str):
            return Kind.TEXT, tuple(str(member.value) for member in cls)
        case inspect.UnionType():
            return _kind_of_union(bare), ()
        case inspect.VarTupleType() | inspect.ListType():
            return _kind_of_list(bare.item_type)
        case _:
            return _SCALARS.get(type(bare)), ()


def bare_type(found: inspect.Type) -> tuple[inspect.Type, dict[str, Any]]:
    """A type without remarks and without None; and what the remarks add to its JSON Schema."""
    markers: dict[str, Any] = {}
    while True:
        match found:
            case inspect.Metadata():
                markers = {**(found.extra_json_schema or {}), **markers}
                found = found.type
            case inspect.UnionType() if len(others := _without_none(found)) == 1:
                found = others[0]
            case _:
                return found, markers


def is_optional(found: inspect.Type) -> bool:
    """Whether None is a value of a type."""
    while isinstance(found, inspect.Metadata):
        found = found.type
    return isinstance(found, inspect.UnionType) and found.includes_none


def _without_none(union: inspect.UnionType) -> list[inspect.Type]:
    return [each for each in union.types if not isinstance(each, inspect.NoneType)]


def _kind_of_union(union: inspect.UnionType) -> Kind | None:
    kinds = {kind_of(each)[0] for each in _without_none(union)}
    if kinds == {Kind.NUMBER}:
        return Kind.NUMBER
    return Kind.ANY if kinds <= {Kind.NUMBER, Kind.TEXT, Kind.BOOLEAN} else None


def _kind_of_list(item: inspect.Type) -> tuple[Kind | None, tuple[str, ...]]:
    bare, _ = bare_type(item)
    if isinstance(bare, inspect.StructType):
        named = any(f.name == "name" and kind_of(f.type)[0] is Kind.TEXT for f in bare.fields)
        return (Kind.NAMES if named else None), ()
    kind, allowed = kind_of(item)
    return (None if kind is None else _OF_ITEMS.get(kind)), allowed
