"""The shop's file, `PORTRAIT_SHOP`: which tiers it gives and what customers it would like to have.

`deploy/shop.yaml` is an example with remarks. What is wrong in a file is said with its line and,
where a word is misspelt, with the closest that is known.
"""

from collections.abc import Iterable
from pathlib import Path as File

from msgspec import Struct

from stream.measures.fit import Criterion, CustomerKind, Target
from stream.measures.kinds import Bound, Kind, Value, as_text
from stream.measures.paths import Path, UnknownPath, resolve
from stream.measures.tiers import Tier, builtin_tiers, outranked
from stream.money import MAX_MINOR
from stream.profile.portrait import Portrait
from stream.yaml_file import Element, Mapping, read_yaml

#: Sections and fields that depend on the fit, on how often a portrait was published, or on when it
#: was made: a fit that read them would chase itself or change with every event.
_BEYOND_FIT = ("fit", "labels", "segments", "version", "as_of")
_BOUNDED = (Kind.NUMBER, Kind.MONEY, Kind.ANY)
_MAX_WEIGHT = 1_000_000


class ShopFile(Struct, frozen=True):
    """What a shop wants: its tiers, lowest first, and its target portraits, in their order."""

    tiers: tuple[Tier, ...]
    targets: tuple[Target, ...] = ()


def load_shop(file: File | None, decimals: int, document: type[Struct] = Portrait) -> ShopFile:
    """The shop's file, or without one the built-in tiers and no target.

    ``decimals`` are those of the base currency, ``document`` is what the fields are looked up in.
    Raises :class:`~stream.errors.Fatal`.
    """
    content = None if file is None else read_yaml(file)
    sections = {} if content is None else content.mapping(optional=("tiers", "targets"))
    tiers, targets = sections.get("tiers"), sections.get("targets")
    return ShopFile(
        builtin_tiers(decimals) if tiers is None else _tiers(tiers, decimals),
        () if targets is None else _targets(targets, decimals, document),
    )


def _tiers(element: Element, decimals: int) -> tuple[Tier, ...]:
    elements = element.items("tiers")
    tiers = [_tier(each, decimals) for each in elements]
    _check_names(elements, [tier.name for tier in tiers], "tier")
    for number, tier in enumerate(tiers):
        for higher in tiers[number + 1 :]:
            if outranked(tier, higher):
                raise elements[number].wrong(
                    f"{tier.name} is never given: who reaches it reaches {higher.name} too; "
                    "list the tiers from the lowest to the highest"
                )
    return tuple(tiers)


def _tier(element: Element, decimals: int) -> Tier:
    fields = element.mapping(required=("name",), optional=("amount_365d", "orders_365d"))
    if len(fields) == 1:
        raise element.wrong("a tier needs amount_365d or orders_365d, or both")
    orders, amount = fields.get("orders_365d"), fields.get("amount_365d")
    return Tier(
        fields["name"].text("a name", 64),
        0 if orders is None else int(orders.decimal("orders_365d", at_least=0, decimals=0)),
        0 if amount is None else _minor(amount, decimals),
    )


def _minor(element: Element, decimals: int) -> int:
    amount = element.decimal("amount_365d", at_least=0, decimals=decimals)
    minor = int(amount.scaleb(decimals))
    if minor > MAX_MINOR:
        raise element.wrong(f"amount_365d: {amount} is beyond any plausible amount")
    return minor


def _targets(element: Element, decimals: int, document: type[Struct]) -> tuple[Target, ...]:
    elements = element.items("target portraits")
    targets = [_target(each, decimals, document) for each in elements]
    _check_names(elements, [target.name for target in targets], "target")
    for number, target in enumerate(targets):
        for earlier in targets[:number]:
            if earlier.kind in (None, target.kind):
                raise elements[number].wrong(
                    f"{target.name} is never used: {earlier.name} comes first for every "
                    f"{target.kind or 'customer'}; state kind: person or kind: company in one each"
                )
    return tuple(targets)


def _target(element: Element, decimals: int, document: type[Struct]) -> Target:
    fields = element.mapping(required=("name", "criteria"), optional=("kind",))
    elements = fields["criteria"].items("criteria")
    if not elements:
        raise fields["criteria"].wrong("a target needs at least one criterion")
    criteria = tuple(_criterion(each, decimals, document) for each in elements)
    _check_names(elements, [criterion.name for criterion in criteria], "criterion")
    kind = fields.get("kind")
    return Target(
        name=fields["name"].text("a name"),
        kind=None if kind is None else _customer_kind(kind),
        criteria=criteria,
    )


def _customer_kind(element: Element) -> CustomerKind:
    return "person" if element.choice("kind", ("person", "company")) == "person" else "company"


def _criterion(element: Element, decimals: int, document: type[Struct]) -> Criterion:
    fields = element.mapping(
        required=("name", "field"), optional=("weight", "any_of", "at_least", "at_most")
    )
    path = _path(fields["field"], document)
    bounds = [name for name in ("at_least", "at_most") if name in fields]
    if ("any_of" in fields) == bool(bounds):
        raise element.wrong("a criterion needs any_of or bounds (at_least, at_most), and not both")
    weight = fields.get("weight")
    low, high = (_bound(fields, name, path, decimals) for name in ("at_least", "at_most"))
    if low is not None and high is not None and low > high:
        raise fields["at_most"].wrong(f"at_most {high} is below at_least {low}")
    return Criterion(
        name=fields["name"].text("a name"),
        path=path,
        weight=1 if weight is None else _weight(weight),
        any_of=_any_of(fields["any_of"], path, decimals) if "any_of" in fields else (),
        at_least=low,
        at_most=high,
    )


def _path(element: Element, document: type[Struct]) -> Path:
    text = element.text("a field")
    if text.partition(".")[0] in _BEYOND_FIT:
        raise element.wrong(f"the fit cannot depend on {text}")
    try:
        return resolve(document, text)
    except UnknownPath as exc:
        raise element.wrong(str(exc)) from None


def _weight(element: Element) -> float:
    weight = element.decimal("weight", at_least=0, decimals=6)
    if not 0 < weight <= _MAX_WEIGHT:
        raise element.wrong(f"weight: {weight} should be above 0 and at most {_MAX_WEIGHT}")
    return float(weight)


def _bound(fields: Mapping, name: str, path: Path, decimals: int) -> Bound | None:
    element = fields.get(name)
    if element is None:
        return None
    if path.kind not in _BOUNDED:
        hint = "" if path.kind is Kind.INSTANT else "; use any_of"
        raise element.wrong(
            f"{name} is for numbers and amounts, and {path.text} is {path.kind}{hint}"
        )
    return _number(element, name, path.kind, decimals)


def _number(element: Element, what: str, kind: Kind, decimals: int) -> Bound:
    if kind is Kind.MONEY:
        return element.decimal(what, decimals=decimals)
    number = element.decimal(what)
    return int(number) if number == int(number) else float(number)


def _any_of(element: Element, path: Path, decimals: int) -> tuple[Value, ...]:
    if path.kind is Kind.INSTANT:
        raise element.wrong(f"{path.text} is {path.kind}, which a criterion cannot compare")
    elements = element.items("values")
    if not elements:
        raise element.wrong("any_of needs at least one value")
    values = [value for each in elements for value in _values(each, path, decimals)]
    return tuple(dict.fromkeys(values))


def _values(element: Element, path: Path, decimals: int) -> tuple[Value, ...]:
    """A value as the field holds it; several where what is written may mean one or another."""
    what = f"a value of {path.text}"
    match path.kind:
        case Kind.NUMBER | Kind.NUMBERS | Kind.MONEY:
            return (_number(element, what, path.kind, decimals),)
        case Kind.BOOLEAN:
            return (element.truth(what),)
        case Kind.NAMES:
            return (element.text(what).rstrip("/"),)
        case Kind.ANY:
            return _readings(element, what)
        case _ if path.allowed:
            return (element.choice(path.text, path.allowed),)
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
    return tuple(readings)


def _check_names(elements: Iterable[Element], names: Iterable[str], what: str) -> None:
    lines: dict[str, int] = {}
    for element, name in zip(elements, names, strict=True):
        if name in lines:
            raise element.wrong(f"{what} {name} stands here twice, first in line {lines[name]}")
        lines[name] = element.line
