"""An event placed in time and in the base currency: what ``fold`` takes."""

from hashlib import blake2b

from msgspec import Struct

from stream.events import Event
from stream.risk.evidence import NO_FACTS, Facts


class Occurrence(Struct, frozen=True):
    """One event, ready to be folded.

    ``at_ms``            when it happened, ms since the epoch
    ``utc_offset_ms``    the customer's local time minus UTC
    ``id_hash``          48-bit hash of ``event_id``
    ``amount_minor``     the event's total in minor units of the base currency, 0 without one
    ``price_minor``      price of its product, or None
    ``item_prices``      price of each of its items, or None where one has none
    ``discount_minor``   what was taken off a completed order, 0 without a discount
    ``facts``            what was known of other customers when it came
    """

    event: Event
    at_ms: int
    utc_offset_ms: int
    id_hash: int
    amount_minor: int = 0
    price_minor: int | None = None
    item_prices: tuple[int | None, ...] = ()
    discount_minor: int = 0
    facts: Facts = NO_FACTS


def hash_id(event_id: str) -> int:
    """48 bits of BLAKE2b: that an id meets one of 256 remembered others has odds below 1e-12."""
    return int.from_bytes(blake2b(event_id.encode(), digest_size=6).digest(), "big")
