"""What `portrait export` writes: all portraits, or those of a segment or a label that exists."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from stream.cli import export as module
from stream.cli import main as entry
from stream.tables.memory import MemoryTable
from stream.tables.table import Record, Write

RULES = """
labels: [{name: night-shopper, when: {field: spending.orders, at_least: 1}}]
segments: [{name: win-back, when: {field: spending.orders, at_least: 2}}]
"""
DOCUMENTS: dict[str, dict[str, object]] = {
    "main/a": {"labels": ["night-shopper", "gone"], "segments": ["old-campaign"]},
    "main/b": {"labels": ["night-shopper"], "segments": []},
}

Run = Callable[..., tuple[int, list[object], str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Calls the program; gives its exit code, the documents that it wrote, and its complaint."""
    table = MemoryTable()
    writes = [
        Write(key, Record(1, 1, b"", json.dumps(document).encode()), None, publish=False)
        for key, document in DOCUMENTS.items()
    ]
    asyncio.run(table.store(0, writes))

    @asynccontextmanager
    async def open_table() -> AsyncIterator[MemoryTable]:
        yield table

    file = tmp_path / "labels.yaml"
    file.write_text(RULES)
    monkeypatch.setenv("PORTRAIT_LABELS", str(file))
    monkeypatch.setattr(module, "open_table", open_table)
    output = tmp_path / "portraits.jsonl"

    def call(*args: str) -> tuple[int, list[object], str]:
        command = ["portrait", "export", *args, "--output", str(output)]
        monkeypatch.setattr("sys.argv", command)
        output.unlink(missing_ok=True)
        with pytest.raises(SystemExit) as ended:
            entry.main()
        written = output.read_text() if output.exists() else ""
        code = ended.value.code
        assert isinstance(code, int)
        return code, [json.loads(line) for line in written.splitlines()], capfd.readouterr().err

    return call


def test_all_portraits_are_written_without_a_choice(run: Run) -> None:
    assert run() == (0, list(DOCUMENTS.values()), "")


def test_only_customers_with_the_label_and_in_the_segment_are_written(run: Run) -> None:
    assert run("--label", "night-shopper") == (0, list(DOCUMENTS.values()), "")
    both = run("--label", "night-shopper", "--segment", "old-campaign")
    assert both == (0, [DOCUMENTS["main/a"]], "")


@pytest.mark.parametrize("label", [[], ["--label", "night-shopper"]])
def test_segment_of_the_rules_without_members_writes_nothing(run: Run, label: list[str]) -> None:
    assert run("--segment", "win-back", *label) == (0, [], "")


@pytest.mark.parametrize(
    ("option", "name", "hint"),
    [
        ("segment", "winback", "; did you mean win-back?"),
        ("label", "nightshopper", "; did you mean night-shopper?"),
        ("segment", "zzz", ""),
        ("segment", "night-shopper", ""),  # which is a label
    ],
)
def test_name_that_no_rule_gives_fails_with_a_suggestion(
    run: Run, option: str, name: str, hint: str
) -> None:
    complaint = f"portrait: nobody has the {option} {name!r}, and no rule gives it{hint}\n"
    assert run(f"--{option}", name) == (1, [], complaint)


def test_name_that_the_file_no_longer_gives_and_somebody_has_is_no_mistake(run: Run) -> None:
    assert run("--segment", "old-campaign") == (0, [DOCUMENTS["main/a"]], "")
    assert run("--label", "gone") == (0, [DOCUMENTS["main/a"]], "")
