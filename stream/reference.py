"""Taking, keeping and reading the reference that portraits are compared with.

The distributions are taken from the stored documents, which are what a recommender or a marketer
compares; the model of buying again is fitted to the states of some customers of each store.
"""

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from datetime import datetime
from functools import partial
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from stream import metrics
from stream.errors import Fatal
from stream.learn.repurchase import MAX_CUSTOMERS, History, fit
from stream.learn.selection import Selection
from stream.measures.reference import BUILTIN_VERSION, NONE_TAKEN, Buyer, Reference, Sample
from stream.measures.repurchase import RepurchaseModel
from stream.money import exponent, to_minor
from stream.profile.consumption import HORIZON_DAYS
from stream.tables import codec
from stream.tables.table import PortraitTable, Record
from stream.windows import to_ms, to_rfc3339

log = logging.getLogger(__name__)

#: Seconds of sleep after each second of work: a scan takes at most a tenth of one core.
REST = 9.0
#: Work without a pause, seconds: what a live batch may have to wait for.
_SLICE_S = 0.002


class _PriceBand(Struct):
    p50: str


class _Preferences(Struct):
    price_band: _PriceBand | None = None


class _Spending(Struct):
    currency: str
    orders: int
    amount: str
    last_order_at: Annotated[datetime, Meta(tz=True)] | None = None


class _Document(Struct):
    """The few fields of a published portrait that a reference is made of."""

    store_id: str
    spending: _Spending
    preferences: _Preferences


_documents = msgspec.json.Decoder(_Document)
_references = msgspec.json.Decoder(Reference)


class Pace:
    """Gives way to others: after each slice of work a rest, in proportion to how long it took.

    The slice is measured by the clock on the wall, so a busy worker rests longer.
    """

    def __init__(
        self,
        rest: float = REST,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._rest, self._clock, self._sleep = rest, clock, sleep
        self._since = clock()

    async def keep(self) -> None:
        """Rest where it is time to; to be called after every small piece of work."""
        worked = self._clock() - self._since
        if worked >= _SLICE_S:
            await self._sleep(worked * self._rest)
            self._since = self._clock()


async def refresh(table: PortraitTable, now_ms: int, pace: Pace | None = None) -> Reference:
    """Take a reference of all portraits, keep it if it differs, and return the current one.

    Safe to repeat, and harmless where two workers do it at once. ``now_ms`` is the instant that
    recencies are counted to. Documents that cannot be read are passed over and counted. Raises
    :class:`~stream.errors.Transient`.
    """
    pace = pace or Pace()
    sample = Sample(now_ms)
    histories: defaultdict[str, Selection[History]] = defaultdict(lambda: Selection(MAX_CUSTOMERS))
    with metrics.REFERENCE_SECONDS.time():
        damaged = 0
        async for key, record in table.scan():
            try:
                buyer = _buyer(record.document) if record.document else None
                if buyer is not None:
                    histories[buyer.store_id].add(key, partial(_history, record))
                    sample.add(buyer)
            except Fatal as exc:
                damaged += 1
                log.debug("%s left out of the reference: %s", key, exc)
            await pace.keep()
        models: dict[str, RepurchaseModel] = {}
        for store_id, selection in histories.items():
            # In a thread, whose pieces of work are short: the event loop waits for none to the end.
            models[store_id] = await asyncio.to_thread(_fit, selection, now_ms)
            await pace.keep()
    if damaged:
        log.warning("%d damaged portraits were left out of the reference", damaged)
    taken = await asyncio.to_thread(sample.reference, models)
    kept = await current(table)
    if taken.version == kept.version:
        return kept
    await table.save_reference(taken.version, now_ms, msgspec.json.encode(taken))
    return _in_use(taken)


async def current(table: PortraitTable, known: Reference | None = None) -> Reference:
    """The reference that was kept last; the built-in one before any was.

    One that is ``known`` already is not read again.
    """
    if known is not None and await table.pinned("reference") == known.version:
        return known
    document = await table.reference()
    return _in_use(NONE_TAKEN if document is None else _decode(document))


async def load(table: PortraitTable, version: str) -> Reference:
    """A reference by its version, so that a document can be made again.

    Raises :class:`~stream.errors.Fatal` for a version that is not, or no longer, kept.
    """
    document = await table.reference(version)
    if document is not None:
        return _decode(document)
    if version == BUILTIN_VERSION:
        return NONE_TAKEN
    kept = await table.references()
    if not kept:
        raise Fatal(f"there is no reference {version!r}: none was taken yet in this namespace")
    (newest, newest_ms), (oldest, oldest_ms) = kept[0], kept[-1]
    raise Fatal(
        f"there is no reference {version!r}: of those taken {len(kept)} are kept, from {oldest} "
        f"({to_rfc3339(oldest_ms)}) to {newest} ({to_rfc3339(newest_ms)}); describe with one of "
        "them, or with the current one"
    )


async def newest_ms(table: PortraitTable) -> int | None:
    """The newest event time that any partition has seen, ms: now, where the clock is the events'.

    None before the first event, and where workers do not keep it since their clock is the wall's.
    """
    partitions = {int(source.rpartition(":")[2]) for source in await table.positions()}
    found = [await table.watermark(partition) for partition in sorted(partitions)]
    return max((at_ms for at_ms in found if at_ms is not None), default=None)


def _fit(selection: Selection[History], now_ms: int) -> RepurchaseModel:
    return fit(selection.values(), until_ms=now_ms, horizon_days=HORIZON_DAYS)


def _history(record: Record) -> History:
    return History.of(codec.decode(record.state).spending)


def _in_use(reference: Reference) -> Reference:
    taken_at = datetime.fromisoformat(reference.taken_at)
    metrics.REFERENCE_TAKEN.set(taken_at.timestamp())
    return reference


def _decode(document: bytes) -> Reference:
    try:
        return _references.decode(document)
    except msgspec.MsgspecError as exc:
        raise Fatal(f"a stored reference is damaged: {exc}") from exc


def _buyer(document: bytes) -> Buyer | None:
    """What a published portrait adds to a reference; None for one who never bought."""
    try:
        portrait = _documents.decode(document)
        spending, band = portrait.spending, portrait.preferences.price_band
        if spending.orders <= 0 or spending.last_order_at is None:
            return None
        decimals = exponent(spending.currency)
        return Buyer(
            store_id=portrait.store_id,
            orders=spending.orders,
            amount=to_minor(spending.amount, decimals),
            last_order_ms=to_ms(spending.last_order_at),
            price=None if band is None else to_minor(band.p50, decimals),
        )
    except (msgspec.MsgspecError, ValueError) as exc:
        raise Fatal(f"a stored portrait is damaged: {exc}") from exc
