"""How a portrait meets a target: criteria, weights, and which target it is compared with."""

from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from msgspec import Meta, Struct

from stream.measures.conditions import of_field
from stream.measures.fit import Criterion, Fit, Target, describe, explain
from stream.measures.operators import Operator
from stream.measures.paths import resolve

Amount = Annotated[str, Meta(extra_json_schema={"format": "decimal"})]


class Liked(Struct, frozen=True):
    name: str


class Company(Struct, frozen=True):
    industry: str | None


class Attributes(Struct, frozen=True, kw_only=True):
    kind: Literal["person", "company"] = "person"
    age_band: str | None = None
    company: Company | None = None
    traits: dict[str, str | int | float | bool] = {}


class Document(Struct, frozen=True, kw_only=True):
    attributes: Attributes = Attributes()
    amount: Amount = "0.00"
    share: float | None = None
    categories: tuple[Liked, ...] = ()
    counts: dict[str, int] = {}


def criterion(field: str, name: str = "c", weight: float = 1, **asked: Any) -> Criterion:
    """A criterion on a field; what `among` lists is asked by the operator `in`."""
    among = asked.pop("among", None)
    operators = [Operator(operator, (value,)) for operator, value in asked.items()]
    operators += [] if among is None else [Operator("in", among)]
    condition = of_field(resolve(Document, field), *operators)
    return Criterion(name=name, condition=condition, weight=weight)


def is_met(document: Document, *criteria: Criterion) -> bool:
    fit = describe((Target(name="t", criteria=criteria),), document)
    assert fit is not None
    return not fit.unmet


AGE = criterion("attributes.age_band", "age", among=("18-24", "25-34"), weight=2)
SPENDS = criterion("amount", "spends", at_least=Decimal(300))
VIEWS = criterion("counts.product_viewed", "views", at_least=10)
YOUNG = Target(name="young", kind="person", criteria=(AGE, SPENDS, VIEWS))
TRADE = criterion("attributes.company.industry", "trade", among=("furniture",))
PARTNER = Target(name="partner", kind="company", criteria=(TRADE,))


@pytest.mark.parametrize(
    ("document", "fit"),
    [
        (Document(), Fit("young", 0.0, (), ("age", "spends", "views"))),
        (
            Document(attributes=Attributes(age_band="25-34")),
            Fit("young", 50.0, ("age",), ("spends", "views")),
        ),
        (
            Document(amount="300.00", counts={"product_viewed": 10}),
            Fit("young", 50.0, ("spends", "views"), ("age",)),
        ),
        (
            Document(
                attributes=Attributes(age_band="18-24"),
                amount="1000000.00",
                counts={"product_viewed": 11, "signed_in": 1},
            ),
            Fit("young", 100.0, ("age", "spends", "views"), ()),
        ),
    ],
)
def test_score_is_the_weight_of_what_is_met_and_names_keep_their_order(document, fit):
    assert describe((YOUNG,), document) == fit


def test_score_has_one_decimal():
    third = Target(name="t", criteria=(SPENDS, VIEWS, TRADE))
    fit = describe((third,), Document(amount="300"))
    assert fit is not None
    assert fit.score == 33.3


def test_target_is_the_first_for_the_kind_of_customer():
    company = Document(attributes=Attributes(kind="company", company=Company("furniture")))
    assert describe((YOUNG, PARTNER), company) == Fit("partner", 100.0, ("trade",), ())
    assert describe((YOUNG,), company) is None
    anyone = Target(name="anyone", criteria=(SPENDS,))
    assert [describe((YOUNG, anyone), each).target for each in (Document(), company)] == [  # type: ignore[union-attr]
        "young",
        "anyone",
    ]


def test_without_targets_there_is_no_fit():
    assert describe((), Document()) is None


def test_amounts_are_compared_as_amounts():
    assert not is_met(Document(amount="299.99"), SPENDS)
    assert is_met(Document(amount="1000.00"), SPENDS)  # as text it would lie below 300


def test_field_without_a_value_is_unmet_whatever_the_criterion():
    assert not is_met(Document(), criterion("share", at_most=1))
    assert not is_met(Document(), criterion("attributes.age_band", among=("None",)))
    assert not is_met(Document(attributes=Attributes(company=Company(None))), TRADE)
    assert is_met(Document(share=0.0), criterion("share", at_most=1))


def test_event_that_never_happened_counts_as_none_of_them():
    assert is_met(Document(), criterion("counts.signed_in", at_most=0))
    assert not is_met(Document(), criterion("counts.signed_in", at_least=1))


def test_categories_meet_a_prefix_of_whole_steps():
    shirts = Document(categories=(Liked("books"), Liked("fashion/men/shirts")))
    assert is_met(shirts, criterion("categories", among=("home", "fashion")))
    assert not is_met(shirts, criterion("categories", among=("fash", "shirts")))
    assert not is_met(Document(), criterion("categories", among=("fashion",)))


def test_declared_traits_meet_values_and_bounds_by_what_they_are():
    def declared(value: object) -> Document:
        return Document(attributes=Attributes(traits={"x": value}))  # type: ignore[dict-item]

    assert is_met(declared(True), criterion("attributes.traits.x", among=("true",)))
    assert is_met(declared(7), criterion("attributes.traits.x", at_least=7))
    assert not is_met(declared("7"), criterion("attributes.traits.x", at_least=7))


def test_evidence_is_the_value_that_each_criterion_found():
    document = Document(amount="12.00", counts={"product_viewed": 10})
    assert [(each.criterion.name, each.value, each.met) for each in explain(YOUNG, document)] == [
        ("age", None, False),
        ("spends", Decimal("12.00"), False),
        ("views", 10, True),
    ]
