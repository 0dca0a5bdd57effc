"""One Faust agent a topic, and tasks for what happens without an event.

Such are customers due by time alone, files that change, and the reference.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import faust

from stream import metrics
from stream.app import PortraitApp
from stream.errors import Fatal, Transient
from stream.feed import SourceRecord
from stream.settings import Settings
from stream.standards_keeper import INTERVAL_S
from stream.topics import INPUT_TOPICS, PORTRAITS
from stream.transport import RecordBatch

log = logging.getLogger(__name__)

#: Waits between tries while Redis or Kafka does not answer, seconds: two minutes in all, after
#: which the worker stops and leaves the partition to another, or to its supervisor's restart.
BACKOFF_S = (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 50)


def define(app: PortraitApp, settings: Settings) -> None:
    """Give the app its agents and its tasks."""
    for name in INPUT_TOPICS:
        _define_agent(app, name, settings.topic(name), partial(app.processor.process, name))
    _define_agent(app, PORTRAITS, settings.topic(PORTRAITS), app.groups.process)
    _define_sweeper(app, settings.sweep_s)
    _define_standards(app)
    _define_reference(app)


def _define_agent(
    app: PortraitApp,
    name: str,
    topic: str,
    process: Callable[[int, Sequence[SourceRecord]], Awaitable[None]],
) -> None:
    channel = app.topic(topic, value_type=bytes, value_serializer="raw", key_serializer="raw")

    async def agent(stream: faust.StreamT[RecordBatch]) -> None:
        # Acknowledged by hand: left to itself, Faust acknowledges even what raised.
        async for event in stream.noack().events():
            app.consumer.enter(event.message)
            batch: RecordBatch = event.message.value
            async with app.stopping_on_error(f"{name}:{batch.partition}"):
                await _persist(partial(process, batch.partition, batch.records))
                metrics.LAG_RECORDS.labels(name, batch.partition).set(batch.lag)
                event.ack()

    # An actor a partition: a batch that waits for its partition holds up no other.
    app.agent(channel, name=f"portrait.{name}", isolated_partitions=True)(agent)


def _define_sweeper(app: PortraitApp, interval_s: float) -> None:
    running: dict[tuple[str, int], asyncio.Future[None]] = {}

    async def look(what: str, partition: int, sweep: Awaitable[None]) -> None:
        async with app.stopping_on_error(f"{what} of partition {partition}"):
            try:
                await sweep
            except Transient as exc:
                log.warning("%s of partition %d put off: %s", what, partition, exc)

    @app.task
    async def sweep() -> None:
        # A wave on one partition is spread over some time: the others do not wait for its end.
        while not app.should_stop:
            for partition in app.partitions():
                for what, begin in (("sweep", app.sweeper.sweep), ("renewal", app.sweeper.renew)):
                    before = running.get((what, partition))
                    if before is None or before.done():
                        doing = look(what, partition, begin(partition))
                        running[what, partition] = app.add_future(doing)
            await app.sleep(interval_s)


def _define_standards(app: PortraitApp) -> None:
    @app.task
    async def keep_standards() -> None:
        while not app.should_stop:
            async with app.stopping_on_error("keeping the standards"):
                try:
                    await app.standards.refresh(app.partitions)
                    await app.renewal.mark(app.partitions())
                except Transient as exc:
                    log.warning("portraits are not described anew yet: %s", exc)
            await app.sleep(INTERVAL_S)


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
