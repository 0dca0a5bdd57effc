"""Paths: fields of a document by dotted names, for rules that people write.

``spending.amount_30d`` is a field of a section, ``activity.counts.product_viewed`` an entry of a
map, ``preferences.categories`` the names of a list, and ``preferences.categories.fashion`` the
share of a name and of all below it. A path is checked against the types of the
document once; reading it afterwards costs about a microsecond at most.
"""

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from functools import cache
from operator import attrgetter
from typing import Any, TypeGuard

from msgspec import Struct, inspect
from msgspec.structs import replace

from stream.measures.kinds import Kind, Limits, bare_type, is_optional, kind_of, limits_of
from stream.suggestions import MAX_SUGGESTIONS, closest, did_you_mean

#: Structs within structs that are looked through for suggestions.
_MAX_DEPTH = 6

#: Of the numbers that entries of a list of names carry, the one that is meant: the first of these.
_MEASURES = ("share", "score", "count")
#: Those numbers have four decimals; a sum of them has the noise of binary fractions.
_DECIMALS = 4

Read = Callable[[Any], Any]
_name = attrgetter("name")


class Path(Struct, frozen=True):
    """A field of a document: ``read(document)`` gives its value, None where there is none.

    ``allowed`` are all the texts that a text, or an entry of a list, can be; it is empty where any
    is possible. ``limits`` are those of a number.
    """

    text: str
    kind: Kind
    read: Read
    allowed: tuple[str, ...] = ()
    limits: Limits = Limits()


class UnknownPath(ValueError):
    """A path that leads to no value; the message ends with the closest paths that do."""

    def __init__(self, message: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(message + did_you_mean(suggestions))
        self.suggestions = tuple(suggestions)


@cache
def resolve(root: type[Struct], path: str) -> Path:
    """The field of a kind of document at a dotted path; the same object for the same arguments.

    An entry that a map of numbers, or a list of names that carry shares or counts, does not have
    reads as 0. Which entries a map may have is free,
    unless ``propertyNames: {enum: …}`` in its JSON Schema lists them. Raises :class:`UnknownPath`.
    """
    found = _structure(root)
    names = path.split(".")
    steps: list[Read] = []
    absent_is_zero = False
    attributes: list[str] = []  # on the way from the last step, none of which may be None
    for number, name in enumerate(names):
        bare, markers = bare_type(found)
        if attributes and (is_optional(found) or isinstance(bare, inspect.DictType)):
            steps.append(attrgetter(".".join(attributes)))
            attributes = []
        if isinstance(bare, inspect.StructType):
            field = _field(root, bare, names, number)
            attributes.append(field.name)
            found = field.type
        elif isinstance(bare, inspect.DictType):
            found = bare.value_type
            last = _is_leaf(found)
            key = ".".join(names[number:]) if last else name  # names of traits may hold dots
            _check_entry(names[:number], key, markers)
            steps.append(_entry(key, kind_of(found)[0]))
            if last:
                break
        elif (measure := _measure(bare)) is not None:
            key = ".".join(names[number:])
            _check_entry(names[:number], key, {"propertyNames": {"enum": kind_of(found)[1]}})
            steps += [attrgetter(".".join(attributes)), _carried(key, measure.name)]
            attributes, found, absent_is_zero = [], measure.type, measure.name != "score"
            break
        else:
            raise _too_long(names[:number], name, found)
    kind, allowed = kind_of(found)
    if kind is None:
        raise _no_value(path, found)
    if attributes:
        steps.append(attrgetter(".".join(attributes)))
    limits = limits_of(found)
    if absent_is_zero:
        limits = replace(limits, low=0)
    return Path(path, kind, _reader(_walk(steps), kind), allowed, limits)


@cache
def every_path(root: type[Struct]) -> tuple[str, ...]:
    """All paths of a kind of document, in its order; of maps only the entries that are listed."""
    return tuple(_leaves(_structure(root), "", 0))


@cache
def _structure(root: type[Struct]) -> inspect.Type:
    return inspect.type_info(root)


def _is_leaf(found: inspect.Type) -> bool:
    return not isinstance(bare_type(found)[0], inspect.StructType | inspect.DictType)


def _leaves(found: inspect.Type, prefix: str, depth: int) -> Iterator[str]:
    bare, markers = bare_type(found)
    if isinstance(bare, inspect.StructType) and depth < _MAX_DEPTH:
        for field in bare.fields:
            yield from _leaves(field.type, _join(prefix, field.encode_name), depth + 1)
    elif isinstance(bare, inspect.DictType) and depth < _MAX_DEPTH:
        for name in _entries(markers):
            yield from _leaves(bare.value_type, _join(prefix, name), depth + 1)
    elif kind_of(found)[0] is not None:
        yield prefix


def _join(prefix: str, name: str) -> str:
    return f"{prefix}.{name}" if prefix else name


def _entries(markers: dict[str, Any]) -> tuple[str, ...]:
    return tuple(markers.get("propertyNames", {}).get("enum", ()))


def _field(
    root: type[Struct], struct: inspect.StructType, names: list[str], number: int
) -> inspect.Field:
    by_name = {field.encode_name: field for field in struct.fields}
    field = by_name.get(names[number])
    if field is None:
        above, below = names[:number], names[number + 1 :]
        near = [".".join([*above, name, *below]) for name in closest(names[number], by_name)]
        raise UnknownPath(f"there is no field {'.'.join(names)!r}", _suggest(root, names, near))
    return field


def _suggest(root: type[Struct], names: list[str], near: list[str]) -> list[str]:
    """The paths closest to one that is unknown; ``near`` are tried first, if they exist."""
    known = every_path(root)
    path, last = ".".join(names), names[-1]
    # A field of another section is often meant by its bare name.
    same_name = [each for each in known if each.rpartition(".")[2] == last]
    found = [each for each in near if _exists(root, each)]
    found += same_name + list(closest(path, known))
    return list(dict.fromkeys(found))[:MAX_SUGGESTIONS]


def _exists(root: type[Struct], path: str) -> bool:
    try:
        resolve(root, path)
    except UnknownPath:
        return False
    return True


def _check_entry(above: list[str], key: str, markers: dict[str, Any]) -> None:
    prefix, known = ".".join(above), _entries(markers)
    if not key:
        raise UnknownPath(f"{prefix} needs the name of an entry after the dot")
    if known and key not in known:
        suggestions = [f"{prefix}.{name}" for name in closest(key, known)]
        raise UnknownPath(f"{prefix} has no entry {key}", suggestions)


def _too_long(above: list[str], name: str, found: inspect.Type) -> UnknownPath:
    prefix, (kind, _) = ".".join(above), kind_of(found)
    what = f"is {kind}" if kind else "is no section"
    return UnknownPath(f"{prefix} {what} and has no field {name}", [prefix] if kind else [])


def _no_value(path: str, found: inspect.Type) -> UnknownPath:
    bare, markers = bare_type(found)
    match bare:
        case inspect.StructType(fields=fields):
            names = ", ".join(field.encode_name for field in fields)
            return UnknownPath(f"{path} is a section: name one of its fields, {names}")
        case inspect.DictType():
            names = ", ".join(_entries(markers)) or f"such as {path}.NAME"
            return UnknownPath(f"{path} is a map: name one of its entries, {names}")
        case _:
            return UnknownPath(f"{path} holds values that rules cannot compare")


def _entry(key: str, kind: Kind | None) -> Read:
    default = 0 if kind is Kind.NUMBER else None
    return lambda entries: entries.get(key, default)


def _measure(found: inspect.Type) -> inspect.Field | None:
    """The number that the entries of a list of names carry, if they do."""
    if not isinstance(found, inspect.VarTupleType) or kind_of(found)[0] is not Kind.NAMES:
        return None
    item, _ = bare_type(found.item_type)
    fields = {field.name: field for field in item.fields} if _is_struct(item) else {}
    return next((fields[name] for name in _MEASURES if name in fields), None)


def _carried(name: str, measure: str) -> Read:
    """What the entries of a name and of those below it carry, added up.

    A name that is absent has no share and no count; what its score would be is not known.
    """
    below, carried = f"{name}/", attrgetter(measure)
    absent = None if measure == "score" else 0

    def read(entries: Any) -> Any:
        total: Any = None
        for each in entries:
            if each.name == name or each.name.startswith(below):
                total = carried(each) if total is None else total + carried(each)
        return absent if total is None else round(total, _DECIMALS)

    return read


def _is_struct(found: inspect.Type) -> TypeGuard[inspect.StructType]:
    return isinstance(found, inspect.StructType)


def _walk(steps: Sequence[Read]) -> Read:
    match steps:
        case [step]:
            return step
        case [first, second]:  # as nearly all are; a loop takes twice as long
            return lambda document: None if (found := first(document)) is None else second(found)

    def walk(document: Any) -> Any:
        for step in steps:
            document = step(document)
            if document is None:
                return None
        return document

    return walk


def _reader(walk: Read, kind: Kind) -> Read:
    match kind:
        case Kind.MONEY:
            return lambda document: None if (text := walk(document)) is None else Decimal(text)
        case Kind.NAMES:
            return lambda document: list(map(_name, walk(document) or ()))
        case _:
            return walk
