"""History through the pipeline that workers run, without Kafka: the risk after each purchase."""

from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct

from stream.batch import Processor
from stream.embedded import Valkey
from stream.enrich import Enricher
from stream.evaluate.independent import BATCH_EVENTS, independent
from stream.events import (
    INTERNAL_TOPICS,
    CustomerIdentified,
    Event,
    OrderCompleted,
    customer_key,
)
from stream.feed import Headers
from stream.measures.standards import Standards
from stream.money import Rates
from stream.publish import Ends, Message
from stream.risk.score import Risk
from stream.tables.facts import FactTable
from stream.tables.memory import MemoryTable
from stream.tables.memory_facts import MemoryFacts
from stream.tables.memory_products import MemoryProducts
from stream.tables.products import ProductTable
from stream.tables.redis import RedisTable
from stream.tables.redis_facts import RedisFacts
from stream.tables.redis_products import RedisProducts
from stream.tables.table import PortraitTable
from stream.topics import PORTRAITS
from stream.update import Updater

#: All of the history is one partition: what comes first in time is processed first.
_PARTITION = 0
_NAMESPACE = "evaluate"
#: Customers whose states are held in memory: those who come back are mostly not among the last.
_HOT_CUSTOMERS = 2_000

_encode = msgspec.json.Encoder().encode


class Tables(Struct):
    """Where portraits, facts and products are kept."""

    portraits: PortraitTable
    facts: FactTable
    products: ProductTable


def in_memory() -> Tables:
    """Tables that keep the same contracts without a server."""
    return Tables(MemoryTable(), MemoryFacts(), MemoryProducts())


@asynccontextmanager
async def in_redis() -> AsyncIterator[Tables]:
    """The tables of production, in an embedded Redis of their own.

    Raises :class:`~stream.errors.Fatal` where it cannot run.
    """
    with Valkey() as valkey:
        portraits = RedisTable.connect(valkey.url, _NAMESPACE)
        facts = RedisFacts.connect(valkey.url, _NAMESPACE)
        products = RedisProducts.connect(valkey.url, _NAMESPACE)
        try:
            yield Tables(portraits, facts, products)
        finally:
            await portraits.close()
            await facts.close()
            await products.close()


async def risks(
    events: Iterable[Event],
    tables: Tables,
    standards: Standards,
    batch_events: int = BATCH_EVENTS,
) -> AsyncIterator[tuple[str, Risk | None]]:
    """The event id of each purchase with the customer's risk right after it; by time of the events.

    The events are those of all customers in order of time. Each goes through decoding, enriching,
    folding, describing, storing and publishing, and what is published for other customers comes
    back before the next batch. Batches are :func:`~stream.evaluate.independent.independent`, so how
    large they are does not matter. A portrait is described as of its customer's newest event, and
    nothing that came later is known then. None where the purchase was rejected.
    """
    worker = Worker(tables, standards)
    for batch in independent(events, batch_events):
        published = await worker.process(batch)
        for event in batch:
            if isinstance(event, OrderCompleted):
                yield event.event_id, published.get(customer_key(event.store_id, event.customer_id))


#: Key and value of a record.
Sent = tuple[bytes | None, bytes | None]


class Step(Struct, frozen=True):
    """Records of one topic that were processed at once, and what was published then."""

    topic: str
    sent: Sequence[Sent]
    published: Sequence[Message]


class Worker:
    """A processor with a clock and a publisher that serve one run through history."""

    def __init__(self, tables: Tables, standards: Standards) -> None:
        self._publisher = _Publisher()
        clock = _NewestEvent()
        updater = Updater(
            tables.portraits,
            self._publisher,
            clock,
            tables.products,
            standards=standards,
            hot_customers=_HOT_CUSTOMERS,
        )
        self._processor = Processor(
            updater,
            clock,
            Rates(standards.currency),
            Enricher(tables.facts),
            keep_watermark=False,
        )
        self._offsets: Counter[str] = Counter()

    async def process(self, batch: Sequence[Event]) -> Mapping[str, Risk]:
        """Process the events and what they bring to others; the risk of who purchased, by key."""
        found: dict[str, Risk] = {}
        async for step in self.steps(batch):
            if step.topic == OrderCompleted.topic:
                found = dict(_risks(step.published))
        return found

    async def steps(self, batch: Sequence[Event]) -> AsyncIterator[Step]:
        """Process the events, and after those of a topic what they bring to others."""
        by_topic: defaultdict[str, list[Event]] = defaultdict(list)
        for event in batch:
            by_topic[event.topic].append(event)
        # Declarations last: a purchase is judged as of its own time, not of theirs.
        for topic in sorted(by_topic, key=CustomerIdentified.topic.__eq__):
            events = by_topic[topic]
            step = await self._step(topic, [(_key(event), _encode(event)) for event in events])
            yield step
            for internal in INTERNAL_TOPICS:
                echoed = [(m.key, m.value) for m in step.published if m.topic == internal]
                if echoed:
                    yield await self._step(internal, echoed)

    async def _step(self, topic: str, sent: Sequence[Sent]) -> Step:
        await self._send(topic, sent)
        return Step(topic, sent, self._publisher.take())

    async def _send(self, topic: str, messages: Sequence[Sent]) -> None:
        first = self._offsets[topic]
        records = [_Record(first + at, *message) for at, message in enumerate(messages)]
        self._offsets[topic] += len(records)
        await self._processor.process(topic, _PARTITION, records)


class _Record(Struct):
    """A record as a consumer hands it over."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = 0
    headers: Headers = ()


class _NewestEvent:
    """A clock behind everything: then a portrait is described as of its customer's newest event."""

    def now_ms(self, partition: int) -> int:  # noqa: ARG002
        return 0

    def observe(self, partition: int, at_ms: int) -> None:
        pass

    def forget(self, partition: int) -> None:
        pass


class _Publisher:
    """Keeps what is published until it is taken."""

    def __init__(self) -> None:
        self._published: list[Message] = []

    async def publish(self, messages: Sequence[Message]) -> Ends:
        self._published += messages
        return {}

    async def unpublished(self, messages: Sequence[Message], ends: Ends) -> Sequence[Message]:  # noqa: ARG002
        return messages

    def take(self) -> list[Message]:
        """What was published since it was asked last."""
        taken, self._published = self._published, []
        return taken


class _Portrait(Struct):
    """Of a portrait that was published, what is asked for."""

    risk: Risk


_decode = msgspec.json.Decoder(_Portrait).decode


def _risks(published: Iterable[Message]) -> Iterator[tuple[str, Risk]]:
    for message in published:
        if message.topic == PORTRAITS and message.key and message.value:
            yield message.key.decode(), _decode(message.value).risk


def _key(event: Event) -> bytes:
    return customer_key(event.store_id, event.customer_id).encode()
