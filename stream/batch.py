"""A batch of raw records, from bytes to acknowledged changes; knows nothing of any framework."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from time import perf_counter

from stream import metrics
from stream.clock import Clock, wall_ms
from stream.decode import decode
from stream.draft import Sourced
from stream.enrich import Enricher
from stream.errors import Rejected
from stream.events import INTERNAL_TOPICS, customer_key
from stream.feed import SourceRecord
from stream.money import Rates
from stream.profile.portrait import Cause
from stream.publish import Message, dead_letter
from stream.tables.table import ANY_MS, Due, Position
from stream.update import Updated, Updater

#: Customers that one look at an agenda takes up: bounds how long live events wait for it.
LOOK_CUSTOMERS = 20


class Processor:
    """Works on partitions: batches of their records, and their customers due by time alone.

    What belongs to one partition number happens one after the other, whatever the topic; different
    partitions go on side by side.
    """

    def __init__(
        self,
        updater: Updater,
        clock: Clock,
        rates: Rates,
        enricher: Enricher,
        *,
        keep_watermark: bool,
        topic_prefix: str = "",
    ) -> None:
        self._updater = updater
        self._table = updater.table
        self._clock = clock
        self._rates = rates
        self._enricher = enricher
        self._keep_watermark = keep_watermark
        self._prefix = topic_prefix
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._owned: set[int] = set()
        self._revoked: set[int] = set()

    async def process(self, topic: str, partition: int, records: Sequence[SourceRecord]) -> None:
        """Return when all that follows from the records is stored and acknowledged.

        ``topic`` is the contract's name, records are in the order of their offsets. Raises
        :class:`~stream.errors.Transient`: the same call is then safe and necessary.
        """
        if not records:
            return
        started = perf_counter()
        async with self._holding(partition):
            work, dead_letters = self._decode(topic, partition, records)
            enriched = await self._enricher.enrich(work)
            position = Position(self._source(topic, partition), records[-1].offset + 1)
            updated = await self._updater.update(
                partition, enriched, "event", position=position, dead_letters=dead_letters
            )
            if self._keep_watermark:
                await self._table.advance(partition, self._clock.now_ms(partition) - 1)
        for outcome, count in updated.outcomes.items():
            metrics.EVENTS.labels(topic, outcome.value).inc(count)
        metrics.EVENTS.labels(topic, "rejected").inc(len(dead_letters))
        metrics.BATCH_RECORDS.observe(len(records))
        metrics.BATCH_SECONDS.observe(perf_counter() - started)
        metrics.LATENCY_SECONDS.observe(max(0, wall_ms() - records[0].timestamp) / 1000)

    async def sweep(self, partition: int) -> int:
        """Publish what time alone has changed, for some of the customers due; how many were.

        Also publishes what is pending: after a crash, or left by a worker that lost the partition.
        """
        async with self._holding(partition):
            if partition in self._revoked:
                return 0
            await self._updater.recover(partition)
        due = await self._table.due(partition, self._clock.now_ms(partition), LOOK_CUSTOMERS)
        async with self._looking(partition, due, "time") as updated:
            if updated is None:
                return 0
            moves = [(each, updated.due_ms[each.key]) for each in due]
            await self._table.reschedule(partition, moves)
        metrics.SWEPT.inc(len(due))
        return len(due)

    async def renew(self, partition: int) -> int:
        """Describe some of the stale customers by the standards in force; how many they were."""
        stale = await self._table.due(partition, ANY_MS, LOOK_CUSTOMERS, "stale")
        async with self._looking(partition, stale, "admin") as updated:
            if updated is None:
                return 0
            times = {key: due_ms for key, due_ms in updated.due_ms.items() if due_ms is not None}
            await self._table.schedule(partition, times)
            await self._table.reschedule(partition, [(each, None) for each in stale], "stale")
        metrics.RENEWED.inc(len(stale))
        return len(stale)

    async def settle(self, partition: int) -> None:
        """Return when every batch that is under way now is done."""
        async with self._locks[partition]:
            pass

    def assign(self, partition: int) -> None:
        """The partition comes from another worker: what is still known of it is out of date."""
        self._forget(partition)
        self._revoked.discard(partition)

    async def revoke(self, partition: int) -> None:
        """The partition goes to another worker: return when nothing is being done on it.

        What this worker still published would be published by the other as well.
        """
        self._revoked.add(partition)
        await self.settle(partition)
        self._forget(partition)

    def _forget(self, partition: int) -> None:
        self._owned.discard(partition)
        self._updater.hot.drop(partition)
        self._clock.forget(partition)
        metrics.OWNED_PARTITIONS.set(len(self._owned))

    @asynccontextmanager
    async def _looking(
        self, partition: int, customers: Sequence[Due], cause: Cause
    ) -> AsyncIterator[Updated | None]:
        """Describe customers without events, and hold the partition until they are rescheduled.

        None where there are none, or where the partition has gone to another worker.
        """
        if not customers:
            yield None
            return
        keys = [each.key for each in customers]
        prepared = await self._updater.prepare(partition, keys, cause)
        async with self._holding(partition):
            if partition in self._revoked:
                yield None
            else:
                work = dict.fromkeys(keys, ())
                yield await self._updater.update(partition, work, cause, prepared=prepared)

    @asynccontextmanager
    async def _holding(self, partition: int) -> AsyncIterator[None]:
        async with self._locks[partition]:
            try:
                await self._own(partition)
                yield
            except BaseException:
                # Something may be stored and not published: taking over again publishes it
                # before anything newer.
                self._owned.discard(partition)
                raise

    async def _own(self, partition: int) -> None:
        """Take over where the last owner stopped, once for each time the partition is assigned."""
        if partition in self._owned:
            return
        self._updater.hot.drop(partition)
        watermark = await self._table.watermark(partition)
        if watermark is not None:
            self._clock.observe(partition, watermark)
        described = self._updater.described
        await described.claim(partition, self._updater.standards.version)
        await self._updater.recover(partition)
        self._owned.add(partition)
        metrics.OWNED_PARTITIONS.set(len(self._owned))

    def _source(self, topic: str, partition: int) -> str:
        # The broker's name of the topic: other topics have offsets, and so marks, of their own.
        return f"{self._prefix}{topic}:{partition}"

    def _decode(
        self, topic: str, partition: int, records: Sequence[SourceRecord]
    ) -> tuple[dict[str, list[Sourced]], list[Message]]:
        source = self._source(topic, partition)
        now_ms = wall_ms()
        work: defaultdict[str, list[Sourced]] = defaultdict(list)
        dead_letters: list[Message] = []
        reasons: Counter[str] = Counter()
        for record in records:
            try:
                occurrence = decode(
                    topic, record.key, record.value, now_ms=now_ms, rates=self._rates
                )
            except Rejected as rejected:
                dead_letters.append(dead_letter(topic, partition, record, rejected))
                reasons[rejected.reason] += 1
                continue
            event = occurrence.event
            if topic not in INTERNAL_TOPICS:  # of another customer, perhaps of another partition
                self._clock.observe(partition, occurrence.at_ms)
            key = customer_key(event.store_id, event.customer_id)
            work[key].append(Sourced(source, record.offset, occurrence))
        for reason, count in reasons.items():
            metrics.DEAD_LETTERS.labels(reason).inc(count)
        return work, dead_letters
