"""The values of an expected document, and how a found one is held against it."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any, NamedTuple
from zlib import crc32

Wire = dict[str, Any]
#: Events with their times on the customer's own clock, in any order.
Past = list[tuple[datetime, Wire]]

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
RATES = {
    None: Decimal(1),
    "USD": Decimal(1),
    "EUR": Decimal("1.0845"),
    "JPY": Decimal("0.0067"),
    "KWD": Decimal("3.25"),
}


class Near(NamedTuple):
    """A number that the document rounds: right if it is no farther off than the tolerance."""

    value: Fraction | float
    tolerance: float = 0.0000501  # four digits


class Measures(NamedTuple):
    """What a store compares its customers by: ascending quantiles, and a model of buying again.

    Amounts are in cents. The last five are the parameters of the model.
    """

    recency_days: tuple[int, ...]
    orders: tuple[int, ...]
    amount: tuple[int, ...]
    average_order: tuple[int, ...]
    price: tuple[int, ...]
    base: float
    momentum: float
    waiting: float
    spend: float
    typical_order: float


def moment(event: Wire) -> datetime:
    """When it happened, on the customer's clock, in whole milliseconds."""
    at = datetime.fromisoformat(event["occurred_at"])
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def text(at: datetime) -> str:
    """UTC with milliseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"


def utc_day(at: datetime) -> date:
    """The UTC date of an instant."""
    return at.astimezone(UTC).date()


def by_utc_day(past: Past) -> dict[date, Past]:
    """The same events day by day, oldest day first."""
    found: dict[date, Past] = {}
    for at, event in sorted(past, key=lambda entry: entry[0]):
        found.setdefault(utc_day(at), []).append((at, event))
    return found


def of_type(past: Past, *names: str) -> Past:
    """The events of these types."""
    return [(at, event) for at, event in past if event["type"] in names]


def money(amount: str, currency: str | None) -> Decimal:
    """An amount in base currency, in whole cents."""
    return (Decimal(amount) * RATES[currency]).quantize(CENT, ROUND_HALF_EVEN)


def part(some: int | Decimal, whole: int | Decimal) -> Near | None:
    """A part of a whole, at most all of it; None of nothing."""
    return Near(min(Fraction(1), Fraction(some) / Fraction(whole))) if whole else None


def by_hash(names: Iterable[str]) -> list[str]:
    """Names in the order in which bounds keep them."""
    return sorted(names, key=lambda name: (crc32(name.encode()), name))


def bounded(points: Counter[str], limit: int) -> Counter[str]:
    """The points of those names that a bound keeps."""
    return Counter({name: points[name] for name in by_hash(points)[:limit]})


def products(event: Wire) -> Iterator[Wire]:
    """The products that an event tells of."""
    if event["type"] == "order_completed":
        yield from event.get("items", ())
    elif "product" in event:
        yield event["product"]


def differences(found: Any, expected: Any, path: str = "") -> Iterator[str]:
    """Where a found document is not the expected one, in words."""
    match expected:
        case Near(value, tolerance):
            number = isinstance(found, int | float) and not isinstance(found, bool)
            if not number or abs(Fraction(found) - Fraction(value)) > tolerance:
                yield f"{path}: {found!r} is not about {float(value)}"
        case dict():
            if not isinstance(found, dict) or found.keys() != expected.keys():
                yield f"{path}: {found!r} has other names than {expected!r}"
                return
            for name, inner in expected.items():
                yield from differences(found[name], inner, f"{path}.{name}")
        case list():
            if not isinstance(found, list) or len(found) != len(expected):
                yield f"{path}: {found!r} has another length than {expected!r}"
                return
            for index, inner in enumerate(expected):
                yield from differences(found[index], inner, f"{path}[{index}]")
        case _:
            if found != expected or type(found) is bool is not type(expected):
                yield f"{path}: {found!r} is not {expected!r}"
