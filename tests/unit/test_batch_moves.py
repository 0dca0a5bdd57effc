"""Segment moves: each transition is published once, whoever dies when."""

import random
from collections import Counter

import msgspec
import pytest
from msgspec.structs import replace

from stream.batch import Processor
from stream.errors import Transient
from stream.measures.conditions import of_field
from stream.measures.operators import Operator
from stream.measures.paths import resolve
from stream.measures.rules import Rule, Rules
from stream.profile.portrait import Portrait
from stream.topics import SEGMENT_MOVES
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


async def test_a_draft_by_former_standards_is_made_again() -> None:
    world = shop()
    worker = world.worker(hot_customers=1)
    updater = worker._updater
    await worker.process("orders", 0, records([ordered("a", "1", "5.00")]))
    await worker.process("logins", 0, records([signed_in("b", "2")]))
    world.clock.advance(days=31)
    prepared = await updater.prepare(0, ["main/a"], "time")
    updater.standards = replace(STANDARDS, rules=Rules((), SEGMENTS), version="2")
    await updater.update(0, {"main/a": ()}, "time", prepared=prepared)
    portrait = world.documents("main/a")[-1]
    assert (portrait["version"], portrait["segments"]) == (2, [])
    updater.standards = replace(
        STANDARDS, rules=Rules((), (rule("buyers", "spending.orders", at_least=1),)), version="3"
    )
    await world.table.schedule(0, {"main/a": 1}, "stale")
    await worker.renew(0)
    assert world.documents("main/a")[-1]["segments"] == ["buyers"]
    check_moves(world)
