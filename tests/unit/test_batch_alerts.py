"""Risk alerts through the batch: none lost, none repeated, whoever dies when.

Findings are simple here: an order shows one by its amount, an invitation another.
"""

import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from stream.batch import Processor
from stream.errors import Transient
from stream.events import Event
from stream.profile import risk
from stream.risk.findings import Finding
from stream.risk.subject import Subject
from stream.risk.weights import Weights
from stream.topics import RISK_ALERTS
from tests.support.alerted import check_alerts
from tests.support.fakes import (
    Batch,
    Crash,
    FakeRecord,
    Fuse,
    World,
    erasure,
    ordered,
    random_batches,
    records,
    signed_in,
)
from tests.support.standards import STANDARDS

COOL_DOWN = timedelta(hours=24)
#: 60 points come to a score of 44, which is elevated, 90 to 71, which is high.
WEIGHTS = Weights(
    {"order_velocity": ((30, 60), (60, 90)), "unusual_amount": ((90, 60),)},
    cool_down_ms=int(COOL_DOWN.total_seconds() * 1000),
)


@pytest.fixture(autouse=True)
def _simple_findings(monkeypatch: pytest.MonkeyPatch) -> None:
    def find(subject: Subject) -> list[Finding]:
        return [
            Finding(code, order.at_ms, order.amount // 100, (order.event_id,), "an order")
            for order in subject.evidence.orders
            for code in ("order_velocity", "unusual_amount")
        ]

    monkeypatch.setattr(risk, "find", find)


def shop(weights: Weights = WEIGHTS) -> World:
    world = World()
    world.standards = replace(STANDARDS, risk=weights, version="1")
    return world


def published(world: World) -> list[Any]:
    return [
        msgspec.json.decode(message.value)
        for message in world.published
        if message.topic == RISK_ALERTS and message.value
    ]


def told(world: World) -> list[tuple[str, str, str, int]]:
    """Customer, kind, level and version of each alert, as published."""
    return [(a["customer_id"], a["kind"], a["level"], a["version"]) for a in published(world)]


def check(world: World) -> int:
    versions = {
        key: {version: value and msgspec.json.decode(value) for version, value in changes}
        for key, changes in world.changes().items()
    }
    return check_alerts(versions, published(world), COOL_DOWN)


async def test_a_rise_is_alerted_with_the_version_that_brought_it() -> None:
    world = shop()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    await worker.process("orders", 0, records([ordered("a", "2", "30.00")]))
    assert told(world) == [("a", "raised", "elevated", 2)]
    (alert,) = published(world)
    assert (alert["events"], alert["at"]) == (["2"], world.documents("main/a")[-1]["as_of"])
    await worker.process("orders", 0, records([ordered("a", "3", "60.00")], 1))
    assert told(world)[1:] == [("a", "raised", "high", 3)]
    assert check(world) == 2


async def test_an_alert_is_closed_when_time_alone_lowers_the_risk() -> None:
    world = shop()
    worker = world.worker()
    await worker.process("orders", 0, records([ordered("a", "1", "60.00")]))
    world.clock.advance(days=8)
    await worker.sweep(0)
    first, closed = published(world)
    assert (closed["kind"], closed["cause"], closed["closes"]) == ("closed", "time", first["id"])
    assert check(world) == 2


async def test_an_erased_customers_open_alert_is_closed_and_nothing_of_it_is_kept() -> None:
    world = shop()
    worker = world.worker()
    await worker.process("orders", 0, records([ordered("a", "1", "60.00")]))
    await worker.process("customers", 0, records([erasure("a")]))
    await worker.process("customers", 0, records([erasure("a")]))
    assert told(world) == [("a", "raised", "high", 1), ("a", "closed", "low", 2)]
    assert check(world) == 2
    (record,) = await world.table.load(["main/a"])
    assert record is not None
    assert record.alerted == b""


async def test_weights_that_change_raise_and_close() -> None:
    world = shop()
    worker = world.worker()
    updater = worker._updater
    await worker.process("orders", 0, records([ordered("a", "1", "60.00")]))
    for version, weights in (("2", Weights({})), ("3", WEIGHTS)):
        await updater.adopt(
            replace(STANDARDS, risk=weights, version=version),
            lambda: [0],
        )
        await world.table.schedule(0, {"main/a": 1}, "stale")
        await worker.renew(0)
    # The rise that comes with the old weights has the causes of the first.
    assert told(world) == [("a", "raised", "high", 1), ("a", "closed", "low", 2)]
    assert published(world)[1]["cause"] == "admin"
    assert check(world) == 2


# --- the cool-down --------------------------------------------------------------------------


async def held_back(world: World, worker: Processor) -> None:
    """Alerted, closed by other weights, and risen again three hours after the alert."""
    await worker.process("orders", 0, records([ordered("a", "1", "60.00")]))
    for version, weights in (("2", Weights({})), ("3", world.standards.risk)):
        world.clock.advance(hours=1)
        await worker._updater.adopt(replace(STANDARDS, risk=weights, version=version), lambda: [0])
        await world.table.schedule(0, {"main/a": 1}, "stale")
        await worker.renew(0)
    world.clock.advance(hours=1)
    assert [kind for _, kind, _, _ in told(world)] == ["raised", "closed"]


async def look_every_hour(world: World, worker: Processor, hours: int) -> None:
    for _ in range(hours):
        world.clock.advance(hours=1)
        await worker.sweep(0)


async def test_a_rise_held_back_is_alerted_when_the_cool_down_ends_without_a_new_version() -> None:
    world = shop()
    worker = world.worker()
    await held_back(world, worker)
    world.clock.advance(hours=21, milliseconds=-1)
    await worker.sweep(0)
    assert len(published(world)) == 2
    before = world.versions("main/a")
    world.clock.advance(milliseconds=1)
    assert await worker.sweep(0) == 1
    assert told(world)[2:] == [("a", "raised", "high", before[-1])]
    assert published(world)[2]["at"] > world.documents("main/a")[-1]["as_of"]
    assert world.versions("main/a") == before
    assert check(world) == 3
    await look_every_hour(world, worker, 30)
    assert check(world) == 3


async def test_a_crash_at_any_point_of_a_late_alert_neither_loses_nor_repeats_it() -> None:
    alone, fuse = shop(), Fuse()
    worker = alone.worker(fuse)
    await held_back(alone, worker)
    start = len(fuse.passed)
    await look_every_hour(alone, worker, 30)
    assert check(alone) == 3
    for at in range(start + 1, len(fuse.passed) + 1):
        world = shop()
        worker = world.worker(Fuse(at))
        await held_back(world, worker)
        with pytest.raises(Crash):
            await look_every_hour(world, worker, 30)
        await look_every_hour(world, world.worker(), 30)
        assert check(world) == 3, f"point {at}"
        assert await world.table.pending(0) == []
        await world.check_changes()


# --- crashes --------------------------------------------------------------------------------

#: A batch, or so many hours that pass before the next look.
Step = Batch | float


def history(rng: random.Random) -> dict[str, list[FakeRecord]]:
    """Orders and sign-ins of four customers, two of whom want to be forgotten."""
    made: dict[str, list[Event | bytes | None]] = {"orders": [], "logins": []}
    for n in range(22):
        customer_id, hours_ago = f"c{rng.randrange(4)}", rng.uniform(0, 100)
        if rng.random() < 0.7:
            total = f"{rng.randrange(10, 120)}.00"
            made["orders"].append(ordered(customer_id, f"e{n}", total, hours_ago=hours_ago))
        else:
            made["logins"].append(signed_in(customer_id, f"e{n}", hours_ago=hours_ago))
    erasures = records([erasure("c1"), erasure("c2")])
    return {**{topic: records(events) for topic, events in made.items()}, "customers": erasures}


def steps_of(rng: random.Random, made: dict[str, list[FakeRecord]]) -> list[Step]:
    """Batches of the history, and in between hours in which risks fall."""
    batches = random_batches(rng, {name: made[name] for name in made if name != "customers"})
    steps: list[Step] = []
    for batch in batches:
        steps.append(batch)
        if rng.random() < 0.4:
            steps.append(rng.choice([1.0, 7.0, 25.0, 100.0]))
    half = rng.randrange(len(steps))
    erasures = made["customers"]
    return [*steps[:half], ("customers", erasures[:1]), *steps[half:], 200.0,
            ("customers", erasures), 900.0]  # fmt: skip


class Journey:
    """Steps of a world, each done until it works; time passes once, whoever dies."""

    def __init__(self, steps: list[Step]) -> None:
        self._steps: Iterator[Step] = iter(steps)
        self._step: Step | None = next(self._steps)
        self._passed = False

    async def go_on(self, world: World, worker: Processor) -> None:
        while self._step is not None:
            if isinstance(self._step, float):
                if not self._passed:
                    world.clock.advance(hours=self._step)
                    self._passed = True
                while await worker.sweep(0):
                    pass
            else:
                topic, batch = self._step
                await worker.process(topic, 0, batch)
            self._step, self._passed = next(self._steps, None), False


async def undisturbed(steps: list[Step]) -> tuple[list[str], int]:
    """The ids of the alerts, and how many points a worker passes on its way to them."""
    world, fuse = shop(), Fuse()
    await Journey(steps).go_on(world, world.worker(fuse))
    check(world)
    return sorted(alert["id"] for alert in published(world)), len(fuse.passed)


@pytest.mark.parametrize("seed", range(3))
async def test_a_crash_at_any_point_neither_loses_nor_repeats_an_alert(seed: int) -> None:
    rng = random.Random(seed)
    steps = steps_of(rng, history(rng))
    expected, points = await undisturbed(steps)
    assert len(expected) > 5
    for at in range(1, points + 1):
        world, journey = shop(), Journey(steps)
        with pytest.raises(Crash):
            await journey.go_on(world, world.worker(Fuse(at)))
        await journey.go_on(world, world.worker())
        check(world)
        assert sorted(alert["id"] for alert in published(world)) == expected, f"point {at}"
        await world.check_changes()
        assert await world.table.pending(0) == []


@pytest.mark.parametrize("seed", range(3))
async def test_a_service_that_fails_at_any_point_makes_no_alert_come_twice(seed: int) -> None:
    rng = random.Random(seed)
    steps = steps_of(rng, history(rng))
    expected, points = await undisturbed(steps)
    for at in range(1, points + 1):
        world, journey = shop(), Journey(steps)
        worker = world.worker(Fuse(at, Transient))
        with pytest.raises(Transient):
            await journey.go_on(world, worker)
        await journey.go_on(world, worker)
        check(world)
        assert sorted(alert["id"] for alert in published(world)) == expected, f"point {at}"


async def test_an_alert_that_was_stored_before_a_crash_is_published_by_the_next_owner() -> None:
    world = shop()
    batch = records([ordered("a", "1", "60.00")])
    with pytest.raises(Crash):
        await world.worker(Fuse("before publish")).process("orders", 0, batch)
    assert published(world) == []
    await world.worker().sweep(0)
    assert told(world) == [("a", "raised", "high", 1)]
    await world.worker().process("orders", 0, batch)
    assert check(world) == 1


async def test_a_write_that_loses_to_another_worker_repeats_none_of_its_alerts() -> None:
    world = shop()
    await world.worker().process("logins", 0, records([signed_in("a", "1")]))
    other = world.worker()
    before_store = Fuse("before store")

    async def overtaken(where: str) -> None:
        try:
            await before_store(where)
        except Crash:  # version 2, as ours is
            await other.process("orders", 0, records([ordered("a", "2", "30.00")]))

    late = records([ordered("a", "3", "60.00")], 1)
    await world.worker(overtaken).process("orders", 0, late)
    assert told(world) == [("a", "raised", "elevated", 2), ("a", "raised", "high", 3)]
    assert check(world) == 2
