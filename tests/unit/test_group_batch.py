"""Published portraits counted into groups: each once, whatever is delivered again, lost or late."""

import random
from collections.abc import Sequence

import pytest

from stream.errors import Fatal, Transient
from stream.group_batch import CHUNK_CUSTOMERS, MAX_CONFLICTS
from stream.groups.contribution import Member, member_name, to_bytes
from stream.tables.groups import NO_MARK, GroupWrite
from tests.support.fakes import Crash, Fuse, Turns
from tests.support.published import (
    GroupWorld,
    PublishedRecord,
    published,
    random_log,
    scanned,
    version_of,
)

STORE = ("main", "")
VIP = ("main", "vip")


def batches(
    rng: random.Random, records: Sequence[PublishedRecord]
) -> list[Sequence[PublishedRecord]]:
    found, at = [], 0
    while at < len(records):
        size = rng.randrange(1, 9)
        found.append(records[at : at + size])
        at += size
    return found


async def test_customers_are_counted_in_their_store_and_their_segments() -> None:
    world = GroupWorld()
    await world.processor().process(
        0, [published(0, "a", 1, segments=["vip"]), published(1, "b", 1), published(2, "c", 1)]
    )
    assert await world.table.groups() == {STORE: 3, VIP: 1}
    assert await world.table.marks() == {0: 2}


async def test_newer_version_takes_the_place_of_the_older_one() -> None:
    world = GroupWorld()
    processor = world.processor()
    await processor.process(0, [published(0, "a", 1, segments=["vip"], brands=["Acme"])])
    await processor.process(0, [published(1, "a", 2, brands=["Zed"], orders=1, amount="7.00")])
    assert await world.kept() == {
        STORE: {"customers": 1, "brand|Zed": 1, "buyers": 1, "orders": 1, "amount": 700}
    }


async def test_of_a_batch_only_the_newest_record_of_a_customer_is_parsed() -> None:
    world = GroupWorld()
    broken = published(0, "a", 1)
    await world.processor().process(
        0, [PublishedRecord(0, broken.key, b"{", broken.headers), published(1, "a", 2)]
    )
    assert await world.table.groups() == {STORE: 1}


@pytest.mark.parametrize("together", [True, False])
async def test_older_version_after_a_newer_one_is_passed_over(together: bool) -> None:
    world = GroupWorld()
    processor = world.processor()
    log = [published(0, "a", 5, brands=["new"]), published(1, "a", 3, brands=["old"])]
    for batch in [log] if together else [[each] for each in log]:
        await processor.process(0, batch)
    assert await world.kept() == {STORE: {"customers": 1, "brand|new": 1}}
    assert await world.table.mark(0) == 1


@pytest.mark.parametrize("again", [[0], [0, 1], [1], [0, 1, 2]])
async def test_records_delivered_again_change_nothing(again: list[int]) -> None:
    world = GroupWorld()
    log = [published(n, name, 1, orders=2) for n, name in enumerate("abc")]
    processor = world.processor()
    await processor.process(0, log)
    before = await world.kept()
    for worker in (processor, world.processor()):
        await worker.process(0, [log[n] for n in again])
        assert await world.kept() == before
        assert await world.table.mark(0) == 2


async def test_batch_that_was_counted_in_part_is_counted_from_there() -> None:
    world = GroupWorld()
    log = [published(n, name, 1) for n, name in enumerate("abcd")]
    processor = world.processor()
    await processor.process(0, log[:2])
    await processor.process(0, log)
    assert await world.table.groups() == {STORE: 4}


# --- erasure --------------------------------------------------------------------------------


@pytest.mark.parametrize("together", [True, False])
async def test_tombstone_takes_a_customer_out_and_leaves_only_the_version(together: bool) -> None:
    world = GroupWorld()
    processor = world.processor()
    log = [published(0, "a", 1, segments=["vip"], orders=2), published(1, "a", 2, erased=True)]
    for batch in [log] if together else [[each] for each in log]:
        await processor.process(0, batch)
    assert await world.kept() == {}
    assert await version_of(world.table, "main/a") == to_bytes(Member(2))


@pytest.mark.parametrize("together", [True, False])
async def test_late_older_portrait_does_not_bring_an_erased_customer_back(together: bool) -> None:
    world = GroupWorld()
    processor = world.processor()
    log = [published(0, "a", 3, erased=True), published(1, "a", 2)]
    for batch in [log] if together else [[each] for each in log]:
        await processor.process(0, batch)
    assert await world.kept() == {}


async def test_older_tombstone_does_not_erase() -> None:
    world = GroupWorld()
    await world.processor().process(0, [published(0, "a", 3)])
    await world.processor().process(0, [published(1, "a", 2, erased=True)])
    assert await world.table.groups() == {STORE: 1}


# --- what cannot be read --------------------------------------------------------------------


async def test_records_that_are_no_portraits_of_ours_are_passed_over() -> None:
    world = GroupWorld()
    good = published(9, "a", 1)
    log = [
        PublishedRecord(0, None, good.value, good.headers),
        PublishedRecord(1, b"main/x", good.value),
        PublishedRecord(2, b"main/y", None),
        PublishedRecord(3, b"main/z", good.value, (("version", b"x"),)),
        PublishedRecord(4, b"main/u", b"{", good.headers),
        PublishedRecord(5, b"main/v", b'{"version":1}', good.headers),
        PublishedRecord(6, b"main/w", good.value and good.value.replace(b"0.00", b"0.0"),
                        good.headers),
        PublishedRecord(7, b"\xff", None, good.headers),
        PublishedRecord(8, b"main/t", None, (("version", b"9" * 5000),)),
        good,
    ]  # fmt: skip
    await world.processor().process(0, log)
    assert await world.table.groups() == {STORE: 1}
    assert await world.table.mark(0) == 9


@pytest.mark.parametrize(("digits", "counted"), [(18, True), (19, False), (5000, False)])
async def test_version_that_nobody_can_have_reached_is_passed_over(
    digits: int, counted: bool
) -> None:
    world = GroupWorld()
    good = published(0, "a", 1)
    headers = (("version", b"9" * digits),)
    await world.processor().process(0, [PublishedRecord(0, good.key, good.value, headers)])
    assert await world.table.groups() == ({STORE: 1} if counted else {})
    assert await world.table.mark(0) == 0


async def test_batch_without_any_portrait_moves_the_mark() -> None:
    world = GroupWorld()
    await world.processor().process(0, [PublishedRecord(4, None, None)])
    assert await world.table.mark(0) == 4


async def test_damaged_member_stops_the_worker() -> None:
    world = GroupWorld()
    members = {member_name("main/a"): b"\xc1"}
    await world.table.apply(0, GroupWrite(NO_MARK, 0, members, {}))
    with pytest.raises(Fatal, match="built anew"):
        await world.processor().process(0, [published(1, "a", 1)])


# --- chunks ---------------------------------------------------------------------------------


async def test_large_batch_is_written_in_chunks_of_customers() -> None:
    count = 2 * CHUNK_CUSTOMERS + 1
    log = [published(n, f"c{n}", 1) for n in range(count)]
    world, fuse = GroupWorld(), Fuse()
    await world.processor(fuse).process(0, log)
    assert fuse.passed.count("after apply") == 3
    assert await world.table.groups() == {STORE: count}
    assert await world.table.mark(0) == count - 1


@pytest.mark.parametrize("customers", [CHUNK_CUSTOMERS, CHUNK_CUSTOMERS + 1])
@pytest.mark.parametrize("changed", ["c0", f"c{CHUNK_CUSTOMERS - 1}"])
async def test_customer_of_two_chunks_is_counted_once_after_a_crash_between_them(
    customers: int, changed: str
) -> None:
    # One of the first chunk's customers changes again at the very end of the batch.
    log = [published(n, f"c{n}", 1, orders=1) for n in range(customers)]
    log.append(published(customers, changed, 2, orders=5))
    world, fuse = GroupWorld(log), Fuse("after apply")
    with pytest.raises(Crash):
        await world.processor(fuse).process(0, log)
    done = await world.table.mark(0)
    await world.processor(fuse).process(0, log)
    assert await world.kept() == scanned(log)
    assert await world.table.mark(0) == customers
    if done < customers:  # what was counted is not even looked up again
        assert fuse.passed.count("before members") == 2


async def test_last_chunk_that_is_full_marks_all_of_the_batch() -> None:
    log = [published(n, f"c{n}", 1) for n in range(CHUNK_CUSTOMERS)]
    log.append(PublishedRecord(CHUNK_CUSTOMERS, None, None))
    world = GroupWorld()
    await world.processor().process(0, log)
    assert await world.table.mark(0) == CHUNK_CUSTOMERS


# --- taking over ----------------------------------------------------------------------------


async def test_what_lies_between_the_mark_and_the_first_record_is_read_back() -> None:
    log = [published(n, f"c{n}", 1) for n in range(10)]
    world = GroupWorld(log)
    await world.processor().process(0, log[:2])
    await world.processor().process(0, log[8:])
    assert world.log.asked == [(2, 8)]
    assert await world.table.groups() == {STORE: 10}


async def test_sums_that_were_lost_are_built_from_all_that_the_topic_holds() -> None:
    log = random_log(random.Random(5), late=False)
    world = GroupWorld(log)
    world.log.compact()
    await world.processor().process(0, log[-1:])
    assert world.log.asked == [(0, log[-1].offset)]
    assert await world.kept() == scanned(log)


async def test_holes_that_compaction_left_are_read_once_and_found_empty() -> None:
    log = [published(n, f"c{n}", 1) for n in (0, 5, 9)]
    world = GroupWorld(log)
    await world.processor().process(0, log[:1])
    processor = world.processor()
    await processor.process(0, log[1:2])
    await processor.process(0, log[2:])  # a hole while it is owned: nothing was there for us
    assert world.log.asked == [(1, 5)]
    assert await world.table.groups() == {STORE: 3}


async def test_partition_that_was_released_is_taken_over_anew() -> None:
    log = [published(n, f"c{n}", 1) for n in range(6)]
    world = GroupWorld(log)
    processor = world.processor()
    await processor.process(0, log[:1])
    processor.release(0)
    processor.release(0)
    await processor.process(0, log[5:])
    assert world.log.asked == [(1, 5)]
    assert await world.table.groups() == {STORE: 6}


async def test_record_at_the_next_offset_needs_no_reading_back() -> None:
    world = GroupWorld()
    await world.processor().process(0, [published(0, "a", 1)])
    await world.processor().process(0, [published(1, "b", 1)])
    assert world.log.asked == []


async def test_reading_back_that_fails_counts_nothing_twice() -> None:
    log = [published(n, f"c{n}", 1, orders=1) for n in range(9)]
    world = GroupWorld(log)
    fuse = Fuse()
    processor = world.processor(fuse)
    fuse.arm("before members", Transient)
    with pytest.raises(Transient):
        await processor.process(0, log[8:])
    fuse.arm("after apply", Transient)
    with pytest.raises(Transient):
        await processor.process(0, log[8:])
    await processor.process(0, log[8:])
    assert await world.kept() == scanned(log)
    assert world.log.asked == [(0, 8), (0, 8), (3, 8)]


@pytest.mark.parametrize("where", ["after mark", "before members", "before apply", "after apply"])
async def test_partition_that_is_released_amid_a_batch_is_taken_over_anew(where: str) -> None:
    log = [published(n, f"c{n}", 1) for n in range(9)]
    world, fuse = GroupWorld(log), Fuse(where, Crash)

    async def release(at: str) -> None:
        try:
            await fuse(at)
        except Crash:
            processor.release(0)

    processor = world.processor(release)
    await processor.process(0, log[2:4])
    await processor.process(0, log[8:])  # what came between went to another worker, which died
    assert world.log.asked == [(0, 2), (4, 8)]
    assert await world.table.groups() == {STORE: 9}


# --- crashes and zombies --------------------------------------------------------------------


async def count(world: GroupWorld, point: Fuse, log: list[Sequence[PublishedRecord]]) -> int:
    """Offset after the last record acknowledged before the processor died."""
    acknowledged = 0
    processor = world.processor(point)
    try:
        for batch in log:
            await processor.process(0, batch)
            acknowledged = batch[-1].offset + 1
    except Crash:
        pass
    return acknowledged


@pytest.mark.parametrize("compacted", [False, True])
@pytest.mark.parametrize("seed", range(2))
async def test_a_crash_at_any_point_counts_every_portrait_once(seed: int, compacted: bool) -> None:
    rng = random.Random(seed)
    # Where an older version came last, compaction keeps that one: nobody can know the newer.
    log = random_log(rng, late=not compacted)
    expected = scanned(log)
    fuse = Fuse()
    await count(GroupWorld(log), fuse, batches(rng, log))
    points = len(fuse.passed)
    assert points > 20
    for at in range(1, points + 1):
        world = GroupWorld(log)
        end = await count(world, Fuse(at), batches(rng, log))
        # Not all that was acknowledged was committed: any earlier point may be resumed from.
        committed = rng.choice([end, rng.randint(0, end)])
        if compacted:
            world.log.compact()
        rest = [record for record in world.log.records if record.offset >= committed]
        await count(world, Fuse(), batches(rng, rest))
        assert await world.kept() == expected, f"point {at}"


@pytest.mark.parametrize("seed", range(8))
async def test_two_processors_of_one_partition_count_every_portrait_once(seed: int) -> None:
    rng = random.Random(seed)
    log = random_log(rng)
    world, turns = GroupWorld(log), Turns()

    async def work(name: str) -> None:
        processor = world.processor(turns.point(name))
        for batch in batches(rng, log):
            await processor.process(0, batch)

    await turns.drive({name: work(name) for name in "AB"}, rng.choice)
    assert await world.kept() == scanned(log)
    assert await world.table.mark(0) == log[-1].offset


async def test_zombie_that_was_stopped_before_its_write_is_refused() -> None:
    log = [published(n, f"c{n}", 1, orders=1) for n in range(4)]
    world, fuse = GroupWorld(log), Fuse()

    async def interrupt(where: str) -> None:
        await fuse(where)
        if fuse.passed.count("before apply") == 1 and where == "before apply":
            await world.processor().process(0, log)

    await world.processor(interrupt).process(0, log[:2])
    assert await world.kept() == scanned(log)
    assert fuse.passed.count("before apply") == 1  # it saw that nothing was left to do


async def test_processor_that_always_loses_gives_up_for_now() -> None:
    world = GroupWorld()
    offsets = iter(range(1000))

    async def lose(where: str) -> None:
        if where == "before apply":
            mark = await world.table.mark(0)
            await world.table.apply(0, GroupWrite(mark, next(offsets), {}, {}))

    with pytest.raises(Transient, match="without end"):
        await world.processor(lose).process(0, [published(5000, "a", 1)])
    assert await world.table.mark(0) == MAX_CONFLICTS - 1
