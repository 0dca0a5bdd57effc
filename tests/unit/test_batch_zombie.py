"""Two workers that both hold a partition: one of them is a zombie, and neither knows which."""

import random
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.errors import Transient
from stream.update import MAX_CONFLICTS
from tests.support.fakes import (
    Batch,
    Crash,
    FaultyTable,
    Fuse,
    Turns,
    World,
    go_on,
    random_batches,
    random_history,
    records,
    signed_in,
    viewed,
)


async def contend(
    world: World, batches: dict[str, list[Batch]], choose: Callable[[list[str]], str]
) -> int:
    """Let workers process their batches in turns; how often one lost a record to the other."""
    turns = Turns()
    workers = {name: world.worker(turns.point(name)) for name in batches}

    async def work(name: str) -> None:
        for topic, batch in batches[name]:
            await workers[name].process(topic, 0, batch)

    await turns.drive({name: work(name) for name in batches}, choose)
    tables = [worker._table for worker in workers.values()]
    assert all(isinstance(table, FaultyTable) for table in tables)
    return sum(table.conflicts for table in tables)


@given(seed=st.integers(0, 2**32), choices=st.data())
@settings(max_examples=60, deadline=None)
async def test_two_workers_with_the_same_records_count_each_event_once(
    seed: int, choices: st.DataObject
) -> None:
    rng = random.Random(seed)
    history = random_history(rng, events=16)
    alone, world = World(), World()
    worker = alone.worker()
    for topic, batch in random_batches(rng, history):
        await worker.process(topic, 0, batch)

    batches = {name: random_batches(rng, history) for name in "AB"}
    await contend(world, batches, lambda names: choices.draw(st.sampled_from(names)))

    assert await world.portraits() == await alone.portraits()
    await world.worker().sweep(0)  # publishes what the last conflicts left pending
    await world.check_changes()


async def test_workers_that_alternate_at_every_step_do_conflict() -> None:
    rng = random.Random(1)
    history = random_history(rng)
    batches = random_batches(rng, history)
    last = ""

    def other(names: list[str]) -> str:
        nonlocal last
        last = next((name for name in names if name != last), last)
        return last

    world = World()
    conflicts = await contend(world, {"A": batches, "B": batches}, other)
    assert conflicts > len(batches) // 2
    alone = World()
    worker = alone.worker()
    for topic, batch in batches:
        await worker.process(topic, 0, batch)
    assert await world.portraits() == await alone.portraits()


async def test_stale_hot_states_never_overwrite_newer_ones() -> None:
    world = World()
    zombie, owner = world.worker(), world.worker()
    await zombie.process("logins", 0, records([signed_in("a", "1")]))
    await owner.process("logins", 0, records([signed_in("a", "2")], first_offset=1))
    await owner.process("logins", 0, records([signed_in("a", "3")], first_offset=2))
    await zombie.process("logins", 0, records([signed_in("a", "2")], first_offset=1))
    await zombie.process("clicks", 0, records([viewed("a", "4")]))
    assert world.documents("main/a")[-1]["activity"]["counts"] == {
        "product_viewed": 1, "signed_in": 3
    }  # fmt: skip
    await world.check_changes()


async def test_what_a_zombie_stored_after_the_take_over_is_published_before_anything_newer() -> (
    None
):
    world = World()
    owner = world.worker()
    await owner.sweep(0)  # took the partition over: nothing was pending
    with pytest.raises(Crash):  # the zombie wakes up, stores, and dies before it publishes
        await world.worker(Fuse("after store")).process("logins", 0, records([signed_in("a", "1")]))
    await owner.process("clicks", 0, records([viewed("a", "2")]))
    await owner.process("logins", 0, records([signed_in("a", "1")]))
    await world.check_changes()


async def test_what_a_zombie_left_unpublished_is_published_by_the_next_sweep() -> None:
    world = World()
    owner = world.worker()
    await owner.sweep(0)
    with pytest.raises(Crash):
        await world.worker(Fuse("after store")).process("logins", 0, records([signed_in("a", "1")]))
    await owner.sweep(0)
    assert world.versions("main/a") == [1]
    assert await world.table.pending(0) == []


async def test_a_sweep_that_lost_to_another_worker_publishes_nothing_of_its_own() -> None:
    world, turns = World(), Turns()
    await world.worker().process("logins", 0, records([signed_in("a", "1")]))
    world.clock.advance(days=40)
    workers = {name: world.worker(turns.point(name)) for name in "AB"}
    order = iter("AB" * 1000)

    async def sweep(name: str) -> None:
        await workers[name].sweep(0)

    def alternate(names: list[str]) -> str:
        return next(name for name in order if name in names)

    await turns.drive({name: sweep(name) for name in "AB"}, alternate)
    assert set(world.changes()["main/a"]) == set(world.changes()["main/a"][:2])
    assert sorted(set(world.versions("main/a"))) == [1, 2]
    assert await world.table.due(0, 10**15, 10) == []
    await world.check_changes()


async def test_endless_conflicts_are_given_up_as_transient() -> None:
    world = World()
    rivals = 0

    async def outrun(where: str) -> None:
        nonlocal rivals
        if where == "before store":
            rivals += 1
            event = signed_in("a", f"rival {rivals}")
            await world.worker().process("logins", 1, records([event], first_offset=rivals))

    worker = world.worker(outrun)
    with pytest.raises(Transient):
        await worker.process("logins", 0, records([signed_in("a", "mine")]))
    assert rivals == MAX_CONFLICTS
    worker._table._point = go_on
    await worker.process("logins", 0, records([signed_in("a", "mine")]))
    counts = world.documents("main/a")[-1]["activity"]["counts"]
    assert counts == {"signed_in": MAX_CONFLICTS + 1}
