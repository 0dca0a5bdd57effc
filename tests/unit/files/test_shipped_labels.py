"""The labels that are shipped: each is given to who should have it, and not to who just misses."""

import re
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple, get_args

import pytest
import yaml
from msgspec.structs import replace

from stream.files.labels import SHIPPED, load_rules
from stream.files.risk import load_weights
from stream.files.shop import load_shop
from stream.measures.conditions import Form
from stream.measures.operators import OPERATORS
from stream.measures.rules import Rule, Rules
from stream.measures.standards import default_standards
from stream.profile.portrait import describe
from stream.windows import DAY_MS
from tests.support.events import (
    Wire,
    contacted,
    event,
    folded,
    identified,
    ordered,
    referred,
    searched,
    to_ms,
    to_text,
    viewed,
)

AS_OF_MS = to_ms("2026-06-30T12:00:00Z")
#: Without rules, which are tried one by one.
STANDARDS = replace(default_standards("USD"), risk=load_weights(None))
TIERS = [tier.name for tier in load_shop(None, 2).tiers]


def ago(days: float) -> str:
    return to_text(AS_OF_MS - int(days * DAY_MS))


def visits(days: int, hour: int = 12, **product: str) -> list[Wire]:
    """A product viewed on each of the days before, at an hour."""
    return [viewed(ago(day + 12 / 24 - hour / 24), **product) for day in range(1, days + 1)]


def orders(
    *days_ago: float, total: str = "50.00", price: str | None = None, **more: str
) -> list[Wire]:
    item = {"product_id": "p1", "quantity": 1} | ({} if price is None else {"price": price})
    return [ordered(ago(days), total, item, order_id=f"o{days}", **more) for days in days_ago]


def times(count: int, type_name: str, **fields: object) -> list[Wire]:
    product = {"product_id": "p1"}
    return [event(type_name, ago(n / 24 + 1), product=product, **fields) for n in range(count)]


def refunded(total: str) -> Wire:
    return event("order_refunded", ago(1), order_id="o3", total=total, currency="USD")


def bought_after(seconds: int, **context: bool) -> list[Wire]:
    """A first order so many seconds after the sign-up."""
    signed_up = event("signed_up", ago(1), context=context)
    return [signed_up, *orders(1 - seconds / 86_400)]


def complaint(days_ago: float = 2, **fields: bool) -> Wire:
    return contacted(ago(days_ago), case_id="k1", complaint=True, **fields)


class Case(NamedTuple):
    """Events of a customer who has a label, and of one who just misses it."""

    has: list[Wire]
    misses: list[Wire]


WEEKLY = orders(*range(3, 87, 7))
DISCOUNTED = {"discount": "10.00"}

CASES = {
    "new": Case([viewed(ago(29.9))], [viewed(ago(30)), viewed(ago(1))]),
    "prospect": Case(visits(3), [*visits(3), *orders(1)]),
    "first-time-buyer": Case(orders(29.9), orders(29.9, 20)),
    "one-time-buyer": Case(orders(90), orders(89.9)),
    "repeat-buyer": Case(orders(100, 50), orders(500, 50)),
    "active": Case([viewed(ago(29))], [viewed(ago(31))]),
    "returning": Case([*orders(180), *visits(1)], [*orders(179.9), *visits(1)]),
    "dormant": Case([viewed(ago(90))], [viewed(ago(365))]),
    "lost": Case([viewed(ago(365))], [viewed(ago(364.9))]),
    "likely-to-buy-soon": Case(WEEKLY, WEEKLY[:1]),
    "overdue": Case(orders(59.9, 49.9, 39.9), orders(60, 50, 40)),
    "at-risk": Case(orders(60, 50, 40), orders(50, 40)),
    "big-spender": Case(orders(1, total="800.01"), orders(1, total="800.00")),
    "big-basket": Case(orders(1, 2, total="165.01"), orders(1, 2, total="165.00")),
    "vip": Case(orders(40, 50, 60, 70), orders(60, 70, 80, 90)),
    "high-potential": Case(orders(1, total="100.01"), orders(1, total="100.00")),
    "night-shopper": Case(visits(13, hour=23), visits(12, hour=23)),
    "early-bird": Case(visits(13, hour=7), visits(13, hour=8)),
    "lunch-break-shopper": Case(visits(13, hour=13), visits(13, hour=14)),
    "fashion-fan": Case(visits(3, category="fashion/men"), visits(3, category="fashionable")),
    "electronics-fan": Case(visits(3, category="electronics"), visits(2, category="electronics")),
    "home-fan": Case(visits(3, category="home/kitchen"), visits(3, category="homes")),
    "beauty-fan": Case(visits(3, category="beauty"), visits(3, category="health/beauty")),
    "window-shopper": Case(visits(20), [*visits(20), *orders(1)]),
    "cart-abandoner": Case(times(2, "product_added"), times(1, "product_added")),
    "wishlist-collector": Case(
        times(5, "product_added_to_wishlist"), times(4, "product_added_to_wishlist")
    ),
    "searcher": Case([searched(ago(1), "tea")] * 10, [searched(ago(1), "tea")] * 9),
    "coupon-lover": Case(
        [*orders(1, 2, coupon="A"), *orders(3)], [*orders(1, coupon="A"), *orders(2, 3)]
    ),
    "promotion-responsive": Case(orders(1, 2, 3, 4, coupon="A"), orders(1, 2, 3, coupon="A")),
    "price-driven": Case(
        orders(1, 2, 3, price="5.00", **DISCOUNTED), orders(1, 2, 3, price="40.00", **DISCOUNTED)
    ),
    "quality-driven": Case(
        orders(1, 2, 3, price="150.00"), orders(1, 2, 3, price="150.00", **DISCOUNTED)
    ),
    "ambassador": Case(
        [*visits(1), *(referred(ago(1), who, 1, "9.00") for who in ("c2", "c3"))],
        [*visits(1), referred(ago(1), "c2", 1, "9.00"), referred(ago(1), "c3", 0, "0.00")],
    ),
    "reviewer": Case(
        times(5, "product_reviewed", rating=4), times(4, "product_reviewed", rating=4)
    ),
    "sharer": Case(times(5, "product_shared"), times(4, "product_shared")),
    "open-complaint": Case([complaint()], [complaint(), complaint(1, resolved=True)]),
    "frequent-returner": Case(
        [*orders(1, 2, 3), refunded("50.00")], [*orders(1, 2, 3), refunded("49.00")]
    ),
    "risky": Case(bought_after(60), bought_after(61)),
    "watch": Case(bought_after(61, emulator=True), bought_after(61)),
    "company": Case([identified(ago(1), kind="company")], [identified(ago(1), kind="person")]),
    "app-user": Case(
        [identified(ago(1), app_installed=True)], [identified(ago(1), app_installed=False)]
    ),
}

#: Labels of a customer that together lead into a segment, and those of one who stays out.
SEGMENT_CASES = {
    "win-back": Case(orders(60, 50, 40), orders(2, 3, 4)),
    "vip-care": Case(orders(1, total="900.00"), orders(100, total="900.00")),
    "onboarding": Case(visits(1), [*visits(1), identified(ago(1), kind="company")]),
    "coupon-campaign": Case(
        orders(1, 2, 3, coupon="A"), [*orders(1, 2, 3, coupon="A"), refunded("90.00")]
    ),
    "night-push": CASES["night-shopper"],
    "cart-recovery": Case(
        times(2, "product_added"),
        [*times(2, "product_added"), *orders(41, 42, 43, coupon="A")],
    ),
    "ambassadors": Case(times(5, "product_shared"), [*times(5, "product_shared"), complaint()]),
    "make-good": Case([complaint(), *orders(1, 2)], [complaint(), *orders(1)]),
}


@cache
def shipped() -> Rules:
    return load_rules(None, 2, TIERS)


def given(rules: Rules, events: list[Wire]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Labels and segments after these events."""
    _, store = STANDARDS.reference.of("main", 2)
    described = describe("main", "c1", folded(events), AS_OF_MS, standards=STANDARDS, version=1)
    return rules.apply(described, AS_OF_MS, store, 2)


def test_the_head_of_the_file_names_every_operator_and_form() -> None:
    head = SHIPPED.read_text(encoding="utf-8").partition("\nlabels:")[0]
    words = set(re.findall(r"[a-z_]+", head))
    assert {*OPERATORS, *get_args(Form)} <= words


def test_there_are_labels_and_segments_enough() -> None:
    assert len(shipped().labels) >= 25
    assert len(shipped().segments) >= 6


@pytest.mark.parametrize(
    "rule", [*shipped().labels, *shipped().segments], ids=lambda rule: rule.name
)
def test_each_has_an_english_and_a_chinese_name_of_its_own(rule: Rule) -> None:
    names = {rule.name}
    assert rule.en not in names
    assert rule.zh not in names | {rule.en}
    assert any("\u4e00" <= letter <= "\u9fff" for letter in rule.zh)


def test_no_two_are_shown_alike() -> None:
    for rules in (shipped().labels, shipped().segments):
        assert len({rule.en for rule in rules}) == len({rule.zh for rule in rules}) == len(rules)


def test_labels_of_a_group_stand_together() -> None:
    groups = [rule.group for rule in shipped().labels]
    assert None not in groups
    changes = sum(one != other for one, other in pairwise(groups))
    assert changes + 1 == len(set(groups))


def test_every_label_and_segment_has_a_case() -> None:
    assert [*CASES] == [rule.name for rule in shipped().labels]
    assert [*SEGMENT_CASES] == [rule.name for rule in shipped().segments]


@pytest.mark.parametrize("name", CASES)
def test_a_label_is_given_and_just_missed(name: str) -> None:
    assert name in given(shipped(), CASES[name].has)[0]
    assert name not in given(shipped(), CASES[name].misses)[0]


@pytest.mark.parametrize("hour", [23, 7, 13])
def test_one_event_is_no_rhythm(hour: int) -> None:
    for days in range(4, 28):
        labels, _ = given(shipped(), [*visits(days, hour=18), viewed(ago(29.5 - hour / 24))])
        assert not {"night-shopper", "early-bird", "lunch-break-shopper"} & {*labels}


@pytest.mark.parametrize(("label", "price"), [("quality-driven", "150"), ("price-driven", "5")])
def test_one_price_is_no_taste(label: str, price: str) -> None:
    bought = orders(50, 60, 70, **DISCOUNTED if label == "price-driven" else {})
    assert label in given(shipped(), [*bought, *visits(3, price=price)])[0]
    assert label not in given(shipped(), [*bought, *visits(1, price=price)])[0]


@pytest.mark.parametrize("name", SEGMENT_CASES)
def test_a_segment_is_entered_and_just_missed(name: str) -> None:
    assert name in given(shipped(), SEGMENT_CASES[name].has)[1]
    assert name not in given(shipped(), SEGMENT_CASES[name].misses)[1]


def test_who_meets_no_rule_gets_nothing() -> None:
    assert given(shipped(), [viewed(ago(60))]) == ((), ())


def test_nobody_is_dormant_and_lost_or_overdue_and_at_risk() -> None:
    for case in CASES.values():
        for events in case:
            labels = set(given(shipped(), events)[0])
            assert not labels >= {"dormant", "lost"}
            assert not labels >= {"overdue", "at-risk"}


def test_the_order_of_the_rules_means_nothing(tmp_path: Path) -> None:
    content = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    turned = tmp_path / "turned.yaml"
    turned.write_text(yaml.safe_dump({name: rules[::-1] for name, rules in content.items()}))
    rules = load_rules(turned, 2, TIERS)
    for case in [*CASES.values(), *SEGMENT_CASES.values()]:
        for events in case:
            labels, segments = given(shipped(), events)
            assert given(rules, events) == (labels[::-1], segments[::-1])


@pytest.mark.parametrize("tiers", [["wood", "stone"], []], ids=["other tiers", "no tiers"])
def test_the_file_is_valid_whatever_the_tiers_and_the_currency(tiers: list[str]) -> None:
    for decimals in (0, 2, 3):
        assert load_rules(None, decimals, tiers).labels == shipped().labels
