"""Values out of free-form properties, in the types of the contract."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from stream.errors import Reason
from stream.replay.amounts import is_plain, to_decimal, to_money, to_name

#: Segment takes amounts without currency to be US dollars.
DEFAULT_CURRENCY = "USD"
MAX_ITEMS = 1000


class Unusable(Exception):
    """The call becomes no event; never leaves this package."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def object_of(source: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """A nested object; empty where there is none."""
    value = source.get(name)
    return value if isinstance(value, dict) else {}


def text_of(value: object) -> str | None:
    """A non-empty text; numbers are written out, since ids are often numbers."""
    match value:
        case bool() | None:
            return None
        case str():
            return value.strip() or None
        case int() | Decimal():
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        case _:
            return None


def first_text(source: Mapping[str, Any], *names: str) -> str | None:
    """The first of the named properties that is a non-empty text."""
    return next((text for name in names if (text := text_of(source.get(name)))), None)


def money_of(source: Mapping[str, Any], *names: str) -> str | None:
    """The first of the named amounts, digit by digit as it was written."""
    text = first_text(source, *names)
    if text is None or is_plain(text):
        return text
    try:
        return to_money(to_decimal(text))
    except ValueError as exc:
        raise Unusable(Reason.BAD_MONEY, str(exc)) from None


def whole_of(source: Mapping[str, Any], name: str) -> int | None:
    """A whole number, also where it is written as 2.0 or "2"."""
    text = text_of(source.get(name))
    if text is None:
        return None
    whole, _, fraction = text.partition(".")
    if not whole.isdecimal() or fraction.strip("0"):
        raise Unusable(Reason.INVALID_VALUE, f"{name} {text[:24]!r} is not a whole number")
    return int(whole[:18])


def currency_of(source: Mapping[str, Any]) -> str:
    """The currency's code."""
    return (text_of(source.get("currency")) or DEFAULT_CURRENCY).upper()


def product_of(source: Mapping[str, Any]) -> dict[str, Any]:
    """A product; only an older library names it ``id`` or knows the ``sku`` alone."""
    fields = {
        "product_id": first_text(source, "product_id", "productId", "id", "sku"),
        "category": to_name(text_of(source.get("category")) or ""),
        "brand": to_name(text_of(source.get("brand")) or ""),
        "price": money_of(source, "price"),
    }
    return {name: value for name, value in fields.items() if value is not None}


def items_of(source: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The lines of an order; a line without quantity is one piece, one of none is left out."""
    products = source.get("products")
    items: list[dict[str, Any]] = []
    for product in products if isinstance(products, list) else ():
        if isinstance(product, dict):
            quantity = whole_of(product, "quantity")
            if quantity != 0:
                items.append(product_of(product) | {"quantity": quantity or 1})
    return items[:MAX_ITEMS]
