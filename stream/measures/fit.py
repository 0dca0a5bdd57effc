"""Fit: how well a customer meets the portrait of the customers that the shop would like to have."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from stream.measures.kinds import Bound, Test, Value, between, one_of
from stream.measures.paths import Path

CustomerKind = Literal["person", "company"]


class Criterion(Struct, frozen=True, kw_only=True):
    """What a field should be: one of some values, or a number or an amount within bounds.

    Bounds are inclusive; those of an amount are in units of the base currency. ``any_of`` is empty
    where there are bounds. What holds of lists and names, :func:`~stream.measures.kinds.one_of`
    says; ``passes`` follows from the other fields.
    """

    name: str
    path: Path
    weight: float = 1
    any_of: tuple[Value, ...] = ()
    at_least: Bound | None = None
    at_most: Bound | None = None
    passes: Test = bool

    def __post_init__(self) -> None:
        kind = self.path.kind
        bounds = between(kind, self.at_least, self.at_most)
        force_setattr(self, "passes", one_of(kind, self.any_of) if self.any_of else bounds)


class Target(Struct, frozen=True, kw_only=True):
    """A target portrait, for customers of one kind or, with None, of any."""

    name: str
    kind: CustomerKind | None = None
    criteria: tuple[Criterion, ...]


class Fit(Struct, frozen=True):
    """How the customer compares with the target portrait that the shop describes."""

    target: Annotated[
        str, Meta(description="Name of the first target portrait for the customer's kind.")
    ]
    score: Annotated[
        float,
        Meta(ge=0, le=100, description="Weights of the criteria met, percent of all weights."),
    ]
    met: Annotated[
        tuple[str, ...], Meta(description="Names of the criteria met, in the target's order.")
    ]
    unmet: Annotated[
        tuple[str, ...],
        Meta(description="Names of the others; a criterion on a field without a value is unmet."),
    ]


class Evidence(Struct, frozen=True):
    """Why a criterion is met or not: the value that was found, None where there is none."""

    criterion: Criterion
    value: Any
    met: bool


def describe(targets: Sequence[Target], portrait: Any) -> Fit | None:
    """The fit of a portrait whose other sections are complete; None without a target for it."""
    target = target_of(targets, portrait)
    if target is None:
        return None
    met: list[str] = []
    unmet: list[str] = []
    reached = total = 0.0
    for criterion in target.criteria:
        total += criterion.weight
        value = criterion.path.read(portrait)
        if value is not None and criterion.passes(value):
            reached += criterion.weight
            met.append(criterion.name)
        else:
            unmet.append(criterion.name)
    return Fit(target.name, round(100 * reached / total, 1), tuple(met), tuple(unmet))


def target_of(targets: Sequence[Target], portrait: Any) -> Target | None:
    """The first target for the portrait's kind of customer."""
    kind = portrait.attributes.kind
    for target in targets:
        if target.kind is None or target.kind == kind:
            return target
    return None


def explain(target: Target, portrait: Any) -> tuple[Evidence, ...]:
    """What each criterion of a target found in a portrait, in the target's order."""
    return tuple(
        Evidence(
            criterion,
            value := criterion.path.read(portrait),
            value is not None and criterion.passes(value),
        )
        for criterion in target.criteria
    )
