"""What `portrait reference` prints."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from click.testing import CliRunner, Result

from stream.cli import options
from stream.cli import reference as module
from stream.errors import Fatal
from stream.measures.reference import BUILTIN_VERSION
from stream.reference import Pace, refresh
from stream.tables.memory import MemoryTable
from stream.tables.table import Position
from tests.support.references import TAKEN_MS, buyers, keep

Run = Callable[..., Result]


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def run(table: MemoryTable, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls the command on the table."""

    @asynccontextmanager
    async def open_table() -> AsyncIterator[MemoryTable]:
        yield table

    monkeypatch.setattr(module, "open_table", open_table)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *args: CliRunner().invoke(module.command, args)


def fill(table: MemoryTable, count: int = 25) -> None:
    async def filled() -> None:
        await keep(table, [*buyers(count), *buyers(count, "other")])
        await refresh(table, TAKEN_MS, Pace(rest=0))

    asyncio.run(filled())


def test_before_one_was_taken_it_says_what_is_in_use(run: Run) -> None:
    result = run()
    assert result.exit_code == 0
    assert result.output.startswith("built-in builtin-1 is in use: no store has 20 buyers")
    assert json.loads(run("--json").output)["version"] == BUILTIN_VERSION


def test_it_prints_the_bounds_of_the_fifths(run: Run, table: MemoryTable) -> None:
    fill(table)
    lines = [line.split() for line in run("--store", "main").output.splitlines() if line.strip()]
    version = json.loads(run("--json").output)["version"]
    assert lines[0] == ["reference", f"{version},", "taken", "at", "2026-03-01T12:00:00.000Z"]
    assert lines[1] == ["main:", "25", "buyers"]
    assert lines[2] == ["20", "%", "40", "%", "60", "%", "80", "%"]
    assert ["days", "since", "last", "order", "2", "2", "2", "2"] in lines
    assert ["orders", "1", "1", "1", "1"] in lines
    assert ["amount,", "USD", "104.00", "109.00", "114.00", "119.00"] in lines
    assert ["median", "price", "met,", "USD", "-", "-", "-", "-"] in lines


def test_the_currency_is_that_of_the_portraits(run: Run, table: MemoryTable) -> None:
    fill(table)
    asyncio.run(table.pin("currency", "EUR"))
    assert "amount, EUR" in run().output


def test_all_stores_are_shown_or_the_one_asked_for(run: Run, table: MemoryTable) -> None:
    fill(table)
    assert {"main: 25 buyers", "other: 25 buyers"} <= {x.strip() for x in run().output.split("\n")}
    assert "main: 25 buyers" not in run("--store", "other").output
    assert list(json.loads(run("--store", "other", "--json").output)["stores"]) == ["other"]


def test_a_store_with_few_buyers_is_said_to_be_compared_with_the_built_in(
    run: Run, table: MemoryTable
) -> None:
    fill(table)
    result = run("--store", "small")
    assert result.exit_code == 0
    assert "store 'small' had not 20 buyers: compared with builtin-1" in result.output


def test_refreshing_says_whether_it_is_new(
    run: Run, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(options, "wall_ms", lambda: TAKEN_MS)
    asyncio.run(keep(table, buyers(20)))
    first = run("--refresh")
    version = json.loads(run("--json").output)["version"]
    assert first.output.startswith(f"new: {version} replaces builtin-1")
    assert f"reference {version}, taken at 2026-03-01T12:00:00.000Z" in first.output
    assert run("--refresh").output.startswith(f"unchanged: {version} stays in use")


def test_refreshing_as_json_prints_nothing_else(run: Run, table: MemoryTable) -> None:
    asyncio.run(keep(table, buyers(20)))
    result = run("--refresh", "--json")
    assert json.loads(result.stdout)["stores"]["main"]["buyers"] == 20
    assert result.stderr.startswith("new: ")


def test_with_the_clock_of_the_events_recency_is_counted_to_the_newest(
    run: Run, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTRAIT_CLOCK", "event")
    asyncio.run(keep(table, buyers(20)))
    assert isinstance(run("--refresh").exception, Fatal)
    asyncio.run(table.published(0, [], Position("orders:0", 1)))
    asyncio.run(table.advance(0, TAKEN_MS - 1))
    assert "taken at 2026-03-01T12:00:00.000Z" in run("--refresh").output
