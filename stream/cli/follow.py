"""Following a topic, and printing what comes from outside."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.backlog import Backlog, Partition
from stream.errors import Fatal, Transient
from stream.settings import Settings
from stream.topics import describe_topics

#: Causes of a change, for people.
WHY = {"event": "by an event", "time": "by time", "admin": "because the rules changed"}


async def follow(
    settings: Settings, name: str, *, from_beginning: bool
) -> AsyncGenerator[Any, None]:
    """The consumed records of a topic of the contract as they come, without end.

    Begins with what it holds, or with what comes next. Raises :class:`~stream.errors.Transient`
    where Kafka does not answer, :class:`~stream.errors.Fatal` where there is no such topic.
    """
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    try:
        with asking(settings):
            await consumer.start()
            partitions = await _partitions(settings, settings.topic(name))
            consumer.assign([TopicPartition(*each) for each in partitions])
            if not from_beginning:
                async with Backlog(settings) as backlog:
                    for each, end in (await backlog.end_offsets(partitions)).items():
                        consumer.seek(TopicPartition(*each), end)
        while True:
            _heed_cancellation()
            with asking(settings):
                record = await consumer.getone()
            yield record
    finally:
        await consumer.stop()


def _heed_cancellation() -> None:
    """Raise the cancellation that an await before may have lost.

    Before Python 3.12 ``asyncio.wait_for`` forgets one that comes together with its result. Who
    connects, or looks something up for each record, waits with it, and Ctrl-C would not end that.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


@contextmanager
def asking(settings: Settings) -> Iterator[None]:
    """Raise what fails between us and Kafka as :class:`~stream.errors.Transient`.

    Print nothing within: a closed pipe, as of `| head`, is an OSError too, but not Kafka's.
    """
    try:
        yield
    except (KafkaError, OSError) as exc:
        raise Transient(f"Kafka at {settings.kafka} did not answer: {exc}") from exc


async def _partitions(settings: Settings, topic: str) -> list[Partition]:
    counts = {state.name: state.partitions for state in await describe_topics(settings)}
    if not counts[topic]:
        raise Fatal(f"there is no topic {topic}; run `portrait topics`")
    return [(topic, number) for number in range(counts[topic])]


def printable(text: str) -> str:
    """A line that moves no cursor.

    Details quote records, and ids come from outside: they may hold line ends and control codes.
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
