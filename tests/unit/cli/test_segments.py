"""What `portrait segments` prints: the rules in force and who meets them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli import segments as module
from stream.cli.in_force import OTHER_RULES
from stream.described import Described
from stream.errors import Fatal
from stream.settings import load
from stream.standards import version_of
from stream.tables.groups import NO_MARK, GroupWrite
from stream.tables.memory import MemoryTable
from stream.tables.memory_groups import MemoryGroups
from stream.tables.table import Record, Write

RULES = """
segments:
  - {name: win-back, en: Win back, zh: 流失召回,
     when: {all: [{field: spending.orders, at_least: 2},
                  {field: activity.sessions, is: 0}]}}
  - {name: plain, when: {not: {segment: win-back}}}
"""

Run = Callable[..., Result]


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable()


@pytest.fixture
def groups() -> MemoryGroups:
    return MemoryGroups()


@pytest.fixture
def run(
    table: MemoryTable, groups: MemoryGroups, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Calls the command on the table, with a rule file."""

    @asynccontextmanager
    async def open_table() -> AsyncIterator[MemoryTable]:
        yield table

    @asynccontextmanager
    async def open_groups() -> AsyncIterator[MemoryGroups]:
        yield groups

    file = tmp_path / "labels.yaml"
    file.write_text(RULES)
    monkeypatch.setenv("PORTRAIT_LABELS", str(file))
    monkeypatch.setattr(module, "open_table", open_table)
    monkeypatch.setattr(module, "open_groups", open_groups)
    return lambda *args: CliRunner().invoke(module.command, args)


def fill(groups: MemoryGroups, **customers: int) -> None:
    """Customers by segment, in a store of eight."""
    changes = {("main", name): {"customers": count} for name, count in customers.items()}
    changes |= {("main", ""): {"customers": 8}, ("other", "plain"): {"customers": 5}}
    write = GroupWrite(NO_MARK, 0, {}, changes)
    assert asyncio.run(groups.apply(0, write))


def test_segments_have_their_names_customers_and_rules(run: Run, groups: MemoryGroups) -> None:
    fill(groups, **{"win-back": 3})
    assert run().output.splitlines() == [
        "win-back  Win back · 流失召回  3 customers, 37.5%",
        "          spending.orders at least 2 and activity.sessions is 0",
        "plain                          0 customers, 0.0%",
        "          not segment win-back",
    ]


def test_segment_that_the_file_no_longer_names_is_marked(run: Run, groups: MemoryGroups) -> None:
    fill(groups, **{"win-back": 3, "old-campaign": 1})
    text = run().output.splitlines()
    assert text[-2].startswith("old-campaign  ")
    assert text[-2].endswith("1 customer, 12.5%")
    assert "no longer in the rule file" in text[-1]


def test_segments_as_json(run: Run, groups: MemoryGroups) -> None:
    fill(groups, plain=2, gone=1)
    assert json.loads(run("--json").output) == [
        {"name": "win-back", "en": "Win back", "zh": "流失召回", "customers": 0, "share": 0.0,
         "rule": "spending.orders at least 2 and activity.sessions is 0"},
        {"name": "plain", "en": "plain", "zh": "plain", "customers": 2, "share": 0.25,
         "rule": "not segment win-back"},
        {"name": "gone", "en": "gone", "zh": "gone", "customers": 1, "share": 0.125,
         "rule": None},
    ]  # fmt: skip


def test_customers_of_other_stores_do_not_count(run: Run, groups: MemoryGroups) -> None:
    fill(groups)
    found = {each["name"]: each for each in json.loads(run("--json", "--store", "main").output)}
    assert found["plain"]["customers"] == 0


def test_rules_are_listed_before_any_portrait_is_stored(run: Run) -> None:
    result = run()
    assert result.exit_code == 0
    assert result.stderr == "portrait: there are no portraits yet in this PORTRAIT_NAMESPACE\n"


def test_rules_are_listed_before_any_group_was_built(run: Run, table: MemoryTable) -> None:
    write = Write("main/ada", Record(1, 1, b"", b"{}"), None, publish=True)
    asyncio.run(table.store(0, [write]))
    result = run("--json")
    assert result.exit_code == 0
    assert "no worker" in result.stderr
    assert [each["customers"] for each in json.loads(result.stdout)] == [None, None]
    assert run().stdout.splitlines()[0] == "win-back  Win back · 流失召回"


def test_store_without_portraits_is_refused_by_segments(run: Run, groups: MemoryGroups) -> None:
    fill(groups)
    result = run("--store", "mainn")
    assert isinstance(result.exception, Fatal)
    assert "did you mean main?" in str(result.exception)


def test_file_without_segments_is_told(run: Run, groups: MemoryGroups, tmp_path: Path) -> None:
    (tmp_path / "labels.yaml").write_text("labels: []\n")
    fill(groups)
    assert run().output == "the rule file in force names no segment\n"


def test_rule_file_with_a_mistake_is_refused(run: Run, tmp_path: Path) -> None:
    (tmp_path / "labels.yaml").write_text("segment: []\n")
    result = run()
    assert result.exit_code == 1
    assert "line 1" in str(result.exception)
    assert str(result.exception).endswith(" (workers keep the rules they have)")


def test_other_rules_of_the_workers_are_told_and_nobody_is_said_to_leave(
    run: Run, table: MemoryTable, groups: MemoryGroups
) -> None:
    fill(groups, **{"win-back": 3, "old-campaign": 1})
    asyncio.run(Described(table, "worker").begin(0, "others"))
    result = run()
    assert result.stderr == f"portrait: {OTHER_RULES}\n"
    assert "no longer" not in result.stdout
    assert result.stdout.splitlines()[-1].strip() == "not in the rule file of this terminal"
    asyncio.run(Described(table, "worker").claim(0))  # it is about to change to these, perhaps
    assert not run().stderr


def test_the_same_rules_are_not_warned_of(
    run: Run, table: MemoryTable, groups: MemoryGroups
) -> None:
    fill(groups)
    asyncio.run(Described(table, "worker").begin(0, version_of(load())))
    assert not run().stderr
