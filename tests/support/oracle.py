"""What a portrait must say, computed naively from the plain list of a customer's events.

Shares no code with the package: it reads the wire JSON, keeps every event, and looks at all of
them again for each instant, with calendar arithmetic, decimals and fractions. Slow and obvious.
"""

import json
import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from zlib import crc32

Wire = dict[str, Any]

RATES = {
    None: Decimal(1),
    "USD": Decimal(1),
    "EUR": Decimal("1.0845"),
    "JPY": Decimal("0.0067"),
    "KWD": Decimal("3.25"),
}
CENT = Decimal("0.01")
POINTS = {
    "product_viewed": 1,
    "product_clicked": 1,
    "product_reviewed": 2,
    "product_added_to_wishlist": 3,
    "product_shared": 3,
    "product_added": 4,
    "order_completed": 8,
}
KNOWN_TRAITS = ("gender", "birth_year", "occupation", "country", "region", "language")
AGE_BANDS = {18: "18-24", 25: "25-34", 35: "35-44", 45: "45-54", 55: "55-64", 65: "65+"}


class Ranked(NamedTuple):
    """A category or brand: exact score and share."""

    name: str
    score: Fraction
    share: Fraction


class Expected(NamedTuple):
    """The document without the preferences, and these apart: their numbers are rounded there."""

    document: Wire
    categories: list[Ranked]
    brands: list[Ranked]
    quartiles: tuple[Decimal, Decimal, Decimal] | None


def expected(events: Iterable[Wire], as_of: datetime) -> Expected | None:
    """The portrait at an instant not before the newest event; None where there is none."""
    history = [(_moment(event), event) for event in events]
    if not history or any(event["type"] == "erasure_requested" for _, event in history):
        return None
    tail = as_of - timedelta(days=30)
    first_instant = tail.replace(minute=0, second=0, microsecond=0)
    in_window = [(at, event) for at, event in history if at >= first_instant]
    by_day = defaultdict(list)
    for at, event in history:
        if at.astimezone(UTC).date() >= tail.date() and _tells_of_preferences(event):
            by_day[at.astimezone(UTC).date()].append(event)
    document = {
        "store_id": history[0][1].get("store_id", "main"),
        "customer_id": history[0][1]["customer_id"],
        "version": 1,
        "as_of": _text(as_of),
        "first_seen": _text(min(at for at, _ in history)),
        "last_seen": _text(max(at for at, _ in history)),
        "attributes": _attributes(history, as_of),
        "activity": {
            "window": {"start": _text(first_instant), "end": _text(as_of)},
            **_activity(in_window),
        },
        "spending": _spending(history, in_window),
    }
    return Expected(
        document, _ranking(by_day, "category"), _ranking(by_day, "brand"), _quartiles(by_day)
    )


def _moment(event: Wire) -> datetime:
    """When it happened, on the customer's clock, in whole milliseconds."""
    at = datetime.fromisoformat(event["occurred_at"])
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def _activity(in_window: list[tuple[datetime, Wire]]) -> Wire:
    by_hour, by_weekday_hour = [0] * 24, [0] * 168
    for at, _ in in_window:
        by_hour[at.hour] += 1
        by_weekday_hour[at.weekday() * 24 + at.hour] += 1
    even_share = Fraction(len(in_window), 24)
    peaks = [hour for hour in range(24) if by_hour[hour] and by_hour[hour] >= 2 * even_share]
    busiest_first = sorted(peaks, key=lambda hour: by_hour[hour], reverse=True)
    return {
        "counts": dict(Counter(event["type"] for _, event in in_window)),
        "active_days": len({at.date() for at, _ in in_window}),
        "hours": {
            "by_hour": by_hour,
            "by_weekday_hour": by_weekday_hour,
            "peak_hours": busiest_first[:6],
        },
    }


def _money(text: str, currency: str | None) -> Decimal:
    return (Decimal(text) * RATES[currency]).quantize(CENT, ROUND_HALF_EVEN)


def _spending(history: list[tuple[datetime, Wire]], in_window: list[tuple[datetime, Wire]]) -> Wire:
    def totals(events: list[tuple[datetime, Wire]], kind: str) -> list[Decimal]:
        return [_money(e["total"], e["currency"]) for _, e in events if e["type"] == kind]

    ever = totals(history, "order_completed")
    recent = totals(in_window, "order_completed")
    times = [at for at, event in history if event["type"] == "order_completed"]
    amount = sum(ever, Decimal("0.00"))
    return {
        "currency": "USD",
        "orders_30d": len(recent),
        "amount_30d": str(sum(recent, Decimal("0.00"))),
        "orders": len(ever),
        "amount": str(amount),
        "refunded": str(sum(totals(history, "order_refunded"), Decimal("0.00"))),
        "average_order": str((amount / len(ever)).quantize(CENT, ROUND_HALF_UP)) if ever else None,
        "last_order_at": _text(max(times)) if times else None,
    }


def _products(event: Wire) -> Iterator[Wire]:
    if event["type"] == "order_completed":
        yield from event.get("items", ())
    else:
        yield event["product"]


def _tells_of_preferences(event: Wire) -> bool:
    told = ("category", "brand", "price")
    return event["type"] in POINTS and any(
        product.get(field) is not None for product in _products(event) for field in told
    )


def _ranking(by_day: dict[date, list[Wire]], kind: str) -> list[Ranked]:
    scores: Counter[str] = Counter()
    total = 0
    for day, events in by_day.items():
        points: Counter[str] = Counter()
        for event in events:
            for product in _products(event):
                if product.get(kind):
                    points[product[kind]] += POINTS[event["type"]]
        age = (max(by_day) - day).days
        weight = round(65536 * 0.5 ** (age / 7))
        total += weight * sum(points.values())
        kept = sorted(points, key=lambda name: (crc32(name.encode()), name))[:32]
        for name in kept:
            scores[name] += weight * points[name]
    best = sorted(scores, key=lambda name: (-scores[name], name))[:10]
    return [Ranked(n, Fraction(scores[n], 65536), Fraction(scores[n], total)) for n in best]


def _quartiles(by_day: dict[date, list[Wire]]) -> tuple[Decimal, Decimal, Decimal] | None:
    prices = sorted(
        _money(product["price"], event.get("currency"))
        for events in by_day.values()
        for event in events
        for product in _products(event)
        if product.get("price") is not None
    )
    if not prices:
        return None
    p25, p50, p75 = (prices[math.ceil(len(prices) * q / 4) - 1] for q in (1, 2, 3))
    return p25, p50, p75


def _attributes(history: list[tuple[datetime, Wire]], as_of: datetime) -> Wire:
    declared: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    for at, event in history:
        if event["type"] == "customer_identified":
            for name, value in event["traits"].items():
                declared[name].append((at, json.dumps(value, ensure_ascii=False)))
    last = {name: json.loads(max(values)[1]) for name, values in declared.items()}
    custom = sorted(
        (name for name in last if name not in KNOWN_TRAITS),
        key=lambda name: (crc32(name.encode()), name),
    )[:64]
    known = {name: last.get(name) for name in KNOWN_TRAITS}
    birth_year = known["birth_year"]
    age_band = None
    if birth_year is not None:
        age = as_of.year - birth_year
        reached = [years for years in AGE_BANDS if age >= years]
        age_band = AGE_BANDS[max(reached)] if reached else "under-18"
    return {
        "natural_gender": known["gender"],
        "birth_year": birth_year,
        "age_band": age_band,
        "occupation": known["occupation"],
        "country": known["country"],
        "region": known["region"],
        "language": known["language"],
        "traits": {name: last[name] for name in custom if last[name] is not None},
    }
