"""Kinds of values that a document holds, told from its types, and what values they can be.

What the types do not say is marked in their JSON Schema: ``format: decimal`` is an amount of money,
``format: date-time`` an instant.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Any

from msgspec import Struct, inspect

Value = str | int | float | bool | Decimal
Bound = int | float | Decimal


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


LISTS = (Kind.TEXTS, Kind.NUMBERS, Kind.NAMES)


class Limits(Struct, frozen=True):
    """The numbers that a field, or an entry of it, can be: both bounds inclusive, None is none."""

    low: float | None = None
    high: float | None = None
    whole: bool = False


_SCALARS = {
    inspect.IntType: Kind.NUMBER,
    inspect.FloatType: Kind.NUMBER,
    inspect.BoolType: Kind.BOOLEAN,
}
_FORMATS = {"decimal": Kind.MONEY, "date-time": Kind.INSTANT}
_OF_ITEMS = {Kind.TEXT: Kind.TEXTS, Kind.NUMBER: Kind.NUMBERS}


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


def limits_of(found: inspect.Type) -> Limits:
    """What numbers a type of a number, or of a list of numbers, allows."""
    bare, _ = bare_type(found)
    match bare:
        case inspect.IntType(ge=low, le=high):
            return Limits(low, high, whole=True)
        case inspect.FloatType(ge=low, le=high):
            return Limits(low, high)
        case inspect.VarTupleType() | inspect.ListType():
            return limits_of(bare.item_type)
        case _:
            return Limits()


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
        for field in bare.fields:
            kind, allowed = kind_of(field.type)
            if field.name == "name" and kind is Kind.TEXT:
                return Kind.NAMES, allowed
        return None, ()
    kind, allowed = kind_of(item)
    return (None if kind is None else _OF_ITEMS.get(kind)), allowed
