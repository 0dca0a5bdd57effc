"""REES46 multi-category shop: views, cart changes and purchases, in UTC.

Source: https://www.kaggle.com/datasets/mkechinov/ecommerce-behavior-data-from-multi-category-store.
One row is one event; a purchase row is an order of one piece. The set states no currency: its
prices are taken to be in the base currency of the shop.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, BinaryIO

from stream.events import Event, OrderCompleted, ProductAdded, ProductRemoved, ProductViewed
from stream.fields import Context, Item, Product
from stream.replay.amounts import is_plain, to_decimal, to_money, to_name
from stream.replay.identity import Occurrences, digest
from stream.replay.ordering import in_time_order
from stream.replay.rows import MALFORMED_ROW, Row, read_rows
from stream.replay.source import NO_CURRENCY, Found, Skipped

COLUMNS = (
    "event_time",
    "event_type",
    "product_id",
    "category_id",
    "category_code",
    "brand",
    "price",
    "user_id",
    "user_session",
)

NO_CUSTOMER = "no_customer"
UNKNOWN_EVENT = "unknown_event"

_UUID_LENGTH = 36
_PURCHASE = "purchase"
_PRODUCT_EVENTS: dict[str, type[ProductViewed | ProductAdded | ProductRemoved]] = {
    "view": ProductViewed,
    "cart": ProductAdded,
    "remove_from_cart": ProductRemoved,
}


def read(stream: BinaryIO) -> Iterator[Found]:
    """Product events and orders, one a row, in order of time."""
    return in_time_order(_read_rows(stream))


def _read_rows(stream: BinaryIO) -> Iterator[Found]:
    occurrences = Occurrences()
    for row in read_rows(stream, COLUMNS):
        if isinstance(row, Skipped):
            yield row
            continue
        try:
            yield _to_event(row, occurrences)
        except ValueError as exc:
            yield Skipped(row[0], MALFORMED_ROW, str(exc))


def _to_event(row: Row, occurrences: Occurrences) -> Found:
    number, (at, kind, product_id, _, category, brand, price, user_id, session) = row
    if not user_id:
        return Skipped(number, NO_CUSTOMER, "user_id is empty")
    if kind != _PURCHASE and kind not in _PRODUCT_EVENTS:
        return Skipped(number, UNKNOWN_EVENT, f"there is no event type {kind[:32]!r}")
    if not product_id or len(session) not in (0, _UUID_LENGTH):
        # A file that was cut ends in a row whose last field looks whole but is short.
        return Skipped(number, MALFORMED_ROW, "no product_id, or user_session is cut short")
    price = price if is_plain(price) else to_money(to_decimal(price))
    envelope: dict[str, Any] = {
        "event_id": occurrences.number(f"rees46-{digest(*row[1])}"),
        "customer_id": user_id,
        "occurred_at": _moment(at),
        "context": Context(session_id=session) if session else None,
        "currency": NO_CURRENCY,
    }
    product: dict[str, Any] = {
        "product_id": product_id,
        "category": to_name(category.replace(".", "/")),
        "brand": to_name(brand),
        "price": price,
    }
    if kind == _PURCHASE:
        return _to_order(envelope, Item(**product))
    return _PRODUCT_EVENTS[kind](product=Product(**product), **envelope)


def _to_order(envelope: dict[str, Any], item: Item) -> Event:
    # The set has no order number: each purchase row stands for itself.
    return OrderCompleted(
        order_id=envelope["event_id"], total=item.price or "0", items=(item,), **envelope
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text.removesuffix(" UTC")).replace(tzinfo=UTC)
