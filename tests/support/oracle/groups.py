"""The group portrait that a list of portraits must add up to, by looking at all of them.

Shares no code with the package: it reads published portraits as plain JSON, keeps those of the
group and counts them anew for every figure.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import count, islice

from tests.support.oracle.values import Wire, part

AGE_BANDS = ("under-18", "18-24", "25-34", "35-44", "45-54", "55-64", "65+")
#: Names in a long list before the rest goes under `other`.
LONG = 20
#: Busiest hours, those with so many times the mean of all.
MOST_PEAKS, PEAK = 6, Fraction(5, 4)

#: The portraits that one name stands for, by name; None stands for those of whom nothing is known.
Parts = dict[str | None, list[Wire]]


def expected(portraits: Iterable[Wire], store_id: str, segment: str | None) -> Wire:
    """The document of a store, or of a segment of it; each portrait is of another customer."""
    found = [each for each in portraits if each["store_id"] == store_id]
    if segment is not None:
        found = [each for each in found if segment in each["segments"]]
    return {
        "store_id": store_id,
        "segment": segment,
        "currency": "USD",
        "customers": len(found),
        "active": len([each for each in found if sum(each["activity"]["counts"].values())]),
        "buyers": len(_buyers(found)),
        **_money(found),
        **{
            name: _shares(_split(found, of), len(found), _ORDERS.get(name, ()))
            for name, of in _DIMENSIONS.items()
        },
        "labels": _labels(found),
        "hours": {
            "visitors": _hours(found),
            "buyers": _hours([each for each in found if each["spending"]["orders_30d"]]),
        },
        "channels": _channels(found),
    }


def _buyers(found: list[Wire]) -> list[Wire]:
    return [each for each in found if each["spending"]["orders"]]


def _money(found: list[Wire]) -> Wire:
    orders, orders_30d = (
        sum(each["spending"][name] for each in found) for name in ("orders", "orders_30d")
    )
    amount, amount_30d = _total(found, "amount"), _total(found, "amount_30d")
    return {
        "orders": orders,
        "amount": str(amount),
        "refunded": str(_total(found, "refunded")),
        "average_order": _mean(amount, orders),
        "orders_30d": orders_30d,
        "amount_30d": str(amount_30d),
        "average_order_30d": _mean(amount_30d, orders_30d),
    }


def _total(found: list[Wire], name: str) -> Decimal:
    return sum((Decimal(each["spending"][name]) for each in found), Decimal("0.00"))


def _mean(amount: Decimal, number: int) -> str | None:
    """Rounded half up to cents, None of nothing."""
    if not number:
        return None
    cents = math.floor(Fraction(amount) * 100 / number + Fraction(1, 2))
    return str(Decimal(cents).scaleb(-2))


def _shops_for(portrait: Wire) -> str | None:
    value = portrait["attributes"]["shopping_gender"]["value"]
    return None if value == "unknown" else str(value)


def _favourite(names: list[Wire]) -> str | None:
    return names[0]["name"] if names else None


def _price_band(prices: Wire | None) -> str | None:
    if prices is None:
        return None
    low, high = next(band for band in price_bands() if Decimal(prices["p50"]) < band[1])
    return f"{low}-{high}"


def price_bands() -> Iterable[tuple[int, int]]:
    """0 to 1, 1 to 2, 2 to 5, 5 to 10, 10 to 20 and so on; the upper bound is the next band's."""
    yield 0, 1
    for power in count():
        unit: int = 10**power
        yield unit, 2 * unit
        yield 2 * unit, 5 * unit
        yield 5 * unit, 10 * unit


_DIMENSIONS: dict[str, Callable[[Wire], str | None]] = {
    "natural_gender": lambda portrait: portrait["attributes"]["natural_gender"],
    "shopping_gender": _shops_for,
    "age_band": lambda portrait: portrait["attributes"]["age_band"],
    "country": lambda portrait: portrait["attributes"]["country"],
    "tier": lambda portrait: portrait["spending"]["tier"],
    "category": lambda portrait: _favourite(portrait["preferences"]["categories"]),
    "brand": lambda portrait: _favourite(portrait["preferences"]["brands"]),
    "price_band": lambda portrait: _price_band(portrait["preferences"]["price_band"]),
}


#: Names that stand in an order of their own.
_ORDERS: dict[str, Sequence[str]] = {
    "age_band": AGE_BANDS,
    "price_band": [f"{low}-{high}" for low, high in islice(price_bands(), 40)],
}


def _split(found: list[Wire], of: Callable[[Wire], str | None]) -> Parts:
    return {name: [each for each in found if of(each) == name] for name in map(of, found)}


def _labels(found: list[Wire]) -> list[Wire]:
    names = {name for each in found for name in each["labels"]}
    counts = {name: sum(name in each["labels"] for each in found) for name in names}
    return [
        {"name": name, "customers": counts[name], "share": part(counts[name], len(found))}
        for name in sorted(counts, key=lambda name: (-counts[name], name))
    ]


def _listed(parts: Parts, order: Sequence[str]) -> list[tuple[str | None, list[Wire]]]:
    """Most customers first, or in an order; then `other`, all beyond the first; then unknown."""
    known = {name: found for name, found in parts.items() if name is not None}
    listed = sorted(known, key=lambda name: (-len(known[name]), name))
    rest: list[str] = []
    if len(listed) > LONG:
        own = [name for name in listed if name != "other"][:LONG]
        listed, rest = own, [name for name in listed if name not in own]
    if order:
        listed.sort(key=order.index)
    entries: list[tuple[str | None, list[Wire]]] = [(name, known[name]) for name in listed]
    if rest:
        keys = {id(each): each for name in rest for each in known[name]}
        entries.append(("other", list(keys.values())))
    return entries + ([(None, parts[None])] if None in parts else [])


def _shares(parts: Parts, customers: int, order: Sequence[str] = ()) -> list[Wire]:
    return [
        {"name": name, "customers": len(found), "share": part(len(found), customers)}
        for name, found in _listed(parts, order)
    ]


def _hours(found: list[Wire]) -> Wire:
    by_hour = [
        sum(each["activity"]["hours"]["by_hour"][hour] for each in found) for hour in range(24)
    ]
    peaks = [hour for hour in range(24) if by_hour[hour] >= max(1, PEAK * sum(by_hour) / 24)]
    peaks.sort(key=lambda hour: by_hour[hour], reverse=True)  # of equals the earlier stays first
    return {"by_hour": by_hour, "peak_hours": peaks[:MOST_PEAKS]}


def _channels(found: list[Wire]) -> list[Wire]:
    parts = _split(found, lambda each: each["attributes"]["acquisition_channel"])
    return [{"name": name, **_channel(those)} for name, those in _listed(parts, ())]


def _channel(found: list[Wire]) -> Wire:
    amount, refunded = _total(found, "amount"), _total(found, "refunded")
    return {
        "customers": len(found),
        "buyers": len(_buyers(found)),
        "conversion": part(len(_buyers(found)), len(found)),
        "amount": str(amount),
        "amount_per_customer": _mean(amount, len(found)),
        "refund_rate": part(refunded, amount),
    }
