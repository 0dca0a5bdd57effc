"""`portrait watch`: follow the change topic."""

import asyncio
from typing import Any

import click
import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.backlog import Backlog, Partition
from stream.errors import Fatal, Transient
from stream.settings import Settings, load
from stream.topics import PORTRAITS, describe_topics


@click.command()
@click.option("--from-beginning", is_flag=True, help="Begin with what the topic holds.")
@click.option("--limit", type=click.IntRange(1), help="End after so many changes.")
@click.option("--json", "as_json", is_flag=True, help="Print the documents as JSON lines.")
def command(from_beginning: bool, limit: int | None, as_json: bool) -> None:
    """Print portraits as they change, until Ctrl-C.

    A line says who changed, to which version, why and in which sections; an erased portrait is a
    tombstone, `null` in JSON.
    """
    asyncio.run(_watch(load(), from_beginning, limit, as_json))


async def _watch(
    settings: Settings, from_beginning: bool, limit: int | None, as_json: bool
) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
    )
    try:
        await consumer.start()
        partitions = await _partitions(settings)
        consumer.assign([TopicPartition(*each) for each in partitions])
        if not from_beginning:
            async with Backlog(settings) as backlog:
                for each, end in (await backlog.end_offsets(partitions)).items():
                    consumer.seek(TopicPartition(*each), end)
        seen = 0
        while limit is None or seen < limit:
            record = await consumer.getone()
            click.echo((record.value or b"null") if as_json else _line(record))
            seen += 1
    except (KafkaError, OSError) as exc:
        raise Transient(f"Kafka at {settings.kafka} did not answer: {exc}") from exc
    finally:
        await consumer.stop()


async def _partitions(settings: Settings) -> list[Partition]:
    topic = settings.topic(PORTRAITS)
    counts = {state.name: state.partitions for state in await describe_topics(settings)}
    if not counts[topic]:
        raise Fatal(f"there is no topic {topic}; run `portrait topics`")
    return [(topic, number) for number in range(counts[topic])]


def _line(record: Any) -> str:
    headers = dict(record.headers)
    version = headers.get("version", b"?").decode()
    if record.value is None:
        return f"{record.key.decode()}  v{version}  erased"
    document = orjson.loads(record.value)
    changed = ", ".join(document["changed"]) or "first or last seen"
    return f"{document['as_of']}  {record.key.decode()}  v{version}  {document['cause']}: {changed}"
