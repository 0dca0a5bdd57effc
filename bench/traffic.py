"""Live events at a fixed rate, and how long each takes until its customer's change is published.

An event's change is the first portrait of its customer that counts it: several events of a customer
may share one. The time goes from just before the producer takes the event to when a consumer of
``portraits`` has the change.
"""

import asyncio
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from random import Random
from typing import Any, Self

import msgspec
from aiokafka import AIOKafkaConsumer, TopicPartition
from msgspec import Struct

from bench.population import SEED, SEEDED_AT
from stream.errors import Fatal
from stream.events import Event, OrderCompleted, ProductAdded, ProductViewed, customer_key
from stream.feed import partition_of
from stream.fields import Item, Product
from stream.producer import start_producer
from stream.settings import Settings
from stream.topics import PORTRAITS

#: Customers whose events take turns: at 200 events/s each comes back after five seconds.
CUSTOMERS = 1000
_CATEGORIES = ("fashion/women/shoes", "fashion/men/shirts", "electronics/phones", "home/kitchen")
#: Seconds of event time that pass in a second: midnight must not come before it is told to.
_PACE = 0.1
_FETCH_WAIT_MS = 100


class _Activity(Struct):
    counts: dict[str, int]


class _Portrait(Struct):
    activity: _Activity


class Latency(Struct, frozen=True):
    """An event whose change has arrived: when it was sent, by the monotonic clock, and how long."""

    sent_s: float
    seconds: float


class Traffic:
    """Sends for as long as it is entered; ``watch`` is shown the records that are of others.

    ``topics`` are read besides ``portraits``, from their ends, by the contract's names.
    """

    def __init__(
        self,
        settings: Settings,
        rate: float,
        partitions: int,
        watch: Callable[[Any], None],
        topics: Sequence[str] = (),
    ) -> None:
        self.latencies: list[Latency] = []
        self._settings = settings
        self._rate = rate
        self._partitions = partitions
        self._watch = watch
        self._topics = [settings.topic(name) for name in (PORTRAITS, *topics)]
        self._random = Random(SEED)
        self._sent: defaultdict[bytes, int] = defaultdict(int)
        #: Customer -> events on their way: which of the customer's events, when it was sent.
        self._under_way: defaultdict[bytes, deque[tuple[int, float]]] = defaultdict(deque)
        self._clock = SEEDED_AT
        self._clock_since = time.monotonic()
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._producer = await start_producer(self._settings, linger_ms=0)
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=self._settings.kafka,
            enable_auto_commit=False,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )
        await self._consumer.start()
        places = [TopicPartition(t, p) for t in self._topics for p in range(self._partitions)]
        self._consumer.assign(places)
        await self._consumer.seek_to_end(*places)
        self._tasks = [asyncio.create_task(self._receive()), asyncio.create_task(self._send())]
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._producer.stop()
        await self._consumer.stop()

    def check(self) -> None:
        """Raise what has ended the sending or the receiving."""
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.result()

    async def move_clock(self, to: datetime) -> None:
        """Go on from another time, which every partition is told with an event of its own."""
        self._clock, self._clock_since = to, time.monotonic()
        told: dict[int, int] = {}
        for customer in range(CUSTOMERS):
            key = customer_key("main", _name(customer)).encode()
            told.setdefault(partition_of(key, self._partitions), customer)
        for customer in told.values():
            await self._send_one(customer, _view)

    async def finish(self, timeout_s: float = 30.0) -> None:
        """Send no more, and return when every change has arrived."""
        sending = self._tasks.pop()
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        give_up = time.monotonic() + timeout_s
        while left := sum(map(len, self._under_way.values())):
            self.check()
            if time.monotonic() > give_up:
                raise Fatal(f"the changes of {left} live events have not come in {timeout_s:g} s")
            await asyncio.sleep(0.05)

    def report(self, *phases: tuple[str, float, float]) -> None:
        """Print the latencies of the events sent in each phase, and how the last compares.

        A phase is a name, and the instants between which it lasted.
        """
        found: list[tuple[float, float]] = []
        for name, since_s, until_s in phases:
            chosen = [each for each in self.latencies if since_s <= each.sent_s < until_s]
            if not chosen:
                raise SystemExit(f"{name}: no live event was sent, it was too short for the rate")
            ordered = sorted(each.seconds * 1000 for each in chosen)
            p50, p99 = _rank(ordered, 0.5), _rank(ordered, 0.99)
            found.append((p50, p99))
            print(f"{name:<8} p50 {p50:7.1f} ms   p99 {p99:7.1f} ms   {len(chosen):,} live events")
        p50_rise, p99_rise = (
            after / before - 1 for before, after in zip(found[0], found[-1], strict=True)
        )
        print(f"rise     p50 {p50_rise:+.1%}   p99 {p99_rise:+.1%}", flush=True)

    async def _send(self) -> None:
        started, number = time.monotonic(), 0
        while True:
            make = self._random.choices((_view, _add, _order), (7, 2, 1))[0]
            await self._send_one(number % CUSTOMERS, make)
            number += 1
            await asyncio.sleep(max(0.0, started + number / self._rate - time.monotonic()))

    async def _send_one(self, customer: int, make: "_Make") -> None:
        event = make(_name(customer), self._now(), self._random)
        key = customer_key(event.store_id, event.customer_id).encode()
        self._sent[key] += 1
        self._under_way[key].append((self._sent[key], time.monotonic()))
        topic = self._settings.topic(event.topic)
        await self._producer.send(topic, key=key, value=msgspec.json.encode(event))

    def _now(self) -> datetime:
        passed_s = time.monotonic() - self._clock_since
        return self._clock + timedelta(seconds=passed_s * _PACE)

    async def _receive(self) -> None:
        decoder = msgspec.json.Decoder(_Portrait)
        portraits = self._topics[0]
        while True:
            fetched = await self._consumer.getmany(timeout_ms=_FETCH_WAIT_MS)
            arrived_s = time.monotonic()
            for place, records in fetched.items():
                for record in records:
                    if place.topic == portraits and record.key in self._sent:
                        counts = decoder.decode(record.value).activity.counts
                        self._note(record.key, sum(counts.values()), arrived_s)
                    else:
                        self._watch(record)
                await asyncio.sleep(0)

    def _note(self, key: bytes, counted: int, arrived_s: float) -> None:
        under_way = self._under_way[key]
        while under_way and under_way[0][0] <= counted:
            _, sent_s = under_way.popleft()
            self.latencies.append(Latency(sent_s, arrived_s - sent_s))


_Make = Callable[[str, datetime, Random], Event]


def _name(customer: int) -> str:
    return f"live-{customer:04}"


def _view(customer: str, at: datetime, random: Random) -> Event:
    return ProductViewed(
        event_id=_event_id(random), customer_id=customer, occurred_at=at, product=_product(random)
    )


def _add(customer: str, at: datetime, random: Random) -> Event:
    return ProductAdded(
        event_id=_event_id(random), customer_id=customer, occurred_at=at, product=_product(random)
    )


def _order(customer: str, at: datetime, random: Random) -> Event:
    product = _product(random)
    item = Item(product_id=product.product_id, category=product.category, price=product.price)
    return OrderCompleted(
        event_id=_event_id(random), customer_id=customer, occurred_at=at,
        order_id=f"o-{random.getrandbits(48):x}", total=product.price or "0", currency="USD",
        items=(item,),
    )  # fmt: skip


def _event_id(random: Random) -> str:
    return f"{random.getrandbits(64):016x}"


def _product(random: Random) -> Product:
    number = random.randrange(400)
    category = _CATEGORIES[number % len(_CATEGORIES)]
    return Product(product_id=f"p-{number}", category=category, price=f"{5 + number}.90")


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
