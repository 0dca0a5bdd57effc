"""History cut into batches within which no event has anything to do with another."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from stream.events import CustomerIdentified, Event, OrderCompleted, customer_key

#: Events of a batch, at most.
BATCH_EVENTS = 500


def independent(events: Iterable[Event], limit: int = BATCH_EVENTS) -> Iterator[list[Event]]:
    """Batches of at most ``limit`` events, in their order, that can be processed as if one by one.

    What an event finds depends on those before it of the same customer, and of customers with whom
    a device, an address or a reference is shared; it reaches the customers who showed one of these
    before. So a batch ends before an event whose customer has an event in it, or ever showed, up to
    this event, something that the customer of another event in it ever showed. Then each event
    finds just what came before it, whatever the order within the batch. Declarations of traits bear
    on no risk and may stand beside anything.
    """
    shown: defaultdict[str, set[str]] = defaultdict(set)
    batch: list[Event] = []
    met: set[str] = set()
    for event in events:
        if not isinstance(event, CustomerIdentified):
            key = customer_key(event.store_id, event.customer_id)
            mine = shown[key]
            mine.update((f"customer {key}", *_shared(event)))
            if not met.isdisjoint(mine):
                yield batch
                batch, met = [], set()
            met |= mine
        batch.append(event)
        if len(batch) >= limit:
            yield batch
            batch, met = [], set()
    if batch:
        yield batch


def _shared(event: Event) -> Iterator[str]:
    """What customers may share, within a store."""
    context = event.context
    if context is not None:
        if context.device_id is not None:
            yield f"{event.store_id} device {context.device_id}"
        if context.ip is not None:
            yield f"{event.store_id} ip {context.ip}"
    if isinstance(event, OrderCompleted):
        if event.payment_ref is not None:
            yield f"{event.store_id} payment {event.payment_ref}"
        if event.shipping_ref is not None:
            yield f"{event.store_id} shipping {event.shipping_ref}"
