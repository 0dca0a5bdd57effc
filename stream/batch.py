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
from stream.errors import Rejected
from stream.events import INTERNAL_TOPICS, customer_key
from stream.money import Rates
from stream.publish import Message, SourceRecord, dead_letter
from stream.tables.table import Position
from stream.update import Updater

#: Customers that one look for due ones takes up: bounds how long live events wait for it.
SWEEP_CUSTOMERS = 500


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
        *,
        keep_watermark: bool,
        topic_prefix: str = "",
    ) -> None:
        self._updater = updater
        self._table = updater.table
        self._clock = clock
        self._rates = rates
        self._keep_watermark = keep_watermark
        self._prefix = topic_prefix
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._owned: set[int] = set()

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
            position = Position(self._source(topic, partition), records[-1].offset + 1)
            updated = await self._updater.update(
                partition, work, "event", position=position, dead_letters=dead_letters
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
            await self._updater.recover(partition)
            now_ms = self._clock.now_ms(partition)
            due = await self._table.due(partition, now_ms, SWEEP_CUSTOMERS)
            if due:
                updated = await self._updater.update(
                    partition, {each.key: () for each in due}, "time"
                )
                await self._table.reschedule(
                    partition, [(each, updated.due_ms[each.key]) for each in due]
                )
                metrics.SWEPT.inc(len(due))
            return len(due)

    def release(self, partition: int) -> None:
        """Forget a partition: it went to another worker, or comes from one."""
        self._owned.discard(partition)
        self._updater.hot.drop(partition)
        self._clock.forget(partition)
        metrics.OWNED_PARTITIONS.set(len(self._owned))

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
