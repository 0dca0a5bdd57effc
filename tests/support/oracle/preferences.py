"""The expected `preferences`: what the days of the window tell, and marketing over life."""

import math
from collections import Counter
from decimal import Decimal
from fractions import Fraction

from tests.support.oracle.values import (
    CENT,
    Near,
    Past,
    Wire,
    bounded,
    by_utc_day,
    money,
    of_type,
    part,
    products,
)

POINTS = {
    "product_viewed": 1,
    "product_clicked": 1,
    "product_reviewed": 2,
    "product_added_to_wishlist": 3,
    "product_shared": 3,
    "product_added": 4,
    "order_completed": 8,
}
NAMES_A_DAY, SEARCHES_A_DAY = 32, 4


def section(days: Past, response: Wire) -> Wire:
    """The section of the events on the UTC days of the window."""
    prices = _prices(days)
    quarters = [_nearest_rank(prices, quarter) for quarter in (1, 2, 3)] if prices else []
    band = {
        name: str(rounded(price))
        for name, price in zip(("p25", "p50", "p75"), quarters, strict=False)
    }
    return {
        "categories": _ranking(days, "category"),
        "brands": _ranking(days, "brand"),
        "price_band": band or None,
        "searches": _searches(days),
        "marketing": response,
    }


def points_of(day: Past, kind: str) -> Counter[str]:
    """Points by category, brand or gender, of some events."""
    points: Counter[str] = Counter()
    for _, event in day:
        if event["type"] in POINTS:
            for product in products(event):
                if product.get(kind):
                    points[product[kind]] += POINTS[event["type"]]
    return points


def _ranking(days: Past, kind: str) -> list[Wire]:
    by_day = by_utc_day(days)
    told = [day for day in by_day if any(points_of(by_day[day], k) for k in ("category", "brand"))]
    scores: Counter[str] = Counter()
    total = 0
    for day in told:
        points = points_of(by_day[day], kind)
        weight = round(65536 * 0.5 ** ((max(told) - day).days / 7))
        total += weight * sum(points.values())
        for name, more in bounded(points, NAMES_A_DAY).items():
            scores[name] += weight * more
    best = sorted(scores, key=lambda name: (-scores[name], name))[:10]
    return [
        {
            "name": name,
            "score": Near(Fraction(scores[name], 65536), 0.0050001),
            "share": Near(Fraction(scores[name], total)),
        }
        for name in best
    ]


def _prices(days: Past) -> list[Decimal]:
    return sorted(
        money(product["price"], event.get("currency"))
        for _, event in days
        if event["type"] in POINTS
        for product in products(event)
        if product.get("price") is not None
    )


def _nearest_rank(prices: list[Decimal], quarter: int) -> Decimal:
    return prices[math.ceil(len(prices) * quarter / 4) - 1]


def rounded(price: Decimal) -> Decimal:
    """The middle of the eighth of a doubling that a price is in; below 16 cents the price."""
    cents = int(price * 100)
    if cents < 16:
        return price
    width = 2 ** int(math.log2(cents)) // 8
    return (Decimal(cents // width * width + width // 2) / 100).quantize(CENT)


def median_price(days: Past) -> Decimal | None:
    """The median price met, as the document has it."""
    prices = _prices(days)
    return rounded(_nearest_rank(prices, 2)) if prices else None


def _searches(days: Past) -> list[Wire]:
    total: Counter[str] = Counter()
    for day in by_utc_day(days).values():
        asked: Counter[str] = Counter()
        for _, event in of_type(day, "products_searched"):
            query = " ".join(event["query"].lower().split())[:40].rstrip()
            if query:
                asked[query] += 1
        total += bounded(asked, SEARCHES_A_DAY)
    best = sorted(total, key=lambda query: (-total[query], query))[:10]
    return [{"query": query, "count": total[query]} for query in best]


def marketing(past: Past) -> Wire:
    """The response to coupons, discounts and promotions, over life."""
    orders = of_type(past, "order_completed")
    amount = sum((money(e["total"], e["currency"]) for _, e in orders), Decimal(0))
    discounts = [money(e.get("discount", "0"), e["currency"]) for _, e in orders]
    with_coupon = sum("coupon" in event for _, event in orders)
    used = max(with_coupon, len(of_type(past, "coupon_redeemed")))
    viewed = len(of_type(past, "promotion_viewed"))
    clicked = len(of_type(past, "promotion_clicked"))
    discounted = sum(discount > 0 for discount in discounts)
    responses = used + Fraction(clicked, 5) + Fraction(discounted, 20)
    declined = max(0, len(orders) - used) + max(0, viewed - clicked)
    met = orders or used or viewed or clicked
    return {
        "coupon_rate": part(used, len(orders)),
        "promotion_click_rate": part(clicked, viewed),
        "discount_share": part(sum(discounts, Decimal(0)), amount + sum(discounts)),
        "sensitivity": Near(responses / (responses + 10 + Fraction(declined, 10))) if met else None,
    }
