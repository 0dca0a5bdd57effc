"""Stand-ins for what surrounds the processing of batches, and a world to try workers in.

Every fake calls a *point* around what it does: a coroutine function that is told where the worker
stands. It may raise (:class:`Fuse`) or wait for its turn (:class:`Turns`), so that failures and
interleavings happen exactly where a test wants them.
"""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from stream.batch import Processor
from stream.clock import Clock
from stream.enrich import Enricher
from stream.events import (
    ErasureRequested,
    Event,
    OrderCompleted,
    ProductViewed,
    SignedIn,
    customer_key,
)
from stream.feed import Headers
from stream.fields import Product
from stream.money import Rates
from stream.profile.portrait import describe
from stream.publish import LOOKED_UP, Ends, Message
from stream.tables import codec
from stream.tables.memory import MemoryTable
from stream.tables.memory_facts import MemoryFacts
from stream.tables.memory_products import MemoryProducts
from stream.tables.table import PortraitTable, Write
from stream.topics import DEAD_LETTERS, PORTRAITS
from stream.update import Updater
from stream.windows import to_ms
from tests.support.standards import STANDARDS

#: What the hand-moved clock shows at first. Every event of a test lies before it.
START = datetime(2025, 6, 1, 12, tzinfo=UTC)
START_MS = to_ms(START)

Point = Callable[[str], Awaitable[None]]


class FakeRecord(Struct, frozen=True):
    """A consumed record."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int = START_MS
    headers: Headers = ()


class ManualClock:
    """Shows the time that it was set to."""

    def __init__(self, ms: int = START_MS) -> None:
        self.ms = ms
        self.seen_ms: list[int] = []

    def now_ms(self, partition: int) -> int:  # noqa: ARG002
        return self.ms

    def observe(self, partition: int, at_ms: int) -> None:  # noqa: ARG002
        self.seen_ms.append(at_ms)

    def forget(self, partition: int) -> None:
        pass

    def advance(self, **by: float) -> None:
        """Move on, by the arguments of a timedelta."""
        self.ms += timedelta(**by) // timedelta(milliseconds=1)


class Crash(Exception):
    """The worker dies here."""


class Fuse:
    """Counts the points that are passed, and raises at one of them, once."""

    def __init__(self, at: int | str | None = None, error: type[Exception] = Crash) -> None:
        self.passed: list[str] = []
        self.arm(at, error)

    def arm(self, at: int | str | None, error: type[Exception] = Crash) -> None:
        """Raise at the point of that number, counted from the first, or at the next so called."""
        self._at = at
        self._error = error

    async def __call__(self, where: str) -> None:
        self.passed.append(where)
        if self._at in (where, len(self.passed)):
            self._at = None
            raise self._error(where)


class Turns:
    """Lets one of several tasks at a time go on from a point to its next."""

    def __init__(self) -> None:
        self._waiting: dict[str, asyncio.Future[None]] = {}

    def point(self, name: str) -> Point:
        """The points of the task of that name."""

        async def wait(_where: str) -> None:
            self._waiting[name] = asyncio.get_running_loop().create_future()
            await self._waiting[name]

        return wait

    async def drive(
        self, jobs: dict[str, Awaitable[None]], choose: Callable[[list[str]], str]
    ) -> None:
        """Run all jobs to their end; `choose` picks, among those that wait, who goes on."""
        tasks = {name: asyncio.ensure_future(job) for name, job in jobs.items()}
        while running := [name for name, task in tasks.items() if not task.done()]:
            if all(name in self._waiting for name in running):
                self._waiting.pop(choose(running)).set_result(None)
            await asyncio.sleep(0)
        for task in tasks.values():
            task.result()


async def go_on(_where: str) -> None:
    """A point at which nothing happens."""


class Faulty:
    """A table with points before and after every call."""

    def __init__(self, table: Any, point: Point) -> None:
        self._table = table
        self._point = point

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._table, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            await self._point(f"before {name}")
            result = await method(*args, **kwargs)
            await self._point(f"after {name}")
            return result

        return call


class FaultyTable(Faulty):
    """A table of portraits with a point amid a batch that is stored as well."""

    def __init__(self, table: PortraitTable, point: Point) -> None:
        super().__init__(table, point)
        self.conflicts = 0

    async def store(self, partition: int, writes: Sequence[Write]) -> list[bool]:
        half = len(writes) // 2
        await self._point("before store")
        stored = await self._table.store(partition, writes[:half])
        await self._point("within store")
        stored += await self._table.store(partition, writes[half:])
        self.conflicts += stored.count(False)
        await self._point("after store")
        return stored


class RecordingPublisher:
    """Appends to a list, with points before, amid and after it."""

    def __init__(self, published: list[Message], point: Point = go_on) -> None:
        self.published = published
        self._point = point

    async def publish(self, messages: Sequence[Message]) -> Ends:
        half = len(messages) // 2
        await self._point("before publish")
        self.published.extend(messages[:half])
        await self._point("within publish")
        self.published.extend(messages[half:])
        await self._point("after publish")
        # A topic has one partition, whose offsets are places in the list of all messages.
        topics = LOOKED_UP & {message.topic for message in messages}
        return {(topic, 0): len(self.published) for topic in topics}

    async def unpublished(self, messages: Sequence[Message], ends: Ends) -> Sequence[Message]:
        await self._point("before unpublished")
        return [m for m in messages if m not in self.published[ends.get((m.topic, 0), 0) :]]


class World:
    """One table and one change topic, on which any number of workers work."""

    def __init__(self) -> None:
        self.table = MemoryTable()
        self.clock = ManualClock()
        self.published: list[Message] = []
        self.products = MemoryProducts()
        self.facts = MemoryFacts()
        self.standards = STANDARDS

    def worker(
        self, point: Point = go_on, *, clock: Clock | None = None, hot_customers: int = 1000
    ) -> Processor:
        """A new worker with hot states of its own; with a clock given it keeps watermarks."""
        updater = Updater(
            FaultyTable(self.table, point),
            RecordingPublisher(self.published, point),
            clock or self.clock,
            self.products,
            standards=self.standards,
            hot_customers=hot_customers,
        )
        return Processor(
            updater,
            clock or self.clock,
            Rates("USD"),
            Enricher(Faulty(self.facts, point)),
            keep_watermark=clock is not None,
        )

    def changes(self) -> dict[str, list[tuple[int, bytes | None]]]:
        """Customer key -> version and document of all that was published, in order."""
        found: defaultdict[str, list[tuple[int, bytes | None]]] = defaultdict(list)
        for message in self.published:
            if message.topic == PORTRAITS:
                assert message.key is not None
                version = int(dict(message.headers)["version"])
                found[message.key.decode()].append((version, message.value))
        return dict(found)

    def versions(self, key: str) -> list[int]:
        """The versions of a customer that were published, in order."""
        return [version for version, _ in self.changes().get(key, [])]

    def documents(self, key: str) -> list[Any]:
        """The published documents of a customer, parsed, in order; None for a tombstone."""
        published = self.changes().get(key, [])
        return [None if value is None else msgspec.json.decode(value) for _, value in published]

    def dead_letters(self) -> list[Message]:
        """What was rejected."""
        return [message for message in self.published if message.topic == DEAD_LETTERS]

    async def portraits(self) -> dict[str, bytes | None]:
        """The portraits as of the clock's time, all with version 1; None for an erased one."""
        found: dict[str, bytes | None] = {}
        async for key, record in self.table.scan():
            state = codec.decode(record.state)
            store_id, _, customer_id = key.partition("/")
            found[key] = None
            if not state.erased:
                portrait = describe(
                    store_id, customer_id, state, self.clock.ms, standards=self.standards, version=1
                )
                found[key] = msgspec.json.encode(portrait)
        return dict(sorted(found.items()))

    async def check_changes(self) -> None:
        """Every version was published, first in the order of versions, always the same bytes."""
        published = self.changes()
        async for key, record in self.table.scan():
            first = list(dict.fromkeys(version for version, _ in published.get(key, [])))
            assert first == list(range(1, record.version + 1)), f"{key}: {first}"
            documents = set(published.get(key, []))
            assert len(documents) == record.version, f"{key}: a version has two documents"


def records(events: Iterable[Event | bytes | None], first_offset: int = 0) -> list[FakeRecord]:
    """Records of one partition; bytes are a record without a key that breaks the contract."""
    return [
        FakeRecord(offset, customer_key(event.store_id, event.customer_id).encode(),
                   msgspec.json.encode(event))
        if isinstance(event, Event) else FakeRecord(offset, None, event)
        for offset, event in enumerate(events, first_offset)
    ]  # fmt: skip


def signed_in(customer_id: str, event_id: str, *, hours_ago: float = 1.0) -> SignedIn:
    """The plainest of events."""
    occurred_at = START - timedelta(hours=hours_ago)
    return SignedIn(event_id=event_id, customer_id=customer_id, occurred_at=occurred_at)


def viewed(customer_id: str, event_id: str, *, hours_ago: float = 1.0, brand: str = "b") -> Event:
    """An event that says something of preferences."""
    product = Product(product_id="p", category="home/mugs", brand=brand, price="12.50")
    occurred_at = START - timedelta(hours=hours_ago)
    return ProductViewed(
        event_id=event_id, customer_id=customer_id, occurred_at=occurred_at, product=product
    )


def ordered(customer_id: str, event_id: str, total: str, *, hours_ago: float = 1.0) -> Event:
    """A completed order."""
    occurred_at = START - timedelta(hours=hours_ago)
    return OrderCompleted(
        event_id=event_id, customer_id=customer_id, occurred_at=occurred_at, order_id=event_id,
        total=total, currency="USD",
    )  # fmt: skip


def erasure(customer_id: str, event_id: str = "forget me") -> Event:
    """The wish to be forgotten."""
    return ErasureRequested(event_id=event_id, customer_id=customer_id, occurred_at=START)


def random_history(rng: random.Random, events: int = 36) -> dict[str, list[FakeRecord]]:
    """Records of three topics: four customers, some events sent twice, some of them bad."""
    made: dict[str, list[Event | bytes | None]] = {"clicks": [], "orders": [], "logins": []}
    for n in range(events):
        customer_id = f"c{rng.randrange(4)}"
        hours_ago = rng.choice([rng.uniform(1, 23), rng.uniform(1, 900)])
        kind = rng.random()
        if kind < 0.1:
            made[rng.choice(list(made))].append(b"no event")
        elif kind < 0.45:
            brand = rng.choice("xyz")
            made["clicks"].append(viewed(customer_id, f"e{n}", hours_ago=hours_ago, brand=brand))
        elif kind < 0.7:
            total = f"{rng.randrange(1, 99)}.5"
            made["orders"].append(ordered(customer_id, f"e{n}", total, hours_ago=hours_ago))
        else:
            made["logins"].append(signed_in(customer_id, f"e{n}", hours_ago=hours_ago))
        # Ids are remembered for 24 hours: an older event that is sent again may count again.
        fresh = [
            event
            for sent in made.values()
            for event in sent
            if isinstance(event, Event) and event.occurred_at > START - timedelta(hours=24)
        ]
        if fresh and rng.random() < 0.15:
            again = rng.choice(fresh)
            made[again.topic].append(again)
    return {topic: records(sent) for topic, sent in made.items()}


Batch = tuple[str, list[FakeRecord]]


def random_batches(
    rng: random.Random, history: dict[str, list[FakeRecord]], start: dict[str, int] | None = None
) -> list[Batch]:
    """The history from each topic's start, in batches of random sizes, topics interleaved."""
    left = {topic: sent[(start or {}).get(topic, 0) :] for topic, sent in history.items()}
    batches: list[Batch] = []
    while topics := [topic for topic, sent in left.items() if sent]:
        topic, size = rng.choice(topics), rng.randrange(1, 8)
        batches.append((topic, left[topic][:size]))
        left[topic] = left[topic][size:]
    return batches
