"""One Faust agent a topic, a timer for customers due by time alone, a task for the reference."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from functools import partial

import faust

from stream import metrics
from stream.app import PortraitApp
from stream.errors import Fatal, Transient
from stream.settings import Settings
from stream.topics import INPUT_TOPICS
from stream.transport import RecordBatch

log = logging.getLogger(__name__)

#: Waits between tries while Redis or Kafka does not answer, seconds: two minutes in all, after
#: which the worker stops and leaves the partition to another, or to its supervisor's restart.
BACKOFF_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 50)


def define(app: PortraitApp, settings: Settings) -> None:
    """Give the app its agents and its sweeper."""
    for name in INPUT_TOPICS:
        _define_agent(app, name, settings.topic(name))
    _define_sweeper(app, settings.sweep_s)
    _define_reference(app)


def _define_agent(app: PortraitApp, name: str, topic: str) -> None:
    channel = app.topic(topic, value_type=bytes, value_serializer="raw", key_serializer="raw")

    async def agent(stream: faust.StreamT[RecordBatch]) -> None:
        # Acknowledged by hand: left to itself, Faust acknowledges even what raised.
        async for event in stream.noack().events():
            app.consumer.enter(event.message)
            batch: RecordBatch = event.message.value
            process = partial(app.processor.process, name, batch.partition, batch.records)
            async with app.stopping_on_error(f"{name}:{batch.partition}"):
                await _persist(process)
                metrics.LAG_RECORDS.labels(name, batch.partition).set(batch.lag)
                event.ack()

    app.agent(channel, name=f"portrait.{name}")(agent)


def _define_sweeper(app: PortraitApp, interval_s: float) -> None:
    @app.timer(interval=interval_s)
    async def sweep() -> None:
        for partition in app.partitions():
            async with app.stopping_on_error(f"sweep of partition {partition}"):
                try:
                    while await app.processor.sweep(partition):
                        # Live batches wait for the partition's lock: let them in between.
                        await asyncio.sleep(0)
                except Transient as exc:
                    log.warning("sweep of partition %d put off: %s", partition, exc)


def _define_reference(app: PortraitApp) -> None:
    @app.task
    async def keep_reference() -> None:
        while not app.should_stop:
            async with app.stopping_on_error("keeping the reference"):
                # One of the workers takes it for all: the owner of the first partition.
                await app.reference.renew(take=0 in app.partitions())
            await app.sleep(app.reference.interval_s)


async def _persist(process: Callable[[], Awaitable[None]]) -> None:
    """Try until it works; what is tried must be safe to repeat. Raises :class:`Fatal` at last."""
    for wait_s in BACKOFF_S:
        try:
            return await process()
        except Transient as exc:
            metrics.RETRIES.inc()
            log.warning("trying again in %s s: %s", wait_s, exc)
            await asyncio.sleep(wait_s)
    try:
        return await process()
    except Transient as exc:
        raise Fatal(f"gave up after {sum(BACKOFF_S):.0f} s: {exc}") from exc
