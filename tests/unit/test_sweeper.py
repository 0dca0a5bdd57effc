"""The sweeper's pace: waves spread over most of a minute, renewals at a bounded rate."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from stream.batch import LOOK_CUSTOMERS
from stream.measures.rules import Rules
from stream.sweeper import SMALL_WAVE, SPREAD_S, Sweeper
from stream.tables.table import Write
from stream.windows import WINDOW_MS
from tests.support.fakes import START_MS, World, records, signed_in
from tests.support.standards import STANDARDS

LEAVES_MS = START_MS + WINDOW_MS
#: What pauses may be shorter by, since the looks themselves take time.
WORK_S = 2.0


class Pauses:
    """Stands in for sleeping: keeps how long, and does something while it would last."""

    def __init__(self, meanwhile: Callable[[], Any] | None = None) -> None:
        self.seconds: list[float] = []
        self._meanwhile = meanwhile

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        if self._meanwhile:
            await self._meanwhile()


async def shop(customers: int, partition: int = 0) -> World:
    """Customers whose portraits all change at the same instant."""
    world = World()
    events = [signed_in(f"c{n}", f"{n}") for n in range(customers)]
    await world.worker().process("logins", partition, records(events))
    return world


def sweeper(
    world: World, pauses: Pauses, *, sweeps_s: float = 1000.0, renewals_s: float = 1000.0
) -> Sweeper:
    return Sweeper(
        world.worker(hot_customers=1),
        world.table,
        world.clock,
        sweeps_s=sweeps_s,
        renewals_s=renewals_s,
        sleep=pauses,
    )


async def stale(world: World, customers: int) -> None:
    marks = dict.fromkeys((f"main/c{n}" for n in range(customers)), START_MS)
    await world.table.schedule(0, marks, "stale")


# --- what time alone changes ----------------------------------------------------------------


async def test_a_small_wave_is_published_without_a_pause() -> None:
    world, pauses = await shop(SMALL_WAVE), Pauses()
    world.clock.ms = LEAVES_MS
    await sweeper(world, pauses).sweep(0, among=1)
    assert all(world.versions(key) == [1, 2] for key in world.changes())
    assert set(pauses.seconds) == {0.0}


async def test_even_a_small_wave_lets_live_events_in_between_its_looks() -> None:
    world, pauses = await shop(2 * LOOK_CUSTOMERS), Pauses()
    world.clock.ms = LEAVES_MS
    await sweeper(world, pauses).sweep(0, among=1)
    assert len(pauses.seconds) == 2


@pytest.mark.parametrize("customers", [SMALL_WAVE + 1, 1000])
async def test_a_wave_is_spread_evenly_over_most_of_a_minute(customers: int) -> None:
    world, pauses = await shop(customers), Pauses()
    world.clock.ms = LEAVES_MS
    await sweeper(world, pauses).sweep(0, among=1)
    assert all(world.versions(key) == [1, 2] for key in world.changes())
    looks = customers / LOOK_CUSTOMERS
    longest = SPREAD_S / looks
    assert all(longest - WORK_S < seconds <= longest for seconds in pauses.seconds)
    assert sum(pauses.seconds) <= SPREAD_S + longest  # the last look may be a part of one


async def test_a_wave_that_is_too_large_for_the_rate_is_spread_over_longer() -> None:
    world, pauses = await shop(1000), Pauses()
    world.clock.ms = LEAVES_MS
    await sweeper(world, pauses, sweeps_s=20.0).sweep(0, among=2)
    pause_s = LOOK_CUSTOMERS * 2 / 20.0
    assert pause_s > SPREAD_S * LOOK_CUSTOMERS / 1000
    assert all(pause_s - WORK_S < seconds <= pause_s for seconds in pauses.seconds)


async def test_a_wave_that_comes_while_a_smaller_one_is_spread_is_in_time_as_well() -> None:
    small, large = SMALL_WAVE + 1, 1000
    world = await shop(small)

    async def midnight() -> None:
        if len(pauses.seconds) == 1:
            more = [signed_in(f"more{n}", f"more{n}") for n in range(large)]
            await world.worker().process("logins", 0, records(more, small))
            times = {f"main/more{n}": LEAVES_MS for n in range(large)}
            await world.table.schedule(0, times)

    pauses = Pauses(midnight)
    world.clock.ms = LEAVES_MS
    await world.table.schedule(0, {f"main/c{n}": LEAVES_MS for n in range(small)})
    await sweeper(world, pauses).sweep(0, among=1)
    assert await world.table.count_due(0, LEAVES_MS) == 0
    first, *later = pauses.seconds
    assert first <= SPREAD_S * LOOK_CUSTOMERS / small
    assert sum(later) <= SPREAD_S + max(later)


async def test_what_a_crash_left_unpublished_is_published_although_nobody_is_due() -> None:
    world = await shop(1)
    (record,) = await world.table.load(["main/c0"])
    assert record is not None
    world.published.clear()
    again = Write("main/c0", replace(record, revision=record.revision + 1), None, publish=True)
    assert await world.table.store(0, [again]) == [True]
    await sweeper(world, Pauses()).sweep(0, among=1)
    assert world.versions("main/c0") == [1]


async def test_a_sweep_of_a_partition_leaves_the_others_alone() -> None:
    world, pauses = await shop(3, partition=5), Pauses()
    world.clock.ms = LEAVES_MS
    await sweeper(world, pauses).sweep(4, among=1)
    assert set(map(len, world.changes().values())) == {1}
    assert pauses.seconds == []


# --- what the standards changed -------------------------------------------------------------


async def test_stale_customers_are_described_anew_at_the_rate_of_all_partitions_together() -> None:
    customers = 6 * LOOK_CUSTOMERS
    world, pauses = await shop(customers), Pauses()
    await stale(world, customers)
    await sweeper(world, pauses, renewals_s=50.0).renew(0, among=4)
    assert await world.table.count_due(0, 2**53, "stale") == 0
    pause_s = LOOK_CUSTOMERS * 4 / 50.0
    assert len(pauses.seconds) == 6
    assert all(pause_s - WORK_S < seconds <= pause_s for seconds in pauses.seconds)


async def test_without_stale_customers_a_renewal_does_nothing() -> None:
    world, pauses = await shop(3), Pauses()
    await sweeper(world, pauses).renew(0, among=1)
    assert pauses.seconds == []
    assert set(map(len, world.changes().values())) == {1}


async def test_a_renewal_of_a_partition_that_went_to_another_worker_ends() -> None:
    world, pauses = await shop(3), Pauses()
    await stale(world, 3)
    world.standards = replace(STANDARDS, rules=Rules((), ()), version="other")
    processor = world.worker()
    await processor.revoke(0)
    of_another = Sweeper(
        processor, world.table, world.clock, sweeps_s=1000.0, renewals_s=1000.0, sleep=pauses
    )
    await of_another.renew(0, among=1)
    assert await world.table.count_due(0, 2**53, "stale") == 3
