"""UCI Online Retail, computed from the file alone: shares no code with the package."""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

_PENNY = Decimal("0.01")
_LONDON = ZoneInfo("Europe/London")


def expected_portraits(path: Path, as_of: datetime) -> dict[str, dict[str, Any]]:
    """Customer -> the figures of the portrait as of an instant after all invoices.

    The window is the 30 days before `as_of`, their beginning rounded down to the hour.
    """
    start = (as_of - timedelta(days=30)).replace(minute=0, second=0, microsecond=0)
    portraits: dict[str, dict[str, Any]] = defaultdict(_nothing)
    for number, (customer, local, total) in _invoices(path).items():
        figures = portraits[customer]
        refund = number.startswith("C")
        amount = total.quantize(_PENNY, ROUND_HALF_EVEN)
        inside = start <= local.replace(tzinfo=_LONDON).astimezone(UTC) < as_of
        if inside:
            kind = "order_refunded" if refund else "order_completed"
            figures["counts"][kind] = figures["counts"].get(kind, 0) + 1
        if refund:
            figures["refunded"] += amount
            continue
        figures["orders"] += 1
        figures["amount"] += amount
        if inside:
            figures["orders_30d"] += 1
            figures["amount_30d"] += amount
    return dict(portraits)


def _nothing() -> dict[str, Any]:
    nought = Decimal("0.00")
    return {
        "orders": 0,
        "amount": nought,
        "refunded": nought,
        "orders_30d": 0,
        "amount_30d": nought,
        "counts": {},
    }


def lines_left_out(path: Path) -> int:
    """Lines that belong to no customer, or take goods back from within an order."""
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        return sum(not _counts(row) for row in csv.DictReader(file))


def _counts(row: dict[str, str]) -> bool:
    return bool(row["CustomerID"]) and (row["InvoiceNo"][0] == "C" or int(row["Quantity"]) > 0)


def _invoices(path: Path) -> dict[str, tuple[str, datetime, Decimal]]:
    """Invoice -> customer, UK time of its first line, total."""
    invoices: dict[str, tuple[str, datetime, Decimal]] = {}
    with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            if not _counts(row):
                continue
            number, quantity = row["InvoiceNo"], int(row["Quantity"])
            customer = row["CustomerID"].removesuffix(".0")
            at = datetime.fromisoformat(row["InvoiceDate"])
            known, at, total = invoices.get(number, (customer, at, Decimal()))
            assert known == customer, f"invoice {number} names two customers"
            total += abs(quantity) * Decimal(row["UnitPrice"])
            invoices[number] = (customer, at, total)
    return invoices
