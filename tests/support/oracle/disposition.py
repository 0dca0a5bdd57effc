"""The expected `disposition`: inclinations with enough data, sorted by name."""

from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from zlib import crc32

from tests.support.oracle.preferences import NAMES_A_DAY, points_of
from tests.support.oracle.values import (
    Near,
    Past,
    Wire,
    bounded,
    by_utc_day,
    of_type,
    products,
)

MIN_ORDERS, MIN_BOUGHT, MIN_BRAND_POINTS, MIN_BRAND_DAYS = 3, 3, 20, 3
PRODUCTS_A_DAY = 32
SLOT_S = 360
DAY_SLOTS = 24 * 3600 // SLOT_S


def section(past: Past, days: Past, response: Wire, price_level: int | None) -> Wire:
    """The section; the scores of the inclinations decide on their order, which is not kept here."""
    orders = len(of_type(past, "order_completed"))
    found = [*_of_prices(orders, response, price_level), *_of_journeys(days), *_of_brands(days)]
    return {"inclinations": sorted(found, key=lambda each: str(each["name"]))}


def _inclination(name: str, score: Fraction | float, **evidence: Fraction | float) -> Wire:
    figures = {figure: Near(value, 1e-4) for figure, value in evidence.items()}
    return {"name": name, "score": Near(score, 1.0001e-4), "evidence": figures}


def _of_prices(orders: int, response: Wire, price_level: int | None) -> Iterator[Wire]:
    if orders < MIN_ORDERS or price_level is None:
        return
    level = Fraction(price_level, 95)
    sensitivity = response["sensitivity"].value
    discounts = response["discount_share"]
    paid = 1 - discounts.value if discounts else Fraction(1)
    yield _inclination(
        "price-driven",
        (sensitivity + 1 - level) / 2,
        orders=orders,
        sensitivity=sensitivity,
        price_level=price_level,
    )
    yield _inclination(
        "quality-driven",
        (level + paid) / 2,
        orders=orders,
        full_price_share=paid,
        price_level=price_level,
    )


def _slots(day: Past) -> dict[str, int]:
    """The first slot of six minutes of each product that is kept of a day, counted from 1970."""
    first: dict[str, int] = {}
    for at, event in day:
        slot = int(at.timestamp()) // SLOT_S
        for product in products(event):
            name = product["product_id"]
            first[name] = min(first.get(name, slot), slot)
    kept = sorted(first, key=lambda name: crc32(name.encode()) % 65536)[:PRODUCTS_A_DAY]
    return {name: first[name] for name in kept}


def _of_journeys(days: Past) -> Iterator[Wire]:
    by_day = by_utc_day(days)
    views = {d: _slots(of_type(p, "product_viewed", "product_clicked")) for d, p in by_day.items()}
    durations = []
    for day, past in by_day.items():
        for product, bought in _slots(of_type(past, "order_completed")).items():
            earlier = [views[d][product] for d in views if d <= day and product in views[d]]
            if earlier and min(earlier) <= bought:
                durations.append(bought - min(earlier))
    bought = len(durations)
    if bought < MIN_BOUGHT:
        return
    quick = sum(slots <= DAY_SLOTS // 24 for slots in durations)
    slow = sum(slots >= DAY_SLOTS for slots in durations)
    common: dict[str, Fraction | float] = {
        "products_bought": bought,
        "median_hours_to_order": Fraction(sorted(durations)[(bought - 1) // 2], 10),
    }
    yield _inclination("impulsive", Fraction(quick, bought), **common, within_an_hour=quick)
    yield _inclination("deliberate", Fraction(slow, bought), **common, after_a_day=slow)


def _of_brands(days: Past) -> Iterator[Wire]:
    by_day = {
        day: bounded(points_of(past, "brand"), NAMES_A_DAY)
        for day, past in by_utc_day(days).items()
    }
    by_day = {day: points for day, points in by_day.items() if points}
    points = sum(by_day.values(), Counter[str]())
    total = points.total()
    if total < MIN_BRAND_POINTS:
        return
    figures = {"brands": len(points), "brand_points": total}
    yield _inclination(
        "loyal",
        Fraction(sum(more**2 for more in points.values()), total**2),
        **figures,
        top_share=Fraction(max(points.values()), total),
    )
    if len(by_day) >= MIN_BRAND_DAYS:
        first = min(by_day)
        first_met = {name: min(d for d in by_day if name in by_day[d]) for name in points}
        fresh = sum(
            more
            for d in by_day
            for name, more in by_day[d].items()
            if first_met[name] == d and d != first
        )
        yield _inclination(
            "novelty-seeking",
            Fraction(fresh, total - by_day[first].total()),
            **figures,
            days=len(by_day),
            points_on_new_brands=fresh,
        )
