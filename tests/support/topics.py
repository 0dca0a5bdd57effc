"""What stands in topics: reading them to their end, sending records, moving a group back."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from msgspec import Struct

from stream.backlog import Backlog, Partition
from stream.producer import start_producer
from stream.settings import Settings
from stream.topics import DEAD_LETTERS, PORTRAITS, describe_topics

_TIMEOUT_S = 60.0


class Sent(Struct, frozen=True):
    """Where a record came to stand; `topic` is the broker's name."""

    topic: str
    partition: int
    offset: int


class Raw(Struct, frozen=True):
    """A record to be sent; `topic` is the contract's name."""

    topic: str
    partition: int | None
    key: bytes | None
    value: bytes | None


@asynccontextmanager
async def producing(settings: Settings) -> AsyncIterator[AIOKafkaProducer]:
    """A started producer."""
    producer = await start_producer(settings)
    try:
        yield producer
    finally:
        await producer.stop()


async def send(settings: Settings, records: Iterable[Raw]) -> list[Sent]:
    """Send records in their order and return when all are acknowledged."""
    async with producing(settings) as producer:
        futures = [
            await producer.send(
                settings.topic(record.topic),
                key=record.key,
                value=record.value,
                partition=record.partition,
            )
            for record in records
        ]
        done = await asyncio.gather(*futures)
    return [Sent(each.topic, each.partition, each.offset) for each in done]


async def read_all(settings: Settings, name: str) -> list[ConsumerRecord]:
    """Every record of a topic, each partition in its order; `name` is the contract's."""
    topic = settings.topic(name)
    [count] = [t.partitions for t in await describe_topics(settings) if t.name == topic]
    async with Backlog(settings) as backlog:
        ends = await backlog.end_offsets((topic, number) for number in range(count))
    ends = {partition: end for partition, end in ends.items() if end}
    if not ends:
        return []
    consumer = AIOKafkaConsumer(bootstrap_servers=settings.kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        found: list[ConsumerRecord] = []
        consumer.assign([TopicPartition(*partition) for partition in ends])
        async with asyncio.timeout(_TIMEOUT_S):
            reached: dict[Partition, int] = {}
            while any(reached.get(partition, 0) < end for partition, end in ends.items()):
                for tp, records in (await consumer.getmany(timeout_ms=100)).items():
                    found += records
                    reached[tp.topic, tp.partition] = records[-1].offset + 1
        return found
    finally:
        await consumer.stop()


async def published_versions(settings: Settings) -> dict[str, list[int]]:
    """Customer key -> the versions on the change topic, in the order they stand there."""
    versions: dict[str, list[int]] = {}
    for record in await read_all(settings, PORTRAITS):
        version = int(dict(record.headers)["version"])
        versions.setdefault(record.key.decode(), []).append(version)
    return versions


async def dead_letters(settings: Settings) -> list[tuple[ConsumerRecord, dict[str, str]]]:
    """The dead letters, each with its headers."""
    return [
        (record, {name: value.decode() for name, value in record.headers})
        for record in await read_all(settings, DEAD_LETTERS)
    ]


async def committed(settings: Settings) -> dict[Partition, int]:
    """Partition of an input topic -> the offset up to which the workers committed."""
    async with Backlog(settings) as backlog:
        return await backlog.committed(await backlog.partitions())


async def end_offsets(settings: Settings) -> dict[Partition, int]:
    """Partition of an input topic -> the offset of its next record."""
    async with Backlog(settings) as backlog:
        return await backlog.end_offsets(await backlog.partitions())


async def wait_until_committed(settings: Settings, targets: Mapping[Partition, int]) -> None:
    """Return when the workers have committed as far as that."""
    async with Backlog(settings) as backlog:
        await backlog.wait_until_committed(targets, _TIMEOUT_S)


async def wait_until_all_is_committed(settings: Settings) -> None:
    """Return when the workers have committed all that stands in the input topics by now."""
    await wait_until_committed(settings, await end_offsets(settings))


async def rewind(settings: Settings, offsets: Mapping[Partition, int]) -> None:
    """Move the workers' group to other offsets; none of them may run.

    It does so as a member: the embedded broker takes commits of a group once it had members from
    its members only.
    """
    consumer = AIOKafkaConsumer(
        *{topic for topic, _ in offsets},
        bootstrap_servers=settings.kafka,
        group_id=settings.group,
        # That of the workers: a group sticks to its own.
        partition_assignment_strategy=[RangePartitionAssignor],
        enable_auto_commit=False,
        session_timeout_ms=int(settings.session_timeout_s * 1000),
        heartbeat_interval_ms=500,
    )
    try:
        await consumer.start()
        await consumer.commit({TopicPartition(*p): offset for p, offset in offsets.items()})
    finally:
        await consumer.stop()
