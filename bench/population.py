"""Customers that are in the table before anything runs, all due at the same midnight.

Each visited the shop in the last hour of the day that leaves the 30 days at :data:`MIDNIGHT`, and
once more since. Some hundred of them are folded from events; the others are the same with other
names, so that a table of any size is filled as fast as Redis takes it. They are not on
``portraits``: whoever reads it meets each of them for the first time.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stream.batch import Processor
from stream.clock import EventClock
from stream.decode import place
from stream.demo.simulation import Simulation
from stream.enrich import Enricher
from stream.feed import partition_of
from stream.measures.standards import Standards
from stream.money import Rates
from stream.profile.fold import fold
from stream.profile.portrait import SECTIONS, Change, describe, to_change
from stream.profile.state import State, next_change, prune
from stream.publish import KafkaPublisher
from stream.rates import load_rates
from stream.renewal import Renewal
from stream.settings import Settings
from stream.tables import codec
from stream.tables.memory_facts import MemoryFacts
from stream.tables.redis import RedisTable
from stream.tables.redis_products import RedisProducts
from stream.tables.table import Position, Record, Write
from stream.update import Updater
from stream.windows import to_ms

MIDNIGHT = datetime(2025, 6, 2, tzinfo=UTC)
#: What time it is in the table: after all that changes the portraits before midnight.
SEEDED_AT = MIDNIGHT - timedelta(minutes=10)
#: Keys of these customers begin so.
DUE = "main/due-"
SEED = 7
_KINDS = 500
_FIRST_VISIT = MIDNIGHT - timedelta(days=30, hours=1)
_SECOND_VISIT = MIDNIGHT - timedelta(days=12)
_WRITES = 500


class Kind(Struct, frozen=True):
    """A customer as they are stored, but for the name."""

    state: bytes
    change: Change


def kinds(standards: Standards) -> list[Kind]:
    """Customers with nothing to come before midnight, and something then."""
    simulation = Simulation(SEED, _KINDS)
    rates = Rates(standards.currency)
    at_ms = to_ms(SEEDED_AT)
    found: list[Kind] = []
    for index, visitor in enumerate(simulation.visitors):
        state = State()
        for number, begins in enumerate(
            (_FIRST_VISIT, _SECOND_VISIT + timedelta(hours=index % 24))
        ):
            for _, event in simulation.visit(
                visitor, number, to_ms(begins), joining=number == 0, left_s=0
            ):
                fold(state, place(event, now_ms=at_ms, rates=rates))
        prune(state)
        portrait = describe("main", "kind", state, at_ms, standards=standards, version=1)
        times = next_change(state, at_ms), standards.rules.next_change(portrait, at_ms)
        if min(ms for ms in times if ms is not None) == to_ms(MIDNIGHT):
            found.append(Kind(codec.encode(state), to_change(portrait, SECTIONS, "event")))
    return found


async def fill(
    settings: Settings,
    standards: Standards,
    customers: int,
    partitions: int,
    among: Sequence[Kind],
) -> None:
    """Store so many customers, dealt out among the kinds, as workers with the standards would."""
    table = RedisTable.connect(settings.redis, settings.namespace)
    try:
        # While nothing is stored, nothing is marked as stale.
        await _keep_standards(settings, table, standards, partitions)
        for partition in range(partitions):
            writes = _writes(partition, customers, partitions, among)
            while chunk := list(islice(writes, _WRITES)):
                # Nothing is to be published of them.
                if not all(await table.store(partition, chunk)):
                    raise SystemExit(f"{settings.namespace!r} holds portraits already")
            await table.advance(partition, to_ms(SEEDED_AT))
            # Workers look for the time of the table at the partitions that were read.
            source = f"{settings.topic('clicks')}:{partition}"
            await table.published(partition, [], Position(source, 0))
    finally:
        await table.close()


def _writes(
    partition: int, customers: int, partitions: int, among: Sequence[Kind]
) -> Iterator[Write]:
    encoder = msgspec.json.Encoder()
    for number in range(customers):
        key = f"{DUE}{number:07}"
        if partition_of(key.encode(), partitions) == partition:
            kind = among[number % len(among)]
            change = replace(kind.change, customer_id=key.partition("/")[2])
            record = Record(1, 1, kind.state, encoder.encode(change))
            yield Write(key, record, to_ms(MIDNIGHT), publish=False)


async def _keep_standards(
    settings: Settings, table: RedisTable, standards: Standards, partitions: int
) -> None:
    products = RedisProducts.connect(settings.redis, settings.namespace)
    clock = EventClock()
    updater = Updater(
        table, KafkaPublisher(None), clock, products, standards=standards, hot_customers=1
    )
    enricher = Enricher(MemoryFacts())
    processor = Processor(updater, clock, load_rates(settings), enricher, keep_watermark=True)
    await Renewal(processor, updater, partitions).begin()
    await products.close()
