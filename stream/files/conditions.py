"""Conditions as people write them in YAML files: read, or refused with what is wrong.

A condition is a mapping of exactly one form::

    {all: [C, …]}   {any: [C, …]}   {not: C}   {label: NAME}   {segment: NAME}
    {field: PATH, OPERATOR: VALUE, …}
"""

from collections.abc import Callable, Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from stream.files.operators import read_operators
from stream.files.yaml_file import Element, Mapping
from stream.measures import conditions
from stream.measures.conditions import Condition
from stream.measures.operators import EQUAL, OPERATORS
from stream.measures.paths import Path, UnknownPath, resolve
from stream.suggestions import closest, did_you_mean

#: Conditions within conditions, at most.
MAX_DEPTH = 20
#: Conditions of a file, and values that fields are compared with, at most: aliases multiply both.
MAX_CONDITIONS = 5_000
MAX_VALUES = 50_000

_FORMS = ("all", "any", "not", "label", "segment", "field")
#: Fields that change by themselves, with every event or with the rules; and all below them.
_MOVING = (
    *("labels", "segments", "version", "as_of", "reference", "changed", "cause"),
    "activity.window",
)
_TIER = "spending.tier"
_EXAMPLE = "such as {field: spending.orders, above: 3}"


class Budget(Struct):
    """How much a file may still hold."""

    conditions: int = MAX_CONDITIONS
    values: int = MAX_VALUES

    def spend(self, element: Element, *, conditions: int = 0, values: int = 0) -> None:
        """Take what an element holds; raises :class:`~stream.errors.Fatal` where it is too much."""
        self.conditions -= conditions
        self.values -= values
        if self.conditions < 0:
            raise element.wrong(f"there are more than {MAX_CONDITIONS} conditions in the file")
        if self.values < 0:
            raise element.wrong(f"there are more than {MAX_VALUES} values in the file")


class Scope(Struct, frozen=True, kw_only=True):
    """What the conditions of one part of a file may refer to.

    ``subject``    whose conditions they are, for messages: ``a label``
    ``document``   what fields are looked up in
    ``decimals``   of the base currency
    ``tiers``      names that ``spending.tier`` can be
    ``beyond``     paths that are out of reach, with all below them, on top of those that move
    ``operators``  those that may be used
    ``labels``     names that ``label`` can refer to, None where it cannot be used; the same for
                   ``segments``
    ``shipped``    names of a form, of the rules that the file replaces; asked for after a mistake
    ``budget``     shared by the parts of a file
    """

    subject: str
    document: type[Struct]
    decimals: int
    tiers: tuple[str, ...]
    budget: Budget
    beyond: tuple[str, ...] = ()
    operators: tuple[str, ...] = OPERATORS
    labels: tuple[str, ...] | None = None
    segments: tuple[str, ...] | None = None
    shipped: Callable[[str], Collection[str]] = lambda _form: ()


def to_condition(element: Element, scope: Scope, depth: int = 1) -> Condition:
    """The condition that is written; raises :class:`~stream.errors.Fatal`."""
    scope.budget.spend(element, conditions=1)
    if depth > MAX_DEPTH:
        raise element.wrong(f"conditions are nested more than {MAX_DEPTH} deep")
    if not element.is_mapping:
        raise element.wrong(f"expected a condition {_EXAMPLE}, got {element.written}")
    fields = element.mapping(optional=(*_FORMS, *OPERATORS))
    form = next((name for name in _FORMS if name in fields), None)
    if form is None or (form != "field" and len(fields) > 1):
        raise element.wrong(
            f"a condition is exactly one of {', '.join(_FORMS[:-1])}, or a field with operators"
        )
    value = fields[form]
    match form:
        case "all":
            return conditions.every(_children(value, form, scope, depth))
        case "any":
            return conditions.some(_children(value, form, scope, depth))
        case "not":
            return conditions.negated(to_condition(value, scope, depth + 1))
        case "label":
            return conditions.has_label(_name(value, form, scope.labels, scope))
        case "segment":
            return conditions.in_segment(_name(value, form, scope.segments, scope))
        case _:
            return field_condition(element, fields, scope)


def field_condition(element: Element, fields: Mapping, scope: Scope) -> Condition:
    """The condition of a ``field`` with operators; other keys are passed over.

    ``element`` is what errors of the whole are put down to. Raises :class:`~stream.errors.Fatal`.
    """
    asked = {name: value for name, value in fields.items() if name in OPERATORS}
    path = _path(fields["field"], scope)
    if path.text == _TIER and any(name in asked for name in EQUAL):
        if not scope.tiers:
            raise element.wrong(f"{_TIER}: the shop gives no tiers")
        path = replace(path, allowed=scope.tiers)
    operators = read_operators(element, asked, path, scope.decimals, scope.operators)
    scope.budget.spend(element, values=sum(len(each.values) for each in operators))
    return conditions.of_field(path, *operators)


def _children(element: Element, form: str, scope: Scope, depth: int) -> list[Condition]:
    elements = element.items("conditions")
    if not elements:
        raise element.wrong(f"{form} needs at least one condition")
    return [to_condition(each, scope, depth + 1) for each in elements]


def _name(element: Element, form: str, known: Sequence[str] | None, scope: Scope) -> str:
    if known is None:
        raise element.wrong(f"{scope.subject} cannot depend on a {form}")
    name = element.text(f"the name of a {form}")
    if name not in known:
        hint = did_you_mean(closest(name, known))
        if name in scope.shipped(form):
            hint += f" (a file replaces the shipped one as a whole, {form} {name} with it)"
        raise element.wrong(f"there is no {form} {name!r}{hint}")
    return name


def _path(element: Element, scope: Scope) -> Path:
    text = element.text("a field")
    if any(text == path or text.startswith(f"{path}.") for path in (*_MOVING, *scope.beyond)):
        raise element.wrong(f"{scope.subject} cannot depend on {text}")
    try:
        return resolve(scope.document, text)
    except UnknownPath as exc:
        raise element.wrong(str(exc)) from None
