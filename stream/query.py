"""Reading portraits: as they were published last, or as of any instant since the last event."""

from collections.abc import AsyncIterator
from itertools import islice

import msgspec
from msgspec import Struct

from stream.errors import Fatal
from stream.measures.standards import Standards
from stream.profile.portrait import NotYetKnown, Portrait, describe
from stream.tables import codec
from stream.tables.table import PortraitTable, Record

_CHUNK = 500
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Portrait)


class View(Struct, frozen=True):
    """How to describe portraits anew: as of an instant, by some standards."""

    as_of_ms: int
    standards: Standards


class LeftOut(Struct):
    """Customers that an export does not show, by why."""

    #: Known, but with events after the instant asked for: what they were then is not kept.
    too_new: int = 0


async def stored_document(table: PortraitTable, key: str) -> bytes | None:
    """The last published change of a customer, JSON; None for an unknown or erased one."""
    (record,) = await table.load([key])
    return record.document if record else None


def read_document(document: bytes) -> Portrait:
    """A stored document; :class:`Fatal` where a version with other sections wrote it."""
    try:
        return _decoder.decode(document)
    except msgspec.ValidationError as exc:
        raise Fatal(
            "the portrait was published by an older version, and is published anew with the "
            "customer's next change; describe it as of now with --as-of, or print it with --json "
            f"({exc})"
        ) from None


async def portrait_at(table: PortraitTable, key: str, view: View) -> Portrait | None:
    """The portrait in a view; None for an unknown or erased customer.

    Raises :class:`~stream.profile.portrait.NotYetKnown` before the customer's newest event.
    """
    (record,) = await table.load([key])
    if record is None or record.document is None:
        return None
    return described(key, record, view)


async def export(
    table: PortraitTable, view: View | None, left_out: LeftOut
) -> AsyncIterator[bytes]:
    """Every portrait as one JSON object, in the order of the customers' keys.

    Without a view each as it was published last. Counts in ``left_out`` what it leaves out.
    """
    keys = iter(sorted([key async for key in table.all_keys()]))
    while chunk := list(islice(keys, _CHUNK)):
        for key, record in zip(chunk, await table.load(chunk), strict=True):
            if record is None or record.document is None:
                continue  # erased, or known by what others' events mean for them only
            if view is None:
                yield record.document
            else:
                try:
                    yield _encoder.encode(described(key, record, view))
                except NotYetKnown:
                    left_out.too_new += 1


def described(key: str, record: Record, view: View) -> Portrait:
    """The portrait of a stored record in a view; see :func:`portrait_at`."""
    store_id, _, customer_id = key.partition("/")
    state = codec.decode(record.state)
    return describe(
        store_id,
        customer_id,
        state,
        view.as_of_ms,
        standards=view.standards,
        version=record.version,
    )
