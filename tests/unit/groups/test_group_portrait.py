"""The document of a group: shares, averages, hours, channels, and what is unknown."""

from collections.abc import Mapping

import msgspec
import pytest

from stream.groups.portrait import TOP, GroupPortrait, Part, describe

STORE = ("main", "")


def group(terms: Mapping[str, int], currency: str = "USD") -> GroupPortrait:
    return describe(STORE, terms, currency)


def parts(found: tuple[Part, ...]) -> list[tuple[str | None, int, float]]:
    return [(part.name, part.customers, part.share) for part in found]


def test_group_without_customers_is_empty() -> None:
    empty = describe(("main", "vip"), {}, "USD")
    assert (empty.store_id, empty.segment, empty.customers) == ("main", "vip", 0)
    assert (empty.amount, empty.average_order, empty.average_order_30d) == ("0.00", None, None)
    assert empty.natural_gender == empty.labels == empty.channels == ()
    assert empty.hours.visitors.by_hour == (0,) * 24
    assert empty.hours.visitors.peak_hours == ()


def test_store_is_a_group_without_a_segment() -> None:
    assert group({"customers": 1}).segment is None


def test_head_figures_are_the_sums() -> None:
    found = group(
        {"customers": 8, "active": 5, "buyers": 3, "orders": 7, "amount": 12345, "refunded": 45,
         "orders_30d": 2, "amount_30d": 301}
    )  # fmt: skip
    assert (found.customers, found.active, found.buyers, found.orders) == (8, 5, 3, 7)
    assert (found.amount, found.refunded, found.average_order) == ("123.45", "0.45", "17.64")
    assert (found.orders_30d, found.amount_30d, found.average_order_30d) == (2, "3.01", "1.51")


def test_amounts_have_the_decimals_of_the_currency() -> None:
    assert group({"customers": 1, "orders": 2, "amount": 25}, "JPY").average_order == "13"
    assert group({"customers": 1, "amount": 25}, "KWD").amount == "0.025"


def test_parts_have_most_customers_first_and_the_unknown_ones_last() -> None:
    found = group({"customers": 8, "country|DE": 1, "country|CN": 2, "country|AT": 1})
    assert parts(found.country) == [
        ("CN", 2, 0.25), ("AT", 1, 0.125), ("DE", 1, 0.125), (None, 4, 0.5)
    ]  # fmt: skip


def test_where_all_is_known_no_part_is_unknown() -> None:
    assert parts(group({"customers": 3, "tier|gold": 3}).tier) == [("gold", 3, 1.0)]


def test_bands_stand_in_their_order() -> None:
    ages = {"65+": 3, "18-24": 1, "under-18": 2, "25-34": 4}
    prices = {"100-200": 1, "20-50": 5, "0-1": 2, "5-10": 1}
    found = group(
        {"customers": 12} | {f"age_band|{name}": n for name, n in ages.items()}
        | {f"price_band|{name}": n for name, n in prices.items()}
    )  # fmt: skip
    names = [part.name for part in found.age_band]
    assert names == ["under-18", "18-24", "25-34", "65+", None]
    names = [part.name for part in found.price_band]
    assert names == ["0-1", "5-10", "20-50", "100-200", None]


def test_long_list_is_cut_and_the_rest_shares_an_entry() -> None:
    brands = {f"brand|b{n:02}": 100 - n for n in range(TOP + 3)}
    found = group({"customers": 5000, **brands}).brand
    assert [part.name for part in found[:TOP]] == [f"b{n:02}" for n in range(TOP)]
    assert [(part.name, part.customers) for part in found[TOP:-1]] == [("other", 80 + 79 + 78)]
    assert found[-1].name is None
    assert sum(part.customers for part in found) == 5000


def test_list_of_twenty_is_whole() -> None:
    brands = {f"brand|b{n}": 1 for n in range(TOP)}
    assert "other" not in [part.name for part in group({"customers": TOP, **brands}).brand]


def test_brand_that_is_called_other_stands_among_the_others() -> None:
    brands = {f"brand|b{n}": 2 for n in range(TOP + 1)} | {"brand|other": 50}
    found = group({"customers": 92, **brands}).brand
    assert [part.name for part in found].count("other") == 1
    assert found[-1] == Part("other", 52, round(52 / 92, 4))
    few = group({"customers": 3, "brand|other": 2, "brand|a": 1}).brand
    assert [part.name for part in few] == ["other", "a"]


def test_customer_without_a_label_is_not_unknown() -> None:
    found = group({"customers": 4, "label|new": 3, "label|vip": 2})
    assert parts(found.labels) == [("new", 3, 0.75), ("vip", 2, 0.5)]


def test_value_with_a_bar_in_it_is_one_name() -> None:
    assert group({"customers": 1, "brand|a|b": 1}).brand[0].name == "a|b"


# --- hours ----------------------------------------------------------------------------------


def test_visitors_and_buyers_have_curves_of_their_own() -> None:
    found = group({"customers": 2, "hour|0": 3, "hour|23": 1, "buyer_hour|23": 1}).hours
    assert (found.visitors.by_hour[0], found.visitors.by_hour[23]) == (3, 1)
    assert found.visitors.peak_hours == (0, 23)
    assert sum(found.buyers.by_hour) == 1
    assert found.buyers.peak_hours == (23,)


# An even share of 960 events is 40 an hour; the bound of a peak is 50.
@pytest.mark.parametrize(("events", "peaks"), [(50, (7,)), (49, ())])
def test_hour_with_a_quarter_more_than_an_even_share_is_a_peak(
    events: int, peaks: tuple[int, ...]
) -> None:
    counts = dict.fromkeys(range(24), 0)
    others = [hour for hour in counts if hour != 7]
    left, more = divmod(960 - events, len(others))
    counts |= {hour: left + (place < more) for place, hour in enumerate(others)}
    counts[7] = events
    found = group({"customers": 1} | {f"hour|{hour}": n for hour, n in counts.items()})
    assert found.hours.visitors.peak_hours == peaks


def test_six_busiest_hours_are_peaks_the_earlier_of_equals_first() -> None:
    busy = {3: 5, 9: 7, 10: 7, 12: 6, 13: 5, 20: 9, 21: 8, 22: 5}
    found = group({"customers": 1} | {f"hour|{hour}": n for hour, n in busy.items()})
    assert found.hours.visitors.peak_hours == (20, 21, 9, 10, 12, 3)


# --- channels -------------------------------------------------------------------------------


def test_channels_are_compared() -> None:
    found = group(
        {"customers": 10, "buyers": 4, "amount": 10_000, "refunded": 1_000,
         "channel|email": 4, "channel_buyers|email": 3, "channel_amount|email": 9_001,
         "channel_refunded|email": 900, "channel|search": 5}
    ).channels  # fmt: skip
    assert [msgspec.to_builtins(each) for each in found] == [
        {"name": "search", "customers": 5, "buyers": 0, "conversion": 0.0, "amount": "0.00",
         "amount_per_customer": "0.00", "refund_rate": None},
        {"name": "email", "customers": 4, "buyers": 3, "conversion": 0.75, "amount": "90.01",
         "amount_per_customer": "22.50", "refund_rate": 0.1},
        {"name": None, "customers": 1, "buyers": 1, "conversion": 1.0, "amount": "9.99",
         "amount_per_customer": "9.99", "refund_rate": 0.1001},
    ]  # fmt: skip


def test_more_refunded_than_spent_is_all() -> None:
    found = group({"customers": 1, "amount": 10, "refunded": 50}).channels
    assert found[0].refund_rate == 1.0


def test_channels_beyond_twenty_are_added_up() -> None:
    terms = {"customers": 66}
    for n in range(TOP + 2):
        terms |= {f"channel|c{n:02}": 3, f"channel_amount|c{n:02}": 100}
    terms["amount"] = 100 * (TOP + 2)
    found = group(terms).channels
    assert len(found) == TOP + 1
    assert (found[-1].name, found[-1].customers, found[-1].amount) == ("other", 6, "2.00")


def test_order_of_the_sums_does_not_matter() -> None:
    terms = {"customers": 9, "brand|a": 2, "brand|b": 2, "channel|x": 1, "channel|y": 1,
             "hour|3": 2, "hour|4": 2}  # fmt: skip
    backwards = dict(reversed(terms.items()))
    assert group(terms) == group(backwards)
