"""UCI Online Retail: lines of invoices of a UK gift shop, in pounds, at UK local time.

Source: https://archive.ics.uci.edu/dataset/352/online+retail. Lines are grouped by InvoiceNo. An
invoice is an order with its lines of positive quantity; one that starts with ``C`` is a refund of
the quantities' absolute values.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import BinaryIO
from zoneinfo import ZoneInfo

from msgspec import Struct

from stream.events import Event, OrderCompleted, OrderRefunded
from stream.fields import Context, Item
from stream.replay.amounts import is_plain, to_decimal, to_money, to_name
from stream.replay.grouping import Group, group_nearby
from stream.replay.localtime import with_offset
from stream.replay.ordering import in_time_order
from stream.replay.rows import MALFORMED_ROW, Row, read_rows
from stream.replay.source import Found, Skipped

COLUMNS = ("InvoiceNo", "StockCode", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID")
OPTIONAL = ("Country",)

NO_CUSTOMER = "no_customer"
#: A line of an order that takes goods back; the refund comes as an invoice of its own.
NOT_POSITIVE = "not_positive_quantity"
#: A second customer on one invoice: whose order it is cannot be told.
CUSTOMER_DIFFERS = "customer_differs"

CURRENCY = "GBP"
#: The contract's longest list of items; the total is exact beyond it.
MAX_ITEMS = 1000

_LONDON = ZoneInfo("Europe/London")


class Line(Struct, frozen=True):
    """One line of an invoice; ``at`` is wall clock time in the UK."""

    number: int
    customer_id: str
    product_id: str
    quantity: int
    unit_price: str
    at: datetime
    country: str | None

    @property
    def amount(self) -> Decimal:
        return abs(self.quantity) * Decimal(self.unit_price)


def read(stream: BinaryIO) -> Iterator[Found]:
    """Orders and refunds, one an invoice, in order of time."""
    return in_time_order(_read_invoices(stream))


def _read_invoices(stream: BinaryIO) -> Iterator[Found]:
    for group in group_nearby(_read_lines(stream)):
        if isinstance(group, Skipped):
            yield group
            continue
        yield from _strangers(group)
        yield _to_event(group)


def _read_lines(stream: BinaryIO) -> Iterator[tuple[int, str, Line] | Skipped]:
    for row in read_rows(stream, COLUMNS, OPTIONAL):
        yield row if isinstance(row, Skipped) else _to_line(row)


def _to_line(row: Row) -> tuple[int, str, Line] | Skipped:
    number, (invoice, stock_code, quantity, at, unit_price, customer, country) = row
    if not customer.strip():
        return Skipped(number, NO_CUSTOMER, f"invoice {invoice} names no customer")
    if not (invoice and stock_code):
        return Skipped(number, MALFORMED_ROW, "InvoiceNo or StockCode is empty")
    try:
        line = Line(
            number=number,
            customer_id=str(_whole(customer)),
            product_id=stock_code,
            quantity=_whole(quantity),
            unit_price=unit_price if is_plain(unit_price) else to_money(to_decimal(unit_price)),
            at=_wall_clock(at),
            country=to_name(country),
        )
    except ValueError as exc:
        return Skipped(number, MALFORMED_ROW, str(exc))
    if line.quantity <= 0 and not _is_refund(invoice):
        return Skipped(number, NOT_POSITIVE, f"invoice {invoice}: quantity {line.quantity}")
    return number, invoice, line


def _whole(text: str) -> int:
    # The published file went through a spreadsheet, which wrote customer 17850 as 17850.0.
    whole, _, fraction = text.strip().partition(".")
    if fraction.strip("0"):
        raise ValueError(f"{text[:24]!r} is not a whole number")
    return int(whole)


def _wall_clock(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        # The spreadsheet's own notation, month first.
        at = datetime.strptime(text, "%m/%d/%Y %H:%M")
    return at.replace(tzinfo=None)


def _is_refund(invoice: str) -> bool:
    return invoice.startswith("C")


def _strangers(group: Group[Line]) -> Iterator[Skipped]:
    """Take out and report the lines of another customer than the first line's."""
    customer = group.lines[0].customer_id
    for line in group.lines:
        if line.customer_id != customer:
            yield Skipped(line.number, CUSTOMER_DIFFERS, f"invoice {group.key}")
    group.lines = [line for line in group.lines if line.customer_id == customer]


def _to_event(group: Group[Line]) -> Event:
    # Some invoices were booked across a minute: the time is that of the first line.
    first = group.lines[0]
    kind = OrderRefunded if _is_refund(group.key) else OrderCompleted
    return kind(
        event_id=f"uci-{group.key}",
        customer_id=first.customer_id,
        occurred_at=with_offset(first.at.replace(tzinfo=_LONDON), _LONDON),
        order_id=group.key,
        total=to_money(sum((line.amount for line in group.lines), Decimal())),
        currency=CURRENCY,
        context=Context(country=first.country) if first.country else None,
        items=tuple(
            Item(product_id=line.product_id, price=line.unit_price, quantity=abs(line.quantity))
            for line in group.lines
            if line.quantity
        )[:MAX_ITEMS],
    )
