"""Links: what one customer's event makes known of others, told to each of them.

A record is written by its own customer's events only, so it travels as an event, keyed by the one
affected. What a crash kept from being sent, the redelivered record sends again under the same id.
"""

from collections.abc import Iterable

import msgspec

from stream.events import AccountLinked, Event, customer_key
from stream.profile.occurrence import Occurrence, hash_id
from stream.publish import Message
from stream.risk.evidence import Told
from stream.topics import LINKS

_encoder = msgspec.json.Encoder()


def links(key: str, occurrences: Iterable[Occurrence]) -> list[Message]:
    """Messages to those whom the facts of the customer's events concern as well."""
    return [
        _message(_link(key, occurrence.event, told))
        for occurrence in occurrences
        for told in occurrence.facts.told
    ]


def _link(key: str, cause: Event, told: Told) -> AccountLinked:
    store_id, _, customer_id = told.key.partition("/")
    # Another customer's event may have the same id.
    number = hash_id("\0".join((key, cause.event_id, told.code, told.key)))
    return AccountLinked(
        event_id=f"link-{number:012x}",
        store_id=store_id,
        customer_id=customer_id,
        occurred_at=cause.occurred_at,
        code=told.code,
        value=told.value,
        cause=cause.event_id,
    )


def _message(event: Event) -> Message:
    key = customer_key(event.store_id, event.customer_id).encode()
    return Message(LINKS, key, _encoder.encode(event), ())
