"""Counts what the workers make of the events: from the topics, from Redis, from their metrics."""

import asyncio
from collections.abc import Sequence
from typing import Self

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition

from stream.backlog import Backlog, Partition
from stream.demo.figures import SHOP_TOPICS, Face, face
from stream.demo.visitors import Visitor
from stream.demo.workers import Counts
from stream.events import customer_key
from stream.settings import Settings
from stream.tables.redis import RedisTable
from stream.topics import DEAD_LETTERS, PORTRAITS

_STORE = "main"
_WAIT_MS = 500
_POLL_S = 0.05
_CATCH_UP_S = 30.0


class Follower:
    """Reads change and dead-letter topic from the beginning, as any subscriber would."""

    def __init__(self, settings: Settings) -> None:
        self.changes = 0
        self.dead_letters = 0
        self._keys: set[bytes] = set()
        self._changes_topic = settings.topic(PORTRAITS)
        topics = (self._changes_topic, settings.topic(DEAD_LETTERS))
        numbers = range(settings.partitions)
        self._partitions = [TopicPartition(name, n) for name in topics for n in numbers]
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka, auto_offset_reset="earliest", enable_auto_commit=False
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def portraits(self) -> int:
        """Distinct customers among the changes."""
        return len(self._keys)

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._consumer.stop()

    async def catch_up(self, counts: Counts) -> None:
        """Return once all that the workers say they have published has been read.

        The end offsets of the topics would not do: for the latest offset the embedded broker
        gives the one after the *first* record of its last batch.
        """
        async with asyncio.timeout(_CATCH_UP_S):
            while self.changes < counts.published or self.dead_letters < counts.dead_letters:
                self.check()
                await asyncio.sleep(_POLL_S)

    def check(self) -> None:
        """Raise what ended the reading, if anything did."""
        if self._task is not None and self._task.done():
            self._task.result()

    async def _follow(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=_WAIT_MS)
            for partition, records in batches.items():
                if partition.topic == self._changes_topic:
                    self.changes += len(records)
                    self._keys.update(record.key for record in records)
                else:
                    self.dead_letters += len(records)


class Progress:
    """Figures and faces of a running demo; an asynchronous context manager."""

    def __init__(self, settings: Settings, visitors: Sequence[Visitor]) -> None:
        self._visitors = visitors
        self._from_shop: list[Partition] = []
        self._from_workers: list[Partition] = []
        self._shop_topics = {settings.topic(name) for name in SHOP_TOPICS}
        self._backlog = Backlog(settings)
        self._table = RedisTable.connect(settings.redis, settings.namespace)
        self.followed = Follower(settings)

    async def __aenter__(self) -> Self:
        await self._backlog.__aenter__()
        try:
            for partition in await self._backlog.partitions():
                shop = partition[0] in self._shop_topics
                (self._from_shop if shop else self._from_workers).append(partition)
            await self.followed.__aenter__()
        except BaseException:
            await self._backlog.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.followed.__aexit__()
        await self._backlog.__aexit__()
        await self._table.close()

    async def committed(self) -> int:
        """Events that the workers have committed; the topics began empty, so offsets count."""
        return sum((await self._backlog.committed(self._from_shop)).values())

    async def internal_lag(self) -> int:
        """What workers told one another and have not committed yet."""
        ends = await self._backlog.end_offsets(self._from_workers)
        committed = await self._backlog.committed(self._from_workers)
        return sum(max(0, end - committed[partition]) for partition, end in ends.items())

    async def faces(self) -> list[Face]:
        """Portraits of the chosen customers as they stand in Redis, as far as there are any."""
        keys = [customer_key(_STORE, visitor.customer_id) for visitor in self._visitors]
        records = await self._table.load(keys)
        return [
            face(visitor.customer_id, _home(visitor), msgspec.json.decode(record.document))
            for visitor, record in zip(self._visitors, records, strict=True)
            if record is not None and record.document is not None
        ]


def choose(visitors: Sequence[Visitor]) -> list[Visitor]:
    """The busiest customer of each daily rhythm."""
    busiest: dict[str, Visitor] = {}
    for visitor in visitors:
        rival = busiest.get(visitor.rhythm)
        if rival is None or visitor.activity > rival.activity:
            busiest[visitor.rhythm] = visitor
    return list(busiest.values())


def _home(visitor: Visitor) -> str:
    return f"{visitor.home.zone}, {visitor.rhythm} type"
