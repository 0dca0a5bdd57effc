"""Journeys: from the first view of a product to its order."""

import pytest

from stream.profile import days, journey
from stream.profile.days import PRODUCTS_PER_DAY, SLOTS_A_DAY
from tests.support.events import Wire, event, folded, ordered, to_ms, viewed

MUG = {"product_id": "mug"}


def seen(occurred_at: str, product_id: str = "mug") -> Wire:
    return viewed(occurred_at) | {"product": {"product_id": product_id}}


def bought(occurred_at: str, *product_ids: str) -> Wire:
    lines = [{"product_id": name} for name in product_ids or ("mug",)]
    return ordered(occurred_at, "5.00", *lines)


def durations(*events: Wire, as_of: str = "2024-05-07T00:00:00Z") -> list[int]:
    tiles = folded(events).days
    return journey.durations(tiles, days.in_window(tiles, to_ms(as_of)))


@pytest.mark.parametrize(
    ("view", "slots"),
    [
        ("2024-05-06T12:00:00Z", 0),
        ("2024-05-06T11:59:59Z", 1),  # slots of six minutes, not durations, are counted
        ("2024-05-06T11:00:00Z", 10),
        ("2024-05-05T12:00:00Z", SLOTS_A_DAY),
        ("2024-05-06T12:05:59Z", 0),  # later, but within the same six minutes
    ],
)
def test_a_journey_is_as_long_as_the_slots_between_view_and_order(view, slots):
    assert durations(seen(view), bought("2024-05-06T12:00:00Z")) == [slots]


def test_what_was_viewed_only_after_the_order_is_no_journey():
    assert durations(bought("2024-05-06T12:00:00Z"), seen("2024-05-06T12:06:00Z")) == []


def test_what_was_never_viewed_or_is_another_product_is_no_journey():
    assert durations(bought("2024-05-06T12:00:00Z"), seen("2024-05-06T11:00:00Z", "cup")) == []


def test_the_first_view_counts_in_whatever_order_they_come():
    #   10:00     11:00     12:00
    #    view      view      order
    views = [seen("2024-05-06T11:00:00Z"), seen("2024-05-06T10:00:00Z")]
    for order in (views, views[::-1]):
        assert durations(*order, bought("2024-05-06T12:00:00Z")) == [20]


def test_clicks_are_views_and_the_first_order_of_a_day_counts():
    click = event("product_clicked", "2024-05-06T11:00:00Z", product=MUG)
    orders = bought("2024-05-06T13:00:00Z"), bought("2024-05-06T12:00:00Z")
    assert durations(click, *orders) == [10]


def test_each_day_on_which_a_product_is_bought_counts():
    orders = bought("2024-05-05T12:00:00Z"), bought("2024-05-06T12:00:00Z")
    assert durations(seen("2024-05-05T11:00:00Z"), *orders) == [10, 10 + SLOTS_A_DAY]


def test_a_view_before_the_window_is_forgotten():
    #   5 April        6 April                        6 May
    #     view       |  window begins    view          order
    events = [seen("2024-04-05T12:00:00Z"), bought("2024-05-06T12:00:00Z")]
    assert durations(*events) == []
    assert durations(*events, seen("2024-05-06T11:00:00Z")) == [10]


def test_of_one_day_the_products_of_the_smallest_hash_are_kept():
    names = [f"p{number}" for number in range(30)]
    order = bought("2024-05-06T12:00:00Z", *names)
    views = [seen("2024-05-06T12:00:00Z", name) for name in names]
    for events in ([*views, order], [order, *reversed(views)]):
        (tile,) = folded(events).days.values()
        smallest = sorted(journey.product_hash(name) for name in names)[:PRODUCTS_PER_DAY]
        assert sorted(tile.viewed) == sorted(tile.bought) == smallest
