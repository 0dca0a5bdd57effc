"""Bytes to events: the one place where bad input is told from good."""

from datetime import timedelta
from typing import Any, Union

import msgspec
from msgspec import Struct

from stream.errors import Reason, Rejected
from stream.events import (
    EVENT_TYPES,
    TOPIC_EVENTS,
    CheckoutStarted,
    CouponRedeemed,
    CustomerIdentified,
    Event,
    OrderCancelled,
    OrderCompleted,
    OrderRefunded,
    ProductEvent,
    ReferralChanged,
    customer_key,
    type_name,
)
from stream.money import Rates
from stream.profile.occurrence import Occurrence, hash_id
from stream.profile.traits import KnownTraits
from stream.windows import to_ms

#: A sender's clock may run this far ahead before its events are refused.
MAX_AHEAD_MS = 5 * 60 * 1000

#: What msgspec raises for bytes that are not JSON, cut off, or nested without end.
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_MILLISECOND = timedelta(milliseconds=1)
_DECODERS: dict[str, msgspec.json.Decoder[Any]] = {
    topic: msgspec.json.Decoder(Union[events])  # noqa: UP007
    for topic, events in TOPIC_EVENTS.items()
}
_TOPIC_OF = {type_name(event): event.topic for event in EVENT_TYPES}


class _Typed(Struct):
    type: str


#: Topics with one event type: msgspec asks for `type` only where it has to choose.
_ONE_TYPE = frozenset(topic for topic, events in TOPIC_EVENTS.items() if len(events) == 1)


def decode(
    topic: str, key: bytes | None, value: bytes | None, *, now_ms: int, rates: Rates
) -> Occurrence:
    """The event in a record of an input topic, placed in time and in the base currency.

    ``topic`` is the contract's name, without prefix. A record without a key is taken; a key that
    names another customer is refused. Raises :class:`Rejected`.
    """
    if value is None:
        raise Rejected(Reason.NOT_JSON, "the record has no value")
    try:
        if topic in _ONE_TYPE:
            msgspec.json.decode(value, type=_Typed)
        event: Event = _DECODERS[topic].decode(value)
    except msgspec.ValidationError as exc:
        raise _explain(topic, value, exc) from None
    except _NOT_JSON as exc:
        raise Rejected(Reason.NOT_JSON, str(exc)) from None
    if key is not None and key != customer_key(event.store_id, event.customer_id).encode():
        raise Rejected(Reason.KEY_MISMATCH, "the record's key is not store_id/customer_id")
    return place(event, now_ms=now_ms, rates=rates)


def place(event: Event, *, now_ms: int, rates: Rates) -> Occurrence:
    """Place a well-formed event; :class:`Rejected` where its time, money or traits are not."""
    at_ms = to_ms(event.occurred_at)
    if at_ms < 0:
        raise Rejected(Reason.BAD_TIMESTAMP, "occurred_at is before 1970")
    if at_ms > now_ms + MAX_AHEAD_MS:
        raise Rejected(
            Reason.FUTURE_TIMESTAMP,
            f"occurred_at {event.occurred_at.isoformat()} is more than 5 minutes ahead of now",
        )
    offset = event.occurred_at.utcoffset() or timedelta()
    amount, price, prices = _money(event, rates)
    discount = _discount(event, rates)
    if isinstance(event, CustomerIdentified):
        _check_traits(event)
    id_hash = hash_id(event.event_id)
    return Occurrence(
        event, at_ms, offset // _MILLISECOND, id_hash, amount, price, prices, discount
    )


def _money(event: Event, rates: Rates) -> tuple[int, int | None, tuple[int | None, ...]]:
    """Total, product price and item prices, in minor units of the base currency."""
    match event:
        case ProductEvent():
            price = event.product.price
            return 0, None if price is None else rates.to_minor(price, event.currency), ()
        case ReferralChanged():
            return rates.to_minor(event.amount, event.currency), None, ()
        case OrderCompleted() | OrderRefunded() | OrderCancelled() | CheckoutStarted():
            prices = tuple(
                None if item.price is None else rates.to_minor(item.price, event.currency)
                for item in event.items
            )
            total = event.total
            return 0 if total is None else rates.to_minor(total, event.currency), None, prices
        case CouponRedeemed() if event.discount is not None:
            return rates.to_minor(event.discount, event.currency), None, ()
        case _:
            return 0, None, ()


def _discount(event: Event, rates: Rates) -> int:
    """What was taken off a completed order, in minor units of the base currency."""
    if isinstance(event, OrderCompleted) and event.discount is not None:
        return rates.to_minor(event.discount, event.currency)
    return 0


def _check_traits(event: CustomerIdentified) -> None:
    try:
        msgspec.convert(event.traits, KnownTraits)
    except msgspec.ValidationError as exc:
        raise Rejected(_reason(str(exc)), str(exc).replace("`$.", "`$.traits.")) from None


def _explain(topic: str, value: bytes, exc: msgspec.ValidationError) -> Rejected:
    message = str(exc)
    if "`$.type`" in message or "`$.type" in message:
        try:
            name = msgspec.json.decode(value, type=_Typed).type
        except msgspec.ValidationError:
            return Rejected(Reason.WRONG_TYPE, message)
        except _NOT_JSON as broken:  # the type was read before the bytes went wrong
            return Rejected(Reason.NOT_JSON, str(broken))
        belongs = _TOPIC_OF.get(name)
        if belongs is None:
            return Rejected(Reason.UNKNOWN_TYPE, f"there is no event type {name[:64]!r}")
        return Rejected(Reason.WRONG_TOPIC, f"{name} belongs to {belongs}, not to {topic}")
    return Rejected(_reason(message), message)


def _reason(message: str) -> Reason:
    """The reason code of a msgspec message; a test holds each phrase against the library."""
    if message.startswith("Invalid enum value"):  # it quotes the value, whatever that says
        return Reason.INVALID_VALUE
    if "missing required field" in message:
        return Reason.MISSING_FIELD
    if "occurred_at" in message:
        return Reason.BAD_TIMESTAMP
    if any(f".{name}`" in message for name in ("price", "total", "discount", "amount")):
        return Reason.BAD_MONEY
    if message.startswith("Expected") and ", got " in message:
        return Reason.WRONG_TYPE
    return Reason.INVALID_VALUE
