"""Stored portraits of buyers, for tests of the reference."""

import json
from collections.abc import Iterable, Iterator
from typing import Any

from stream.profile.state import State
from stream.tables import codec
from stream.tables.table import PortraitTable, Record, Write

DAY_MS = 86_400_000
TAKEN_MS = 1_772_366_400_000  # 2026-03-01T12:00:00Z

#: A state without anything; what a test is about is in the documents.
_STATE = codec.encode(State())


def document(store_id: str = "main", **changes: Any) -> dict[str, Any]:
    """A published portrait with an order of 10.00 two and a half days before the taking."""
    spending = {
        "currency": "USD",
        "orders_30d": 1,
        "orders": 1,
        "amount": "10.00",
        "average_order": "10.00",
        "last_order_at": "2026-02-27T00:00:00.000Z",
    }
    price_band = changes.pop("price_band", None)
    return {
        "store_id": store_id,
        "version": 1,
        "spending": spending | changes,
        "preferences": {"categories": [], "price_band": price_band},
    }


def buyers(count: int, store_id: str = "main", cents: int = 0) -> Iterator[dict[str, Any]]:
    """Customers with one order each, of 100.00, 101.00 …, and so many cents."""
    for number in range(count):
        yield document(store_id, amount=f"{100 + number}.{cents:02}")


async def keep(
    table: PortraitTable, documents: Iterable[dict[str, Any] | bytes | None], start: int = 0
) -> None:
    """Store each as the record of a customer of its own; None is one who was erased."""
    writes = []
    for number, each in enumerate(documents, start):
        published = json.dumps(each).encode() if isinstance(each, dict) else each
        record = Record(1, 1, _STATE, published)
        writes.append(Write(f"main/c{number}", record, None, publish=False))
    assert all(await table.store(0, writes))
