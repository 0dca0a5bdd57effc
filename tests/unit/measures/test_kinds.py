"""Typed values of a document: how those of each kind compare."""

from decimal import Decimal

import pytest

from stream.measures.kinds import Kind, as_text, between, one_of


@pytest.mark.parametrize(
    ("wanted", "holds"),
    [
        ("fashion", True),
        ("fashion/men", True),
        ("fashion/men/shirts", True),
        ("fash", False),  # no whole step of the path
        ("fashion/men/shirts/linen", False),
        ("men", False),
        ("Fashion", False),
    ],
)
def test_name_stands_for_itself_and_all_below_it(wanted, holds):
    assert one_of(Kind.NAMES, (wanted,))(["books", "fashion/men/shirts"]) is holds


def test_list_is_one_of_the_wanted_if_any_of_its_entries_is():
    assert one_of(Kind.TEXTS, ("spends", "lives"))(("age", "spends"))
    assert not one_of(Kind.TEXTS, ("lives",))(("age", "spends"))
    assert one_of(Kind.NUMBERS, (22, 23))((8, 22))
    assert not one_of(Kind.NUMBERS, (22, 23))(())


def test_text_is_compared_whole_and_not_by_its_beginning():
    assert not one_of(Kind.TEXT, ("a",))("a/b")
    assert one_of(Kind.TEXT, ("a/b",))("a/b")


def test_trait_of_any_type_is_compared_as_it_would_be_written():
    assert [as_text(value) for value in (True, False, 5, 5.0, 2.5, "x")] == [
        "true", "false", "5", "5", "2.5", "x",
    ]  # fmt: skip
    assert not one_of(Kind.ANY, ("1",))(True)
    assert one_of(Kind.ANY, ("1",))(1.0)


@pytest.mark.parametrize(
    ("value", "low", "high", "within"),
    [
        (5, 5, None, True),
        (5, None, 5, True),
        (5, 5, 5, True),
        (5, 6, None, False),
        (5, None, 4, False),
        (5, 1, 4, False),
        (5, 6, 9, False),
        (0.35, 0.35, 0.35, True),
        (Decimal("300.00"), Decimal(300), None, True),
        (Decimal("299.99"), Decimal(300), None, False),
        ("300", 1, None, False),
        (True, 0, 2, False),
    ],
)
def test_bounds_are_inclusive_and_hold_no_text_and_no_truth_value(value, low, high, within):
    assert between(Kind.ANY, low, high)(value) is within
