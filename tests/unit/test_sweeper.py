"""The sweeper's pace: what is due and what is stale at a bounded rate, evenly spaced."""

import asyncio
from itertools import pairwise

import pytest
from msgspec.structs import replace

from stream.batch import LOOK_CUSTOMERS
from stream.measures.rules import Rules
from stream.sweeper import BURST, Pace, Sweeper
from stream.tables.table import Write
from stream.windows import WINDOW_MS
from tests.support.fakes import START_MS, World, records, signed_in
from tests.support.standards import STANDARDS

LEAVES_MS = START_MS + WINDOW_MS
#: What pauses may be shorter by, since the looks themselves take time.
WORK_S = 0.5


class Pauses:
    """Stands in for sleeping: keeps how long. As no time passes, each counts from the start."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)
        await asyncio.sleep(0)

    @property
    def gaps(self) -> list[float]:
        """Between two turns, once the burst is over."""
        waited = [seconds for seconds in self.seconds if seconds > 0]
        return [after - before for before, after in pairwise(waited)]


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


# --- the pace -------------------------------------------------------------------------------


async def test_after_a_rest_a_burst_goes_through_and_then_the_rate_holds() -> None:
    pauses = Pauses()
    pace = Pace(100.0, pauses)
    for _ in range(30):
        await pace.turn(20)
    assert pauses.seconds[: BURST // 20 + 1] == pytest.approx([0.0] * (BURST // 20 + 1), abs=WORK_S)
    assert pauses.gaps == pytest.approx([0.2] * len(pauses.gaps), abs=0.1)
    assert pauses.seconds[-1] == pytest.approx((29 * 20 - BURST) / 100.0, abs=WORK_S)


async def test_those_who_ask_at_once_are_let_through_one_after_the_other() -> None:
    pauses = Pauses()
    pace = Pace(100.0, pauses)
    await pace.turn(BURST)
    await asyncio.gather(*(pace.turn(20) for _ in range(12)))
    assert pauses.seconds[1:] == pytest.approx([0.2 * n for n in range(12)], abs=0.1)


async def test_a_pace_that_was_not_used_for_long_owes_no_more_than_a_burst() -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        await asyncio.sleep(seconds)

    pace = Pace(2000.0, sleep)
    await pace.turn(2 * BURST)
    await asyncio.sleep(0.1)  # two hundred could have gone through
    for _ in range(4):
        await pace.turn(BURST)
    assert waited[:3] == [0.0, 0.0, 0.0]
    assert all(seconds > 0.01 for seconds in waited[3:])


# --- what time alone changes ----------------------------------------------------------------


async def test_a_burst_is_published_without_a_pause() -> None:
    world, pauses = await shop(BURST), Pauses()
    world.clock.ms = LEAVES_MS
    await sweeper(world, pauses).sweep(0)
    assert all(world.versions(key) == [1, 2] for key in world.changes())
    assert set(pauses.seconds) == {0.0}


async def test_even_in_a_burst_live_events_come_in_between_its_looks() -> None:
    world, pauses = await shop(2 * LOOK_CUSTOMERS), Pauses()
    world.clock.ms = LEAVES_MS
    await sweeper(world, pauses).sweep(0)
    assert len(pauses.seconds) == 2


async def test_a_wave_is_spaced_evenly_at_the_rate() -> None:
    world, pauses = await shop(1000), Pauses()
    world.clock.ms = LEAVES_MS
    await sweeper(world, pauses, sweeps_s=20.0).sweep(0)
    assert all(world.versions(key) == [1, 2] for key in world.changes())
    pause_s = LOOK_CUSTOMERS / 20.0
    assert pauses.gaps == pytest.approx([pause_s] * len(pauses.gaps), abs=WORK_S)
    most_s = (1000 - LOOK_CUSTOMERS - BURST) / 20.0
    assert most_s - 5 < pauses.seconds[-1] <= most_s


async def test_the_partitions_of_a_worker_share_the_rate_and_take_turns() -> None:
    world, pauses = await shop(400), Pauses()
    others = [signed_in(f"d{n}", f"d{n}") for n in range(400)]
    await world.worker().process("logins", 1, records(others))
    world.clock.ms = LEAVES_MS
    both = sweeper(world, pauses, sweeps_s=20.0)
    await asyncio.gather(both.sweep(0), both.sweep(1))
    assert all(world.versions(key) == [1, 2] for key in world.changes())
    assert pauses.gaps == pytest.approx([LOOK_CUSTOMERS / 20.0] * len(pauses.gaps), abs=WORK_S)


async def test_what_a_crash_left_unpublished_is_published_although_nobody_is_due() -> None:
    world = await shop(1)
    (record,) = await world.table.load(["main/c0"])
    assert record is not None
    world.published.clear()
    again = Write("main/c0", replace(record, revision=record.revision + 1), None, publish=True)
    assert await world.table.store(0, [again]) == [True]
    await sweeper(world, Pauses()).sweep(0)
    assert world.versions("main/c0") == [1]


async def test_a_sweep_of_a_partition_leaves_the_others_alone() -> None:
    world, pauses = await shop(3, partition=5), Pauses()
    world.clock.ms = LEAVES_MS
    await sweeper(world, pauses).sweep(4)
    assert set(map(len, world.changes().values())) == {1}
    assert pauses.seconds == []


# --- what the standards changed -------------------------------------------------------------


async def test_stale_customers_are_described_anew_at_a_rate_of_their_own() -> None:
    customers = BURST + 6 * LOOK_CUSTOMERS
    world, pauses = await shop(customers), Pauses()
    await stale(world, customers)
    await sweeper(world, pauses, renewals_s=50.0).renew(0)
    assert await world.table.count_due(0, 2**53, "stale") == 0
    assert len(pauses.seconds) == customers / LOOK_CUSTOMERS
    assert len(pauses.gaps) >= 4
    assert pauses.gaps == pytest.approx([LOOK_CUSTOMERS / 50.0] * len(pauses.gaps), abs=0.2)


async def test_without_stale_customers_a_renewal_does_nothing() -> None:
    world, pauses = await shop(3), Pauses()
    await sweeper(world, pauses).renew(0)
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
    await of_another.renew(0)
    assert await world.table.count_due(0, 2**53, "stale") == 3
