"""`portrait watch`: follow the change topic."""

import asyncio
from typing import Any

import click
import orjson
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import KafkaError

from stream.errors import Transient
from stream.settings import Settings, load
from stream.topics import PORTRAITS


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
        settings.topic(PORTRAITS),
        bootstrap_servers=settings.kafka,
        auto_offset_reset="earliest" if from_beginning else "latest",
        isolation_level="read_committed",
    )
    try:
        await consumer.start()
        seen = 0
        async for record in consumer:
            click.echo((record.value or b"null") if as_json else _line(record))
            seen += 1
            if seen == limit:
                return
    except (KafkaError, OSError) as exc:
        raise Transient(f"Kafka at {settings.kafka} did not answer: {exc}") from exc
    finally:
        await consumer.stop()


def _line(record: Any) -> str:
    headers = dict(record.headers)
    version = headers.get("version", b"?").decode()
    if record.value is None:
        return f"{record.key.decode()}  v{version}  erased"
    document = orjson.loads(record.value)
    changed = ", ".join(document["changed"]) or "first or last seen"
    return f"{document['as_of']}  {record.key.decode()}  v{version}  {document['cause']}: {changed}"
