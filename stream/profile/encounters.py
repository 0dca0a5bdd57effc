"""Which products a customer met, viewed and bought, and when: facts that many customers share.

They are minima of times, so that the order of events and how often they come do not matter.
"""

from collections.abc import Iterable

from msgspec import Struct

from stream.events import (
    CheckoutStarted,
    OrderCancelled,
    OrderCompleted,
    OrderRefunded,
    ProductClicked,
    ProductEvent,
    ProductViewed,
)
from stream.profile.occurrence import Occurrence

#: 2000-01-01. A device that has lost its time says 1970 or 1980, and a minimum would keep that.
EARLIEST_MS = 946_684_800_000


class Encounter(Struct, gc=False):
    """One customer and one product; times in ms since the epoch, the earliest that are known.

    ``key``        the customer, ``store_id/customer_id``
    ``met_ms``     when an event of the customer first named the product, whatever the event
    ``viewed_ms``  when the customer viewed or clicked it; None for never
    ``bought_ms``  when the customer completed an order of it, cancelled or not; None for never
    """

    store_id: str
    product_id: str
    key: str
    met_ms: int
    viewed_ms: int | None = None
    bought_ms: int | None = None


def encounters(key: str, occurrences: Iterable[Occurrence]) -> list[Encounter]:
    """Of some events of one customer: one encounter a product; events before 2000 tell none."""
    found: dict[str, Encounter] = {}
    for occurrence in occurrences:
        at_ms = occurrence.at_ms
        if at_ms < EARLIEST_MS:
            continue
        match occurrence.event:
            case ProductEvent() as event:
                met = _meet(found, key, event.product.product_id, at_ms)
                if isinstance(event, ProductViewed | ProductClicked):
                    met.viewed_ms = _earliest(met.viewed_ms, at_ms)
            case OrderCompleted() as event:
                for item in event.items:
                    met = _meet(found, key, item.product_id, at_ms)
                    met.bought_ms = _earliest(met.bought_ms, at_ms)
            case CheckoutStarted() | OrderCancelled() | OrderRefunded() as event:
                for item in event.items:
                    _meet(found, key, item.product_id, at_ms)
            case _:
                pass
    return list(found.values())


def appearances(key: str, occurrences: Iterable[Occurrence]) -> list[Encounter]:
    """The same of an erased customer: that the products were there, and nothing else."""
    return [
        Encounter(met.store_id, met.product_id, key, met.met_ms)
        for met in encounters(key, occurrences)
    ]


def _meet(found: dict[str, Encounter], key: str, product_id: str, at_ms: int) -> Encounter:
    met = found.get(product_id)
    if met is None:
        store_id = key.partition("/")[0]
        met = found[product_id] = Encounter(store_id, product_id, key, at_ms)
    elif at_ms < met.met_ms:
        met.met_ms = at_ms
    return met


def _earliest(known_ms: int | None, at_ms: int) -> int:
    return at_ms if known_ms is None else min(known_ms, at_ms)
