"""Keeping the reference: who takes it, when, and what happens where it cannot be taken."""

import pytest

from stream.errors import Transient
from stream.measures.reference import NONE_TAKEN
from stream.reference_keeper import FIRST_S, ReferenceKeeper
from stream.update import Updater
from tests.support.fakes import RecordingPublisher, World, ordered, records
from tests.support.standards import STANDARDS

EVERY_S = 600.0


class Seconds:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def shop(buyers: int) -> World:
    """A shop with so many customers, each with an order."""
    world = World()
    orders = [ordered(f"c{n}", f"o{n}", f"{n + 1}.00") for n in range(buyers)]
    await world.worker().process("orders", 0, records(orders))
    return world


def keeper(world: World, seconds: Seconds | None = None) -> tuple[ReferenceKeeper, Updater]:
    updater = Updater(
        world.table,
        RecordingPublisher([]),
        world.clock,
        world.products,
        standards=STANDARDS,
        hot_customers=10,
    )
    monotonic = seconds or Seconds()
    return ReferenceKeeper(updater, EVERY_S, by_events=False, monotonic=monotonic), updater


async def test_the_first_look_takes_a_reference_and_uses_it() -> None:
    kept, updater = keeper(await shop(40))
    await kept.renew(take=True)
    assert updater.standards.reference.stores["main"].buyers == 40


async def test_a_worker_that_does_not_take_uses_what_another_took() -> None:
    world = await shop(40)
    mine, updater = keeper(world)
    await mine.renew(take=False)
    assert updater.standards.reference is NONE_TAKEN
    other, _ = keeper(world)
    await other.renew(take=True)
    await mine.renew(take=False)
    assert updater.standards.reference.stores["main"].buyers == 40


async def test_it_is_taken_anew_when_the_interval_has_passed_and_not_before() -> None:
    world, seconds = await shop(40), Seconds()
    kept, updater = keeper(world, seconds)
    await kept.renew(take=True)
    more = [ordered(f"more{n}", f"m{n}", "5.00") for n in range(5)]
    await world.worker().process("orders", 0, records(more, 40))
    seconds.now = EVERY_S - 1
    await kept.renew(take=True)
    assert updater.standards.reference.stores["main"].buyers == 40
    seconds.now = EVERY_S
    await kept.renew(take=True)
    assert updater.standards.reference.stores["main"].buyers == 45


async def test_a_young_store_is_looked_at_again_soon() -> None:
    world, seconds = await shop(3), Seconds()
    kept, updater = keeper(world, seconds)
    assert kept.interval_s == FIRST_S < EVERY_S
    await kept.renew(take=True)
    assert updater.standards.reference.stores == {}
    more = [ordered(f"more{n}", f"m{n}", "5.00") for n in range(30)]
    await world.worker().process("orders", 0, records(more, 3))
    seconds.now = FIRST_S
    await kept.renew(take=True)
    assert updater.standards.reference.stores["main"].buyers == 33


async def test_a_scan_that_failed_is_not_repeated_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world, seconds = await shop(40), Seconds()
    kept, updater = keeper(world, seconds)
    scans = 0

    async def fail(*_: object) -> None:
        nonlocal scans
        scans += 1
        raise Transient("Redis: gone")

    monkeypatch.setattr("stream.reference_keeper.refresh", fail)
    for seconds.now in (0.0, 1.0, FIRST_S - 1):
        await kept.renew(take=True)
    assert scans == 1
    seconds.now = FIRST_S
    await kept.renew(take=True)
    assert scans == 2
    assert updater.standards.reference is NONE_TAKEN


async def test_a_table_that_does_not_answer_leaves_the_reference_as_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world, seconds = await shop(40), Seconds()
    kept, updater = keeper(world, seconds)
    await kept.renew(take=True)
    before = updater.standards

    async def fail() -> None:
        raise Transient("Redis: gone")

    monkeypatch.setattr(world.table, "reference", fail)
    seconds.now = 2 * EVERY_S
    await kept.renew(take=True)
    assert updater.standards is before
