"""What `portrait labels` prints."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli import in_force
from stream.cli import labels as module
from stream.cli.in_force import OTHER_RULES
from stream.cli.main import portrait
from stream.described import Described
from stream.errors import Fatal
from stream.files.labels import SHIPPED
from stream.tables.memory import MemoryTable
from tests.support.tables import no_table

Run = Callable[..., Result]

OWN = """\
labels:
  - name: rich
    en: Rich [customer]
    zh: 富豪
    group: value
    when: {any: [{field: spending.tier, is: gold}, {not: {field: spending.orders, below: 9}}]}
  - name: plain
    when: {not: {label: rich}}
segments:
  - {name: care, when: {label: rich}}
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("PORTRAIT_LABELS", raising=False)
    monkeypatch.delenv("PORTRAIT_SHOP", raising=False)
    monkeypatch.setattr(in_force, "open_table", no_table)
    return lambda *args: CliRunner().invoke(module.command, [str(arg) for arg in args])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.yaml"
    file.write_text(OWN, encoding="utf-8")
    return file


def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong.yaml"
    file.write_text("labels:\n  - name: rich\n    when: {field: spending.order, at_least: 9}\n")
    return file


def test_it_is_a_command() -> None:
    result = CliRunner().invoke(portrait, ["labels", "--help"])
    assert result.exit_code == 0
    assert all(f"  {name} " in result.output for name in ("check", "list", "print"))


def test_checking_says_how_many_rules_a_file_has(run: Run, own: Path) -> None:
    result = run("check", own)
    assert (result.exit_code, result.output) == (0, f"{own}: 2 labels, 1 segment\n")


def test_without_a_file_the_rules_in_force_are_checked(
    run: Run, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("check").output == f"{SHIPPED}: 40 labels, 8 segments\n"
    monkeypatch.setenv("PORTRAIT_LABELS", str(own))
    assert run("check").output == f"{own}: 2 labels, 1 segment\n"


def test_a_mistake_is_said_with_its_line_and_a_suggestion(run: Run, tmp_path: Path) -> None:
    file = wrong(tmp_path)
    result = run("check", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"portrait: {file}, line 3: ")
    assert "did you mean spending.orders" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("check", tmp_path / "none.yaml")
    assert result.exit_code == 1
    assert result.stderr == f"portrait: {tmp_path}/none.yaml: No such file or directory\n"


def test_checking_as_json(run: Run, own: Path, tmp_path: Path) -> None:
    result = run("check", own, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {
        "file": str(own),
        "valid": True,
        "labels": 2,
        "segments": 1,
        "error": None,
    }
    file = wrong(tmp_path)
    result = run("check", file, "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    found = json.loads(result.stdout)
    assert found.pop("error").startswith(f"{file}, line 3: ")
    assert found == {"file": str(file), "valid": False, "labels": 0, "segments": 0}


def test_tiers_are_those_of_the_shop(
    run: Run, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = tmp_path / "shop.yaml"
    shop.write_text("tiers: [{name: golden, orders_365d: 1}]\n")
    monkeypatch.setenv("PORTRAIT_SHOP", str(shop))
    result = run("check", own)
    assert result.exit_code == 1
    assert "did you mean golden" in result.stderr


def test_listing_shows_names_and_rules(
    run: Run, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTRAIT_LABELS", str(own))
    lines = [" ".join(line.split()) for line in run("list").output.splitlines()]
    assert lines[0] == "2 labels"
    assert "name English 中文 group rule" in lines
    assert (
        "rich Rich [customer] 富豪 value spending.tier is gold or not spending.orders below 9"
        in lines
    )
    assert "plain plain plain not label rich" in lines
    assert "1 segment" in lines
    assert "care care care label rich" in lines


@pytest.mark.parametrize("columns", ["60", "200"])
def test_no_name_of_the_shipped_rules_is_cut(
    run: Run, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    output = run("list").output
    words = set(output.split())
    assert "…" not in output
    assert {each["name"] for each in json.loads(run("list", "--json").output)["labels"]} <= words


def test_listing_as_json(run: Run, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTRAIT_LABELS", str(own))
    found = json.loads(run("list", "--json").output)
    assert found["labels"][0] == {
        "name": "rich",
        "en": "Rich [customer]",
        "zh": "富豪",
        "group": "value",
        "rule": "spending.tier is gold or not spending.orders below 9",
    }
    assert [each["name"] for each in found["labels"]] == ["rich", "plain"]
    assert found["labels"][1]["group"] is None
    assert found["segments"] == [{"name": "care", "en": "care", "zh": "care", "rule": "label rich"}]


def test_other_rules_of_the_workers_are_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    table = MemoryTable()
    asyncio.run(Described(table, "worker").begin(0, "others"))

    @asynccontextmanager
    async def open_table() -> AsyncIterator[MemoryTable]:
        yield table

    assert not run("list").stderr  # nobody answers
    monkeypatch.setattr(in_force, "open_table", open_table)
    result = run("list", "--json")
    assert result.stderr == f"portrait: {OTHER_RULES}\n"
    assert len(json.loads(result.stdout)["labels"]) == 40


def test_a_refused_file_is_not_listed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTRAIT_LABELS", str(wrong(tmp_path)))
    result = run("list")
    assert isinstance(result.exception, Fatal)
    assert result.stdout == ""


def test_printing_gives_the_file_in_force_as_it_is(
    run: Run, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("print").stdout_bytes == SHIPPED.read_bytes()
    monkeypatch.setenv("PORTRAIT_LABELS", str(own))
    assert run("print").stdout_bytes == OWN.encode()


def test_what_is_printed_can_be_checked(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "start.yaml"
    file.write_bytes(run("print").stdout_bytes)
    assert run("check", file).output == f"{file}: 40 labels, 8 segments\n"
