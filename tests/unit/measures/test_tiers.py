"""Tiers: the highest whose minima are all reached."""

import pytest

from stream.measures.tiers import Tier, builtin_tiers, outranked, tier_of

SILVER = Tier("silver", orders_365d=2, amount_minor_365d=20_000)
GOLD = Tier("gold", orders_365d=4, amount_minor_365d=100_000)


@pytest.mark.parametrize(
    ("orders", "amount_minor", "tier"),
    [
        (0, 0, None),
        (1, 1_000_000, None),  # one order is not two, however large
        (9, 19_999, None),
        (2, 20_000, "silver"),  # minima are inclusive
        (3, 100_000, "silver"),
        (4, 99_999, "silver"),
        (4, 100_000, "gold"),
        (500, 10**12, "gold"),
    ],
)
def test_tier_is_the_highest_whose_minima_are_all_reached(orders, amount_minor, tier):
    assert tier_of((SILVER, GOLD), orders, amount_minor) == tier


def test_shop_without_tiers_ranks_nobody():
    assert tier_of((), 100, 10**9) is None


def test_a_minimum_that_is_not_stated_is_no_condition():
    regular, rich = Tier("regular", orders_365d=3), Tier("rich", amount_minor_365d=50_000)
    assert tier_of((regular, rich), 3, 0) == "regular"
    assert tier_of((regular, rich), 0, 50_000) == "rich"


@pytest.mark.parametrize(("decimals", "unit"), [(0, 1), (2, 100), (3, 1000)])
def test_builtin_tiers_are_in_units_of_the_base_currency(decimals, unit):
    tiers = builtin_tiers(decimals)
    assert [tier.name for tier in tiers] == ["bronze", "silver", "gold", "platinum"]
    assert tier_of(tiers, 1, 0) == "bronze"
    assert tier_of(tiers, 2, 200 * unit - 1) == "bronze"
    assert tier_of(tiers, 2, 200 * unit) == "silver"
    assert tier_of(tiers, 4, 1000 * unit) == "gold"
    assert tier_of(tiers, 10, 5000 * unit) == "platinum"


def test_tier_is_outranked_by_one_that_asks_for_no_more():
    assert outranked(GOLD, SILVER)
    assert outranked(SILVER, SILVER)
    assert not outranked(SILVER, GOLD)
    assert not outranked(Tier("a", orders_365d=1), Tier("b", amount_minor_365d=1))
