"""The contract of the group table, held against memory, Valkey, Redis and Redis Cluster."""

import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from stream.child import HOST, free_ports
from stream.errors import Transient
from stream.groups.sums import Sums
from stream.tables.groups import NO_MARK, GroupTable, GroupWrite
from stream.tables.memory_groups import MemoryGroups
from stream.tables.redis_groups import RedisGroups
from tests.contract.conftest import REDISES, Place

STORE = ("main", "")
VIP = ("main", "vip")
LARGE = 2**53 + 1


def write(seen: int, mark: int, changes: Sums | None = None, **members: bytes) -> GroupWrite:
    return GroupWrite(seen, mark, members, changes or {})


@pytest.fixture(params=["memory", *REDISES])
def new_groups(request: pytest.FixtureRequest) -> Callable[[], GroupTable]:
    """Makes tables that share what they keep, as those of two workers do."""
    if request.param == "memory":
        memory = MemoryGroups()
        return lambda: memory
    url = request.getfixturevalue(REDISES[request.param]).url
    namespace = f"t{uuid.uuid4().hex[:12]}"
    return lambda: RedisGroups.connect(url, namespace)


@pytest.fixture
async def groups(new_groups: Callable[[], GroupTable]) -> AsyncIterator[GroupTable]:
    made = new_groups()
    yield made
    await made.close()


@pytest.fixture
async def other_groups(new_groups: Callable[[], GroupTable]) -> AsyncIterator[GroupTable]:
    """The same groups as another worker sees them."""
    made = new_groups()
    yield made
    await made.close()


@pytest.fixture
async def redis_groups(place: Place) -> AsyncIterator[RedisGroups]:
    made = RedisGroups.connect(place.url, place.namespace)
    yield made
    await made.close()


async def test_where_nothing_was_counted_there_is_nothing(groups: GroupTable) -> None:
    assert await groups.mark(0) == NO_MARK
    assert await groups.members(0, []) == []
    assert await groups.members(0, ["a"]) == [None]
    assert await groups.marks() == {}
    assert await groups.groups() == {}
    assert await groups.sums(STORE) == {}


async def test_a_write_is_seen_by_every_worker(
    groups: GroupTable, other_groups: GroupTable
) -> None:
    changes = {STORE: {"customers": 2, "brand|Öko|x": 1}, VIP: {"customers": 1}}
    assert await groups.apply(3, write(NO_MARK, 7, changes, a=b"\x00\xff\r\n", b=b"b"))
    assert await other_groups.mark(3) == 7
    assert await other_groups.members(3, ["b", "c", "a"]) == [b"b", None, b"\x00\xff\r\n"]
    assert await other_groups.marks() == {3: 7}
    assert await other_groups.groups() == {STORE: 2, VIP: 1}
    assert await other_groups.sums(STORE) == {"customers": 2, "brand|Öko|x": 1}
    assert await other_groups.sums(VIP) == {"customers": 1}


@pytest.mark.parametrize("seen", [NO_MARK, 6, 8, 70])
async def test_a_write_by_any_other_mark_is_refused_and_changes_nothing(
    groups: GroupTable, seen: int
) -> None:
    await groups.apply(0, write(NO_MARK, 7, {STORE: {"customers": 1}}, a=b"winner"))
    loser = write(seen, 9, {STORE: {"customers": 5}, VIP: {"customers": 1}}, a=b"loser", b=b"b")
    assert not await groups.apply(0, loser)
    assert await groups.mark(0) == 7
    assert await groups.members(0, ["a", "b"]) == [b"winner", None]
    assert await groups.groups() == {STORE: 1}
    assert await groups.sums(STORE) == {"customers": 1}


async def test_of_two_workers_with_the_same_mark_one_wins(
    groups: GroupTable, other_groups: GroupTable
) -> None:
    first = await groups.apply(0, write(NO_MARK, 4, {STORE: {"customers": 1}}))
    second = await other_groups.apply(0, write(NO_MARK, 4, {STORE: {"customers": 1}}))
    assert (first, second) == (True, False)
    assert await groups.sums(STORE) == {"customers": 1}


async def test_mark_moves_without_any_change(groups: GroupTable) -> None:
    assert await groups.apply(0, write(NO_MARK, 0))
    assert await groups.apply(0, write(0, 5))
    assert await groups.marks() == {0: 5}


async def test_sums_that_become_zero_are_removed(groups: GroupTable) -> None:
    before = {STORE: {"customers": 2, "orders": 3}, VIP: {"customers": 1, "tier|gold": 1}}
    await groups.apply(0, write(NO_MARK, 0, before))
    after = {STORE: {"customers": -1, "orders": -3}, VIP: {"customers": -1, "tier|gold": -1}}
    await groups.apply(0, write(0, 1, after))
    assert await groups.sums(STORE) == {"customers": 1}
    assert await groups.sums(VIP) == {}
    assert await groups.groups() == {STORE: 1}


async def test_sums_are_exact_beyond_what_a_float_holds(groups: GroupTable) -> None:
    await groups.apply(0, write(NO_MARK, 0, {STORE: {"amount": LARGE}}))
    await groups.apply(0, write(0, 1, {STORE: {"amount": LARGE}}))
    assert await groups.sums(STORE) == {"amount": 2 * LARGE}
    await groups.apply(0, write(1, 2, {STORE: {"amount": 1 - 2 * LARGE}}))
    assert await groups.sums(STORE) == {"amount": 1}


async def test_partitions_have_marks_and_members_of_their_own_and_sums_together(
    groups: GroupTable,
) -> None:
    for partition, customers in ((0, 2), (11, 5)):
        changes = {STORE: {"customers": customers, f"country|{partition}": 1}}
        await groups.apply(partition, write(NO_MARK, partition, changes, a=b"%d" % partition))
    assert await groups.marks() == {0: 0, 11: 11}
    assert [await groups.members(each, ["a"]) for each in (0, 11)] == [[b"0"], [b"11"]]
    assert await groups.sums(STORE) == {"customers": 7, "country|0": 1, "country|11": 1}
    assert await groups.groups() == {STORE: 7}


async def test_odd_names_keep_groups_apart(groups: GroupTable) -> None:
    odd = [("main", "a"), ("main:a", ""), ("{x}", "b"), ("}{", ""), ("商店 ", "vip"), ("*", "")]
    changes = {group: {"customers": n, f"brand|{group}\n": n} for n, group in enumerate(odd, 1)}
    await groups.apply(0, write(NO_MARK, 0, changes))
    assert await groups.groups() == {group: n for n, group in enumerate(odd, 1)}
    for group in odd:
        assert await groups.sums(group) == changes[group]


async def test_a_large_write_is_one_step(groups: GroupTable) -> None:
    members = {f"{n:016x}": b"%d" % n for n in range(500)}
    changes = {
        ("main", f"s{n}"): {"customers": 1, **{f"brand|{b}": 1 for b in range(20)}}
        for n in range(500)
    }
    assert await groups.apply(0, GroupWrite(NO_MARK, 500, members, changes))
    assert await groups.members(0, list(members)) == list(members.values())
    assert len(await groups.groups()) == 500
    assert await groups.sums(("main", "s499")) == changes["main", "s499"]


# --- only in Redis --------------------------------------------------------------------------


async def test_keys_are_named_as_documented(redis_groups: RedisGroups, place: Place) -> None:
    changes = {STORE: {"customers": 1}, VIP: {"customers": 1}}
    await redis_groups.apply(7, write(NO_MARK, 12, changes, a=b"form"))
    tag = f"{{{place.namespace}:groups:7}}"
    assert await place.raw.smembers(f"{place.namespace}:groups") == {b"7"}
    assert await place.raw.get(f"{tag}:mark:portraits") == b"12"
    assert await place.raw.hgetall(f"{tag}:members") == {b"a": b"form"}
    assert await place.raw.hgetall(f"{tag}:customers") == {b"main:": b"1", b"main:vip": b"1"}
    assert await place.raw.hgetall(f"{tag}:sums:main:") == {b"customers": b"1"}
    assert await place.raw.hgetall(f"{tag}:sums:main:vip") == {b"customers": b"1"}


async def test_a_script_that_the_server_forgot_is_loaded_again(
    redis_groups: RedisGroups, place: Place
) -> None:
    for mark in range(3):
        await place.raw.script_flush()
        assert await redis_groups.apply(0, write(mark - 1, mark, {STORE: {"customers": 1}}))
    assert await redis_groups.sums(STORE) == {"customers": 3}


async def test_groups_and_namespaces_share_nothing(redis_groups: RedisGroups, place: Place) -> None:
    await redis_groups.apply(0, write(NO_MARK, 0, {STORE: {"customers": 1}}))
    longer = RedisGroups.connect(place.url, f"{place.namespace}2")
    assert await longer.marks() == {}
    assert await longer.groups() == {}
    await longer.close()


async def test_a_server_without_memory_refuses_a_write_as_a_whole(
    request: pytest.FixtureRequest,
) -> None:
    groups = RedisGroups.connect(request.getfixturevalue("embedded_redis").url, "full")
    await groups.apply(0, write(NO_MARK, 0, {STORE: {"customers": 1}}))
    await groups._client.config_set("maxmemory", 1)
    try:
        with pytest.raises(Transient):
            await groups.apply(0, write(0, 1, {STORE: {"customers": 1}}, a=b"form"))
    finally:
        await groups._client.config_set("maxmemory", 0)
    assert await groups.mark(0) == 0
    assert await groups.members(0, ["a"]) == [None]
    assert await groups.sums(STORE) == {"customers": 1}
    await groups.close()


CALLS: dict[str, Callable[[GroupTable], Awaitable[object]]] = {
    "mark": lambda groups: groups.mark(0),
    "members": lambda groups: groups.members(0, ["a"]),
    "apply": lambda groups: groups.apply(0, write(0, 1)),
    "marks": lambda groups: groups.marks(),
    "groups": lambda groups: groups.groups(),
    "sums": lambda groups: groups.sums(STORE),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
async def test_a_server_that_is_not_there_is_a_transient_failure_of_groups(
    name: str, scheme: str
) -> None:
    groups = RedisGroups.connect(f"{scheme}://{HOST}:{free_ports(1)[0]}", "nowhere")
    with pytest.raises(Transient):
        await CALLS[name](groups)
    await groups.close()


async def test_another_topic_is_counted_from_its_start_into_the_same_sums(place: Place) -> None:
    first = RedisGroups.connect(place.url, place.namespace)
    other = RedisGroups.connect(place.url, place.namespace, "new-portraits")
    await first.apply(0, GroupWrite(NO_MARK, 7, {"a": b"x"}, {("main", ""): {"customers": 1}}))
    assert (await first.mark(0), await other.mark(0)) == (7, NO_MARK)
    assert await other.apply(0, GroupWrite(NO_MARK, 2, {}, {("main", ""): {"customers": 1}}))
    assert await first.sums(("main", "")) == await other.sums(("main", "")) == {"customers": 2}
    assert (await first.marks(), await other.marks()) == ({0: 7}, {0: 2})
    await first.close()
    await other.close()
