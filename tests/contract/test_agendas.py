"""The contract of the table's agendas, keys, moves and alerts, against memory and every Redis."""

import pytest

from stream.tables.table import Agenda, Due, Pending, PortraitTable, Record, Write

AGENDAS: tuple[Agenda, ...] = ("due", "stale")
ODD_KEYS = [
    "main/a/b/c",
    "main/a:b:c",
    "main/顾客 🛒",
    "main/{tag}",
    "main/*?[a]\\",
    "other store/a",
]


def write(key: str, revision: int = 1, *, due_ms: int | None = None, moves: bytes = b"") -> Write:
    return Write(key, Record(revision, revision, b"\x00state", b"{}", moves), due_ms, publish=False)


# --- agendas --------------------------------------------------------------------------------


@pytest.mark.parametrize("agenda", AGENDAS)
async def test_scheduled_customers_come_oldest_first_up_to_now(
    table: PortraitTable, other: PortraitTable, agenda: Agenda
) -> None:
    await table.schedule(3, {"main/c": 30, "main/a": 10, "main/b": 20, "main/d": 31}, agenda)
    assert await other.due(3, 9, 10, agenda) == []
    found = [Due("main/a", 10), Due("main/b", 20), Due("main/c", 30)]
    assert await other.due(3, 30, 10, agenda) == found
    assert await other.due(3, 30, 2, agenda) == found[:2]


@pytest.mark.parametrize("agenda", AGENDAS)
async def test_as_many_are_counted_as_are_scheduled_up_to_now(
    table: PortraitTable, agenda: Agenda
) -> None:
    assert await table.count_due(0, 2**53, agenda) == 0
    await table.schedule(0, {f"main/{n}": n for n in range(300)}, agenda)
    counts = [await table.count_due(0, now_ms, agenda) for now_ms in (-1, 0, 99, 299, 2**53)]
    assert counts == [0, 1, 100, 300, 300]
    assert await table.count_due(1, 2**53, agenda) == 0


@pytest.mark.parametrize("agenda", AGENDAS)
async def test_scheduling_nobody_does_nothing(table: PortraitTable, agenda: Agenda) -> None:
    await table.schedule(0, {}, agenda)
    assert await table.count_due(0, 2**53, agenda) == 0


async def test_a_customer_is_on_each_agenda_for_itself(table: PortraitTable) -> None:
    await table.store(0, [write("main/a", due_ms=50)])
    await table.schedule(0, {"main/a": 70, "main/b": 60}, "stale")
    assert await table.due(0, 100, 10) == [Due("main/a", 50)]
    assert await table.due(0, 100, 10, "stale") == [Due("main/b", 60), Due("main/a", 70)]
    await table.reschedule(0, [(Due("main/a", 70), None)], "stale")
    assert await table.due(0, 100, 10) == [Due("main/a", 50)]
    assert await table.due(0, 100, 10, "stale") == [Due("main/b", 60)]


async def test_a_due_time_is_brought_forward_only(table: PortraitTable) -> None:
    await table.store(0, [write("main/a", due_ms=50)])
    await table.schedule(0, {"main/a": 60, "main/b": 60})
    assert await table.due(0, 100, 10) == [Due("main/a", 50), Due("main/b", 60)]
    await table.schedule(0, {"main/a": 40})
    assert await table.due(0, 100, 10) == [Due("main/a", 40), Due("main/b", 60)]


@pytest.mark.parametrize("then", [40, 60])
async def test_the_time_of_a_stale_customer_is_replaced(table: PortraitTable, then: int) -> None:
    await table.schedule(0, {"main/a": 50}, "stale")
    await table.schedule(0, {"main/a": then}, "stale")
    assert await table.due(0, 100, 10, "stale") == [Due("main/a", then)]


async def test_who_is_marked_again_meanwhile_stays_stale(
    table: PortraitTable, other: PortraitTable
) -> None:
    await table.schedule(0, {"main/a": 50, "main/b": 50}, "stale")
    seen = await table.due(0, 2**53, 10, "stale")
    await other.schedule(0, {"main/a": 51}, "stale")  # the standards changed once more
    await table.reschedule(0, [(each, None) for each in seen], "stale")
    assert await table.due(0, 2**53, 10, "stale") == [Due("main/a", 51)]


@pytest.mark.parametrize("agenda", AGENDAS)
async def test_odd_keys_keep_their_places_on_agendas(table: PortraitTable, agenda: Agenda) -> None:
    await table.schedule(0, {key: n for n, key in enumerate(ODD_KEYS)}, agenda)
    found = await table.due(0, 100, 100, agenda)
    assert found == [Due(key, n) for n, key in enumerate(ODD_KEYS)]
    await table.reschedule(0, [(each, None) for each in found], agenda)
    assert await table.count_due(0, 100, agenda) == 0


# --- keys -----------------------------------------------------------------------------------


async def test_every_record_has_its_key_listed_once(table: PortraitTable) -> None:
    assert [key async for key in table.all_keys()] == []
    many = [f"main/c{n}" for n in range(1234)]
    await table.store(0, [write(key) for key in (*many, *ODD_KEYS)])
    await table.schedule(0, {"main/no record": 5}, "stale")
    found = [key async for key in table.all_keys()]
    assert sorted(found) == sorted([*many, *ODD_KEYS])


async def test_the_key_of_an_erased_customer_is_listed(table: PortraitTable) -> None:
    await table.store(0, [Write("main/a", Record(1, 1, b"marks", None), None, publish=False)])
    assert [key async for key in table.all_keys()] == ["main/a"]


# --- segment moves --------------------------------------------------------------------------


async def test_moves_are_stored_with_their_revision_and_gone_with_the_next(
    table: PortraitTable, other: PortraitTable
) -> None:
    with_moves = write("main/a", moves=b'[{"segment":"vip"}]')
    await table.store(0, [with_moves])
    assert await other.load(["main/a"]) == [with_moves.record]
    assert [record async for _, record in other.scan()] == [with_moves.record]
    await table.store(0, [write("main/a", 2)])
    (record,) = await other.load(["main/a"])
    assert record is not None
    assert (record.revision, record.moves) == (2, b"")


async def test_a_write_that_lost_leaves_the_moves_of_the_winner(
    table: PortraitTable, other: PortraitTable
) -> None:
    assert await table.store(0, [write("main/a", moves=b"winner")]) == [True]
    assert await other.store(0, [write("main/a", moves=b"loser")]) == [False]
    assert await other.store(0, [write("main/a", 3, moves=b"loser")]) == [False]
    (record,) = await table.load(["main/a"])
    assert record is not None
    assert record.moves == b"winner"


async def test_the_moves_of_an_erased_customer_are_kept_without_a_document(
    table: PortraitTable,
) -> None:
    erased = Record(1, 1, b"marks", None, b"left everything")
    await table.store(0, [Write("main/a", erased, None, publish=True)])
    assert await table.load(["main/a"]) == [erased]


async def test_each_customer_of_a_batch_gets_its_own_moves(table: PortraitTable) -> None:
    writes = [write(f"main/c{n}", moves=b"%d" % n if n % 3 else b"") for n in range(300)]
    assert all(await table.store(0, writes))
    assert await table.load([each.key for each in writes]) == [each.record for each in writes]


async def test_how_far_topics_were_written_is_kept_by_partition(
    table: PortraitTable, other: PortraitTable
) -> None:
    assert await table.ends(0) == {}
    await table.published(0, [], ends={("moves", 2): 17, ("moves", 0): 3, ("a:b", 2): 1})
    await table.published(1, [Pending("main/a", 1, "")], ends={("moves", 2): 19})
    assert await other.ends(0) == {("moves", 0): 3, ("moves", 2): 17, ("a:b", 2): 1}
    assert await other.ends(1) == {("moves", 2): 19}
    await other.published(0, [], ends={("moves", 2): 20})
    await other.published(0, [Pending("main/a", 1, "")])
    await other.published(0, [], ends={})
    assert await table.ends(0) == {("moves", 0): 3, ("moves", 2): 20, ("a:b", 2): 1}


# --- alerts ---------------------------------------------------------------------------------


async def test_alerts_go_with_their_revision_and_what_was_alerted_stays_as_it_was_written(
    table: PortraitTable, other: PortraitTable
) -> None:
    first = Record(1, 1, b"state", b"{}", b"", "0-t", alerts=b'[{"id":"1"}]', alerted=b'["high"]')
    await table.store(0, [Write("main/a", first, None, publish=True)])
    assert await other.load(["main/a"]) == [first]
    second = Record(2, 2, b"state", b"{}", b"", "0-t", alerted=b'["high"]')
    await other.store(0, [Write("main/a", second, None, publish=True)])
    assert await table.load(["main/a"]) == [second]
    third = Record(3, 3, b"state", None, b"", "0-t", alerts=b'[{"id":"3"}]')
    await table.store(0, [Write("main/a", third, None, publish=True)])
    assert await other.load(["main/a"]) == [third]
    assert await other.store(0, [Write("main/a", first, None, publish=True)]) == [False]
    assert await other.load(["main/a"]) == [third]
