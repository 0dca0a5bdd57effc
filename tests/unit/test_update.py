"""The updater: order of its steps, recovery, and what it says of the work."""

from stream.draft import Sourced
from stream.hot import Entry
from stream.profile.fold import Folded
from stream.profile.occurrence import Occurrence, hash_id
from stream.publish import Message
from stream.tables.memory import MemoryTable
from stream.tables.memory_products import MemoryProducts
from stream.tables.table import Pending, Position, Record, Write
from stream.update import Updater
from stream.windows import to_ms
from tests.support.fakes import (
    FaultyTable,
    Fuse,
    ManualClock,
    RecordingPublisher,
    go_on,
    signed_in,
)
from tests.support.standards import STANDARDS


def sourced(customer_id: str, event_id: str, offset: int) -> Sourced:
    event = signed_in(customer_id, event_id)
    return Sourced(
        "logins:0", offset, Occurrence(event, to_ms(event.occurred_at), 0, hash_id(event_id))
    )


def updater(table: MemoryTable, published: list[Message], point: Fuse | None = None) -> Updater:
    return Updater(
        FaultyTable(table, point or go_on),  # type: ignore[arg-type]
        RecordingPublisher(published, point or go_on),
        ManualClock(),
        MemoryProducts(),
        standards=STANDARDS,
        hot_customers=10,
    )


async def test_state_is_stored_before_it_is_published_and_pending_until_after() -> None:
    fuse = Fuse()
    await updater(MemoryTable(), [], fuse).update(
        0, {"main/a": [sourced("a", "1", 0)]}, "event", position=Position("logins:0", 1)
    )
    steps = ("after store", "before publish", "after publish", "before published")
    assert [where for where in fuse.passed if where in steps] == list(steps)


async def test_dead_letters_are_acknowledged_together_with_the_batch() -> None:
    table, published = MemoryTable(), []
    letter = Message("dead-letters", None, b"bad", ())
    await updater(table, published).update(
        0, {"main/a": [sourced("a", "1", 0)]}, "event", dead_letters=[letter]
    )
    assert [message.topic for message in published] == ["dead-letters", "portraits"]


async def test_the_result_counts_outcomes_and_tells_when_each_customer_is_due() -> None:
    table, published = MemoryTable(), []
    updates = updater(table, published)
    work = {
        "main/a": [sourced("a", "1", 0), sourced("a", "1", 1)],
        "main/b": [sourced("b", "2", 2)],
    }
    first = await updates.update(0, work, "event")
    again = await updates.update(0, work, "event")
    looked = await updates.update(0, {"main/a": (), "main/nobody": ()}, "time")
    assert first.outcomes == {Folded.APPLIED: 2, Folded.DUPLICATE: 1}
    assert again.outcomes == {Folded.REPLAYED: 3}
    assert not looked.outcomes
    (due, _) = await table.due(0, 10**15, 10)
    assert first.due_ms == again.due_ms == {"main/a": due.due_ms, "main/b": due.due_ms}
    assert looked.due_ms == {"main/a": due.due_ms, "main/nobody": None}


async def test_recovery_publishes_pending_records_byte_for_byte_and_only_once() -> None:
    table, published = MemoryTable(), []
    await updater(table, lost := []).update(0, {"main/a": [sourced("a", "1", 0)]}, "event")
    (record,) = await table.load(["main/a"])
    assert record is not None
    await table.store(0, [Write("main/a", record, None, publish=True)])  # a conflict: pending again
    await table.store(0, [Write("main/gone", Record(9, 9, b"", None), None, publish=True)])

    updates = updater(table, published)
    await updates.recover(0)
    await updates.recover(0)

    assert published == lost
    assert await table.pending(0) == [
        Pending("main/gone", 9, "")
    ]  # whoever noted it may store it yet


async def test_a_lost_entry_is_forgotten_and_the_events_folded_into_the_newer_one() -> None:
    table, published = MemoryTable(), []
    mine, theirs = updater(table, published), updater(table, [])
    await mine.update(0, {"main/a": [sourced("a", "1", 0)]}, "event")
    await theirs.update(0, {"main/a": [sourced("a", "2", 1)]}, "event")
    await mine.update(0, {"main/a": [sourced("a", "3", 2)]}, "event")
    (record,) = await table.load(["main/a"])
    assert record is not None
    assert b'"signed_in":3' in (record.document or b"")
    entry = mine.hot.take(0, "main/a")
    assert isinstance(entry, Entry)
    assert (entry.revision, entry.version) == (3, 3) == (record.revision, record.version)
