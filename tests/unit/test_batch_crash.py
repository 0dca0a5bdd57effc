"""A worker dies, or a service fails, at every single step: nothing is lost or counted twice."""

import random
from collections import Counter

import pytest

from stream.batch import Processor
from stream.errors import Transient
from tests.support.fakes import (
    Batch,
    Crash,
    FakeRecord,
    Fuse,
    World,
    random_batches,
    random_history,
    records,
    signed_in,
    viewed,
)

History = dict[str, list[FakeRecord]]


async def run(worker: Processor, batches: list[Batch]) -> tuple[dict[str, int], bool]:
    """Process until done or dead: where each topic was acknowledged, and whether all was done."""
    acknowledged: Counter[str] = Counter()
    try:
        for topic, batch in batches:
            await worker.process(topic, 0, batch)
            acknowledged[topic] = batch[-1].offset + 1
    except Crash:
        return acknowledged, False
    return acknowledged, True


async def undisturbed(batches: list[Batch]) -> tuple[dict[str, bytes | None], int]:
    """The portraits, and how many points a worker passes on its way to them."""
    world, fuse = World(), Fuse()
    await run(world.worker(fuse), batches)
    return await world.portraits(), len(fuse.passed)


@pytest.mark.parametrize("seed", range(3))
async def test_a_crash_at_any_point_loses_nothing(seed: int) -> None:
    rng = random.Random(seed)
    history = random_history(rng)
    batches = random_batches(rng, history)
    expected, points = await undisturbed(batches)
    assert points > 100
    for at in range(1, points + 1):
        world = World()
        acknowledged, done = await run(world.worker(Fuse(at)), batches)
        assert not done
        # Not everything acknowledged was committed: any earlier point may be resumed from.
        committed = {topic: rng.choice([end, rng.randint(0, end)])
                     for topic, end in acknowledged.items()}  # fmt: skip
        rest = random_batches(rng, history, committed)
        _, done = await run(world.worker(), rest)
        assert done
        assert await world.portraits() == expected, f"point {at}"
        await world.check_changes()
        assert await world.table.pending(0) == []


@pytest.mark.parametrize("seed", range(3))
async def test_one_crash_after_the_other_loses_nothing(seed: int) -> None:
    rng = random.Random(seed)
    history = random_history(rng)
    expected, _ = await undisturbed(random_batches(rng, history))
    for _ in range(20):
        world = World()
        committed: dict[str, int] = {}
        done = False
        while not done:
            rest = random_batches(rng, history, committed)
            acknowledged, done = await run(world.worker(Fuse(rng.randint(8, 60))), rest)
            committed |= acknowledged
        assert await world.portraits() == expected
        await world.check_changes()


@pytest.mark.parametrize("seed", range(3))
async def test_a_service_that_fails_at_any_point_loses_nothing(seed: int) -> None:
    """As agents do: the failed batch is tried again, but other topics go on in between."""
    rng = random.Random(seed)
    history = random_history(rng)
    batches = random_batches(rng, history)
    expected, points = await undisturbed(batches)
    for at in range(1, points + 1):
        world = World()
        worker = world.worker(Fuse(at, Transient))
        waiting = {topic: [batch for name, batch in batches if name == topic] for topic in history}
        failed = None
        while ready := [topic for topic, left in waiting.items() if left]:
            others = [topic for topic in ready if topic != failed]
            topic, failed = rng.choice(others or ready), None
            try:
                await worker.process(topic, 0, waiting[topic][0])
            except Transient:
                failed = topic
            else:
                waiting[topic].pop(0)
        assert await world.portraits() == expected, f"point {at}"
        await world.check_changes()


@pytest.mark.parametrize("where", ["before publish", "within publish", "before published"])
async def test_a_version_that_failed_to_be_published_comes_before_the_next(where: str) -> None:
    world, fuse = World(), Fuse()
    worker = world.worker(fuse)
    await worker.sweep(0)  # takes the partition over
    fuse.arm(where, Transient)
    logins = records([signed_in("a", "1"), signed_in("b", "2")])
    with pytest.raises(Transient):
        await worker.process("logins", 0, logins)
    await worker.process("clicks", 0, records([viewed("a", "3"), viewed("b", "4")]))
    await worker.process("logins", 0, logins)
    await world.check_changes()


async def test_a_sweep_that_failed_to_publish_comes_before_the_next_version() -> None:
    world, fuse = World(), Fuse()
    worker = world.worker(fuse)
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    world.clock.advance(days=40)
    fuse.arm("after store", Transient)
    with pytest.raises(Transient):
        await worker.sweep(0)
    await worker.process("logins", 0, records([signed_in("a", "2")], first_offset=1))
    await world.check_changes()


async def test_what_a_dead_owner_left_pending_is_published_before_anything_newer() -> None:
    world = World()
    with pytest.raises(Crash):
        await world.worker(Fuse("after store")).process(
            "logins", 0, records([signed_in("a", "1"), signed_in("b", "2")])
        )
    assert world.published == []
    noted = [(note.key, note.version) for note in await world.table.pending(0)]
    assert noted == [("main/a", 1), ("main/b", 1)]
    # The next owner happens to read another topic first.
    await world.worker().process("clicks", 0, records([viewed("a", "3")]))
    assert world.versions("main/a") == [1, 2]
    assert world.versions("main/b") == [1]
    await world.check_changes()
    assert await world.table.pending(0) == []


async def test_a_sweep_takes_over_what_a_dead_owner_left_pending() -> None:
    world = World()
    with pytest.raises(Crash):
        await world.worker(Fuse("after store")).process("logins", 0, records([signed_in("a", "1")]))
    assert await world.worker().sweep(0) == 0
    assert world.versions("main/a") == [1]
    assert await world.table.pending(0) == []


async def test_taking_over_a_partition_that_nobody_worked_on_publishes_nothing() -> None:
    world = World()
    with pytest.raises(Crash):
        await world.worker(Fuse("after store")).process("logins", 0, records([signed_in("a", "1")]))
    await world.worker().sweep(1)
    assert world.published == []
