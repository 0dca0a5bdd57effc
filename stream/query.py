"""Reading portraits: as they were published last, or as of any instant since the last event."""

from collections.abc import AsyncIterator
from itertools import islice

import msgspec
from msgspec import Struct

from stream.errors import Fatal
from stream.profile.portrait import NotYetKnown, Portrait, describe
from stream.tables import codec
from stream.tables.table import PortraitTable, Record

_CHUNK = 500
_encoder = msgspec.json.Encoder()


class LeftOut(Struct):
    """Customers that an export does not show, by why."""

    erased: int = 0
    #: Known, but with events after the instant asked for: what they were then is not kept.
    too_new: int = 0


async def stored_document(table: PortraitTable, key: str) -> bytes | None:
    """The last published change of a customer, JSON; None for an unknown or erased one."""
    (record,) = await table.load([key])
    return record.document if record else None


async def portrait_at(table: PortraitTable, key: str, as_of_ms: int) -> Portrait | None:
    """The portrait at an instant; None for an unknown or erased customer.

    Raises :class:`~stream.profile.portrait.NotYetKnown` before the customer's newest event.
    """
    (record,) = await table.load([key])
    if record is None or record.document is None:
        return None
    return _describe(key, record, as_of_ms, await _currency(table))


async def export(
    table: PortraitTable, as_of_ms: int | None, left_out: LeftOut
) -> AsyncIterator[bytes]:
    """Every portrait as one JSON object, in the order of the customers' keys.

    Without ``as_of_ms`` each as it was published last. Counts in ``left_out`` what it leaves out.
    """
    currency = await _currency(table) if as_of_ms is not None else ""
    keys = iter(sorted([key async for key, _ in table.scan()]))
    while chunk := list(islice(keys, _CHUNK)):
        for key, record in zip(chunk, await table.load(chunk), strict=True):
            if record is None or record.document is None:
                left_out.erased += 1
            elif as_of_ms is None:
                yield record.document
            else:
                try:
                    yield _encoder.encode(_describe(key, record, as_of_ms, currency))
                except NotYetKnown:
                    left_out.too_new += 1


def _describe(key: str, record: Record, as_of_ms: int, currency: str) -> Portrait:
    store_id, _, customer_id = key.partition("/")
    state = codec.decode(record.state)
    return describe(
        store_id, customer_id, state, as_of_ms, currency=currency, version=record.version
    )


async def _currency(table: PortraitTable) -> str:
    currency = await table.pinned("currency")
    if currency is None:
        raise Fatal("there are no portraits yet: no worker has run in this PORTRAIT_NAMESPACE")
    return currency
