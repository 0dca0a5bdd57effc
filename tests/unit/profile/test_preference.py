"""Preferences: points, recency, shares and price quartiles."""

import itertools
from zlib import crc32

import pytest

from stream.profile import preference
from stream.profile.preference import Preferences, bucket_price, price_bucket
from tests.support.events import Wire, event, folded, ordered, portrait, searched, to_ms, viewed

DAY = "2024-05-06T12:00:00Z"


def described(*events: Wire, currency: str = "USD") -> Preferences:
    state = folded(events)
    assert state.newest_ms is not None
    return portrait(state, state.newest_ms + 1, currency).preferences


def scores(section: Preferences) -> dict[str, float]:
    return {each.name: each.score for each in section.categories}


@pytest.mark.parametrize(
    ("type_name", "points"),
    [
        ("product_viewed", 1),
        ("product_clicked", 1),
        ("product_reviewed", 2),
        ("product_added_to_wishlist", 3),
        ("product_shared", 3),
        ("product_added", 4),
    ],
)
def test_each_step_towards_a_product_has_its_points(type_name, points):
    fields = {"rating": 5} if type_name == "product_reviewed" else {}
    product = {"product_id": "p", "category": "mugs", "brand": "Acme"}
    section = described(event(type_name, DAY, product=product, **fields))
    assert scores(section) == {"mugs": points}
    assert section.brands[0].score == points


def test_each_line_of_an_order_has_eight_points_whatever_its_quantity():
    lines = [
        {"product_id": "p1", "category": "mugs", "quantity": 12},
        {"product_id": "p2", "category": "mugs"},
        {"product_id": "p3", "category": "toys"},
    ]
    assert scores(described(ordered(DAY, "10.00", *lines))) == {"mugs": 16, "toys": 8}


@pytest.mark.parametrize("type_name", ["product_removed", "checkout_started", "order_refunded"])
def test_steps_away_from_a_product_say_nothing(type_name):
    product = {"product_id": "p", "category": "mugs", "price": "5.00"}
    fields = {"order_id": "o", "total": "5.00", "currency": "USD", "items": [product]}
    section = described(event(type_name, DAY, product=product, **fields))
    assert (section.categories, section.price_band) == ((), None)


def test_points_halve_with_every_seven_days_before_the_newest_day():
    #   22 Apr        29 Apr         6 May
    #     |--- 7 d -----|---- 7 d -----|
    #    1/4           1/2             1
    section = described(
        viewed("2024-04-22T23:59:59Z", category="old"),
        viewed("2024-04-29T00:00:00Z", category="middle"),
        viewed("2024-05-06T00:00:00Z", category="new"),
    )
    assert scores(section) == {"new": 1.0, "middle": 0.5, "old": 0.25}
    assert [each.share for each in section.categories] == [0.5714, 0.2857, 0.1429]


def test_recency_counts_from_the_customers_newest_day_and_not_from_as_of():
    state = folded([viewed("2024-04-29T00:00:00Z", category="a"), viewed(DAY, category="b")])
    soon = portrait(state, to_ms("2024-05-06T23:00:00Z")).preferences
    later = portrait(state, to_ms("2024-05-20T23:00:00Z")).preferences
    assert soon == later


def test_equal_scores_are_ranked_by_name():
    section = described(*(viewed(DAY, category=name) for name in ("c", "a", "b")))
    assert [each.name for each in section.categories] == ["a", "b", "c"]


def test_ten_are_named_and_the_shares_are_those_of_all():
    section = described(*(viewed(DAY, category=f"n{number:02}") for number in range(20)))
    assert [each.name for each in section.categories] == [f"n{number:02}" for number in range(10)]
    assert {each.share for each in section.categories} == {0.05}


def test_names_beyond_32_a_day_count_in_the_shares_but_are_not_named():
    crowd = [viewed(DAY, category=f"n{number}") for number in range(64)]
    state = folded(crowd)
    (tile,) = state.days.values()
    assert len(tile.categories) == 33
    assert sum(tile.categories.values()) == 64
    assert tile.categories[""] == 32
    section = portrait(state, to_ms(DAY) + 1).preferences
    assert {each.share for each in section.categories} == {round(1 / 64, 4)}
    assert "" not in scores(section)


def test_the_smallest_prices_are_exact():
    assert [bucket_price(price_bucket(price)) for price in range(16)] == list(range(16))


@pytest.mark.parametrize("exponent", range(4, 50))
def test_a_new_bucket_begins_with_every_eighth_of_a_doubling(exponent):
    #   2^n                                          2^(n+1)
    #    |-----|-----|-----|-----|-----|-----|-----|-----|
    low, width = 2**exponent, 2**exponent // 8
    edges = [low + eighth * width for eighth in range(9)]
    for edge, following in itertools.pairwise(edges):
        assert price_bucket(edge) == price_bucket(edge - 1) + 1
        assert price_bucket(edge) == price_bucket(following - 1)
        assert edge <= bucket_price(price_bucket(edge)) < following


def test_no_price_is_off_by_more_than_a_sixteenth():
    for price in (*range(1, 3000), 10**9 + 7, 10**15 - 1, 10**15):
        assert abs(bucket_price(price_bucket(price)) - price) * 16 <= price, price


def band(*prices: str, currency: str = "USD") -> tuple[str, str, str] | None:
    section = described(*(viewed(DAY, price=price) for price in prices), currency=currency)
    found = section.price_band
    return None if found is None else (found.p25, found.p50, found.p75)


@pytest.mark.parametrize(
    ("prices", "quartiles"),
    [
        (("0.05",), ("0.05", "0.05", "0.05")),
        (("0.01", "0.02"), ("0.01", "0.01", "0.02")),
        (("0.01", "0.02", "0.03"), ("0.01", "0.02", "0.03")),
        (("0.01", "0.02", "0.03", "0.04"), ("0.01", "0.02", "0.03")),
        (("0.01", "0.02", "0.03", "0.04", "0.05"), ("0.02", "0.03", "0.04")),
        (("0.00", "0.00", "0.00", "0.15"), ("0.00", "0.00", "0.00")),
    ],
)
def test_quartiles_are_those_of_the_nearest_rank(prices, quartiles):
    assert band(*prices) == quartiles
    assert band(*reversed(prices)) == quartiles


def test_without_a_price_there_is_no_band():
    assert described(viewed(DAY)).price_band is None


def test_a_band_has_the_decimals_of_the_base_currency():
    assert band("0.08", currency="JPY") == ("8", "8", "8")
    assert band("0.08", currency="KWD") == ("0.008", "0.008", "0.008")


def searches(*queries: str) -> list[tuple[str, int]]:
    section = described(*(searched(DAY, query) for query in queries))
    return [(each.query, each.count) for each in section.searches]


def test_queries_that_differ_in_case_and_blanks_are_one():
    assert searches("Blue  Mug", " blue mug", "BLUE\tMUG\n", "mug") == [("blue mug", 3), ("mug", 1)]


@pytest.mark.parametrize("query", ["", "  ", "\t\n", "\u3000"])
def test_a_query_without_words_is_no_search(query):
    assert searches(query) == []


def test_long_queries_are_cut_and_do_not_end_with_a_blank():
    assert searches("x" * 60, "x" * 40) == [("x" * 40, 2)]
    assert searches("x" * 39 + " y") == [("x" * 39, 1)]


def test_four_queries_of_a_day_are_kept_and_ten_are_named():
    week = [f"2024-05-{day:02}T12:00:00Z" for day in range(1, 8)]
    found = described(*(searched(at, f"q{n} of {at[:10]}") for at in week for n in range(6)))
    assert len(found.searches) == 10
    one_day = described(*(searched(DAY, f"q{n}") for n in range(6)))
    kept = sorted((f"q{n}" for n in range(6)), key=lambda query: crc32(query.encode()))[:4]
    assert [each.query for each in one_day.searches] == sorted(kept)


def test_recency_counts_from_the_newest_day_with_a_category_or_a_brand():
    #   22 Apr        29 Apr         6 May
    #   category       brand         price alone
    section = described(
        viewed("2024-04-22T00:00:00Z", category="old"),
        viewed("2024-04-29T00:00:00Z", brand="Acme"),
        viewed("2024-05-06T00:00:00Z", price="1.00"),
    )
    assert scores(section) == {"old": 0.5}
    assert section.brands[0].score == 1.0


def test_every_recency_of_the_window_has_its_weight():
    assert preference._WEIGHTS[0] == 65536
    assert preference._WEIGHTS[7] == 32768
    assert preference._WEIGHTS[28] == 4096
    assert len(preference._WEIGHTS) > 31
