"""Taking, keeping and reading the reference that portraits are compared with.

The distributions are taken from the stored documents, which are what a recommender or a marketer
compares; the model of buying again is fitted to the states of some customers of each store.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from functools import partial

import msgspec
from msgspec import Struct

from stream import metrics
from stream.errors import Fatal
from stream.learn.repurchase import MAX_CUSTOMERS, History, fit
from stream.learn.selection import Selection
from stream.measures.reference import BUILTIN_VERSION, NONE_TAKEN, Buyer, Reference, Sample
from stream.money import exponent
from stream.profile.consumption import HORIZON_DAYS
from stream.tables import codec
from stream.tables.table import PortraitTable, Record
from stream.windows import to_ms, to_rfc3339

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
    last_order_at: datetime | None = None


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
    recencies are counted to. Raises :class:`~stream.errors.Transient`, and
    :class:`~stream.errors.Fatal` for a damaged document.
    """
    pace = pace or Pace()
    sample = Sample(now_ms)
    histories: defaultdict[str, Selection[History]] = defaultdict(lambda: Selection(MAX_CUSTOMERS))
    with metrics.REFERENCE_SECONDS.time():
        async for key, record in table.scan():
            buyer = _buyer(record.document) if record.document else None
            if buyer is not None:
                sample.add(buyer)
                histories[buyer.store_id].add(key, partial(_history, record))
            await pace.keep()
    # In a thread, whose pieces of work are short: the event loop waits for none to the end.
    taken = await asyncio.to_thread(_conclude, sample, histories, now_ms)
    kept = await current(table)
    if taken.version == kept.version:
        return kept
    await table.save_reference(taken.version, now_ms, msgspec.json.encode(taken))
    return _in_use(taken)


async def current(table: PortraitTable) -> Reference:
    """The reference that was kept last; the built-in one before any was."""
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


def _conclude(
    sample: Sample, histories: Mapping[str, Selection[History]], now_ms: int
) -> Reference:
    models = {
        store_id: fit(selection.values(), until_ms=now_ms, horizon_days=HORIZON_DAYS)
        for store_id, selection in histories.items()
    }
    return sample.reference(models)


def _history(record: Record) -> History:
    spending = codec.decode(record.state).spending
    return History(
        orders=spending.orders,
        amount_minor=spending.amount,
        months=spending.months,
        order_days=spending.order_days,
    )


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
            amount=_to_minor(spending.amount, decimals),
            last_order_ms=to_ms(spending.last_order_at),
            price=None if band is None else _to_minor(band.p50, decimals),
        )
    except (msgspec.MsgspecError, ValueError) as exc:
        raise Fatal(f"a stored portrait is damaged: {exc}") from exc


def _to_minor(text: str, decimals: int) -> int:
    """The way back from :func:`stream.money.to_text`, exact."""
    whole, _, fraction = text.partition(".")
    if len(fraction) != decimals:
        raise ValueError(f"{text!r} has not {decimals} decimals")
    return int(whole + fraction)
