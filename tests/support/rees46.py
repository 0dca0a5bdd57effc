"""REES46, computed from the file alone: shares no code with the package."""

import csv
import gzip
from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

_TYPES = {"view": "product_viewed", "cart": "product_added", "purchase": "order_completed"}


def expected_portraits(path: Path) -> tuple[dict[str, dict[str, Any]], list[int]]:
    """Customer -> the figures of the portrait within 30 days; and the numbers of the bad lines."""
    portraits: dict[str, dict[str, Any]] = defaultdict(_nothing)
    bad: list[int] = []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        rows = csv.reader(file)
        header = next(rows)
        for number, fields in enumerate(rows, 2):
            if len(fields) != len(header):
                bad.append(number)
                continue
            row = dict(zip(header, fields, strict=True))
            figures = portraits[row["user_id"]]
            kind = _TYPES[row["event_type"]]
            figures["counts"][kind] = figures["counts"].get(kind, 0) + 1
            at = datetime.strptime(row["event_time"], "%Y-%m-%d %H:%M:%S UTC")
            figures["by_hour"][at.hour] += 1
            if kind == "order_completed":
                figures["orders"] += 1
                figures["amount"] += Decimal(row["price"])
    return dict(portraits), bad


def _nothing() -> dict[str, Any]:
    return {"orders": 0, "amount": Decimal("0.00"), "counts": {}, "by_hour": [0] * 24}
