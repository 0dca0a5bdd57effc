"""What one customer's event makes known of others reaches each of them, once, whatever happens."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from stream.batch import Processor
from stream.clock import EventClock
from stream.decode import place
from stream.errors import Transient
from stream.events import AccountLinked, Event, SignedUp
from stream.fields import Context
from stream.link import links
from stream.money import Rates
from stream.profile.occurrence import Occurrence
from stream.risk.evidence import Facts, Told
from stream.risk.records import Known
from stream.tables import codec
from stream.topics import LINKS
from stream.windows import to_ms
from tests.support.fakes import (
    START,
    START_MS,
    Crash,
    FakeRecord,
    Fuse,
    World,
    erasure,
    records,
    signed_in,
    viewed,
)


def signed_up(who: str, *, hours_ago: float = 2.0) -> Event:
    return SignedUp(
        event_id=f"{who} signs up", customer_id=who, context=Context(device_id="shared"),
        occurred_at=START - timedelta(hours=hours_ago),
    )  # fmt: skip


def told(world: World) -> list[AccountLinked]:
    """What was sent to those whom it concerns, in order."""
    return [
        msgspec.json.decode(message.value or b"", type=AccountLinked)
        for message in world.published
        if message.topic == LINKS
    ]


async def deliver(world: World, worker: Processor) -> None:
    """Hand all that was told to the one concerned, as the internal topic does."""
    sent = [message for message in world.published if message.topic == LINKS]
    batch = [FakeRecord(n, message.key, message.value) for n, message in enumerate(sent)]
    await worker.process(LINKS, 0, batch)


async def known(world: World, who: str) -> dict[str, list[Known]]:
    (record,) = await world.table.load([f"main/{who}"])
    assert record is not None
    return codec.decode(record.state).risk.known


# --- the messages ---------------------------------------------------------------------------


def occurrence(*found: Told, event_id: str = "1") -> Occurrence:
    event = signed_in("a", event_id)
    placed = place(event, now_ms=START_MS, rates=Rates("USD"))
    return msgspec.structs.replace(placed, facts=Facts(told=found))


def sent(key: str, *occurrences: Occurrence) -> list[AccountLinked]:
    return [
        msgspec.json.decode(message.value or b"", type=AccountLinked)
        for message in links(key, occurrences)
    ]


def test_events_that_concern_nobody_else_send_nothing() -> None:
    assert links("main/a", [occurrence(), occurrence(event_id="2")]) == []


def test_each_one_concerned_is_told_what_and_why() -> None:
    cause = occurrence(Told("main/b", "accounts_on_device", 3), Told("main/c/d", "coupon", 2))
    messages = links("main/a", [occurrence(event_id="0"), cause])
    assert [(message.topic, message.key) for message in messages] == [
        (LINKS, b"main/b"),
        (LINKS, b"main/c/d"),
    ]
    first, second = sent("main/a", cause)
    assert (first.store_id, first.customer_id) == ("main", "b")
    assert (first.code, first.value, first.cause) == ("accounts_on_device", 3, "1")
    assert first.occurred_at == cause.event.occurred_at
    assert (second.customer_id, second.code, second.value) == ("c/d", "coupon", 2)


def test_the_id_depends_on_who_causes_it_by_what_and_on_whom_it_concerns_how_alone() -> None:
    def id_of(key: str = "main/a", to: str = "main/b", code: str = "x", value: int = 2,
              cause: str = "1") -> str:  # fmt: skip
        (link,) = sent(key, occurrence(Told(to, code, value), event_id=cause))
        return link.event_id

    assert id_of() == id_of(value=9)
    others = [id_of(key="main/z"), id_of(to="main/c"), id_of(code="y"), id_of(cause="2")]
    assert len({id_of(), *others}) == 5


def test_the_longest_names_make_links_that_keep_the_contract() -> None:
    long = "客" * 128
    (link,) = sent(
        f"main/{long}", occurrence(Told(f"main/{long}", "x" * 256, 1), event_id="9" * 64)
    )
    assert link.customer_id == long


# --- in the stream --------------------------------------------------------------------------


async def test_who_was_there_before_is_told_of_who_comes_after() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_up("old", hours_ago=3), signed_up("new")]))
    assert "accounts_on_device" not in await known(world, "old")
    assert [(each.customer_id, each.cause) for each in told(world)] == [("old", "new signs up")]
    await deliver(world, worker)
    since_ms = START_MS - timedelta(hours=2) // timedelta(milliseconds=1)
    found = (await known(world, "old"))["accounts_on_device"]
    assert found == [Known(since_ms, 2, "new signs up")]
    assert found == (await known(world, "new"))["accounts_on_device"]
    # It is no act of theirs.
    assert world.documents("main/old")[-1]["activity"]["counts"] == {"signed_up": 1}
    assert world.documents("main/old")[-1]["last_seen"] == "2025-06-01T09:00:00.000Z"


async def test_a_later_event_of_the_same_customer_tells_nothing_again() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_up("old", hours_ago=3), signed_up("new")]))
    again = signed_up("new", hours_ago=1)
    await worker.process("logins", 0, records([msgspec.structs.replace(again, event_id="2")], 2))
    assert len(told(world)) == 1


@pytest.mark.parametrize("where", ["before store", "after store", "within publish"])
async def test_what_a_crash_kept_from_being_told_is_told_again_under_the_same_id(
    where: str,
) -> None:
    undisturbed, world = World(), World()
    before, after = [signed_up("old", hours_ago=3)], [signed_up("new"), viewed("new", "1")]
    batches = [records(before), records(after[:1], 1)]
    for batch in batches:
        await undisturbed.worker().process("logins", 0, batch)
    await world.worker().process("logins", 0, batches[0])
    with pytest.raises(Crash):
        await world.worker(Fuse(where)).process("logins", 0, batches[1])
    await world.worker().process("clicks", 0, records(after[1:]))
    await world.worker().process("logins", 0, batches[1])
    assert told(undisturbed)
    assert set(told(world)) == set(told(undisturbed))
    # And once more, as nothing may have been committed.
    await world.worker().process("logins", 0, batches[1])
    assert set(told(world)) == set(told(undisturbed))
    assert len(told(world)) > 1


async def test_a_link_that_comes_twice_is_known_once() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_up("old", hours_ago=3), signed_up("new")]))
    await deliver(world, worker)
    found, versions = await known(world, "old"), world.versions("main/old")
    sent = [message for message in world.published if message.topic == LINKS]
    again = [FakeRecord(n, each.key, each.value) for n, each in enumerate(sent, 100)]
    await worker.process(LINKS, 0, again)
    assert await known(world, "old") == found
    assert set(world.versions("main/old")) == set(versions)


async def test_an_erased_customer_tells_nothing_and_is_told_nothing() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_up("old", hours_ago=3)]))
    await worker.process("customers", 0, records([erasure("gone"), erasure("old", "and me")]))
    await worker.process("logins", 0, records([signed_up("gone")], 1))
    assert told(world) == []
    await worker.process("logins", 0, records([signed_up("new", hours_ago=1)], 2))
    assert {each.customer_id for each in told(world)} == {"old", "gone"}
    await deliver(world, worker)
    assert world.documents("main/old")[-1] is None
    assert await known(world, "old") == {} == await known(world, "gone")


async def test_what_was_not_told_before_an_erasure_is_not_told_after_it() -> None:
    world = World()
    await world.worker().process("logins", 0, records([signed_up("old", hours_ago=3)]))
    batch = records([signed_up("new")], 1)
    with pytest.raises(Crash):
        await world.worker(Fuse("before publish")).process("logins", 0, batch)
    await world.worker().process("customers", 0, records([erasure("new")]))
    await world.worker().process("logins", 0, batch)
    assert told(world) == []


async def test_a_link_moves_no_clock() -> None:
    world = World()
    worker = world.worker(clock=EventClock())
    await worker.process("logins", 0, records([signed_up("old", hours_ago=30)]))
    await worker.process("logins", 1, records([signed_up("new")]))
    await deliver(world, worker)
    assert await world.table.watermark(0) == to_ms(START - timedelta(hours=30))


async def test_a_customer_known_by_a_link_only_has_no_portrait_yet() -> None:
    world = World()
    link: Any = AccountLinked(
        event_id="link-1", customer_id="unseen", occurred_at=START, code="accounts_on_device",
        value=3, cause="1",
    )  # fmt: skip
    await world.worker().process(LINKS, 0, records([link]))
    assert world.published == []
    assert [each.value for each in (await known(world, "unseen"))["accounts_on_device"]] == [3]


async def test_a_publisher_that_fails_tells_again() -> None:
    world, fuse = World(), Fuse()
    worker = world.worker(fuse)
    await worker.process("logins", 0, records([signed_up("old", hours_ago=3)]))
    fuse.arm("before publish", Transient)
    batch = records([signed_up("new")], 1)
    with pytest.raises(Transient):
        await worker.process("logins", 0, batch)
    assert told(world) == []
    await worker.process("logins", 0, batch)
    assert [each.customer_id for each in told(world)] == ["old"]
