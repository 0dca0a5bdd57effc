"""The expected `spending`: orders, amounts, rhythm, and how they compare with the store's."""

import math
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from statistics import median

from tests.support.oracle.values import (
    CENT,
    ZERO,
    Measures,
    Near,
    Past,
    Wire,
    money,
    of_type,
    part,
    text,
    utc_day,
)

#: Name, and what the last 365 days must hold: orders and amount.
TIERS = (("bronze", 1, 0), ("silver", 2, 200), ("gold", 4, 1000), ("platinum", 10, 5000))
LEVELS = ("low", "below average", "average", "above average", "high")
ORDER_DAYS = 16


def section(
    past: Past, recent: Past, as_of: datetime, price_level: int | None, measures: Measures
) -> Wire:
    """The section; `recent` are the events in the window."""
    orders = of_type(past, "order_completed")
    last_month = (as_of - timedelta(days=365)).strftime("%Y-%m")
    year = [(at, event) for at, event in orders if utc_day(at).strftime("%Y-%m") >= last_month]
    recent_orders = of_type(recent, "order_completed")
    amount = _total(orders)
    refunded = _total(of_type(past, "order_refunded"))
    reached = [name for name, count, least in TIERS if len(year) >= count and _total(year) >= least]
    return {
        "currency": "USD",
        "orders_30d": len(recent_orders),
        "amount_30d": str(_total(recent_orders)),
        "orders_365d": len(year),
        "amount_365d": str(_total(year)),
        "orders": len(orders),
        "amount": str(amount),
        "refunded": str(refunded),
        "refund_rate": part(refunded, amount),
        "cancellation_rate": part(len(of_type(past, "order_cancelled")), len(orders)),
        "tier": reached[-1] if reached else None,
        **_rhythm(orders, amount, as_of, price_level, measures),
    }


def _total(events: Past) -> Decimal:
    return sum((money(e["total"], e["currency"]) for _, e in events), ZERO)


def _rhythm(
    orders: Past, amount: Decimal, as_of: datetime, price_level: int | None, measures: Measures
) -> Wire:
    if not orders:
        names = ("average_order", "first_order_at", "last_order_at", "recency_days")
        return dict.fromkeys((*names, "rfm", "repurchase", "power"))
    average = (amount / len(orders)).quantize(CENT, ROUND_HALF_UP)
    last = max(at for at, _ in orders)
    recency = stepped((as_of - last).days)
    return {
        "average_order": str(average),
        "first_order_at": text(min(at for at, _ in orders)),
        "last_order_at": text(last),
        "recency_days": recency,
        "rfm": {
            "r": 6 - _fifth(measures.recency_days, recency),
            "f": _fifth(measures.orders, len(orders)),
            "m": _fifth(measures.amount, amount * 100),
        },
        "repurchase": _repurchase(orders, amount, last, as_of, measures),
        "power": _power(average, price_level, measures),
    }


def stepped(days: int) -> int:
    """Whole days, exact up to 16, then in steps of an eighth of a doubling."""
    if days < 16:
        return days
    step: int = 2 ** int(math.log2(days)) // 8
    return days // step * step


def _percentile(quantiles: tuple[int, ...], value: int | Decimal) -> int:
    return 5 * sum(quantile < value for quantile in quantiles)


def _fifth(quantiles: tuple[int, ...], value: int | Decimal) -> int:
    return 1 + _percentile(quantiles, value) // 20


def price_level(median_price: Decimal | None, measures: Measures) -> int | None:
    """Percent of the store's buyers who meet lower prices."""
    return None if median_price is None else _percentile(measures.price, median_price * 100)


def _power(average: Decimal, level: int | None, measures: Measures) -> Wire:
    score = _percentile(measures.average_order, average * 100)
    if level is not None:
        score = (score + level) // 2
    return {"score": score, "level": LEVELS[score // 20], "price_level": level}


def _repurchase(
    orders: Past, amount: Decimal, last: datetime, as_of: datetime, measures: Measures
) -> Wire:
    days = sorted({utc_day(at) for at, _ in orders})[-ORDER_DAYS:]
    gaps = [(later - earlier).days for earlier, later in pairwise(days)]
    cycle = float(median(gaps)) if gaps else None
    due = None if cycle is None else last + timedelta(days=cycle)
    recency = stepped((as_of - last).days)
    return {
        "median_days": cycle,
        "next_expected_at": None if due is None else text(due),
        "overdue": None if due is None else as_of >= due,
        "probability_30d": Near(
            _probability(days, recency, len(orders), float(amount * 100), measures), 1e-4
        ),
    }


def _probability(
    days: list[date], recency: int, orders: int, amount: float, model: Measures
) -> float:
    average = amount / orders
    ages = [float((days[-1] - day).days) for day in days]
    if len(days) == ORDER_DAYS:
        pace = ages[0] / (ORDER_DAYS - 1)
        ages += [ages[0] + pace * place for place in range(1, orders - ORDER_DAYS + 1)]
    weights = sum(2 ** (-age / 180) for age in ages)
    log_rate = model.base + model.waiting * math.log(recency + 7)
    log_rate += model.momentum * (math.log(weights) - recency * math.log(2) / 180)
    if average and model.typical_order:
        ratio = min(max(average / model.typical_order, 0.1), 10)
        log_rate += model.spend * math.log(ratio)
    exposure = (1 - 2 ** (-30 / 180)) * 180 / math.log(2)
    return 1 - math.exp(-math.exp(log_rate) * exposure)
