"""Conditions: what each operator asks of a value, of none, and how conditions are put together."""

from decimal import Decimal
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from stream.measures.conditions import (
    Condition,
    every,
    has_label,
    in_segment,
    negated,
    of_field,
    some,
)
from stream.measures.operators import DISTRIBUTIONS, OPERATORS, Facts, Operator, wanted_entries
from stream.measures.paths import resolve
from stream.measures.reference import QUANTILES, StoreReference, percentile
from stream.windows import DAY_MS, to_rfc3339

Amount = Annotated[str, Meta(extra_json_schema={"format": "decimal"})]
Instant = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]


class Liked(Struct, frozen=True):
    name: str


class Band(Struct, frozen=True):
    p50: Amount


class Spending(Struct, frozen=True, kw_only=True):
    recency_days: int | None = None
    orders: int = 0
    amount: Amount = "0.00"
    average_order: Amount | None = None


class Preferences(Struct, frozen=True):
    price_band: Band | None = None


class Document(Struct, frozen=True, kw_only=True):
    number: int | None = None
    share: float | None = None
    amount: Amount | None = None
    at: Instant | None = None
    text: str | None = None
    late: bool | None = None
    texts: tuple[str, ...] = ()
    numbers: tuple[int, ...] | None = None
    names: tuple[Liked, ...] = ()
    traits: dict[str, str | int | float | bool] = {}
    spending: Spending = Spending()
    preferences: Preferences = Preferences()


FULL = Document(
    number=5,
    share=0.0,
    amount="300.00",
    at=to_rfc3339(0),
    text="a/b",
    late=False,
    texts=("age", "spends"),
    numbers=(8, 22),
    names=(Liked("books"), Liked("fashion/men/shirts")),
    traits={"yes": True, "five": 5.0, "text": "7"},
)
ASCENDING = tuple(range(10, 10 * (QUANTILES + 1), 10))
STORE = StoreReference(
    buyers=100,
    recency_days=ASCENDING,
    orders=(1,) * 10 + (2,) * 9,
    amount=tuple(100 * value for value in ASCENDING),
    average_order=tuple(100 * value for value in ASCENDING),
    price=tuple(100 * value for value in ASCENDING),
)
YES, NO = every([]), some([])


def asks(field: str, **asked: Any) -> Condition:
    """A condition on a field; `among` stands for `in`, which is no name in Python."""
    operators = [
        Operator("in", value) if name == "among" else Operator(name, (value,))
        for name, value in asked.items()
    ]
    return of_field(resolve(Document, field), *operators)


def holds(condition: Condition, document: Document = FULL, as_of_ms: int = 0) -> bool:
    return condition.test(Facts(document, as_of_ms, STORE, 2))


@pytest.mark.parametrize(
    ("operator", "held"),
    [
        ("at_least", [False, True, True]),
        ("above", [False, False, True]),
        ("at_most", [True, True, False]),
        ("below", [True, False, False]),
    ],
)
@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("number", [(6, 5, 4), (5.5, 5.0, 4.5)]),
        ("amount", [(Decimal("300.01"), Decimal(300), Decimal("299.99"))]),
        ("traits.five", [(6, 5, 4)]),
    ],
)
def test_bounds_say_whether_they_are_inclusive(operator, held, field, values):
    for several in values:
        assert [holds(asks(field, **{operator: value})) for value in several] == held


@pytest.mark.parametrize(
    ("field", "operator", "value", "held"),
    [
        ("number", "is", 5, True),
        ("number", "among", (4, 6), False),
        ("share", "is", 0, True),
        ("amount", "is", Decimal(300), True),
        ("text", "is", "a/b", True),
        ("text", "is", "a", False),
        ("text", "among", ("x", "a/b"), True),
        ("text", "among", ("a",), False),  # a text is no path
        ("late", "is", False, True),
        ("late", "is", True, False),
        ("texts", "is", "spends", True),
        ("texts", "among", ("lives", "age"), True),
        ("texts", "among", ("lives", "ag"), False),
        ("numbers", "is", 22, True),
        ("numbers", "among", (1, 2), False),
        ("names", "is", "books", True),
        ("names", "is", "fashion", False),
        ("names", "is", "fashion/men/shirts", True),
        ("names", "among", ("home", "fashion"), True),
        ("names", "among", ("fashion/men",), True),
        ("names", "among", ("fashion/men/shirts",), True),
        ("names", "among", ("fash",), False),  # no whole step of the path
        ("names", "among", ("fashion/men/shirts/linen",), False),
        ("names", "among", ("men", "Fashion"), False),
        ("traits.yes", "is", "true", True),
        ("traits.yes", "is", "1", False),
        ("traits.five", "among", ("4", "5"), True),
        ("traits.text", "is", "7", True),
        ("traits.text", "at_least", 1, False),  # is text
        ("traits.yes", "at_least", 0, False),
    ],
)
def test_equality_is_by_kind_and_of_lists_any_entry_counts(field, operator, value, held):
    assert holds(asks(field, **{operator: value})) is held


EMPTY = {
    "number": ("is", 0),
    "share": ("at_most", 1),
    "amount": ("at_most", Decimal(9)),
    "at": ("older_than_days", Decimal("0.00001")),
    "text": ("is", "None"),
    "late": ("is", False),
    "texts": ("among", ("",)),
    "numbers": ("among", (0,)),
    "names": ("among", ("",)),
    "traits.none": ("is", "None"),
    "spending.average_order": ("bottom_percent", 95),
    "preferences.price_band.p50": ("bottom_percent", 95),
}


@pytest.mark.parametrize("field", EMPTY)
def test_without_a_value_nothing_holds_but_that_it_is_unknown(field):
    operator, value = EMPTY[field]
    condition = asks(field, **{operator: value})
    assert not holds(condition, Document(), 10**12)
    assert holds(negated(condition), Document(), 10**12)
    assert holds(asks(field, known=False), Document())
    assert not holds(asks(field, known=True), Document())


@pytest.mark.parametrize(
    "field", ["number", "share", "amount", "at", "text", "late", "texts", "numbers", "names"]
)
def test_value_that_is_zero_or_false_is_known(field):
    assert holds(asks(field, known=True))
    assert not holds(asks(field, known=False))


def test_amounts_are_compared_as_amounts():
    assert holds(asks("amount", at_least=Decimal(300)), Document(amount="1000.00"))
    assert holds(asks("amount", **{"is": Decimal("0.1")}), Document(amount="0.10"))


@pytest.mark.parametrize("days", [Decimal(1), Decimal(30), Decimal("0.5"), Decimal("0.00001")])
def test_instant_flips_when_its_days_have_passed(days):
    flips_ms = int(days * DAY_MS)
    within, older = asks("at", within_days=days), asks("at", older_than_days=days)
    for as_of_ms, is_older in [(-1, False), (0, False), (flips_ms - 1, False), (flips_ms, True)]:
        assert holds(older, as_of_ms=as_of_ms) is is_older
        assert holds(within, as_of_ms=as_of_ms) is not is_older
    assert [moment.days_ms for moment in (*within.moments, *older.moments)] == [flips_ms, flips_ms]


@pytest.mark.parametrize("field", DISTRIBUTIONS)
def test_ranks_are_those_of_the_stores_reference(field):
    is_money = "amount" in field or "average" in field or "p50" in field
    distribution = getattr(STORE, DISTRIBUTIONS[field])
    borders = {value + step for value in distribution for step in (-1, 0, 1)}
    for value in borders:
        held: Any = f"{value // 100}.{value % 100:02}" if is_money else value
        document = (
            Document(preferences=Preferences(Band(held)))
            if field.endswith("p50")
            else Document(spending=Spending(**{field.partition(".")[2]: held}))
        )
        rank = percentile(distribution, value)
        for percent in range(5, 100, 5):
            top = asks(field, top_percent=percent)
            assert holds(top, document) is (rank >= 100 - percent)
            assert holds(asks(field, bottom_percent=percent), document) is (rank < percent)


def test_all_operators_of_a_field_must_hold():
    for number, within in [(4, False), (5, True), (9, True), (10, False)]:
        document = Document(number=number)
        assert holds(asks("number", at_least=5, below=10), document) is within
        assert holds(asks("number", at_least=5, below=10, known=True), document) is within


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_all_and_any_look_at_each_of_their_conditions(count):
    for place in range(count):
        one_no = [YES] * place + [NO] + [YES] * (count - place - 1)
        one_yes = [NO] * place + [YES] + [NO] * (count - place - 1)
        assert not holds(every(one_no))
        assert holds(some(one_yes))
    assert holds(every([YES] * count))
    assert not holds(some([NO] * count))


def test_not_turns_a_condition_round():
    assert holds(negated(NO))
    assert not holds(negated(YES))


def test_labels_and_segments_are_those_given_so_far():
    facts = Facts(FULL, labels={"a"}, segments={"b"})
    assert [has_label(name).test(facts) for name in ("a", "b")] == [True, False]
    assert [in_segment(name).test(facts) for name in ("a", "b")] == [False, True]


def test_moments_of_all_parts_are_gathered_once_each():
    month, year = asks("at", within_days=Decimal(30)), asks("at", older_than_days=Decimal(365))
    tree = some([every([month, asks("number", known=True)]), negated(month), year])
    assert [moment.days_ms // DAY_MS for moment in tree.moments] == [30, 365]


def test_tree_is_what_was_asked_from_the_top():
    tree = every([negated(has_label("x")), some([in_segment("y"), asks("number", at_least=1)])])
    assert [each.form for each in tree.walk()] == [
        "all", "not", "label", "any", "segment", "field",
    ]  # fmt: skip
    field = tree.children[1].children[1]
    assert field.path is not None
    assert (field.path.text, field.operators) == ("number", (Operator("at_least", (1,)),))
    assert [each.name for each in tree.walk() if each.name] == ["x", "y"]


def test_conditions_that_ask_the_same_are_equal():
    def tree(name: str, bound: int) -> Condition:
        return every([has_label(name), asks("number", at_least=bound)])

    assert tree("a", 1) == tree("a", 1)
    assert hash(tree("a", 1)) == hash(tree("a", 1))
    assert tree("a", 1) != tree("b", 1)
    assert tree("a", 1) != tree("a", 2)
    assert has_label("a") != in_segment("a")
    assert every([YES]) != some([YES])


def test_entries_that_are_asked_for_are_told():
    path = resolve(Document, "names")
    names = ["books", "fashion", "fashion/men"]
    assert wanted_entries(path, Operator("in", ("fashion",)), names) == ["fashion", "fashion/men"]
    assert wanted_entries(path, Operator("is", ("fashion",)), names) == ["fashion"]
    numbers = resolve(Document, "numbers")
    assert wanted_entries(numbers, Operator("in", (8, 9)), [7, 8]) == [8]


def test_unknown_operator_is_an_error():
    assert "atleast" not in OPERATORS
    with pytest.raises(ValueError, match="no operator atleast"):
        asks("number", atleast=1)
