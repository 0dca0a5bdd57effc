"""Baskets: the transactions grouped by basket_id, one order each.

``transaction_timestamp`` is in UTC: the weeks of the data turn at 05:00 in winter and at 04:00 in
summer, which is midnight in New York. ``sales_value`` is what was paid for the line after the
discounts, which are positive amounts in columns of their own.

``discount`` of the order adds up all three of them, the loyalty card's included. That a coupon was
used would be lost in that sum, and it is what tells coupon users from card holders: an order with a
``coupon_disc`` ("discount applied due to manufacturer coupon", says the data set) therefore names
the kind of its coupon. Which coupon it was the transactions do not say; of a campaign's coupons the
redemptions do.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from msgspec import Struct

from stream.events import OrderCompleted
from stream.fields import Item
from stream.replay.amounts import to_decimal, to_money, to_name
from stream.replay.completejourney.tables import NEW_YORK, read_table, skip
from stream.replay.grouping import Group, group_nearby
from stream.replay.localtime import with_offset
from stream.replay.rows import MALFORMED_ROW, Row
from stream.replay.source import Found, Meter, Skipped

CURRENCY = "USD"
MAX_ITEMS = 1000
#: The coupon of an order that one was used on: its kind, since its own code is not known.
COUPON = "manufacturer"

_PRODUCT_COLUMNS = ("product_id", "department", "product_category", "product_type", "brand")
_COLUMNS = (
    "household_id",
    "basket_id",
    "product_id",
    "quantity",
    "sales_value",
    "retail_disc",
    "coupon_disc",
    "coupon_match_disc",
    "transaction_timestamp",
)
_CENT = Decimal("0.01")
# Petrol is sold by the thousandth of a gallon, at fractions of a cent a piece.
_PIECE = Decimal("0.000001")

#: product_id -> (category path, brand)
Catalogue = dict[str, tuple[str | None, str | None]]


class Line(Struct, frozen=True):
    """One line of a basket; amounts in dollars, ``at`` in UTC."""

    household: str
    product_id: str
    quantity: int
    paid: Decimal
    discount: Decimal
    with_coupon: bool
    at: datetime


def read_catalogue(path: Path) -> tuple[Catalogue, list[Skipped]]:
    """Category path and brand of every product, and the rows that could not be read."""
    catalogue: Catalogue = {}
    skipped: list[Skipped] = []
    for row in read_table(path, _PRODUCT_COLUMNS):
        if isinstance(row, Skipped):
            skipped.append(row)
            continue
        product_id, *levels, brand = row[1]
        # Names such as BREAD:ITALIAN/FRENCH hold the slash that parts the levels of a path.
        path_text = "/".join(level.strip().replace("/", "-") for level in levels if level.strip())
        category = to_name(path_text.lower())
        catalogue[product_id] = (category and sys.intern(category), to_name(sys.intern(brand)))
    return catalogue, skipped


def read_baskets(path: Path, catalogue: Catalogue, meter: Meter | None) -> Iterator[Found]:
    """One order a basket, in the order of the file, which is sorted by time."""
    for group in group_nearby(_read_lines(path, meter)):
        yield group if isinstance(group, Skipped) else _to_order(group, catalogue)


def _read_lines(path: Path, meter: Meter | None) -> Iterator[tuple[int, str, Line] | Skipped]:
    for row in read_table(path, _COLUMNS, meter):
        if isinstance(row, Skipped):
            yield row
            continue
        try:
            yield _to_line(row)
        except ValueError as exc:
            yield skip(path, row[0], MALFORMED_ROW, str(exc))


def _to_line(row: Row) -> tuple[int, str, Line]:
    number, (household, basket, product_id, quantity, paid, *columns, at) = row
    if not (household and basket and product_id):
        raise ValueError("household_id, basket_id or product_id is empty")
    card, coupon, match = map(_cents, columns)
    line = Line(
        household=household,
        product_id=product_id,
        quantity=int(quantity),
        paid=_cents(paid),
        discount=card + coupon + match,
        with_coupon=coupon > 0,
        at=datetime.fromisoformat(at).replace(tzinfo=UTC),
    )
    return number, basket, line


def _cents(text: str) -> Decimal:
    # Some zeros came out of floating point as 4.440892e-16.
    return to_decimal(text).quantize(_CENT)


def _to_order(group: Group[Line], catalogue: Catalogue) -> OrderCompleted:
    first = group.lines[0]
    discount = sum((line.discount for line in group.lines), Decimal())
    items = [_to_item(line, catalogue) for line in group.lines if line.quantity > 0]
    return OrderCompleted(
        event_id=f"cj-basket-{group.key}",
        customer_id=first.household,
        occurred_at=with_offset(first.at, NEW_YORK),
        order_id=group.key,
        total=to_money(sum((line.paid for line in group.lines), Decimal())),
        currency=CURRENCY,
        items=tuple(items[:MAX_ITEMS]),
        coupon=COUPON if any(line.with_coupon for line in group.lines) else None,
        discount=to_money(discount) if discount else None,
    )


def _to_item(line: Line, catalogue: Catalogue) -> Item:
    category, brand = catalogue.get(line.product_id, (None, None))
    return Item(
        product_id=line.product_id,
        category=category,
        brand=brand,
        price=_piece_price(line.paid, line.quantity),
        quantity=line.quantity,
    )


def _piece_price(paid: Decimal, quantity: int) -> str:
    if quantity == 1:
        return to_money(paid)
    price = paid / quantity
    exact = price.quantize(_CENT)
    return to_money(exact if exact == price else price.quantize(_PIECE))
