"""Sends events to their topics and notes what Kafka acknowledged."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from msgspec import json

from stream.errors import Transient
from stream.events import TOPIC_EVENTS, Event, customer_key
from stream.producer import start_producer
from stream.replay.source import Found, Skipped
from stream.replay.summary import Summary
from stream.settings import Settings

#: Told after each chunk: events sent so far.
Progress = Callable[[int], None]

_CHUNK_EVENTS = 500
#: Events handed to the producer and not yet acknowledged; bounds memory, not throughput.
_MAX_IN_FLIGHT = 20_000
#: With a rate, chunks are this long, so that the flow is even.
_CHUNK_S = 0.1

_ENCODER = json.Encoder()


async def publish(
    settings: Settings,
    found: Iterable[Found],
    summary: Summary,
    *,
    rate: float | None = None,
    on_progress: Progress | None = None,
) -> None:
    """Send every event, at most ``rate`` a second, and fill in the summary.

    Returns when Kafka has acknowledged all. Raises :class:`Transient` where Kafka fails; the
    summary then holds what was acknowledged until there.
    """
    started = time.monotonic()
    producer = await start_producer(settings)
    try:
        sender = _Sender(settings, producer, summary)
        size = _CHUNK_EVENTS if rate is None else max(1, min(_CHUNK_EVENTS, int(rate * _CHUNK_S)))
        sent = 0
        for events in _chunks(found, size, summary):
            if rate is not None:
                await _sleep_until(started + sent / rate)
            await sender.send(events)
            sent += len(events)
            if on_progress is not None:
                on_progress(sent)
        await sender.drain(0)
    except (KafkaError, OSError) as exc:
        raise Transient(
            f"Kafka at {settings.kafka} failed after {summary.total_sent} events: {exc!r}"
        ) from exc
    finally:
        await producer.stop()
        summary.seconds = time.monotonic() - started


class _Sender:
    """Events on their way to Kafka, the oldest first."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer, summary: Summary) -> None:
        self._topics = {name: settings.topic(name) for name in TOPIC_EVENTS}
        self._producer = producer
        self._summary = summary
        self._in_flight: deque[asyncio.Future[Any]] = deque()

    async def send(self, events: list[Event]) -> None:
        """Hand over a chunk, then wait while too much is unacknowledged."""
        for event in events:
            future = await self._producer.send(
                self._topics[event.topic],
                key=customer_key(event.store_id, event.customer_id).encode(),
                value=_ENCODER.encode(event),
            )
            self._in_flight.append(future)
        times = [event.occurred_at for event in events]
        self._summary.count_sent(Counter(e.topic for e in events), min(times), max(times))
        # A source that reads for long without await would keep the producer from sending.
        await asyncio.sleep(0)
        await self.drain(_MAX_IN_FLIGHT)

    async def drain(self, allowed: int) -> None:
        """Wait until at most ``allowed`` events are unacknowledged."""
        while len(self._in_flight) > allowed:
            record = await self._in_flight.popleft()
            self._summary.acknowledge(record.topic, record.partition, record.offset + 1)


def _chunks(found: Iterable[Found], size: int, summary: Summary) -> Iterator[list[Event]]:
    """Events in lists of at most ``size``; what was skipped goes to the summary."""
    events = _counted(found, summary)
    while chunk := list(islice(events, size)):
        yield chunk


def _counted(found: Iterable[Found], summary: Summary) -> Iterator[Event]:
    for entry in found:
        if isinstance(entry, Skipped):
            summary.count_skipped(entry)
        else:
            yield entry


async def _sleep_until(moment: float) -> None:
    wait = moment - time.monotonic()
    if wait > 0:
        await asyncio.sleep(wait)
