"""Segment moves: each transition is published once, whoever dies when."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable

import msgspec
import pytest
from msgspec.structs import replace

from stream import outbox
from stream.batch import Processor
from stream.errors import Transient
from stream.measures.conditions import of_field
from stream.measures.operators import Operator
from stream.measures.paths import resolve
from stream.measures.rules import Rule, Rules
from stream.profile.portrait import Cause, Portrait
from stream.tables.table import Pending
from stream.topics import SEGMENT_MOVES
from stream.update import Prepared
from tests.support.fakes import (
    Batch,
    Crash,
    Fuse,
    World,
    erasure,
    ordered,
    random_batches,
    random_history,
    records,
    signed_in,
)
from tests.support.standards import STANDARDS


def rule(name: str, field: str, **operators: object) -> Rule:
    path = resolve(Portrait, field)
    given = [Operator(operator, (value,)) for operator, value in operators.items()]
    return Rule(name=name, en=name, zh=name, condition=of_field(path, *given))


SEGMENTS = (
    rule("viewers", "activity.counts.product_viewed", at_least=2),
    rule("buyers", "spending.orders_30d", at_least=1),
    rule("recent", "last_seen", within_days=2),
)


def shop(*segments: Rule) -> World:
    world = World()
    world.standards = replace(STANDARDS, rules=Rules((), segments), version="1")
    return world


def moves(world: World) -> list[tuple[str, str, str, int]]:
    """Customer, segment, what happened and at which version, as published."""
    found = [
        msgspec.json.decode(message.value)
        for message in world.published
        if message.topic == SEGMENT_MOVES and message.value
    ]
    return [(m["customer_id"], m["segment"], m["move"], m["version"]) for m in found]


def expected(world: World) -> set[tuple[str, str, str, int]]:
    """What the versions of the portraits say, each compared with the one before."""
    found = set()
    for key, published in world.changes().items():
        before: set[str] = set()
        for version, value in sorted(set(published)):
            after = set(msgspec.json.decode(value)["segments"]) if value else set()
            customer = key.partition("/")[2]
            found |= {(customer, name, "entered", version) for name in after - before}
            found |= {(customer, name, "left", version) for name in before - after}
            before = after
    return found


def check_moves(world: World) -> None:
    published = moves(world)
    assert [move for move, times in Counter(published).items() if times > 1] == []
    assert set(published) == expected(world)


async def run(worker: Processor, batches: list[Batch]) -> None:
    for topic, batch in batches:
        await worker.process(topic, 0, batch)


async def test_entering_and_leaving_are_published_with_the_version_that_made_them() -> None:
    world = shop(*SEGMENTS)
    worker = world.worker()
    await worker.process("orders", 0, records([ordered("a", "1", "5.00")]))
    assert moves(world) == [("a", "buyers", "entered", 1), ("a", "recent", "entered", 1)]
    world.clock.advance(days=3)
    assert await worker.sweep(0) == 1
    assert moves(world)[2:] == [("a", "recent", "left", 2)]
    assert world.documents("main/a")[-1]["segments"] == ["buyers"]
    check_moves(world)


async def test_a_segment_is_left_at_its_very_instant_without_an_event() -> None:
    world = shop(rule("recent", "last_seen", within_days=2))
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1", hours_ago=1)]))
    world.clock.advance(hours=47, milliseconds=-1)
    await worker.sweep(0)
    assert moves(world) == [("a", "recent", "entered", 1)]
    world.clock.advance(milliseconds=1)
    await worker.sweep(0)
    assert moves(world)[1:] == [("a", "recent", "left", 2)]


async def test_an_erased_customer_leaves_every_segment() -> None:
    world = shop(*SEGMENTS)
    worker = world.worker()
    await worker.process("orders", 0, records([ordered("a", "1", "5.00")]))
    await worker.process("customers", 0, records([erasure("a")]))
    left = [move for move in moves(world) if move[2] == "left"]
    assert left == [("a", "buyers", "left", 2), ("a", "recent", "left", 2)]
    check_moves(world)


async def test_a_message_names_customer_segment_and_version_in_key_and_headers() -> None:
    world = shop(rule("buyers", "spending.orders", at_least=1))
    await world.worker().process("orders", 0, records([ordered("a", "1", "5.00")]))
    (message,) = [each for each in world.published if each.topic == SEGMENT_MOVES]
    assert message.key == b"main/a"
    assert dict(message.headers) == {
        "version": b"1", "store_id": b"main", "segment": b"buyers", "move": b"entered",
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
async def test_a_crash_at_any_point_neither_loses_nor_repeats_a_move(seed: int) -> None:
    rng = random.Random(seed)
    history = random_history(rng, events=20)
    batches = random_batches(rng, history)
    alone, fuse = shop(*SEGMENTS), Fuse()
    await run(alone.worker(fuse), batches)
    check_moves(alone)
    assert len(moves(alone)) > 5
    for at in range(1, len(fuse.passed) + 1):
        world = shop(*SEGMENTS)
        with pytest.raises(Crash):
            await run(world.worker(Fuse(at)), batches)
        await run(world.worker(), batches)
        check_moves(world)


@pytest.mark.parametrize("seed", range(3))
async def test_a_service_that_fails_at_any_point_makes_no_move_come_twice(seed: int) -> None:
    rng = random.Random(seed)
    batches = random_batches(rng, random_history(rng, events=20))
    points, fuse = Fuse(), Fuse()
    await run(shop(*SEGMENTS).worker(points), batches)
    for at in range(1, len(points.passed) + 1):
        world = shop(*SEGMENTS)
        fuse = Fuse(at, Transient)
        worker = world.worker(fuse)
        for topic, batch in batches:
            try:
                await worker.process(topic, 0, batch)
            except Transient:
                await worker.process(topic, 0, batch)
        check_moves(world)


async def test_a_move_that_was_stored_before_a_crash_is_published_by_the_next_owner() -> None:
    world = shop(*SEGMENTS)
    batch = records([ordered("a", "1", "5.00")])
    with pytest.raises(Crash):
        await world.worker(Fuse("before publish")).process("orders", 0, batch)
    assert moves(world) == []
    await world.worker().sweep(0)
    assert moves(world) == [("a", "buyers", "entered", 1), ("a", "recent", "entered", 1)]


async def test_an_exit_by_erasure_survives_a_crash_although_no_portrait_is_left() -> None:
    world = shop(*SEGMENTS)
    await world.worker().process("orders", 0, records([ordered("a", "1", "5.00")]))
    with pytest.raises(Crash):
        await world.worker(Fuse("before publish")).process("customers", 0, records([erasure("a")]))
    await world.worker().sweep(0)
    check_moves(world)


async def test_a_look_at_the_time_that_loses_to_a_live_event_repeats_no_move() -> None:
    world = shop(*SEGMENTS)
    worker = world.worker(hot_customers=1)
    updater = worker._updater
    await worker.process("logins", 0, records([signed_in("a", "1", hours_ago=40)]))
    await worker.process("logins", 0, records([signed_in("b", "2")], 1))  # `a` is cold now
    world.clock.advance(hours=9)
    prepared = await updater.prepare(0, ["main/a"], "time")  # version 2: left `recent`
    await worker.process("orders", 0, records([ordered("a", "3", "5.00")]))  # version 2 as well
    await worker.process("logins", 0, records([signed_in("b", "4")], 2))
    await updater.update(0, {"main/a": ()}, "time", prepared=prepared)
    assert ("a", "buyers", "entered", 2) in moves(world)
    check_moves(world)
    await worker.sweep(0)
    assert await world.table.pending(0) == []
    check_moves(world)


async def test_a_sweep_whose_draft_loses_to_a_batch_repeats_no_move(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = shop(*SEGMENTS)
    await world.worker().process("orders", 0, records([ordered("a", "1", "5.00")]))
    world.clock.advance(days=3)
    worker = world.worker()
    prepare = worker._updater.prepare

    async def overtaken(partition: int, keys: list[str], cause: Cause) -> Prepared:
        made = await prepare(partition, keys, cause)  # version 2: left `recent`
        batch = records([signed_in("a", "2", hours_ago=0.5)], 1)
        await worker.process("logins", 0, batch)  # version 2 as well
        return made

    monkeypatch.setattr(worker._updater, "prepare", overtaken)
    await worker.sweep(0)
    monkeypatch.undo()
    assert await world.table.pending(0) == []
    await worker.sweep(0)
    assert moves(world)[2:] == [("a", "recent", "left", 2)]
    check_moves(world)


async def test_a_write_that_loses_to_another_worker_repeats_none_of_its_moves() -> None:
    world = shop(*SEGMENTS)
    await world.worker().process("logins", 0, records([signed_in("a", "1")]))
    other = world.worker()
    before_store = Fuse("before store")

    async def overtaken(where: str) -> None:
        try:
            await before_store(where)
        except Crash:  # version 2, as ours is
            await other.process("orders", 0, records([ordered("a", "2", "5.00")]))

    await world.worker(overtaken).process("logins", 0, records([signed_in("a", "3")], 1))
    assert world.versions("main/a") == [1, 2, 3]
    assert await world.table.pending(0) == []
    check_moves(world)


async def test_a_draft_by_former_standards_is_made_again() -> None:
    world = shop()
    worker = world.worker(hot_customers=1)
    updater = worker._updater
    await worker.process("orders", 0, records([ordered("a", "1", "5.00")]))
    await worker.process("logins", 0, records([signed_in("b", "2")]))
    world.clock.advance(days=31)
    prepared = await updater.prepare(0, ["main/a"], "time")
    await updater.adopt(replace(STANDARDS, rules=Rules((), SEGMENTS), version="2"), lambda: [0])
    await updater.update(0, {"main/a": ()}, "time", prepared=prepared)
    portrait = world.documents("main/a")[-1]
    assert (portrait["version"], portrait["segments"]) == (2, [])
    buyers = rule("buyers", "spending.orders", at_least=1)
    await updater.adopt(replace(STANDARDS, rules=Rules((), (buyers,)), version="3"), lambda: [0])
    await world.table.schedule(0, {"main/a": 1}, "stale")
    await worker.renew(0)
    assert world.documents("main/a")[-1]["segments"] == ["buyers"]
    check_moves(world)


# --- what the table or another release leaves ---------------------------------------------------


class Dying(set[Pending]):
    """Pending notes whose owner dies just when it has taken some away."""

    def difference_update(self, *others: Iterable[object]) -> None:
        super().difference_update(*others)
        raise Crash


async def test_a_crash_between_the_notes_and_the_place_of_the_moves_repeats_none() -> None:
    world = shop(*SEGMENTS)
    batch = records([ordered("a", "1", "5.00")])
    world.table._pending[0] = Dying()
    with pytest.raises(Crash):
        await world.worker().process("orders", 0, batch)
    world.table._pending[0] = set(world.table._pending[0])
    assert await world.table.ends(0) == {}  # not before the notes: see `RedisTable.published`
    heir = world.worker()
    await heir.process("orders", 0, batch)
    await heir.process("customers", 0, records([erasure("a")]))
    check_moves(world)


@pytest.mark.parametrize("lacks", ["service", "changed"])
async def test_segments_that_another_release_published_are_not_entered_again(lacks: str) -> None:
    world = shop(*SEGMENTS)
    await world.worker().process("orders", 0, records([ordered("a", "1", "5.00")]))
    (record,) = await world.table.load(["main/a"])
    assert record is not None
    document = msgspec.json.decode(record.document or b"")
    del document[lacks]
    world.table._records["main/a"] = replace(record, document=msgspec.json.encode(document))
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "2")]))
    assert len(moves(world)) == 2
    await worker.process("customers", 0, records([erasure("a")]))
    assert [move[1:] for move in moves(world)[2:]] == [("buyers", "left", 3), ("recent", "left", 3)]
    check_moves(world)


# --- a customer whose events lie in two partitions ----------------------------------------------


@pytest.fixture
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Another partition is looked at again at once."""
    monkeypatch.setattr(outbox, "_OTHERS_POLL_S", 0)


@pytest.mark.usefixtures("without_waiting")
async def test_versions_of_two_partitions_are_published_in_their_order() -> None:
    world = shop(*SEGMENTS)
    await world.worker().process("logins", 0, records([signed_in("a", "1")]))
    others: list[asyncio.Task[None]] = []

    async def stored_and_not_published(where: str) -> None:
        if where == "before publish":
            batch = records([signed_in("a", "3")], 1)
            others.append(asyncio.create_task(world.worker().process("logins", 0, batch)))
            for _ in range(20):  # as far as it comes
                await asyncio.sleep(0)
            assert world.versions("main/a") == [1]

    first = world.worker(stored_and_not_published)
    await first.process("orders", 1, records([ordered("a", "2", "5.00")]))
    await asyncio.gather(*others)
    assert world.versions("main/a") == [1, 2, 3]
    check_moves(world)
    await world.check_changes()


@pytest.mark.usefixtures("without_waiting")
@pytest.mark.parametrize("look", ["event", "time"])
async def test_a_move_of_a_partition_whose_worker_was_killed_is_not_lost(
    look: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = shop(*SEGMENTS)
    await world.worker().process("logins", 0, records([signed_in("a", "1", hours_ago=40)]))
    orders = records([ordered("a", "2", "5.00", hours_ago=30)])
    with pytest.raises(Crash):
        await world.worker(Fuse("before publish")).process("orders", 1, orders)
    world.clock.advance(hours=19)  # `recent` ends

    worker = world.worker()

    async def go_on() -> None:
        if look == "event":
            await worker.process("logins", 0, records([signed_in("a", "3", hours_ago=29)], 1))
        else:
            await worker.sweep(0)

    monkeypatch.setattr(outbox, "_OTHERS_S", 0)
    with pytest.raises(Transient, match="the owner of partition 1 has still to publish"):
        await go_on()
    assert world.versions("main/a") == [1]
    await world.worker().process("orders", 1, orders)
    await go_on()
    assert ("a", "buyers", "entered", 2) in moves(world)
    assert ("a", "recent", "left", 3) in moves(world)
    check_moves(world)
    await world.check_changes()
