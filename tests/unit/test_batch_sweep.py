"""What time alone changes, and what "now" is."""

from collections.abc import Sequence

import pytest

from stream.batch import LOOK_CUSTOMERS
from stream.clock import EventClock
from stream.profile.portrait import Cause
from stream.tables.table import Record, Write
from stream.update import Prepared
from stream.windows import HOUR_MS, WINDOW_MS
from tests.support.fakes import START_MS, World, ordered, records, signed_in, viewed

# The hour that an event an hour ago fell into leaves the window as a whole:
#
#   11:00      12:00 START                       12:00, 30 days later
#     |--event--|-------- 30 days ----------------|
LEAVES_MS = START_MS + WINDOW_MS


async def test_counters_fall_without_an_event_and_exactly_once() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    world.clock.ms = LEAVES_MS - 1
    assert await worker.sweep(0) == 0
    assert world.versions("main/a") == [1]

    world.clock.ms = LEAVES_MS
    assert await worker.sweep(0) == 1
    before, after = world.documents("main/a")
    assert (before["cause"], after["cause"]) == ("event", "time")
    counts = (before["activity"]["counts"], after["activity"]["counts"])
    assert counts == ({"signed_in": 1}, {})
    assert after["changed"] == ["activity"]

    world.clock.advance(days=400)
    while await worker.sweep(0):  # looking too early is allowed, publishing is not
        pass
    assert world.versions("main/a") == [1, 2]
    await world.check_changes()


async def test_orders_leave_the_window_and_stay_in_the_customers_life() -> None:
    world = World()
    worker = world.worker()
    await worker.process("orders", 0, records([ordered("a", "1", "5.00")]))
    for ms, orders in ((LEAVES_MS - 1, 1), (LEAVES_MS, 0)):
        world.clock.ms = ms
        await worker.sweep(0)
        spending = world.documents("main/a")[-1]["spending"]
        assert (spending["orders_30d"], spending["orders"]) == (orders, 1)
    assert {"activity", "spending"} <= {*world.documents("main/a")[-1]["changed"]}


async def test_every_hour_that_leaves_is_published_once_by_whoever_sweeps() -> None:
    world = World()
    events = [signed_in("a", f"{n}", hours_ago=n + 1) for n in range(5)]
    await world.worker().process("logins", 0, records(events))
    for hour in range(-5, 3):
        world.clock.ms = LEAVES_MS + hour * HOUR_MS
        for worker in (world.worker(), world.worker()):
            await worker.sweep(0)
    counts = [each["activity"]["counts"].get("signed_in", 0) for each in world.documents("main/a")]
    assert counts == [5, 4, 3, 2, 1, 0]
    await world.check_changes()


async def test_an_event_moves_nobodys_time_backwards() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1", hours_ago=50)]))
    await worker.process("logins", 0, records([signed_in("a", "2")], first_offset=1))
    world.clock.ms = LEAVES_MS - 49 * HOUR_MS
    assert await worker.sweep(0) == 1
    assert world.documents("main/a")[-1]["activity"]["counts"] == {"signed_in": 1}


async def test_due_customers_without_a_record_are_cleaned_away() -> None:
    world = World()
    conflict = Write("main/gone", Record(9, 9, b"", None), 5, publish=False)
    assert await world.table.store(0, [conflict]) == [False]
    worker = world.worker()
    assert await worker.sweep(0) == 1
    assert await worker.sweep(0) == 0
    assert world.published == []
    assert await world.portraits() == {}


async def test_customers_who_are_due_too_early_are_put_off() -> None:
    world = World()
    await world.worker().process("logins", 0, records([signed_in("a", "1")]))
    (record,) = await world.table.load(["main/a"])
    assert record is not None
    await world.table.store(0, [Write("main/a", record, START_MS - 1, publish=False)])
    assert await world.worker().sweep(0) == 1
    assert world.versions("main/a") == [1]
    (due,) = await world.table.due(0, 10**15, 10)
    assert due.due_ms == LEAVES_MS


async def test_a_look_without_a_change_that_an_event_overtook_does_not_put_anybody_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World()
    await world.worker().process("logins", 0, records([signed_in("a", "1")]))
    (record,) = await world.table.load(["main/a"])
    assert record is not None
    # Due too early: so the look finds nothing to write, and nothing that could lose.
    await world.table.store(0, [Write("main/a", record, START_MS - 1, publish=False)])
    worker = world.worker()
    prepare = worker._updater.prepare

    async def overtaken(partition: int, keys: Sequence[str], cause: Cause) -> Prepared:
        made = await prepare(partition, keys, cause)
        assert [each.write for each in made.drafts.values()] == [None]
        event = signed_in("a", "2", hours_ago=49)  # leaves 48 hours before the other
        await worker.process("logins", 0, records([event], first_offset=1))
        return made

    monkeypatch.setattr(worker._updater, "prepare", overtaken)
    assert await worker.sweep(0) == 1
    monkeypatch.undo()
    (due,) = await world.table.due(0, 10**15, 10)
    assert due.due_ms == LEAVES_MS - 48 * HOUR_MS
    world.clock.ms = due.due_ms
    assert await worker.sweep(0) == 1
    assert world.documents("main/a")[-1]["activity"]["counts"] == {"signed_in": 1}


async def test_many_due_customers_take_several_looks() -> None:
    world = World()
    worker = world.worker(hot_customers=10)
    many = 2 * LOOK_CUSTOMERS + 1
    events = [signed_in(f"c{n}", f"{n}") for n in range(many)]
    await worker.process("logins", 0, records(events))
    world.clock.ms = LEAVES_MS
    looks = [await worker.sweep(0) for _ in range(4)]
    assert looks == [LOOK_CUSTOMERS, LOOK_CUSTOMERS, 1, 0]
    assert len(world.changes()) == many
    assert all(world.versions(key) == [1, 2] for key in world.changes())


async def test_a_sweep_keeps_to_its_partition() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    world.clock.ms = LEAVES_MS
    assert await worker.sweep(1) == 0
    assert await worker.sweep(0) == 1


# --- now ------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes", [1, 4, 4.9])
async def test_an_event_ahead_of_the_clock_lies_before_its_portrait(minutes: float) -> None:
    world = World()
    await world.worker().process(
        "logins", 0, records([signed_in("a", "1", hours_ago=-minutes / 60)])
    )
    (document,) = world.documents("main/a")
    assert document["activity"]["counts"] == {"signed_in": 1}
    assert document["last_seen"] < document["as_of"]
    (due,) = await world.table.due(0, 10**15, 10)
    assert due.due_ms == LEAVES_MS + HOUR_MS


async def test_with_the_event_clock_now_is_just_after_the_newest_event_of_the_partition() -> None:
    world = World()
    worker = world.worker(clock=EventClock())
    await worker.process("logins", 0, records([signed_in("a", "1", hours_ago=9)]))
    await worker.process("logins", 1, records([signed_in("z", "1", hours_ago=1)]))
    await worker.process("clicks", 0, records([viewed("b", "2", hours_ago=3)]))
    await worker.process("clicks", 0, records([viewed("c", "3", hours_ago=7)], first_offset=1))
    as_of = {key: documents[-1]["as_of"] for key in world.changes()
             if (documents := world.documents(key))}  # fmt: skip
    assert as_of == {
        "main/a": "2025-06-01T03:00:00.001Z",
        "main/z": "2025-06-01T11:00:00.001Z",
        "main/b": "2025-06-01T09:00:00.001Z",
        "main/c": "2025-06-01T09:00:00.001Z",
    }


async def test_the_watermark_survives_a_take_over() -> None:
    world = World()
    await world.worker(clock=EventClock()).process(
        "logins", 0, records([signed_in("a", "1", hours_ago=2)])
    )
    assert await world.table.watermark(0) == START_MS - 2 * HOUR_MS
    heir = world.worker(clock=EventClock())
    await heir.process("logins", 0, records([signed_in("b", "2", hours_ago=5)], first_offset=1))
    assert world.documents("main/b")[-1]["as_of"] == "2025-06-01T10:00:00.001Z"


async def test_a_released_partition_takes_the_watermark_of_its_next_owner() -> None:
    world = World()
    first, second = world.worker(clock=EventClock()), world.worker(clock=EventClock())
    await first.process("logins", 0, records([signed_in("a", "1", hours_ago=9)]))
    first.assign(0)
    later = records([signed_in("b", "2", hours_ago=2)], first_offset=1)
    await second.process("logins", 0, later)
    await first.process("logins", 0, records([signed_in("c", "3", hours_ago=5)], first_offset=2))
    assert world.documents("main/c")[-1]["as_of"] == "2025-06-01T10:00:00.001Z"


async def test_a_released_partition_has_no_time_of_its_own_left() -> None:
    world, clock = World(), EventClock()
    worker = world.worker(clock=clock)
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    worker.assign(0)
    assert clock.now_ms(0) == 0


async def test_with_the_event_clock_customers_become_due_as_others_have_events() -> None:
    world = World()
    worker = world.worker(clock=EventClock())
    await worker.process("logins", 0, records([signed_in("a", "1", hours_ago=31 * 24)]))
    assert await worker.sweep(0) == 0
    await worker.process("logins", 0, records([signed_in("b", "2")], first_offset=1))
    assert await worker.sweep(0) == 1
    assert world.documents("main/a")[-1]["cause"] == "time"
    assert world.documents("main/a")[-1]["activity"]["counts"] == {}


async def test_the_wall_clock_keeps_no_watermark() -> None:
    world = World()
    await world.worker().process("logins", 0, records([signed_in("a", "1")]))
    assert await world.table.watermark(0) is None
