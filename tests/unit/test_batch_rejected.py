"""Records that break the contract, between good ones."""

import msgspec

from tests.support.fakes import World, erasure, records, signed_in, viewed


async def test_bad_records_become_dead_letters_and_good_ones_count() -> None:
    world = World()
    bad = [b"{not json", None, msgspec.json.encode({"type": "nothing"})]
    batch = [signed_in("a", "1"), bad[0], signed_in("a", "2"), bad[1], bad[2], signed_in("b", "3")]
    await world.worker().process("logins", 3, records(batch, first_offset=10))

    assert [letter.value for letter in world.dead_letters()] == bad
    assert world.documents("main/a")[0]["activity"]["counts"] == {"signed_in": 2}
    assert world.documents("main/b")[0]["activity"]["counts"] == {"signed_in": 1}
    assert await world.table.positions() == {"logins:3": 16}


async def test_a_dead_letter_has_the_records_key_its_bytes_and_where_it_stood() -> None:
    world = World()
    (good,) = records([viewed("a", "1")], first_offset=41)
    await world.worker().process("logins", 3, [good])
    (letter,) = world.dead_letters()
    assert (letter.key, letter.value) == (b"main/a", good.value)
    headers = dict(letter.headers)
    assert headers.pop("detail") == b"product_viewed belongs to clicks, not to logins"
    assert headers == {
        "reason": b"wrong_topic",
        "topic": b"logins",
        "partition": b"3",
        "offset": b"41",
        "timestamp": str(good.timestamp).encode(),
    }


async def test_a_batch_of_bad_records_only_is_processed() -> None:
    world = World()
    await world.worker().process("logins", 0, records([b"", b"[]", None]))
    reasons = [dict(letter.headers)["reason"] for letter in world.dead_letters()]
    assert reasons == [b"not_json", b"wrong_type", b"not_json"]
    assert world.changes() == {}
    assert await world.portraits() == {}


async def test_a_bad_record_leaves_hot_customers_as_they_are() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    await worker.process("logins", 0, records([b"bad"], first_offset=1))
    await worker.process("logins", 0, records([signed_in("a", "2")], first_offset=2))
    assert world.versions("main/a") == [1, 2]


# --- erasure --------------------------------------------------------------------------------


async def test_erasure_publishes_a_tombstone() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1"), signed_in("b", "2")]))
    await worker.process("customers", 0, records([erasure("a")]))
    assert world.changes()["main/a"][-1] == (2, None)
    assert await world.portraits() | {"main/b": None} == {"main/a": None, "main/b": None}
    (record,) = await world.table.load(["main/a"])
    assert record is not None
    assert record.document is None
    assert b"signed_in" not in record.state
    await world.check_changes()


async def test_later_and_earlier_events_of_an_erased_customer_are_ignored() -> None:
    world = World()
    worker = world.worker()
    await worker.process("customers", 0, records([erasure("a")]))
    assert world.changes()["main/a"] == [(1, None)]
    events = [signed_in("a", "earlier", hours_ago=99), signed_in("a", "later", hours_ago=-0.05)]
    await worker.process("logins", 0, records(events))
    await world.worker().process("clicks", 0, records([viewed("a", "3")]))
    assert world.changes()["main/a"] == [(1, None)]
    assert await world.portraits() == {"main/a": None}


async def test_a_second_erasure_publishes_nothing() -> None:
    world = World()
    worker = world.worker()
    await worker.process("customers", 0, records([erasure("a", "1"), erasure("a", "2")]))
    await worker.process("customers", 0, records([erasure("a", "3")], first_offset=2))
    assert world.changes()["main/a"] == [(1, None)]


async def test_a_redelivered_erasure_publishes_the_tombstone_again() -> None:
    world = World()
    await world.worker().process("logins", 0, records([signed_in("a", "1")]))
    for _ in range(2):
        await world.worker().process("customers", 0, records([erasure("a")]))
    assert world.changes()["main/a"][1:] == [(2, None), (2, None)]


async def test_an_erased_customer_is_never_due_again() -> None:
    world = World()
    worker = world.worker()
    await worker.process("logins", 0, records([signed_in("a", "1")]))
    await worker.process("customers", 0, records([erasure("a")]))
    world.clock.advance(days=40)
    assert await worker.sweep(0) == 1  # the time set before the erasure
    assert world.versions("main/a") == [1, 2]
    assert await world.table.due(0, 10**15, 10) == []
