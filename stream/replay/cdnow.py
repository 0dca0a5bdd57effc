"""CDNOW: purchases of a music shop, 1997-01 to 1998-06, in US dollars.

Source: https://www.brucehardie.com/datasets/. Columns are separated by blanks: ``master id, sample
id, date, CDs, dollars`` in the sample, ``id, date, CDs, dollars`` in the full file. Each row is an
order; of its time only the day is known, and of its CDs only their number, so it has no items.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import BinaryIO

from stream.events import OrderCompleted
from stream.replay.amounts import is_plain, to_decimal, to_money
from stream.replay.identity import Occurrences
from stream.replay.localtime import at_noon
from stream.replay.rows import MALFORMED_ROW
from stream.replay.source import Found, Skipped, as_text

CURRENCY = "USD"

_SAMPLE_FIELDS = 5
_FULL_FIELDS = 4


def read(stream: BinaryIO) -> Iterator[Found]:
    """Orders in order of time.

    The file is sorted by customer, so all of it is held in memory (70,000 rows at full size).
    """
    occurrences = Occurrences()
    orders: list[OrderCompleted] = []
    for number, line in enumerate(as_text(stream), start=1):
        fields = line.split()
        if not fields:
            continue
        try:
            orders.append(_to_order(fields, occurrences))
        except ValueError as exc:
            yield Skipped(number, MALFORMED_ROW, str(exc))
    yield from sorted(orders, key=lambda order: order.occurred_at)


def _to_order(fields: list[str], occurrences: Occurrences) -> OrderCompleted:
    if len(fields) not in (_SAMPLE_FIELDS, _FULL_FIELDS):
        raise ValueError(f"{len(fields)} fields, expected {_FULL_FIELDS} or {_SAMPLE_FIELDS}")
    customer_id, (day, cds, dollars) = fields[0], fields[-3:]
    if not (customer_id.isdigit() and cds.isdigit() and len(day) == len("19970101")):
        raise ValueError("id, date or CDs is not a number of the expected form")
    event_id = occurrences.number(f"cdnow-{customer_id}-{day}")
    return OrderCompleted(
        event_id=event_id,
        customer_id=customer_id,
        occurred_at=at_noon(datetime.strptime(day, "%Y%m%d").date()),
        order_id=event_id,
        total=dollars if is_plain(dollars) else to_money(to_decimal(dollars)),
        currency=CURRENCY,
    )
