"""Traffic for workers: events of all topics as a file for `portrait replay`, and what they mean."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from stream.demo.simulation import Simulation
from tests.support.events import Wire, event

#: Long enough ago for any clock that this may run under.
END = datetime(2025, 6, 1, tzinfo=UTC)
AS_OF = "2025-06-01T00:00:00Z"

# One type of each topic, and two orders.
_ROUND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("product_viewed", {"product": {"product_id": "p1", "category": "home/mugs"}}),
    ("signed_in", {}),
    ("product_added", {"product": {"product_id": "p1", "price": "4.00"}, "currency": "USD"}),
    ("order_completed", {"order_id": "o", "total": "12.50", "currency": "USD"}),
    ("customer_identified", {"traits": {"birth_year": 1990}}),
    ("promotion_clicked", {"promotion_id": "spring"}),
)


def simulated(path: Path, events: int, customers: int, seed: int = 11) -> Path:
    """Write the last events of a simulated shop as JSON lines."""
    shop = Simulation(seed, customers)
    return _write(path, (msgspec.json.encode(each) for each in shop.last(events, END)))


def regular(events: int, customers: int) -> list[Wire]:
    """Events of customers who do the same in turn, a few at a time, all within 20 hours."""
    step = timedelta(hours=20) / events
    made = []
    for number in range(events):
        kind, fields = _ROUND[number // customers % len(_ROUND)]
        at = (END - timedelta(hours=20) + number * step).isoformat(timespec="milliseconds")
        made.append(event(kind, at, customer_id=f"c{number % customers}", **fields))
    return made


def written(path: Path, events: Iterable[Wire]) -> Path:
    """Write events as JSON lines."""
    return _write(path, map(msgspec.json.encode, events))


def encoded(wire: Wire) -> bytes:
    """The value of an event's record."""
    return msgspec.json.encode(wire)


def counts(events: Sequence[Wire]) -> dict[str, dict[str, int]]:
    """Customer -> how many events of each type."""
    found: dict[str, Counter[str]] = {}
    for each in events:
        found.setdefault(each["customer_id"], Counter())[each["type"]] += 1
    return {customer: dict(counter) for customer, counter in found.items()}


def counted(documents: dict[str, Any]) -> dict[str, dict[str, int]]:
    """Customer -> how many events of each type, as exported portraits have it."""
    return {customer: each["activity"]["counts"] for customer, each in documents.items()}


def _write(path: Path, lines: Iterable[bytes]) -> Path:
    path.write_bytes(b"\n".join(lines) + b"\n")
    return path
