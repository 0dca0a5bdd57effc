"""What `portrait risk fit` learns from, shows and writes."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace

from stream.cli.risks import fit as module
from stream.cli.risks import labelled
from stream.errors import Fatal
from stream.evaluate.pipeline import Worker, in_memory
from stream.events import SignedUp
from stream.fields import Context
from stream.files.risk import load_weights
from stream.measures.standards import default_standards
from stream.tables.table import PortraitTable
from stream.tables.verdicts import Finding, Verdict
from tests.support.alerting import made_alerts

WEIGHTS = """
reasons:
  fast_first_order: {at_most: {60: 90}}
  emulator: {at_least: {1: 25}}
  new_device: {at_least: {1: 8}}
"""
HEADER = "store_id,customer_id,verdict\n"
#: How many customers' portraits stand in the table.
CUSTOMERS = 20

Run = Callable[..., Result]


class Kept:
    """Stands in for the verdicts in Redis."""

    def __init__(self) -> None:
        self.verdicts: dict[str, Verdict] = {}

    async def all(self) -> dict[str, Verdict]:
        return self.verdicts

    def keep(self, customer: str, verdict: Finding) -> None:
        """A verdict on an alert of that customer, whose reason is a fast first order."""
        alert = replace(made_alerts(1)[0], customer_id=customer, id=f"{len(self.verdicts):016x}")
        raw = msgspec.Raw(msgspec.json.encode(alert))
        self.verdicts[alert.id] = Verdict(alert=raw, verdict=verdict, at="2026-01-01T00:00:00.000Z")


async def portrayed(weights: Path) -> PortraitTable:
    """The portraits of customers who signed up in an emulator."""
    tables = in_memory()
    events = [
        SignedUp(
            event_id=f"s{number}",
            customer_id=f"e{number}",
            occurred_at=datetime(2025, 1, 1, tzinfo=UTC),
            context=Context(emulator=True),
        )
        for number in range(CUSTOMERS)
    ]
    standards = replace(default_standards("USD"), risk=load_weights(weights))
    await Worker(tables, standards).process(events)
    return tables.portraits


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def run(kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls the command on the portraits e0… of customers who all have shown an emulator."""
    (tmp_path / "weights.yaml").write_text(WEIGHTS)
    table = asyncio.run(portrayed(tmp_path / "weights.yaml"))

    @asynccontextmanager
    async def open_kept() -> AsyncIterator[Kept]:
        yield kept

    @asynccontextmanager
    async def open_table() -> AsyncIterator[PortraitTable]:
        yield table

    monkeypatch.setenv("PORTRAIT_RISK", str(tmp_path / "weights.yaml"))
    monkeypatch.setattr(labelled, "open_kept", open_kept)
    monkeypatch.setattr(labelled, "open_table", open_table)
    return lambda *args: CliRunner().invoke(module.command, list(map(str, args)))


def fast(found: Path) -> int:
    """Points of a fast first order in a file."""
    return load_weights(found).steps["fast_first_order"][0][1]


def test_acknowledged_alerts_are_learned_from(run: Run, kept: Kept, tmp_path: Path) -> None:
    for number in range(30):
        kept.keep(f"c{number}", "legitimate")
    kept.keep("c30", "fraud")
    labels = tmp_path / "labels.csv"
    labels.write_text(HEADER + "".join(f"main,e{n},fraud\n" for n in range(CUSTOMERS)))
    found = run(labels, "--format", "customers", "--verdicts", "--output", tmp_path / "new.yaml")
    assert found.exit_code == 0, found.output
    assert "51 labelled cases, 21 of fraud" in found.output
    assert fast(tmp_path / "new.yaml") < 45
    assert f"PORTRAIT_RISK={tmp_path / 'new.yaml'}" in found.output


def test_points_are_shown_before_and_after_and_what_no_case_had_is_counted(
    run: Run, kept: Kept
) -> None:
    for number in range(30):
        kept.keep(f"c{number}", "legitimate" if number % 3 else "fraud")
    found = run("--verdicts")
    assert found.exit_code == 0, found.output
    row = next(line for line in found.output.splitlines() if line.startswith("fast_first_order"))
    assert row.split() == ["fast_first_order", "{60:", "90}", "{60:", "90}", "30"]
    assert "as before, since no case had them: 2 reasons" in found.output


def test_customers_have_the_reasons_of_their_alert_else_of_their_portrait(
    run: Run, kept: Kept, tmp_path: Path
) -> None:
    kept.keep("e0", "fraud")
    labels = tmp_path / "labels.csv"
    rows = ["main,e0,fraud", "main,e1,legitimate", "main,e2,legitimate", "main,nobody,fraud"]
    labels.write_text(HEADER + "\n".join(rows) + "\n")
    found = run(labels, "--format", "customers")
    assert found.exit_code == 0, found.output
    assert "3 labelled cases, 1 of fraud" in found.output
    assert "1 left out" in found.output
    counts = {line.split()[0]: line.split()[-1] for line in found.output.splitlines() if line}
    assert (counts["fast_first_order"], counts["emulator"]) == ("1", "2")


def test_a_customer_counts_once_and_the_last_verdict_counts(
    run: Run, kept: Kept, tmp_path: Path
) -> None:
    for customer, verdict in (("e0", "fraud"), ("e0", "legitimate"), ("e1", "fraud")):
        kept.keep(customer, verdict)  # type: ignore[arg-type]
    labels = tmp_path / "labels.csv"
    labels.write_text(HEADER + "main,e0,fraud\nmain,e1,fraud\nmain,e2,legitimate\n")
    found = run(labels, "--format", "customers", "--verdicts")
    assert found.exit_code == 0, found.output
    assert "3 labelled cases, 1 of fraud" in found.output
    assert "1 in LABELS otherwise than by their verdict, which counts" in found.output


def test_without_labels_and_verdicts_it_says_what_it_needs(run: Run) -> None:
    found = run()
    assert found.exit_code == 2
    assert "--verdicts" in found.output


def test_cases_of_one_kind_are_refused(run: Run, kept: Kept) -> None:
    kept.keep("c0", "fraud")
    assert isinstance(error := run("--verdicts").exception, Fatal)
    assert "1 labelled case" in str(error)


@pytest.mark.parametrize("row", ["main,e0,maybe", "main,e0"])
def test_a_line_that_cannot_be_read_is_named(run: Run, tmp_path: Path, row: str) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text(f"{HEADER}main,e1,fraud\n{row}\n")
    error = run(labels, "--format", "customers").exception
    assert isinstance(error, Fatal)
    assert "labels.csv:3:" in str(error)
