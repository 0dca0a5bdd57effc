"""What tables keep of references, held against memory, Valkey, Redis and Redis Cluster."""

from collections.abc import Awaitable, Callable

import pytest

from stream.child import HOST, free_ports
from stream.errors import Transient
from stream.tables.redis import RedisTable
from stream.tables.table import REFERENCES_KEPT, PortraitTable
from tests.contract.conftest import Place

CALLS: dict[str, Callable[[PortraitTable], Awaitable[object]]] = {
    "save_reference": lambda table: table.save_reference("a", 1, b"{}"),
    "reference": lambda table: table.reference("a"),
    "the current reference": lambda table: table.reference(),
    "references": lambda table: table.references(),
}


async def test_before_a_reference_was_saved_there_is_none(table: PortraitTable) -> None:
    assert await table.reference() is None
    assert await table.reference("a") is None
    assert await table.references() == []


async def test_the_reference_saved_last_is_current_for_every_worker(
    table: PortraitTable, other: PortraitTable
) -> None:
    await table.save_reference("a", 10, b'{"of":"a"}')
    await table.save_reference("b", 20, b'{"of":"b"}')
    assert await other.reference() == b'{"of":"b"}'
    assert await other.reference("a") == b'{"of":"a"}'
    assert await other.reference("c") is None
    assert await other.references() == [("b", 20), ("a", 10)]


async def test_the_current_reference_is_pinned_by_name_beside_the_others(
    table: PortraitTable,
) -> None:
    await table.pin("currency", "EUR")
    await table.save_reference("a", 10, b"{}")
    assert await table.pinned("reference") == "a"
    assert await table.pinned("currency") == "EUR"


async def test_saving_a_version_again_makes_it_current_and_as_new_as_it_says(
    table: PortraitTable,
) -> None:
    await table.save_reference("a", 10, b"first")
    await table.save_reference("b", 20, b"second")
    for _ in range(2):
        await table.save_reference("a", 30, b"third")
    assert await table.reference() == await table.reference("a") == b"third"
    assert await table.reference("b") == b"second"
    assert await table.references() == [("a", 30), ("b", 20)]


async def test_a_thousand_references_are_kept_and_the_oldest_go_by_when_they_were_taken(
    table: PortraitTable,
) -> None:
    times = [at_ms for at_ms in range(REFERENCES_KEPT + 3) if at_ms != 50]
    for at_ms in [50, *times]:  # what was taken in the middle is saved first
        await table.save_reference(f"v{at_ms}", at_ms, b"%d" % at_ms)
    newest = [(f"v{at_ms}", at_ms) for at_ms in reversed(range(3, REFERENCES_KEPT + 3))]
    assert len(newest) == 1000
    assert await table.references() == newest
    assert await table.reference("v2") is None
    assert await table.reference("v3") == b"3"
    assert await table.reference("v50") == b"50"


async def test_the_current_reference_stays_though_a_thousand_were_taken_later(
    table: PortraitTable,
) -> None:
    # A clock that went back, or history replayed.
    for at_ms in range(1000, 1000 + REFERENCES_KEPT):
        await table.save_reference(f"v{at_ms}", at_ms, b"later")
    await table.save_reference("old", 5, b"current")
    kept = await table.references()
    assert await table.reference() == b"current"
    assert (len(kept), kept[-1], kept[-2]) == (REFERENCES_KEPT, ("old", 5), ("v1001", 1001))


async def test_times_are_kept_to_the_millisecond(table: PortraitTable) -> None:
    at_ms = 4_102_444_799_999  # the end of the year 2099
    await table.save_reference("a", at_ms, b"{}")
    assert await table.references() == [("a", at_ms)]


async def test_anyone_reads_a_reference_with_plain_hget(
    redis_table: RedisTable, place: Place
) -> None:
    for at_ms in range(REFERENCES_KEPT + 1):
        await redis_table.save_reference(f"v{at_ms}", at_ms, b'{"version":"%d"}' % at_ms)
    newest = f"v{REFERENCES_KEPT}"
    assert await place.raw.hget(f"{place.namespace}:pinned", "reference") == newest.encode()
    assert (
        await place.raw.hget(f"{place.namespace}:references", newest)
        == b'{"version":"%d"}' % REFERENCES_KEPT
    )
    assert await place.raw.hlen(f"{place.namespace}:references") == REFERENCES_KEPT
    assert await place.raw.zscore(f"{place.namespace}:references:taken", newest) == REFERENCES_KEPT


async def test_namespaces_share_no_reference(redis_table: RedisTable, place: Place) -> None:
    await redis_table.save_reference("a", 1, b"{}")
    longer = RedisTable.connect(place.url, f"{place.namespace}2")
    assert await longer.reference() is None
    assert await longer.reference("a") is None
    await longer.close()


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
async def test_a_server_that_is_not_there_is_a_transient_failure(name: str, scheme: str) -> None:
    table = RedisTable.connect(f"{scheme}://{HOST}:{free_ports(1)[0]}", "nowhere")
    with pytest.raises(Transient):
        await CALLS[name](table)
    await table.close()
