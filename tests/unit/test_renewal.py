"""Renewal: portraits that other standards described are found, marked, and described anew once."""

from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from stream.batch import LOOK_CUSTOMERS, Processor
from stream.errors import Transient
from stream.feed import partition_of
from stream.measures.rules import Rule, Rules
from stream.renewal import Renewal
from stream.update import Updater
from tests.support.fakes import (
    Crash,
    FaultyTable,
    Fuse,
    World,
    erasure,
    ordered,
    records,
    signed_in,
)
from tests.support.standards import STANDARDS
from tests.unit.test_batch_moves import check_moves, moves, rule

VISITORS = rule("visitors", "activity.counts.signed_in", at_least=1)
GUESTS = rule("guests", "activity.counts.signed_in", at_least=1)
BUYERS = rule("buyers", "spending.orders", at_least=1)


def rules(world: World, version: str, *segments: Rule) -> None:
    """What workers that start from now on describe by."""
    world.standards = replace(STANDARDS, rules=Rules((), segments), version=version)


class ListedTable(FaultyTable):
    """One whose keys can be listed."""

    def all_keys(self) -> AsyncIterator[str]:
        return self._table.all_keys()


def renewal(worker: Processor, partitions: int = 1) -> tuple[Renewal, Updater]:
    updater: Any = worker._updater
    updater.table = ListedTable(updater.table._table, updater.table._point)
    return Renewal(worker, updater, partitions), updater


async def shop(customers: int = 3) -> World:
    """Customers described, and pinned, by the first version of the rules."""
    world = World()
    rules(world, "1", VISITORS)
    worker = world.worker()
    events = [signed_in(f"c{n}", f"{n}") for n in range(customers)]
    await worker.process("logins", 0, records(events))
    await world.table.pin("standards:0", "1")
    return world


async def stale(world: World, partition: int = 0) -> list[str]:
    return [each.key for each in await world.table.due(partition, 2**53, 10_000, "stale")]


async def segments(world: World) -> dict[str, tuple[str, ...]]:
    """Customer key -> segments as stored."""
    return {
        key: tuple(msgspec.json.decode(record.document)["segments"])
        async for key, record in world.table.scan()
        if record.document is not None
    }


async def renew_all(worker: Processor, partition: int = 0) -> int:
    looked = 0
    while found := await worker.renew(partition):
        looked += found
    return looked


async def test_standards_of_the_same_version_mark_nobody() -> None:
    world = await shop()
    mark, _ = renewal(world.worker())
    await mark.mark([0])
    assert await stale(world) == []


async def test_other_standards_mark_every_customer_once() -> None:
    world = await shop()
    rules(world, "2", GUESTS)
    worker = world.worker()
    mark, _ = renewal(worker)
    await mark.mark([0])
    assert sorted(await stale(world)) == ["main/c0", "main/c1", "main/c2"]
    assert await renew_all(worker) == 3
    await mark.mark([0])
    assert await stale(world) == []


async def test_what_is_described_anew_is_published_once_with_entries_exits_and_cause() -> None:
    world = await shop(1)
    rules(world, "2", GUESTS)
    worker = world.worker()
    mark, _ = renewal(worker)
    await mark.mark([0])
    await renew_all(worker)
    before, after = world.documents("main/c0")
    assert (before["segments"], after["segments"]) == (["visitors"], ["guests"])
    assert (after["cause"], after["version"], after["changed"]) == ("admin", 2, ["segments"])
    assert moves(world)[1:] == [("c0", "visitors", "left", 2), ("c0", "guests", "entered", 2)]
    check_moves(world)
    await world.check_changes()


async def test_whom_the_new_standards_leave_as_they_are_is_not_published() -> None:
    world = await shop()
    rules(world, "2", VISITORS, BUYERS)
    worker = world.worker()
    mark, _ = renewal(worker)
    await mark.mark([0])
    assert await renew_all(worker) == 3
    assert set(map(len, world.changes().values())) == {1}


async def test_a_time_that_only_the_new_rules_know_is_kept_in_mind() -> None:
    world = await shop(1)
    rules(world, "2", rule("recent", "last_seen", within_days=2))
    worker = world.worker()
    mark, _ = renewal(worker)
    await mark.mark([0])
    await renew_all(worker)
    world.clock.advance(hours=47)
    assert await worker.sweep(0) == 1
    assert moves(world)[-1] == ("c0", "recent", "left", 3)


async def test_customers_who_came_since_are_described_by_the_new_rules_at_once() -> None:
    world = await shop()
    rules(world, "2", GUESTS)
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("late", "late")], 3))
    assert world.documents("main/late")[-1]["segments"] == ["guests"]
    mark, _ = renewal(worker)
    await mark.mark([0])
    await renew_all(worker)
    assert world.versions("main/late") == [1]


async def test_standards_that_change_again_in_the_middle_win() -> None:
    world = await shop(2 * LOOK_CUSTOMERS)
    rules(world, "2", GUESTS)
    worker = world.worker()
    mark, updater = renewal(worker)
    await mark.mark([0])
    await worker.renew(0)
    rules(world, "3", rule("everybody", "activity.sessions", at_least=0))
    await updater.adopt(world.standards, lambda: [0])
    await mark.mark([0])
    assert await renew_all(worker) == 2 * LOOK_CUSTOMERS
    assert {tuple(world.documents(key)[-1]["segments"]) for key in world.changes()} == {
        ("everybody",)
    }
    check_moves(world)


async def test_erased_customers_stay_erased() -> None:
    world = await shop(1)
    await world.worker().process("customers", 0, records([erasure("c0")]))
    rules(world, "2", GUESTS)
    worker = world.worker()
    mark, _ = renewal(worker)
    await mark.mark([0])
    await renew_all(worker)
    assert world.documents("main/c0")[-1] is None
    assert world.versions("main/c0") == [1, 2]


async def test_only_the_owned_partitions_are_marked_and_each_by_kafkas_partitioner() -> None:
    world = await shop(40)
    rules(world, "2", GUESTS)
    mark, _ = renewal(world.worker(), partitions=4)
    await mark.mark([1, 3])
    by_partition = {p: await stale(world, p) for p in range(4)}
    assert by_partition[0] == by_partition[2] == []
    assert all(partition_of(key.encode(), 4) == 1 for key in by_partition[1])
    owned = [key for key in world.changes() if partition_of(key.encode(), 4) in (1, 3)]
    assert sorted(by_partition[1] + by_partition[3]) == sorted(owned)
    assert await world.table.pinned("standards:1") == "2"
    assert await world.table.pinned("standards:2") is None


async def test_more_customers_than_one_call_marks_are_all_marked() -> None:
    world = await shop(2300)
    rules(world, "2", GUESTS)
    mark, _ = renewal(world.worker())
    await mark.mark([0])
    assert len(await stale(world)) == 2300


@pytest.mark.parametrize("at", ["after schedule", "before pin"])
async def test_after_a_crash_while_marking_the_next_worker_marks_all(at: str) -> None:
    world = await shop()
    rules(world, "2", GUESTS)
    mark, _ = renewal(world.worker(Fuse(at)))
    with pytest.raises(Crash):
        await mark.mark([0])
    again, _ = renewal(world.worker())
    await again.mark([0])
    assert len(await stale(world)) == 3


async def test_a_renewal_that_a_crash_stops_anywhere_is_completed_by_the_next_worker() -> None:
    fuse = Fuse()
    for at in range(1, 200):
        world = await shop(4)
        rules(world, "2", GUESTS, BUYERS)
        mark, _ = renewal(world.worker())
        await mark.mark([0])
        fuse = Fuse(at)
        try:
            await renew_all(world.worker(fuse))
        except Crash:
            heir = world.worker()
            again, _ = renewal(heir)
            await again.mark([0])
            await renew_all(heir)
            await heir.sweep(0)
            assert await stale(world) == []
            assert all(world.documents(f"main/c{n}")[-1]["segments"] == ["guests"]
                       for n in range(4))  # fmt: skip
            check_moves(world)
            await world.check_changes()
        else:
            break
    assert len(fuse.passed) > 10
    assert at == len(fuse.passed) + 1


async def test_a_failure_while_marking_leaves_the_partition_to_be_marked_again() -> None:
    world = await shop()
    rules(world, "2", GUESTS)
    mark, updater = renewal(world.worker(Fuse("before schedule", Transient)))
    with pytest.raises(Transient):
        await mark.mark([0])
    assert not await updater.described.is_by(0, "1")
    assert not await updater.described.is_by(0, "2")
    await mark.mark([0])
    assert len(await stale(world)) == 3
    assert await updater.described.is_by(0, "2")


# --- workers of different standards -----------------------------------------------------------


async def test_what_a_worker_with_former_standards_describes_meanwhile_is_renewed_again() -> None:
    world = await shop(3)
    former = world.worker()
    rules(world, "2", GUESTS)
    worker = world.worker()
    mark, _ = renewal(worker)
    await mark.mark([0])
    await renew_all(worker)
    await worker.revoke(0)
    former.assign(0)
    events = [signed_in("c0", "x"), signed_in("late", "y")]
    await former.process("logins", 0, records(events, first_offset=100))
    await former.revoke(0)
    assert (await segments(world))["main/late"] == ("visitors",)
    worker.assign(0)
    await mark.mark([0])
    await renew_all(worker)
    assert set((await segments(world)).values()) == {("guests",)}
    assert len(await segments(world)) == 4
    check_moves(world)


async def test_marks_that_a_worker_with_former_standards_takes_away_are_set_again() -> None:
    world = await shop(3)
    former = world.worker()
    mark_former, updater_former = renewal(former)
    rules(world, "2", GUESTS)
    worker = world.worker()
    mark, _ = renewal(worker)
    await mark.mark([0])
    await worker.revoke(0)
    former.assign(0)
    assert await renew_all(former) == 3  # by the first version: it has not looked at its file yet
    await updater_former.adopt(world.standards, lambda: [0])
    await mark_former.mark([0])
    assert await renew_all(former) == 3
    assert set((await segments(world)).values()) == {("guests",)}
    check_moves(world)


async def test_standards_that_are_taken_back_before_anybody_was_marked_leave_nobody_behind() -> (
    None
):
    world = await shop(3)
    first = world.standards
    worker = world.worker()
    mark, updater = renewal(worker)
    await worker.process("logins", 0, records([signed_in("c1", "w")], 90))  # the partition is ours
    rules(world, "2", GUESTS)
    await updater.adopt(world.standards, lambda: [0])
    await worker.process("logins", 0, records([signed_in("c0", "x")], 100))
    assert (await segments(world))["main/c0"] == ("guests",)
    await updater.adopt(first, lambda: [0])
    await mark.mark([0])
    await renew_all(worker)
    assert set((await segments(world)).values()) == {("visitors",)}
    check_moves(world)


async def test_new_standards_that_died_with_their_worker_leave_nobody_behind() -> None:
    world = await shop(3)
    first = world.standards
    rules(world, "2", GUESTS)
    await world.worker().process("logins", 0, records([signed_in("c0", "x")], 100))
    world.standards = first
    heir = world.worker()
    mark, _ = renewal(heir)
    await mark.mark([0])
    await renew_all(heir)
    assert set((await segments(world)).values()) == {("visitors",)}
    check_moves(world)


async def test_a_partition_that_was_taken_over_amid_marking_is_not_called_done() -> None:
    world = await shop(3)
    former = world.worker()
    rules(world, "2", GUESTS)

    async def lose_the_partition(where: str) -> None:
        if where == "after schedule":
            await renew_all(former)  # by the first version, and takes the marks away

    mark, _ = renewal(world.worker(lose_the_partition))
    await mark.mark([0])
    heir = world.worker()
    mark_heir, _ = renewal(heir)
    await mark_heir.mark([0])
    await renew_all(heir)
    assert set((await segments(world)).values()) == {("guests",)}


async def test_a_worker_that_comes_back_with_the_pinned_standards_marks_nobody() -> None:
    world = await shop(3)
    rules(world, "2", GUESTS)
    worker = world.worker()
    mark, _ = renewal(worker)
    await mark.mark([0])
    await renew_all(worker)
    heir = world.worker()
    await heir.process("logins", 0, records([signed_in("c0", "x")], 100))
    mark_heir, _ = renewal(heir)
    await mark_heir.mark([0])
    assert await stale(world) == []


async def test_live_events_and_a_renewal_of_the_same_customer_end_with_the_new_rules() -> None:
    world = await shop(1)
    rules(world, "2", GUESTS, BUYERS)
    worker = world.worker()
    mark, _ = renewal(worker)
    await mark.mark([0])
    await worker.process("orders", 0, records([ordered("c0", "o", "5.00")]))
    await renew_all(worker)
    documents = world.documents("main/c0")
    assert [each["cause"] for each in documents] == ["event", "event"]
    assert documents[-1]["segments"] == ["guests", "buyers"]
    check_moves(world)
