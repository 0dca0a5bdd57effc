"""The contract of the portrait table, held against memory, Valkey, Redis and Redis Cluster."""

import pytest

from stream.tables.table import Due, Pending, PortraitTable, Position, Record, Write

ODD_KEYS = [
    "main/a/b/c",
    "main/a:b:c",
    "main/with two  spaces",
    "main/顾客-ñ-🛒",
    "main/{tag}",
    "main/}{",
    "main/*?[a]\\",
    "main/line\nbreak",
    "other store/a:b:c",
]


def record(revision: int = 1, version: int = 1, text: str = "x") -> Record:
    return Record(revision, version, b"\x00\xff\r\n" + text.encode(), f'{{"t":"{text}"}}'.encode())


def write(
    key: str, of: Record | None = None, *, due_ms: int | None = None, publish: bool = False
) -> Write:
    return Write(key, of or record(), due_ms, publish)


def note(key: str, version: int, token: str = "") -> Pending:
    return Pending(key, version, token)


# --- records --------------------------------------------------------------------------------


async def test_what_was_never_stored_is_missing(table: PortraitTable) -> None:
    assert await table.load([]) == []
    assert await table.store(0, []) == []
    assert await table.load(["main/a", "main/b"]) == [None, None]


async def test_a_stored_record_is_seen_by_every_worker(
    table: PortraitTable, other: PortraitTable
) -> None:
    assert await table.store(0, [write("main/a", record(text="a"))]) == [True]
    assert await other.load(["main/b", "main/a"]) == [None, record(text="a")]


async def test_the_next_revision_replaces_the_record(table: PortraitTable) -> None:
    await table.store(0, [write("main/a")])
    assert await table.store(0, [write("main/a", record(2, 1, "second"))]) == [True]
    assert await table.load(["main/a"]) == [record(2, 1, "second")]


@pytest.mark.parametrize("revision", [1, 2, 4, 13], ids=lambda r: f"revision {r} after 2")
async def test_a_record_of_any_other_revision_is_refused_and_leaves_nothing(
    table: PortraitTable, revision: int
) -> None:
    await table.store(0, [write("main/a")])
    await table.store(0, [write("main/a", record(2, 2, "winner"))])
    erased = Record(revision, 9, b"loser", None)
    assert await table.store(0, [write("main/a", erased)]) == [False]
    assert await table.load(["main/a"]) == [record(2, 2, "winner")]


async def test_a_new_record_must_have_revision_one(table: PortraitTable) -> None:
    assert await table.store(0, [write("main/a", record(2))]) == [False]
    assert await table.load(["main/a"]) == [None]


async def test_of_two_workers_with_the_same_revision_one_wins(
    table: PortraitTable, other: PortraitTable
) -> None:
    first = await table.store(0, [write("main/a", record(text="first"))])
    second = await other.store(0, [write("main/a", record(text="second"))])
    assert (first, second) == ([True], [False])
    assert await table.load(["main/a"]) == await other.load(["main/a"]) == [record(text="first")]


async def test_a_batch_of_300_says_of_each_key_whether_it_was_stored(table: PortraitTable) -> None:
    keys = [f"main/c{n}" for n in range(300)]
    taken = set(keys[::3]) | set(keys[60:70]) | {keys[-1]}
    await table.store(0, [write(key, record(text="theirs")) for key in taken])

    stored = await table.store(0, [write(key, record(text=f"mine {key}")) for key in keys])

    assert stored == [key not in taken for key in keys]
    expected = [record(text="theirs" if key in taken else f"mine {key}") for key in keys]
    assert await table.load(keys) == expected


async def test_revisions_are_those_of_the_records_and_zero_without_one(
    table: PortraitTable, other: PortraitTable
) -> None:
    assert await table.revisions([]) == []
    assert await table.revisions(["main/a"]) == [0]
    keys = [f"main/c{n}" for n in range(60)] + ODD_KEYS
    await table.store(0, [write(key) for key in keys])
    await table.store(0, [write(key, record(2, 1)) for key in keys[::2]])
    await table.store(0, [write(keys[0], Record(3, 2, b"marks", None))])
    await table.store(0, [write(keys[1], record(7))])  # a conflict
    expected = [3, *(1 + (n % 2 == 0) for n in range(1, len(keys)))]
    assert await other.revisions([*keys, "main/gone"]) == [*expected, 0]
    assert await other.revisions([keys[3], keys[2], keys[3]]) == [1, 2, 1]


async def test_odd_characters_in_keys_keep_customers_apart(table: PortraitTable) -> None:
    writes = [write(key, record(text=f"odd {n}"), due_ms=n, publish=True)
              for n, key in enumerate(ODD_KEYS)]  # fmt: skip
    assert all(await table.store(0, writes))
    assert await table.load(ODD_KEYS) == [each.record for each in writes]
    assert [each.key for each in await table.due(0, 100, 100)] == ODD_KEYS
    assert await table.pending(0) == sorted(note(key, 1) for key in ODD_KEYS)
    assert dict([pair async for pair in table.scan()]) == {w.key: w.record for w in writes}


async def test_an_erased_record_keeps_revision_version_and_state(table: PortraitTable) -> None:
    await table.store(0, [write("main/a")])
    erased = Record(2, 2, b"marks", None)
    assert await table.store(0, [write("main/a", erased)]) == [True]
    assert await table.load(["main/a"]) == [erased]
    assert [pair async for pair in table.scan()] == [("main/a", erased)]


async def test_a_scan_sees_every_record_once(table: PortraitTable) -> None:
    records = {f"main/c{n}": record(text=str(n)) for n in range(1234)}
    await table.store(0, [write(key, each) for key, each in records.items()])
    found = [pair async for pair in table.scan()]
    assert len(found) == len(records)
    assert dict(found) == records


async def test_a_scan_of_an_empty_table_finds_nothing(table: PortraitTable) -> None:
    await table.store(0, [write("main/a", record(7), due_ms=5, publish=True)])  # a conflict
    assert [pair async for pair in table.scan()] == []


# --- due customers --------------------------------------------------------------------------


async def test_due_customers_come_oldest_first_up_to_now(table: PortraitTable) -> None:
    due = {"main/c": 30, "main/a": 10, "main/b": 20, "main/d": 31}
    await table.store(3, [write(key, due_ms=at) for key, at in due.items()])
    assert await table.due(3, 9, 10) == []
    assert await table.due(3, 30, 10) == [Due("main/a", 10), Due("main/b", 20), Due("main/c", 30)]


async def test_no_more_due_customers_are_given_than_asked_for(table: PortraitTable) -> None:
    await table.store(0, [write(f"main/{n}", due_ms=n) for n in range(9)])
    assert await table.due(0, 100, 2) == [Due("main/0", 0), Due("main/1", 1)]


async def test_partitions_have_due_customers_of_their_own(table: PortraitTable) -> None:
    await table.store(0, [write("main/a", due_ms=1)])
    assert await table.due(1, 100, 10) == []


async def test_times_are_kept_to_the_millisecond(table: PortraitTable) -> None:
    at = 4_102_444_799_999  # the end of the year 2099
    await table.store(0, [write("main/a", due_ms=at)])
    assert await table.due(0, at - 1, 1) == []
    assert await table.due(0, at, 1) == [Due("main/a", at)]


async def test_a_customer_that_never_changes_by_time_is_not_due(table: PortraitTable) -> None:
    await table.store(0, [write("main/a", due_ms=None)])
    assert await table.due(0, 10**15, 10) == []


@pytest.mark.parametrize(("then", "due_ms"), [(40, 40), (60, 50), (None, 50)])
async def test_storing_brings_a_due_time_forward_only(
    table: PortraitTable, then: int | None, due_ms: int
) -> None:
    await table.store(0, [write("main/a", due_ms=50)])
    assert await table.store(0, [write("main/a", record(2), due_ms=then)]) == [True]
    assert await table.due(0, 100, 10) == [Due("main/a", due_ms)]


async def test_even_a_conflict_may_bring_a_due_time_forward(table: PortraitTable) -> None:
    # It is written before the state: too early is cheap, too late is wrong.
    await table.store(0, [write("main/a", due_ms=50)])
    assert await table.store(0, [write("main/a", record(1), due_ms=20)]) == [False]
    assert await table.due(0, 100, 10) == [Due("main/a", 20)]


async def test_rescheduling_moves_either_way_or_ends_it(table: PortraitTable) -> None:
    due = [Due("main/a", 10), Due("main/b", 20), Due("main/c", 30)]
    await table.store(0, [write(each.key, due_ms=each.due_ms) for each in due])
    await table.reschedule(0, list(zip(due, (90, 5, None), strict=True)))
    assert await table.due(0, 100, 10) == [Due("main/b", 5), Due("main/a", 90)]


async def test_rescheduling_gives_way_to_who_came_meanwhile(table: PortraitTable) -> None:
    seen = Due("main/a", 50)
    await table.store(0, [write("main/a", due_ms=50)])
    await table.store(0, [write("main/a", record(2), due_ms=40)])
    await table.reschedule(0, [(seen, 90), (Due("main/gone", 50), 90)])
    await table.reschedule(0, [(seen, None)])
    assert await table.due(0, 100, 10) == [Due("main/a", 40)]


async def test_rescheduling_nobody_does_nothing(table: PortraitTable) -> None:
    await table.store(0, [write("main/a", due_ms=50)])
    await table.reschedule(0, [])
    assert await table.due(0, 100, 10) == [Due("main/a", 50)]


# --- pending versions -----------------------------------------------------------------------


async def test_a_version_is_pending_until_it_was_published(table: PortraitTable) -> None:
    assert await table.pending(0) == []
    writes = [write("main/a", publish=True), write("main/b", record(1, 4), publish=True)]
    await table.store(0, [*writes, write("main/c", publish=False)])
    assert await table.pending(0) == [note("main/a", 1), note("main/b", 4)]
    await table.published(0, [note("main/a", 1)])
    assert await table.pending(0) == [note("main/b", 4)]


async def test_two_versions_of_one_customer_are_pending_apart(table: PortraitTable) -> None:
    await table.store(0, [write("main/a", record(1, 1), publish=True)])
    await table.store(0, [write("main/a", record(2, 2), publish=True)])
    assert await table.pending(0) == [note("main/a", 1), note("main/a", 2)]
    await table.published(0, [note("main/a", 2)])
    assert await table.pending(0) == [note("main/a", 1)]


async def test_publishing_something_else_leaves_pending_versions_alone(
    table: PortraitTable,
) -> None:
    await table.store(0, [write("main/a", publish=True)])
    await table.published(0, [note("main/a", 2), note("main/b", 1)])
    await table.published(1, [note("main/a", 1)])
    await table.published(0, [])
    assert await table.pending(0) == [note("main/a", 1)]


async def test_even_a_conflict_may_leave_a_pending_version(table: PortraitTable) -> None:
    # It is written before the state: published once too often is cheap, never is wrong.
    assert await table.store(0, [write("main/a", record(5, 3), publish=True)]) == [False]
    assert await table.pending(0) == [note("main/a", 3)]


async def test_writes_of_the_same_version_are_told_apart_by_their_tokens(
    table: PortraitTable,
) -> None:
    won, lost = (Record(1, 1, b"s", b"{}", b"", token) for token in ("won", "lost"))
    assert await table.store(0, [write("main/a b", won, publish=True)]) == [True]
    assert await table.store(0, [write("main/a b", lost, publish=True)]) == [False]
    assert await table.load(["main/a b"]) == [won]
    assert await table.pending(0) == [note("main/a b", 1, "lost"), note("main/a b", 1, "won")]
    await table.published(0, [note("main/a b", 1, "won")])
    assert await table.pending(0) == [note("main/a b", 1, "lost")]


# --- positions, watermarks, settings ---------------------------------------------------------


async def test_positions_are_kept_by_source(table: PortraitTable) -> None:
    assert await table.positions() == {}
    await table.published(0, [], Position("clicks:0", 5))
    await table.published(1, [note("main/a", 1)], Position("clicks:1", 7))
    await table.published(0, [], Position("clicks:0", 9))
    await table.published(0, [note("main/a", 1)])
    assert await table.positions() == {"clicks:0": 9, "clicks:1": 7}


async def test_a_watermark_never_goes_back(table: PortraitTable) -> None:
    assert await table.watermark(0) is None
    for at_ms, expected in ((1_700_000_000_000, 1_700_000_000_000), (5, 1_700_000_000_000),
                            (1_700_000_000_001, 1_700_000_000_001)):  # fmt: skip
        await table.advance(0, at_ms)
        assert await table.watermark(0) == expected
    assert await table.watermark(1) is None


async def test_pinned_settings_are_remembered(table: PortraitTable, other: PortraitTable) -> None:
    assert await table.pinned("currency") is None
    await table.pin("currency", "EUR")
    assert await other.pinned("currency") == "EUR"
    assert await other.pinned("else") is None


async def test_a_setting_is_changed_only_by_who_knows_it(
    table: PortraitTable, other: PortraitTable
) -> None:
    assert await table.repin("standards:0", "1", "2") is False
    assert await table.pinned("standards:0") is None
    await table.pin("standards:0", "1")
    await table.pin("standards:1", "1")
    assert await other.repin("standards:0", "2", "3") is False
    assert await table.pinned("standards:0") == "1"
    assert await other.repin("standards:0", "1", "2") is True
    assert await table.repin("standards:0", "1", "3") is False
    assert (await table.pinned("standards:0"), await table.pinned("standards:1")) == ("2", "1")
    assert await table.repin("standards:0", "2", "2") is True


async def test_settings_of_any_text_are_changed(table: PortraitTable) -> None:
    await table.pin("standards:0", "")
    for before, after in (("", "unfinished ñ 顾\n"), ("unfinished ñ 顾\n", "nil"), ("nil", "")):
        assert await table.repin("standards:0", before, after) is True
        assert await table.pinned("standards:0") == after


async def test_published_takes_notes_away_and_keeps_the_position_and_the_ends_of_topics(
    table: PortraitTable, other: PortraitTable
) -> None:
    await table.store(0, [write("main/a", publish=True), write("main/b", publish=True)])
    await table.published(
        0, [note("main/a", 1)], Position("clicks:0", 5), {("x", 2): 9, ("y", 2): 4}
    )
    assert await other.pending(0) == [note("main/b", 1)]
    assert await other.positions() == {"clicks:0": 5}
    assert await other.ends(0) == {("x", 2): 9, ("y", 2): 4}
    await table.published(0, [], ends={("y", 2): 7})
    assert await other.ends(0) == {("x", 2): 9, ("y", 2): 7}
    assert await other.ends(1) == {}
