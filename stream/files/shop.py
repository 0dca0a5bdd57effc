"""The shop's file, `PORTRAIT_SHOP`: which tiers it gives and what customers it would like to have.

`deploy/shop.yaml` is an example with remarks. What is wrong in a file is said with its line and,
where a word is misspelt, with the closest that is known.
"""

from pathlib import Path as File

from msgspec import Struct

from stream.files.conditions import Budget, Scope, field_condition
from stream.files.yaml_file import Element, check_unique, read_yaml
from stream.measures.fit import Criterion, CustomerKind, Target
from stream.measures.operators import BOUNDS, EQUAL, OPERATORS
from stream.measures.tiers import Tier, builtin_tiers, outranked
from stream.money import MAX_MINOR
from stream.profile.portrait import Portrait

#: A target is compared with the portrait alone: neither with the time nor with the store.
_OF_PORTRAITS = (*EQUAL, *BOUNDS, "known")
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
    given = sections.get("tiers")
    tiers = builtin_tiers(decimals) if given is None else _tiers(given, decimals)
    scope = Scope(
        subject="the fit",
        document=document,
        decimals=decimals,
        tiers=tuple(tier.name for tier in tiers),
        budget=Budget(),
        beyond=("fit",),  # it would chase itself
        operators=_OF_PORTRAITS,
    )
    targets = sections.get("targets")
    return ShopFile(tiers, () if targets is None else _targets(targets, scope))


def _tiers(element: Element, decimals: int) -> tuple[Tier, ...]:
    elements = element.items("tiers")
    tiers = [_tier(each, decimals) for each in elements]
    check_unique(elements, [tier.name for tier in tiers], "tier")
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


def _targets(element: Element, scope: Scope) -> tuple[Target, ...]:
    elements = element.items("target portraits")
    targets = [_target(each, scope) for each in elements]
    check_unique(elements, [target.name for target in targets], "target")
    for number, target in enumerate(targets):
        for earlier in targets[:number]:
            if earlier.kind in (None, target.kind):
                raise elements[number].wrong(
                    f"{target.name} is never used: {earlier.name} comes first for every "
                    f"{target.kind or 'customer'}; state kind: person or kind: company in one each"
                )
    return tuple(targets)


def _target(element: Element, scope: Scope) -> Target:
    fields = element.mapping(required=("name", "criteria"), optional=("kind",))
    elements = fields["criteria"].items("criteria")
    if not elements:
        raise fields["criteria"].wrong("a target needs at least one criterion")
    criteria = tuple(_criterion(each, scope) for each in elements)
    check_unique(elements, [criterion.name for criterion in criteria], "criterion")
    kind = fields.get("kind")
    return Target(
        name=fields["name"].text("a name"),
        kind=None if kind is None else _customer_kind(kind),
        criteria=criteria,
    )


def _customer_kind(element: Element) -> CustomerKind:
    return "person" if element.choice("kind", ("person", "company")) == "person" else "company"


def _criterion(element: Element, scope: Scope) -> Criterion:
    fields = element.mapping(required=("name", "field"), optional=("weight", *OPERATORS))
    weight = fields.get("weight")
    return Criterion(
        name=fields["name"].text("a name"),
        condition=field_condition(element, fields, scope),
        weight=1 if weight is None else _weight(weight),
    )


def _weight(element: Element) -> float:
    weight = element.decimal("weight", at_least=0, decimals=6)
    if not 0 < weight <= _MAX_WEIGHT:
        raise element.wrong(f"weight: {weight} should be above 0 and at most {_MAX_WEIGHT}")
    return float(weight)
