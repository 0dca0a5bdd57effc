"""What `portrait group` prints: a group on one screen, or its document, kept or scanned."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import jsonschema
import msgspec
import pytest
from click.testing import CliRunner, Result
from rich.cells import cell_len

from stream.cli import group as module
from stream.cli.group_lines import channel_table, lines
from stream.cli.in_force import OTHER_RULES
from stream.described import Described
from stream.errors import Fatal
from stream.group_batch import GroupProcessor
from stream.groups.contribution import read
from stream.groups.portrait import GroupPortrait, describe
from stream.groups.sums import Sums, exchange
from stream.tables.memory import MemoryTable
from stream.tables.memory_groups import MemoryGroups
from stream.tables.table import Record, Write
from tests.support.published import Log, document, published

SCHEMA = Path(__file__).parents[3] / "schemas/group.schema.json"
DAY = [0] * 9 + [2, 2, 2] + [0] * 8 + [9, 6, 0, 0]
ADA = {
    "natural_gender": "female", "age_band": "25-34", "country": "DE", "channel": "email",
    "by_hour": DAY, "categories": ["home/mugs"], "brands": ["Acme"], "price": "12.00",
    "orders": 2, "amount": "80.00", "refunded": "8.00", "orders_30d": 1, "amount_30d": "30.00",
    "tier": "gold", "labels": ["new"], "segments": ["win-back"],
}  # fmt: skip
EVE = {"natural_gender": "male", "by_hour": DAY, "labels": ["new"]}

Run = Callable[..., Result]


@pytest.fixture
def table() -> MemoryTable:
    table = MemoryTable()
    asyncio.run(table.pin("currency", "EUR"))
    return table


@pytest.fixture
def groups() -> MemoryGroups:
    return MemoryGroups()


@pytest.fixture
def run(table: MemoryTable, groups: MemoryGroups, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls the command on the tables."""

    @asynccontextmanager
    async def open_table() -> AsyncIterator[MemoryTable]:
        yield table

    @asynccontextmanager
    async def open_groups() -> AsyncIterator[MemoryGroups]:
        yield groups

    monkeypatch.setattr(module, "open_table", open_table)
    monkeypatch.setattr(module, "open_groups", open_groups)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *args: CliRunner().invoke(module.command, args)


def publish(
    table: MemoryTable, groups: MemoryGroups | None, **customers: dict[str, object]
) -> None:
    """Store portraits, and count them as a worker does."""
    records = [
        published(n, name, 1, **fields)  # type: ignore[arg-type]
        for n, (name, fields) in enumerate(customers.items())
    ]
    for record in records:
        assert record.key is not None
        stored = Record(1, 1, b"", record.value)
        write = Write(record.key.decode(), stored, None, publish=True)
        assert asyncio.run(table.store(0, [write])) == [True]
    if groups is not None:
        asyncio.run(GroupProcessor(groups, Log().read).process(0, records))


def failure(result: Result) -> str:
    assert result.exit_code == 1
    assert isinstance(result.exception, Fatal)
    return str(result.exception)


def group(*documents: bytes, segment: str = "") -> GroupPortrait:
    sums: Sums = {}
    for each in documents:
        exchange(sums, None, read(each).contribution)
    return describe(("main", segment), sums.get(("main", segment), {}), "EUR")


def printed(portrait: GroupPortrait, width: int = 100) -> list[str]:
    return [line.plain for line in lines(portrait, None, width)]


# --- the command ----------------------------------------------------------------------------


def test_store_is_printed_for_people(run: Run, table: MemoryTable, groups: MemoryGroups) -> None:
    publish(table, groups, ada=ADA, eve=EVE)
    text = run().output.splitlines()
    assert text[0] == "main  the whole store"
    assert text[1] == "customers      2, 100% active in 30 days, 50% ever bought"
    assert text[2] == "30 days        30.00 EUR in 1 order, 30.00 on average"
    assert text[3] == "ever           80.00 EUR in 2 orders, 40.00 on average, 8.00 refunded"
    assert text[4].startswith("visitors       ")
    assert text[4].endswith("peak hours 20, 21, 9, 10, 11")
    assert any(line.split() == ["email", "1", "1", "100%", "80.00", "80.00", "10%"]
               for line in text)  # fmt: skip


def test_segment_is_printed_with_its_names(
    run: Run, table: MemoryTable, groups: MemoryGroups
) -> None:
    publish(table, groups, ada=ADA, eve=EVE)
    text = run("win-back").output.splitlines()
    assert text[0] == "main/win-back  Win back · 流失召回"
    assert text[1].startswith("customers      1, ")


def test_document_is_that_of_the_contract(
    run: Run, table: MemoryTable, groups: MemoryGroups
) -> None:
    publish(table, groups, ada=ADA, eve=EVE)
    schema = json.loads(SCHEMA.read_bytes())
    for args in ((), ("win-back",)):
        found = json.loads(run(*args, "--json").output)
        jsonschema.validate(found, schema)
        assert found["segment"] == (args[0] if args else None)
        assert found["currency"] == "EUR"  # of the portraits, whatever the settings say
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(found | {"customers": -1}, schema)


@pytest.mark.parametrize("args", [(), ("win-back",), ("--store", "other")])
def test_scan_prints_the_same(
    run: Run, table: MemoryTable, groups: MemoryGroups, args: tuple[str, ...]
) -> None:
    publish(table, groups, ada=ADA, eve=EVE, bob=EVE | {"store_id": "other"})
    assert run(*args, "--json").output == run(*args, "--json", "--scan").output
    assert json.loads(run(*args, "--json").output)["customers"] > 0


def test_scan_needs_no_worker_and_passes_over_the_erased(run: Run, table: MemoryTable) -> None:
    publish(table, None, ada=ADA)
    erased = Write("main/eve", Record(1, 1, b"", None), None, publish=True)
    asyncio.run(table.store(0, [erased]))
    assert json.loads(run("--json", "--scan").output)["customers"] == 1


def test_damaged_portrait_is_left_out_of_a_scan_and_told(run: Run, table: MemoryTable) -> None:
    publish(table, None, ada=ADA)
    damaged = Write("main/eve", Record(1, 1, b"", b"{"), None, publish=True)
    asyncio.run(table.store(0, [damaged]))
    result = run("--json", "--scan")
    assert result.stderr == "portrait: 1 damaged portraits were left out\n"
    assert json.loads(result.stdout)["customers"] == 1


def test_segment_of_the_rules_without_customers_is_empty(
    run: Run, table: MemoryTable, groups: MemoryGroups
) -> None:
    publish(table, groups, eve=EVE)
    result = run("win-back")
    assert result.exit_code == 0
    assert result.output.splitlines()[1] == "customers      none now"
    assert json.loads(run("win-back", "--json").output)["customers"] == 0


def test_segment_that_only_has_customers_is_printed(
    run: Run, table: MemoryTable, groups: MemoryGroups
) -> None:
    publish(table, groups, eve=EVE | {"segments": ["old-campaign"]})
    text = run("old-campaign").output.splitlines()
    assert text[0] == "main/old-campaign  no longer in the rule file"


# --- what goes wrong ------------------------------------------------------------------------


def test_groups_that_no_worker_built_are_told_with_the_way_out(
    run: Run, table: MemoryTable
) -> None:
    publish(table, None, ada=ADA)
    said = failure(run())
    assert "no worker" in said
    assert "--scan" in said


@pytest.mark.parametrize("scan", [(), ("--scan",)])
def test_unknown_segment_is_refused_with_a_suggestion(
    run: Run, table: MemoryTable, groups: MemoryGroups, scan: tuple[str, ...]
) -> None:
    publish(table, groups, ada=ADA, eve=EVE | {"segments": ["old-campaign"]})
    assert failure(run("winback", *scan)) == (
        "there is no segment 'winback' in store 'main'; did you mean win-back?"
    )
    assert failure(run("old-campain", *scan)).endswith(
        "did you mean old-campaign or coupon-campaign?"
    )
    assert "`portrait segments`" in failure(run("zzzzzz", *scan))


@pytest.mark.parametrize("scan", [(), ("--scan",)])
def test_store_without_portraits_is_refused(
    run: Run, table: MemoryTable, groups: MemoryGroups, scan: tuple[str, ...]
) -> None:
    publish(table, groups, ada=ADA)
    said = failure(run("--store", "mian", *scan))
    assert said == "there are no portraits in store 'mian'; did you mean main?"


def test_scan_of_nothing_is_refused(run: Run) -> None:
    assert failure(run("--scan")) == "there are no portraits in store 'main'"


@pytest.mark.parametrize("args", [(), ("win-back",)])
def test_before_any_portrait_there_is_none_and_nobody_is_blamed(
    run: Run, args: tuple[str, ...]
) -> None:
    assert failure(run(*args)) == "there are no portraits yet in this PORTRAIT_NAMESPACE"


def test_unknown_segment_is_refused_before_any_portrait_too(run: Run) -> None:
    assert failure(run("winback")).startswith("there is no segment 'winback' in store 'main'; did")


def test_mistake_in_the_rule_file_is_in_the_way_of_segments_only(
    run: Run, table: MemoryTable, groups: MemoryGroups, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    publish(table, groups, ada=ADA)
    file = tmp_path / "wrong.yaml"
    file.write_text("segment: []\n")
    monkeypatch.setenv("PORTRAIT_LABELS", str(file))
    assert run().output.startswith("main  the whole store\n")
    assert failure(run("win-back")).endswith(" (workers keep the rules they have)")


def test_other_rules_of_the_workers_are_told_where_a_segment_is_asked_for(
    run: Run, table: MemoryTable, groups: MemoryGroups
) -> None:
    publish(table, groups, eve=EVE | {"segments": ["old-campaign"]})
    asyncio.run(Described(table, "worker").begin(0, "others"))
    result = run("old-campaign")
    assert result.stderr == f"portrait: {OTHER_RULES}\n"
    assert result.stdout.startswith("main/old-campaign  not in the rule file of this terminal\n")
    assert not run().stderr
    result = run("of-the-workers")
    assert "there is no segment" in failure(result)
    assert result.stderr == f"portrait: {OTHER_RULES}\n"


# --- the screen -----------------------------------------------------------------------------


@pytest.mark.parametrize("width", [40, 80, 100])
def test_distributions_stand_side_by_side_where_there_is_room(width: int) -> None:
    text = printed(group(document(**ADA), document(**EVE)), width)  # type: ignore[arg-type]
    assert ("gender" in text) is (width < 80)
    assert max(map(cell_len, text[7:])) <= width
    assert not any(line.endswith(" ") for line in text)


def test_columns_are_aligned_whatever_the_script() -> None:
    wide, narrow = {"country": "中国", "natural_gender": "male"}, {"country": "DE"}
    found = printed(group(document(**wide), document(**narrow)), 40)  # type: ignore[arg-type]
    rows = [line for line in found if line.startswith(("中国", "DE"))]
    assert len({cell_len(line.partition("█")[0]) for line in rows}) == 1
    assert len({cell_len(line) for line in rows}) == 1


@pytest.mark.parametrize(
    ("width", "name"), [(38, 15 * "x" + "… "), (80, 15 * "x" + "… "), (150, 40 * "x" + " ")]
)
def test_long_names_are_cut_where_there_is_no_room(width: int, name: str) -> None:
    rows = [line for line in printed(group(document(brands=["x" * 40])), width) if "xx" in line]
    (row,) = rows
    assert f"{name}█" in row
    assert cell_len(row) <= width


def test_bars_show_shares_and_the_smallest_still_shows() -> None:
    documents = [document(brands=["Acme"])] * 99 + [document(brands=["Öko"])]
    found = {line.split()[0]: line.split()[1:] for line in printed(group(*documents), 40) if line}
    assert found["Acme"] == ["███████▉", "99%", "99"]
    assert found["Öko"] == ["▏", "1%", "1"]


def test_names_beyond_the_first_are_told_but_bands_are_all_there() -> None:
    documents = [document(brands=[f"b{n}"], price=f"{10**n}.00") for n in range(8)]
    text = printed(group(*documents), 40)
    assert "brand, the first 6" in text
    assert sum(line.startswith("b") and line[1].isdigit() for line in text) == 6
    assert text[text.index("price met, EUR") + 8].startswith("10000000-20000000 ")


def test_what_nobody_told_is_named_in_one_line() -> None:
    text = printed(group(document(**{**ADA, "channel": None, "labels": []})))  # type: ignore[arg-type]
    assert text[-1] == "nothing known  shops like, labels, channel"
    assert "nothing known" not in "".join(text[:-1])


def test_channels_without_a_name_have_no_table() -> None:
    assert channel_table(group(document())) is None
    assert channel_table(group(document(channel="email"))) is not None


def test_group_without_customers_is_two_lines() -> None:
    assert printed(group()) == ["main  the whole store", "customers      none now"]


def test_group_that_did_nothing_has_no_curve() -> None:
    assert "visitors       none in the last 30 days" in printed(group(document()))


def test_empty_group_can_be_printed_as_a_document() -> None:
    assert json.loads(msgspec.json.encode(group()))["average_order"] is None
