"""The reference: quantiles, where a value lies among them, and taking it of a store's buyers."""

from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.measures.reference import (
    BUILTIN_VERSION,
    MIN_BUYERS,
    NONE_TAKEN,
    QUANTILES,
    Buyer,
    Sample,
    fifth,
    percentile,
    quantiles,
    take,
)

DAY_MS = 86_400_000
TAKEN_MS = 1_772_366_400_000  # 2026-03-01T12:00:00Z


def buyer(store_id: str = "main", days: int = 1, **figures: Any) -> Buyer:
    fields: dict[str, Any] = {"orders": 1, "amount": 1000, "price": None}
    fields["last_order_ms"] = TAKEN_MS - days * DAY_MS
    return Buyer(store_id=store_id, **(fields | figures))


#: Few values and ties, edges of the buckets, and amounts of any size.
values = st.one_of(
    st.integers(0, 5),
    st.sampled_from([63, 64, 65, 127, 128, 129, 130, 4095, 4096, 10**13]),
    st.integers(0, 10**15),
)
buyers = st.lists(
    st.builds(
        Buyer,
        store_id=st.sampled_from(["main", "main", "Ünï 店"]),
        orders=st.integers(0, 9),
        amount=values,
        last_order_ms=st.integers(TAKEN_MS - 9 * DAY_MS, TAKEN_MS + DAY_MS),
        price=st.none() | values,
    ),
    min_size=15,
    max_size=90,
)


def naive(ordered: list[int]) -> tuple[int, ...]:
    """For every 5 % the least value that so many percent are at or below."""
    return tuple(
        next(
            (v for v in ordered if 100 * sum(x <= v for x in ordered) >= percent * len(ordered)), 0
        )
        for percent in range(5, 100, 5)
    )


# --- quantiles ------------------------------------------------------------------------------


def test_of_the_numbers_1_to_100_the_quantiles_are_the_fives() -> None:
    assert quantiles(reversed(range(1, 101))) == tuple(range(5, 100, 5))


def test_of_nothing_all_quantiles_are_zero() -> None:
    assert quantiles([]) == (0,) * QUANTILES


def test_of_one_value_all_quantiles_are_that_value() -> None:
    assert quantiles([7]) == (7,) * QUANTILES


def test_of_two_values_the_lower_is_the_median() -> None:
    assert quantiles([9, 2]) == (2,) * 10 + (9,) * 9


@given(st.lists(values, max_size=80))
def test_quantiles_are_those_of_a_naive_computation(sample: list[int]) -> None:
    assert quantiles(sample) == naive(sorted(sample))


# --- where a value lies ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "percent", "of_five"),
    [
        (0, 0, 1),
        (5, 0, 1),  # nobody's quantile lies below the first
        (6, 5, 1),
        (20, 15, 1),
        (21, 20, 2),
        (40, 35, 2),
        (41, 40, 3),
        (80, 75, 4),
        (81, 80, 5),
        (95, 90, 5),
        (96, 95, 5),
        (10**9, 95, 5),
    ],
)
def test_a_value_lies_above_those_that_are_less(value: int, percent: int, of_five: int) -> None:
    distribution = quantiles(range(1, 101))
    assert percentile(distribution, value) == percent
    assert fifth(distribution, value) == of_five


def test_buyers_who_are_all_alike_are_in_the_lowest_fifth() -> None:
    assert percentile(quantiles([1] * 50), 1) == 0
    assert fifth(quantiles([1] * 50), 1) == 1
    assert fifth(quantiles([1] * 50), 2) == 5


@given(st.lists(values, min_size=1, max_size=80), values)
def test_a_percentile_is_the_part_of_the_buyers_below_in_fives(
    sample: list[int], value: int
) -> None:
    below = sum(each < value for each in sample)
    percent = min(95, 20 * below // len(sample) * 5)
    assert percentile(quantiles(sample), value) == percent
    assert fifth(quantiles(sample), value) == 1 + percent // 20


# --- taking ---------------------------------------------------------------------------------


@given(buyers)
def test_what_is_taken_is_what_a_naive_computation_gives(sample: list[Buyer]) -> None:
    expected = {}
    for store_id in {each.store_id for each in sample}:
        bought = [each for each in sample if each.store_id == store_id and each.orders > 0]
        if len(bought) >= 20:
            expected[store_id] = (
                len(bought),
                [max((TAKEN_MS - each.last_order_ms) // DAY_MS, 0) for each in bought],
                [each.orders for each in bought],
                [each.amount for each in bought],
                [floor(Fraction(each.amount, each.orders) + Fraction(1, 2)) for each in bought],
                [each.price for each in bought if each.price is not None],
            )
    taken = take(sample, TAKEN_MS)
    assert set(taken.stores) == set(expected)
    for store_id, (count, *distributions) in expected.items():
        store = taken.stores[store_id]
        assert store.buyers == count
        assert [
            store.recency_days, store.orders, store.amount, store.average_order, store.price
        ] == [naive(sorted(each)) for each in distributions]  # fmt: skip


@given(buyers, st.randoms(use_true_random=False))
def test_the_order_in_which_buyers_are_met_makes_no_difference(
    sample: list[Buyer], random: Any
) -> None:
    shuffled = list(sample)
    random.shuffle(shuffled)
    assert take(shuffled, TAKEN_MS) == take(sample, TAKEN_MS)


def test_recency_is_counted_in_whole_days_and_is_never_negative() -> None:
    def recency(*last_order_ms: int) -> tuple[int, ...]:
        sample = [buyer(last_order_ms=at_ms) for at_ms in last_order_ms for _ in range(20)]
        return take(sample, TAKEN_MS).stores["main"].recency_days

    assert set(recency(TAKEN_MS - 2 * DAY_MS + 1)) == {1}
    assert set(recency(TAKEN_MS - 2 * DAY_MS)) == {2}
    assert set(recency(TAKEN_MS, TAKEN_MS + 5 * DAY_MS)) == {0}


def test_an_average_order_is_rounded_half_up() -> None:
    sample = [buyer(orders=2, amount=amount) for amount in (0, 1, 2, 3) for _ in range(5)]
    assert take(sample, TAKEN_MS).stores["main"].average_order == (0,) * 5 + (1,) * 10 + (2,) * 4


def test_prices_are_compared_among_those_who_met_any() -> None:
    sample = [buyer(price=500), *(buyer() for _ in range(19))]
    assert take(sample, TAKEN_MS).stores["main"].price == (500,) * QUANTILES


def test_a_store_with_too_few_buyers_is_left_out() -> None:
    few = [buyer("few", days) for days in range(MIN_BUYERS - 1)]
    visitors = [buyer("few", orders=0, amount=0) for _ in range(50)]
    enough = [buyer("enough", days) for days in range(MIN_BUYERS)]
    taken = take([*few, *visitors, *enough], TAKEN_MS)
    assert list(taken.stores) == ["enough"]
    assert taken.of("few", 2) == NONE_TAKEN.of("few", 2)
    assert taken.of("few", 2)[0] == BUILTIN_VERSION
    assert taken.of("enough", 2) == (taken.version, taken.stores["enough"])


def test_where_no_store_has_enough_buyers_the_version_is_the_built_in_one() -> None:
    taken = take([buyer()], TAKEN_MS)
    assert (taken.version, taken.stores) == (BUILTIN_VERSION, {})


# --- versions -------------------------------------------------------------------------------


def test_a_version_names_the_distributions_and_not_the_time() -> None:
    sample = [buyer(amount=amount) for amount in range(40)]
    at_noon, later = take(sample, TAKEN_MS), take(sample, TAKEN_MS + 1000)
    assert at_noon.version == later.version
    assert (at_noon.taken_at, later.taken_at) == (
        "2026-03-01T12:00:00.000Z",
        "2026-03-01T12:00:01.000Z",
    )
    assert len(at_noon.version) == 12
    int(at_noon.version, 16)


def test_a_version_changes_with_any_distribution_and_with_the_store() -> None:
    sample = [buyer(amount=amount, price=1) for amount in range(40)]
    others = [
        [*sample[1:], buyer(amount=99, price=1)],
        [*sample[1:], buyer(amount=0, price=1, days=9)],
        [*sample, buyer(amount=20, price=1)],
        [buyer("other", amount=amount, price=1) for amount in range(40)],
        [buyer(amount=amount, price=2) for amount in range(40)],
        [buyer(amount=amount, price=1, days=2) for amount in range(40)],
        [buyer(amount=amount, price=1, orders=2) for amount in range(40)],
    ]
    versions = [take(each, TAKEN_MS).version for each in (sample, *others)]
    # One buyer's recency among 40 moves no quantile, so it is the same reference.
    assert versions[2] == versions[0]
    assert len({*versions}) == len(versions) - 1


def test_a_version_is_the_same_on_every_machine() -> None:
    sample = Sample(TAKEN_MS)
    for number in range(25):
        sample.add(buyer("b", days=number, amount=number, price=number))
        sample.add(buyer("a", days=number, amount=number))
    assert sample.reference().version == "0239090e4756"


# --- the built-in reference -----------------------------------------------------------------


@pytest.mark.parametrize(("decimals", "unit"), [(0, 1), (2, 100), (3, 1000)])
def test_the_built_in_distributions_ascend_and_are_in_minor_units(decimals: int, unit: int) -> None:
    version, store = NONE_TAKEN.of("any", decimals)
    assert version == BUILTIN_VERSION
    assert store.amount[0] == 10 * unit
    for distribution in (
        store.recency_days, store.orders, store.amount, store.average_order, store.price
    ):  # fmt: skip
        assert len(distribution) == QUANTILES
        assert list(distribution) == sorted(distribution)
