"""What the workers published of segments and keep of groups, and what it must be."""

import json
from collections.abc import Iterator
from typing import Any

from aiokafka import ConsumerRecord

from stream.backlog import Backlog
from stream.events import INTERNAL_TOPICS
from stream.groups.contribution import read
from stream.groups.sums import Sums, exchange
from stream.settings import Settings
from stream.tables.redis import RedisTable
from stream.tables.redis_groups import RedisGroups
from stream.tables.table import ANY_MS
from stream.topics import OUTPUT_TOPICS, PORTRAITS, SEGMENT_MOVES
from tests.support.topics import end_offsets, read_all, wait_until_committed

#: Customer key -> version -> the document as published; None for a tombstone.
Versions = dict[str, dict[int, Any]]
#: Customer key, version, segment, "entered" or "left".
Move = tuple[str, int, str, str]

_TIMEOUT_S = 60.0


async def settled(settings: Settings) -> None:
    """Return when all input is committed, nothing is due any more, and the groups have read all."""
    table = RedisTable.connect(settings.redis, settings.namespace)
    try:
        async with Backlog(settings) as backlog:
            before: dict[Any, int] = {}
            while True:
                await wait_until_committed(settings, await end_offsets(settings))
                # The workers write on until nothing is due: twice the same end is the end.
                partitions = await backlog.partitions((*INTERNAL_TOPICS, *OUTPUT_TOPICS))
                ends = await backlog.end_offsets(partitions)
                if ends == before and not await _left(table, settings):
                    break
                before = ends
            topic = settings.topic(PORTRAITS)
            read_by_groups = {p: end for p, end in ends.items() if p[0] == topic}
            await backlog.wait_until_committed(read_by_groups, _TIMEOUT_S)
    finally:
        await table.close()


async def _left(table: RedisTable, settings: Settings) -> int:
    """Customers that wait for a look, or to be published."""
    left = 0
    for partition in range(settings.partitions):
        now_ms = (await table.watermark(partition) or -1) + 1
        left += await table.count_due(partition, now_ms)
        left += await table.count_due(partition, ANY_MS, "stale")
        left += len(await table.pending(partition))
    return left


async def versions_of(settings: Settings) -> Versions:
    """Every published version; one that was published again must have the same document."""
    found: Versions = {}
    for record in await read_all(settings, PORTRAITS):
        document = json.loads(record.value) if record.value else None
        version = int(dict(record.headers)["version"])
        known = found.setdefault(record.key.decode(), {}).setdefault(version, document)
        assert known == document, f"{record.key!r}: version {version} has two documents"
    return found


async def check_moves(settings: Settings) -> list[tuple[ConsumerRecord, Any]]:
    """The records of all segment moves, each with its document, in the order of their topic.

    They are exactly the differences between successive versions of the portraits, each once, in the
    order of versions, and say the same time and cause as their version.
    """
    versions = await versions_of(settings)
    records = await read_all(settings, SEGMENT_MOVES)
    published = [(record, json.loads(record.value)) for record in records]
    named = [_name(move) for _, move in published]
    repeated = _repeated(records, named)
    assert not repeated, f"published more than once: {repeated}"
    expected = set(_differences(versions))
    assert not (more := set(named) - expected), f"published without a reason: {more}"
    assert not (lost := expected - set(named)), f"never published: {lost}"
    newest: dict[str, int] = {}
    for (record, move), (key, version, _, _) in zip(published, named, strict=True):
        assert record.key.decode() == key
        assert version >= newest.get(key, 1), f"{key}: the moves of {version} come late"
        newest[key] = version
        if document := versions[key][version]:
            assert (move["at"], move["cause"]) == (document["as_of"], document["cause"])
    return published


def _repeated(records: list[ConsumerRecord], named: list[Move]) -> dict[Move, list[str]]:
    """Where the moves stand that were published more than once."""
    places: dict[Move, list[str]] = {}
    for record, name in zip(records, named, strict=True):
        place = f"{record.partition}:{record.offset} at {record.timestamp} ms"
        places.setdefault(name, []).append(place)
    return {name: found for name, found in places.items() if len(found) > 1}


def _name(move: Any) -> Move:
    key = f"{move['store_id']}/{move['customer_id']}"
    return key, move["version"], move["segment"], move["move"]


def _differences(versions: Versions) -> Iterator[Move]:
    for key, documents in versions.items():
        assert sorted(documents) == list(range(1, len(documents) + 1)), f"{key}: a version is lost"
        before: set[str] = set()
        for version in sorted(documents):
            after = set(documents[version]["segments"]) if documents[version] else set()
            yield from ((key, version, segment, "entered") for segment in after - before)
            yield from ((key, version, segment, "left") for segment in before - after)
            before = after


async def kept_sums(settings: Settings) -> Sums:
    """The sums of all groups, as the workers keep them."""
    groups = RedisGroups.connect(settings.redis, settings.namespace)
    try:
        return {group: await groups.sums(group) for group in await groups.groups()}
    finally:
        await groups.close()


async def scanned_sums(settings: Settings) -> Sums:
    """The sums of all groups, from every stored portrait."""
    table = RedisTable.connect(settings.redis, settings.namespace)
    sums: Sums = {}
    try:
        async for _, record in table.scan():
            if record.document is not None:
                exchange(sums, None, read(record.document).contribution)
    finally:
        await table.close()
    return sums
