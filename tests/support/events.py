"""Events as they stand on the wire, and the way from there to state and portrait."""

import itertools
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec
from msgspec.structs import replace

from stream.decode import decode
from stream.measures.standards import Standards, default_standards
from stream.money import Rates
from stream.profile.fold import fold
from stream.profile.occurrence import Occurrence
from stream.profile.portrait import Portrait, describe
from stream.profile.state import State
from stream.risk.evidence import Facts
from stream.risk.reasons import KINDS
from stream.risk.weights import Weights

#: An event, or any other object, as JSON holds it.
Wire = dict[str, Any]

TOPICS = {
    "clicks": (
        "product_viewed",
        "product_clicked",
        "products_searched",
        "product_added_to_wishlist",
        "product_shared",
    ),
    "carts": ("product_added", "product_removed", "checkout_started"),
    "orders": ("order_completed", "order_cancelled", "order_refunded", "product_reviewed"),
    "logins": ("signed_up", "signed_in", "sign_in_failed", "password_reset", "device_seen"),
    "customers": ("customer_identified", "consent_changed", "erasure_requested"),
    "engagements": (
        "promotion_viewed",
        "promotion_clicked",
        "coupon_redeemed",
        "invite_sent",
        "invite_accepted",
        "support_contacted",
    ),
    "referrals": ("referral_changed",),
    "links": ("account_linked",),
}
#: What the workers write themselves: no act of the customer.
INTERNAL = ("referral_changed", "account_linked")
TOPIC_OF = {name: topic for topic, names in TOPICS.items() for name in names}

#: Base currency and rates of the tests; the oracle has its own copy.
RATES = Rates("USD", {"EUR": Decimal("1.0845"), "JPY": Decimal("0.0067"), "KWD": Decimal("3.25")})

STORE, CUSTOMER = "main", "c1"

#: Later than any event of a test, so that none is refused as being ahead.
FAR_MS = 4_000_000_000_000

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_numbers = itertools.count(1)


def to_ms(text: str) -> int:
    """Milliseconds since the epoch of an RFC 3339 time."""
    return (datetime.fromisoformat(text) - _EPOCH) // timedelta(milliseconds=1)


def to_text(ms: int, offset: timedelta = timedelta()) -> str:
    """RFC 3339 time of an instant on a clock that is `offset` ahead of UTC."""
    local = (_EPOCH + timedelta(milliseconds=ms) + offset).replace(tzinfo=None)
    minutes = offset // timedelta(minutes=1)
    sign, minutes = ("-", -minutes) if minutes < 0 else ("+", minutes)
    return f"{local.isoformat(timespec='milliseconds')}{sign}{minutes // 60:02}:{minutes % 60:02}"


def event(type_name: str, occurred_at: str, **fields: Any) -> Wire:
    """A wire event with an id of its own; `fields` add to it or replace what it has."""
    return {
        "event_id": f"test-{next(_numbers)}",
        "type": type_name,
        "store_id": STORE,
        "customer_id": CUSTOMER,
        "occurred_at": occurred_at,
        **fields,
    }


def viewed(occurred_at: str, **product: Any) -> Wire:
    """A `product_viewed` event."""
    return event("product_viewed", occurred_at, product={"product_id": "p1", **product})


def ordered(occurred_at: str, total: str, *items: Wire, **fields: Any) -> Wire:
    """An `order_completed` event in the base currency."""
    return event(
        "order_completed",
        occurred_at,
        **{"order_id": "o1", "total": total, "currency": "USD", "items": list(items), **fields},
    )


def identified(occurred_at: str, **traits: Any) -> Wire:
    """A `customer_identified` event."""
    return event("customer_identified", occurred_at, traits=traits)


def searched(occurred_at: str, query: str) -> Wire:
    """A `products_searched` event."""
    return event("products_searched", occurred_at, query=query)


def contacted(occurred_at: str, **fields: Any) -> Wire:
    """A `support_contacted` event."""
    return event("support_contacted", occurred_at, **fields)


def referred(occurred_at: str, invitee: str, orders: int, amount: str, **fields: Any) -> Wire:
    """A `referral_changed` event: what a customer brought by this one has come to."""
    totals = {
        "invited_at": "2024-01-01T00:00:00Z",
        "orders": orders,
        "amount": amount,
        "currency": "USD",
    }
    return event("referral_changed", occurred_at, invitee=invitee, **{**totals, **fields})


def linked(occurred_at: str, code: str, value: int, cause: str) -> Wire:
    """An `account_linked` event: what another customer's event made known."""
    return event("account_linked", occurred_at, code=code, value=value, cause=cause)


def occur(wire: Wire, rates: Rates = RATES) -> Occurrence:
    """The event as the core gets it; `facts`, if it has any, are what was known of others."""
    value = json.dumps(wire).encode()
    occurrence = decode(TOPIC_OF[wire["type"]], None, value, now_ms=FAR_MS, rates=rates)
    if "facts" in wire:
        return replace(occurrence, facts=msgspec.convert(wire["facts"], Facts))
    return occurrence


def folded(events: Iterable[Wire]) -> State:
    """The state after these events, in this order."""
    state = State()
    for wire in events:
        occurrence = occur(wire)
        if not state.erased:
            fold(state, occurrence)
    return state


@cache
def _standards(currency: str) -> Standards:
    return default_standards(currency)


def portrait(state: State, as_of_ms: int, currency: str = "USD") -> Portrait:
    """The portrait at an instant."""
    return describe(STORE, CUSTOMER, state, as_of_ms, standards=_standards(currency), version=1)


#: Weights by which every finding counts: two lift the level once, four lift it to the highest.
EVERY_FINDING = Weights(
    {code: ((10**9 if kind.less else kind.worth, 30),) for code, kind in KINDS.items()}
)


def suspicious_portrait(state: State, as_of_ms: int) -> Portrait:
    """The portrait at an instant of a store that takes every finding seriously."""
    standards = replace(_standards("USD"), risk=EVERY_FINDING)
    return describe(STORE, CUSTOMER, state, as_of_ms, standards=standards, version=1)


def portrait_bytes(state: State, as_of_ms: int) -> bytes | None:
    """The same as it is published; None for an erased customer or one without events."""
    if state.newest_ms is None:
        return None
    return msgspec.json.encode(suspicious_portrait(state, as_of_ms))
