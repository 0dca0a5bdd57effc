"""The selection of customers: even, bounded, and the same in whatever order they come."""

import random

from stream.learn.selection import Selection


def select(keys: list[str], size: int) -> list[str]:
    selection: Selection[str] = Selection(size)
    for key in keys:
        selection.add(key, lambda key=key: key)  # type: ignore[misc]
    return selection.values()


def test_fewer_customers_than_places_are_all_kept() -> None:
    assert sorted(select(["b", "a", "c"], 5)) == ["a", "b", "c"]


def test_the_order_in_which_they_come_makes_no_difference() -> None:
    keys = [f"main/c{n}" for n in range(1000)]
    expected = select(keys, 50)
    random.Random(7).shuffle(keys)
    assert select(keys, 50) == expected
    assert len(set(expected)) == 50


def test_a_customer_met_twice_takes_one_place() -> None:
    assert sorted(select(["a", "a", "b", "b"], 3)) == ["a", "b"]


def test_what_is_not_selected_is_not_made() -> None:
    made = []
    selection: Selection[int] = Selection(10)
    for n in range(10_000):
        selection.add(f"c{n}", lambda n=n: made.append(n) or n)  # type: ignore[misc]
    assert len(made) < 200
