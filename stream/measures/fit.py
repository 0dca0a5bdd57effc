"""Fit: how well a customer meets the portrait of the customers that the shop would like to have."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

from stream.measures.conditions import Condition
from stream.measures.operators import Facts
from stream.measures.paths import Path

CustomerKind = Literal["person", "company"]


class Criterion(Struct, frozen=True, kw_only=True):
    """What one field of the portrait should be; ``condition`` is of the form ``field``.

    A target is looked at without the time and the store: the condition reads the portrait alone.
    """

    name: str
    condition: Condition
    weight: float = 1

    @property
    def path(self) -> Path:
        """The field."""
        assert self.condition.path is not None
        return self.condition.path


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
    facts = Facts(portrait)
    for criterion in target.criteria:
        total += criterion.weight
        if criterion.condition.test(facts):
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
    facts = Facts(portrait)
    return tuple(
        Evidence(each, each.path.read(portrait), each.condition.test(facts))
        for each in target.criteria
    )
