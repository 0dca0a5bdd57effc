"""Records of the topic `portraits`, made of the few fields that groups read, and their world."""

import json
import random
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Any

from msgspec import Struct

from stream.group_batch import GroupProcessor
from stream.groups.contribution import member_name, read
from stream.groups.sums import Sums, exchange
from stream.tables.groups import GroupTable
from stream.tables.memory_groups import MemoryGroups
from tests.support.fakes import Point, go_on

HOURS = [0] * 24


class PublishedRecord(Struct, frozen=True):
    """A consumed record with the headers of a published portrait."""

    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    timestamp: int = 0


def document(customer_id: str = "c1", version: int = 1, **fields: Any) -> bytes:
    """A published portrait: of a customer of whom nothing is known, but for the given fields."""
    known = {
        "store_id": "main", "natural_gender": None, "shopping_gender": "unknown", "age_band": None,
        "country": None, "channel": None, "by_hour": HOURS, "categories": [], "brands": [],
        "price": None, "currency": "USD", "orders_30d": 0, "amount_30d": "0.00", "orders": 0,
        "amount": "0.00", "refunded": "0.00", "first_order_at": None, "tier": None, "labels": [],
        "segments": [],
    }  # fmt: skip
    assert not fields.keys() - known.keys()
    each = known | fields
    price = each["price"]
    return json.dumps({
        "store_id": each["store_id"], "customer_id": customer_id, "version": version,
        "as_of": "2026-06-30T12:00:00.000Z",
        "attributes": {
            "natural_gender": each["natural_gender"], "age_band": each["age_band"],
            "shopping_gender": {"value": each["shopping_gender"], "confidence": 0.5},
            "country": each["country"], "acquisition_channel": each["channel"],
        },
        "activity": {"hours": {"by_hour": each["by_hour"], "by_weekday_hour": [0] * 168}},
        "preferences": {
            "categories": [{"name": name, "score": 1.5} for name in each["categories"]],
            "brands": [{"name": name, "score": 1.5} for name in each["brands"]],
            "price_band": None if price is None else {"p25": "0.01", "p50": price, "p75": "9e9"},
        },
        "spending": {
            name: each[name]
            for name in ("currency", "orders_30d", "amount_30d", "orders", "amount", "refunded",
                         "first_order_at", "tier")
        },
        "labels": each["labels"], "segments": each["segments"],
    }).encode()  # fmt: skip


def published(
    offset: int, customer_id: str, version: int, /, *, erased: bool = False, **fields: Any
) -> PublishedRecord:
    """The record of a version of a portrait; of an erased customer it is a tombstone."""
    key = f"{fields.get('store_id', 'main')}/{customer_id}".encode()
    value = None if erased else document(customer_id, version, **fields)
    return PublishedRecord(offset, key, value, (("version", b"%d" % version), ("changed", b"")))


class Log:
    """Partition 0 of `portraits`: what is read back of it, and what compaction left."""

    def __init__(self, records: Iterable[PublishedRecord] = ()) -> None:
        self.records = list(records)
        #: The ranges that were asked for.
        self.asked: list[tuple[int, int | None]] = []

    async def read(
        self, topic: str, partition: int, first: int, end: int | None
    ) -> AsyncIterator[Sequence[PublishedRecord]]:
        assert (topic, partition) == ("portraits", 0)
        self.asked.append((first, end))
        found = [r for r in self.records if first <= r.offset and (end is None or r.offset < end)]
        for start in range(0, len(found), 3):
            yield found[start : start + 3]

    def compact(self) -> None:
        """Keep the last record of each key only, as a broker may at any time."""
        last = {record.key: record for record in self.records}
        self.records = sorted(last.values(), key=lambda record: record.offset)


class PointedGroups:
    """A group table with points before and after every call."""

    def __init__(self, table: GroupTable, point: Point) -> None:
        self._table = table
        self._point = point

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._table, name)

        async def call(*args: Any) -> Any:
            await self._point(f"before {name}")
            result = await method(*args)
            await self._point(f"after {name}")
            return result

        return call


class GroupWorld:
    """A log and a table of groups, on which any number of processors work."""

    def __init__(self, records: Iterable[PublishedRecord] = ()) -> None:
        self.log = Log(records)
        self.table = MemoryGroups()

    def processor(self, point: Point = go_on) -> GroupProcessor:
        pointed: Any = PointedGroups(self.table, point)
        return GroupProcessor(pointed, self.log.read)

    async def kept(self) -> Sums:
        """The sums of all groups as the table has them."""
        return {group: await self.table.sums(group) for group in await self.table.groups()}


def scanned(records: Iterable[PublishedRecord]) -> Sums:
    """The sums of the newest documents of all customers."""
    newest: dict[bytes, tuple[int, bytes | None]] = {}
    for record in records:
        assert record.key is not None
        version = int(dict(record.headers)["version"])
        if version > newest.get(record.key, (0, None))[0]:
            newest[record.key] = (version, record.value)
    sums: Sums = {}
    for _, value in newest.values():
        if value is not None:
            exchange(sums, None, read(value).contribution)
    return sums


async def version_of(table: GroupTable, key: str) -> bytes | None:
    """The stored form of a customer."""
    (stored,) = await table.members(0, [member_name(key)])
    return stored


def random_log(
    rng: random.Random, length: int = 40, customers: int = 6, *, late: bool = True
) -> list[PublishedRecord]:
    """Versions of some customers, some published again, and a few erasures; with holes.

    Published again is what was newest, after a crash, or with `late` any version, by a zombie.
    """
    versions = dict.fromkeys((f"c{n}" for n in range(customers)), 0)
    erased: set[str] = set()
    made: list[PublishedRecord] = []
    offset = rng.randrange(3)
    for _ in range(length):
        customer_id = rng.choice(list(versions))
        if made and rng.random() < 0.2:
            again = rng.choice(made if late else made[-1:])
            made.append(PublishedRecord(offset, again.key, again.value, again.headers))
        elif customer_id not in erased:
            versions[customer_id] += 1
            gone = rng.random() < 0.05
            if gone:
                erased.add(customer_id)
            made.append(_random_version(rng, offset, customer_id, versions[customer_id], gone))
        offset += rng.choice([1, 1, 1, 2, 5])
    return made


def _random_version(
    rng: random.Random, offset: int, customer_id: str, version: int, erased: bool
) -> PublishedRecord:
    orders = rng.randrange(3)
    return published(
        offset, customer_id, version, erased=erased,
        store_id="main" if customer_id < "c4" else "other",
        natural_gender=rng.choice([None, "female", "male"]),
        channel=rng.choice([None, "email", "search"]),
        brands=rng.sample(["Acme", "Öko", "Zed"], rng.randrange(3)),
        by_hour=[rng.choice([0, 0, 2]) for _ in range(24)],
        orders=orders, orders_30d=rng.randint(0, orders), amount=f"{orders * 7}.50",
        labels=rng.sample(["new", "vip"], rng.randrange(3)),
        segments=rng.sample(["win-back", "loyal"], rng.randrange(3)),
    )  # fmt: skip
