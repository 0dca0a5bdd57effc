"""Batches of records: what they make of portraits, and that each event counts once."""

import random

import pytest

from stream.tables.table import Record
from tests.support.fakes import (
    Fuse,
    World,
    ordered,
    random_batches,
    random_history,
    records,
    signed_in,
    viewed,
)


async def stored(world: World, key: str = "main/a") -> Record:
    (record,) = await world.table.load([key])
    assert record is not None
    return record


async def test_an_event_becomes_a_published_portrait() -> None:
    world = World()
    await world.worker().process("logins", 0, records([signed_in("a", "1")]))
    (document,) = world.documents("main/a")
    assert document["version"] == 1
    assert document["activity"]["counts"] == {"signed_in": 1}
    assert (document["cause"], document["as_of"]) == ("event", "2025-06-01T12:00:00.000Z")
    assert world.published[0].value == (await stored(world)).document
    assert await world.table.pending(0) == []
    assert await world.table.positions() == {"logins:0": 1}


async def test_a_batch_makes_one_version_a_customer() -> None:
    world = World()
    events = [signed_in(customer, f"{customer}{n}") for n in range(5) for customer in "ab"]
    await world.worker().process("logins", 0, records(events))
    for key in ("main/a", "main/b"):
        (document,) = world.documents(key)
        assert document["activity"]["counts"] == {"signed_in": 5}


async def test_an_empty_batch_touches_nothing() -> None:
    world, fuse = World(), Fuse()
    await world.worker(fuse).process("logins", 0, [])
    assert fuse.passed == []


@pytest.mark.parametrize("seed", range(20))
async def test_versions_are_gapless_and_in_order_over_random_batches(seed: int) -> None:
    rng, world = random.Random(seed), World()
    worker = world.worker(hot_customers=rng.choice([1, 2, 100]))
    for topic, batch in random_batches(rng, random_history(rng, events=60)):
        await worker.process(topic, 0, batch)
    await world.check_changes()
    for key in world.changes():
        versions = world.versions(key)
        assert versions == list(range(1, len(versions) + 1))  # not one is published twice


@pytest.mark.parametrize("seed", range(10))
async def test_interleaving_and_batch_sizes_do_not_matter(seed: int) -> None:
    rng = random.Random(seed)
    history = random_history(rng, events=60)
    worlds = World(), World()
    for world in worlds:
        worker = world.worker()
        for topic, batch in random_batches(rng, history):
            await worker.process(topic, 0, batch)
    first, second = [await world.portraits() for world in worlds]
    assert first == second
    assert len(first) == 4


@pytest.mark.parametrize("restarted", [False, True])
async def test_a_redelivered_batch_publishes_the_same_bytes_again(restarted: bool) -> None:
    world = World()
    worker = world.worker()
    batch = records([signed_in("a", "1"), ordered("b", "2", "5.00"), viewed("a", "3")])
    for topic, part in (("logins", batch[:1]), ("clicks", batch[2:])):
        await worker.process(topic, 0, part)
    before = await stored(world)
    published = len(world.published)

    again = world.worker() if restarted else worker
    await again.process("clicks", 0, batch[2:])

    assert await stored(world) == before
    assert world.published[published:] == world.published[published - 1 : published]
    assert world.versions("main/a") == [1, 2, 2]


async def test_a_redelivered_batch_with_something_new_publishes_both_versions_in_order() -> None:
    world = World()
    events = records([signed_in("a", "1"), signed_in("a", "2"), signed_in("a", "3")])
    await world.worker().process("logins", 0, events[:2])
    await world.worker().process("logins", 0, events)
    assert world.versions("main/a") == [1, 1, 2]
    assert world.documents("main/a")[-1]["activity"]["counts"] == {"signed_in": 3}
    await world.check_changes()


async def test_a_resent_event_id_changes_nothing_but_the_mark() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    before, portraits = await stored(world), await world.portraits()

    await worker.process("logins", 0, records([signed_in("a", "1")], first_offset=7))

    after = await stored(world)
    assert world.versions("main/a") == [1]
    assert await world.portraits() == portraits
    assert (after.version, after.document) == (before.version, before.document)
    assert after.revision == before.revision + 1
    assert await world.table.pending(0) == []
    await world.worker().process("logins", 0, records([signed_in("a", "other")], first_offset=7))
    assert await stored(world) == after  # offset 7 is marked as applied


async def test_an_id_that_is_sent_twice_in_one_batch_counts_once() -> None:
    world = World()
    await world.worker().process("logins", 0, records([signed_in("a", "1")] * 3))
    (document,) = world.documents("main/a")
    assert document["activity"]["counts"] == {"signed_in": 1}


async def test_equal_offsets_of_other_topics_and_partitions_are_other_records() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    await worker.process("clicks", 0, records([viewed("a", "2")]))
    await worker.process("logins", 1, records([signed_in("a", "3")]))
    assert world.documents("main/a")[-1]["activity"]["counts"] == {
        "product_viewed": 1, "signed_in": 2
    }  # fmt: skip
    assert await world.table.positions() == {"logins:0": 1, "clicks:0": 1, "logins:1": 1}


async def test_the_position_is_remembered_also_where_nothing_changed() -> None:
    world = World()
    await world.worker().process("logins", 0, records([b"bad"], first_offset=41))
    assert await world.table.positions() == {"logins:0": 42}


async def test_hot_customers_are_not_read_again() -> None:
    world, fuse = World(), Fuse()
    worker = world.worker(fuse)
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    world.table._records.clear()  # what is in the table now would give another result
    await worker.process("logins", 0, records([signed_in("a", "2")], first_offset=1))
    assert world.documents("main/a")[0]["activity"]["counts"] == {"signed_in": 1}
    assert (await stored(world)).revision == 1  # the conflict was noticed, the events folded anew


async def test_a_released_partition_is_read_again() -> None:
    world = World()
    worker, other = world.worker(), world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    worker.assign(0)
    await other.process("logins", 0, records([signed_in("a", "2")], first_offset=1))
    fuse = Fuse()
    back = world.worker(fuse)
    await back.process("logins", 0, records([signed_in("a", "3")], first_offset=2))
    back.assign(0)
    fuse.passed.clear()
    await back.process("logins", 0, records([signed_in("a", "4")], first_offset=3))
    assert "before load" in fuse.passed
    assert "before watermark" in fuse.passed
    await world.check_changes()
