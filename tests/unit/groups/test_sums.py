"""Sums of groups: what goes in, what comes out, and nothing that is zero."""

import random

from stream.groups.contribution import Contribution, read
from stream.groups.sums import Sums, add, exchange, terms_of
from tests.support.published import document, random_log

STORE = ("main", "")
VIP, LOYAL = ("main", "vip"), ("main", "loyal")


def contribution(**fields: object) -> Contribution:
    found = read(document(**fields)).contribution  # type: ignore[arg-type]
    assert found is not None
    return found


def at_hours(*hours: int) -> list[int]:
    return [int(hour in hours) for hour in range(24)]


def test_customer_without_anything_is_a_customer() -> None:
    assert {name: term for name, term in terms_of(contribution()).items() if term} == {
        "customers": 1
    }


def test_each_figure_has_a_name_of_its_own() -> None:
    rich = contribution(
        natural_gender="male", shopping_gender="female", age_band="25-34", country="CN",
        channel="email", by_hour=at_hours(9, 20), categories=["home/a|b"], brands=["Acme"],
        price="3.00", orders_30d=1, amount_30d="2.00", orders=3, amount="7.50", refunded="1.00",
        tier="gold", labels=["new", "night"], segments=["vip"],
    )  # fmt: skip
    assert terms_of(rich) == {
        "customers": 1, "active": 1, "buyers": 1, "orders": 3, "amount": 750, "refunded": 100,
        "orders_30d": 1, "amount_30d": 200,
        "natural_gender|male": 1, "shopping_gender|female": 1, "age_band|25-34": 1,
        "country|CN": 1, "tier|gold": 1, "category|home/a|b": 1, "brand|Acme": 1,
        "price_band|2-5": 1, "label|new": 1, "label|night": 1,
        "hour|9": 1, "hour|20": 1, "buyer_hour|9": 1, "buyer_hour|20": 1,
        "channel|email": 1, "channel_buyers|email": 1, "channel_amount|email": 750,
        "channel_refunded|email": 100,
    }  # fmt: skip


def test_hours_of_buyers_are_those_of_customers_with_an_order_in_the_window() -> None:
    earlier = contribution(by_hour=at_hours(9), orders=3, amount="7.50")
    assert "hour|9" in terms_of(earlier)
    assert "buyer_hour|9" not in terms_of(earlier)


def test_customer_counts_in_the_store_and_in_each_segment() -> None:
    sums: Sums = {}
    exchange(sums, None, contribution(segments=["vip", "loyal"]))
    exchange(sums, None, contribution(segments=["vip"]))
    exchange(sums, None, contribution(store_id="other"))
    assert sums == {
        STORE: {"customers": 2},
        VIP: {"customers": 2},
        LOYAL: {"customers": 1},
        ("other", ""): {"customers": 1},
    }


def test_customer_moves_from_one_segment_to_another_with_all_their_figures() -> None:
    before = contribution(segments=["vip"], orders=2, amount="3.00")
    after = contribution(segments=["loyal"], orders=3, amount="5.00")
    sums: Sums = {}
    exchange(sums, None, before)
    exchange(sums, before, after)
    assert sums[STORE] == sums[LOYAL] == {
        "customers": 1, "buyers": 1, "orders": 3, "amount": 500
    }  # fmt: skip
    assert VIP not in sums


def test_changes_hold_only_what_differs() -> None:
    before = contribution(segments=["vip"], brands=["Acme"], by_hour=at_hours(1), orders=2)
    after = contribution(segments=["vip"], brands=["Acme"], by_hour=at_hours(2), orders=2)
    changes: Sums = {}
    exchange(changes, before, after)
    assert changes == {STORE: {"hour|1": -1, "hour|2": 1}, VIP: {"hour|1": -1, "hour|2": 1}}
    exchange(changes, after, before)
    assert changes == {}
    exchange(changes, before, before)
    assert changes == {}


def test_customer_who_moved_to_another_store_leaves_nothing_behind() -> None:
    before, after = contribution(segments=["vip"]), contribution(store_id="other")
    sums: Sums = {}
    exchange(sums, None, before)
    exchange(sums, before, after)
    assert sums == {("other", ""): {"customers": 1}}


def test_all_that_came_and_went_is_nothing() -> None:
    documents = [each.value for each in random_log(random.Random(3)) if each.value]
    found = [read(each).contribution for each in documents]
    sums: Sums = {}
    for each in found:
        exchange(sums, None, each)
    assert sums[STORE]["customers"] > 5
    random.Random(4).shuffle(found)
    for each in found:
        exchange(sums, each, None)
    assert sums == {}


def test_sum_that_becomes_zero_is_removed_and_its_group_with_the_last() -> None:
    sums: Sums = {}
    add(sums, STORE, {"a": 1, "b": 0, "c": -2})
    assert sums == {STORE: {"a": 1, "c": -2}}
    add(sums, STORE, {"c": 2})
    assert sums == {STORE: {"a": 1}}
    add(sums, STORE, {"a": -1})
    assert sums == {}
