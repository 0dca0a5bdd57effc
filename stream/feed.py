"""Reading back what is on a topic: a range of one partition, outside of any consumer group."""

import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.partitioner import murmur2

from stream.errors import Transient
from stream.settings import Settings
from stream.topics import describe_topics

Headers = tuple[tuple[str, bytes], ...]


class SourceRecord(Protocol):
    """What is needed of a consumed record; aiokafka's ``ConsumerRecord`` is one."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    headers: Headers


#: (the contract's name of a topic, partition, first offset, end offset or None for all there is)
ReadRange = Callable[[str, int, int, int | None], AsyncIterator[Sequence[SourceRecord]]]

_FETCH_WAIT_MS = 50
_REQUEST_TIMEOUT_MS = 10_000
#: After so long without a record or the end of the range, the broker is taken not to answer.
_TIMEOUT_S = 10.0


def partition_of(key: bytes, partitions: int) -> int:
    """The partition that a record of a key goes to, of so many; as every Kafka producer has it."""
    return int((murmur2(key) & 0x7FFFFFFF) % partitions)


class Feed:
    """The topics of the contract, to be read back; every method may raise :class:`Transient`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def partitions(self, topic: str) -> int:
        """How many partitions a topic has."""
        name = self._settings.topic(topic)
        found = {each.name: each.partitions for each in await describe_topics(self._settings)}
        if not found.get(name):
            raise Transient(f"Kafka at {self._settings.kafka} knows no topic {name}")
        return found[name]

    async def everything(self, topic: str) -> AsyncGenerator[SourceRecord, None]:
        """All records that a topic held, one partition after the other."""
        for partition in range(await self.partitions(topic)):
            async for records in self.read(topic, partition, 0):
                for record in records:
                    yield record

    async def read(
        self, topic: str, partition: int, first: int, end: int | None = None
    ) -> AsyncIterator[Sequence[SourceRecord]]:
        """The records with offsets in ``[first, end)``, some at a time.

        Without an end all that the partition held when its end was reached. What was deleted or
        compacted away is passed over.
        """
        asked = TopicPartition(self._settings.topic(topic), partition)
        async with self._consumer() as consumer:
            consumer.assign([asked])
            consumer.seek(asked, first)
            give_up = time.monotonic() + _TIMEOUT_S
            while time.monotonic() < give_up:
                fetched = (await consumer.getmany(timeout_ms=_FETCH_WAIT_MS)).get(asked, [])
                records = [each for each in fetched if end is None or each.offset < end]
                if records:
                    yield records
                    give_up = time.monotonic() + _TIMEOUT_S
                stop, position = consumer.highwater(asked), await consumer.position(asked)
                if stop is not None and position >= (stop if end is None else min(stop, end)):
                    return
        raise Transient(f"Kafka: {asked.topic}:{partition} could not be read from offset {first}")

    @asynccontextmanager
    async def _consumer(self) -> AsyncIterator[AIOKafkaConsumer]:
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka,
            enable_auto_commit=False,
            auto_offset_reset="earliest",  # where retention has deleted the first offset
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        try:
            await consumer.start()
            yield consumer
        except (KafkaError, OSError) as exc:
            raise Transient(f"Kafka at {self._settings.kafka} did not answer: {exc}") from exc
        finally:
            await consumer.stop()
