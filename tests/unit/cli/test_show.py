"""What `portrait show` prints: the document, one screen for people, or the evidence."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result
from msgspec.structs import replace
from rich.console import Console

from stream.cli import show as module
from stream.cli.explanation import evidence_lines
from stream.cli.portrait_lines import lines
from stream.cli.show import indented
from stream.explain.portrait import explain
from stream.files.risk import load_weights
from stream.measures.reference import Reference
from stream.measures.standards import Standards
from stream.profile.portrait import SECTIONS, Portrait, describe, to_change
from stream.profile.state import State, prune
from stream.tables import codec
from stream.tables.memory import MemoryTable
from stream.tables.table import Record, Write
from tests.support.events import Wire, event, folded, identified, ordered, to_ms, viewed
from tests.support.explained import BUYER, MEASURED, PLAIN, REFERENCE, STORE

AS_OF = "2026-06-30T12:00:00Z"
#: A head line, and no more than fit a small screen.
SCREEN_LINES = 30

Run = Callable[..., Result]

RICH: list[Wire] = [
    identified("2026-05-01T10:00:00Z", gender="female", birth_year=1990, occupation="chef", size=3),
    *[viewed("2026-06-20T10:00:00Z", category="home/mugs", brand="Acme", price="12")] * 25,
    *BUYER,
    event("invite_sent", "2026-06-20T10:00:00Z"),
    event("support_contacted", "2026-06-20T10:00:00Z", complaint=True, subject="delivery"),
]


@pytest.fixture
def table() -> MemoryTable:
    table = MemoryTable()
    asyncio.run(table.pin("currency", "USD"))
    return table


@pytest.fixture
def run(table: MemoryTable, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Calls the command on the table, in a shop without labels and weights, as `PLAIN` is."""
    for name, empty in (("labels", "labels: []"), ("risk", "reasons: {}")):
        file = tmp_path / f"{name}.yaml"
        file.write_text(empty)
        monkeypatch.setenv(f"PORTRAIT_{name.upper()}", str(file))

    @asynccontextmanager
    async def open_table() -> AsyncIterator[MemoryTable]:
        yield table

    monkeypatch.setattr(module, "open_table", open_table)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *args: CliRunner().invoke(module.command, ["c1", *args])


def portrait(state: State, standards: Standards = PLAIN) -> Portrait:
    return describe("main", "c1", state, to_ms(AS_OF), standards=standards, version=4)


def publish(table: MemoryTable, events: list[Wire], standards: Standards = PLAIN) -> Portrait:
    state = folded(events)
    prune(state)  # as it is before it is stored
    described = portrait(state, standards)
    document = msgspec.json.encode(to_change(described, SECTIONS, "event"))
    record = Record(1, 4, codec.encode(state), document)
    assert all(asyncio.run(table.store(0, [Write("main/c1", record, None, publish=True)])))
    return described


def take(table: MemoryTable, reference: Reference) -> None:
    content = msgspec.json.encode(reference)
    asyncio.run(table.save_reference(reference.version, to_ms(reference.taken_at), content))


def printed(described: Portrait) -> list[str]:
    return [line.plain for line in lines(described)]


def test_numbers_share_a_line_and_everything_else_has_its_own() -> None:
    document = {"hours": [1, 2.5, -3], "names": ["a [\n 1\n]", "b"], "none": [], "in": [[1], [2]]}
    text = indented(json.dumps(document).encode()).decode()
    assert json.loads(text) == document
    assert '  "hours": [1, 2.5, -3],\n' in text
    assert '    "b"\n' in text


def test_portrait_fits_a_screen_and_its_labels_are_aligned() -> None:
    text = printed(portrait(folded(RICH), MEASURED))
    assert text[0] == "main/c1  version 4, as of 2026-06-30T12:00:00.000Z"
    assert 20 <= len(text) <= SCREEN_LINES
    values = [line[13:] for line in text[1:] if not line.startswith(("active hours", " "))]
    assert all(value[0] == " " and value[1] != " " for value in values)
    assert not any(line.endswith(" ") for line in text)


def test_portrait_has_a_line_for_each_topic() -> None:
    found = {line[:14].strip(): line[14:] for line in printed(portrait(folded(RICH), MEASURED))}
    assert found["attributes"] == "female, 35-44, chef, size 3"
    assert found["categories"] == "home/mugs 100%"
    assert found["standing"].startswith("tier silver, RFM 3 4 4, power ")
    assert found["buys again"].startswith("every 13 days, next expected 2026-07-01, ")
    assert found["disposition"].startswith("loyal 1.00, ")
    assert found["social"] == "1 invite sent, influence 4"
    assert found["service"] == "1 contact (delivery 1), 1 open complaint"
    assert found["fit"] == "no target"


def test_empty_topics_are_a_word() -> None:
    found = {line[:14].strip(): line[14:] for line in printed(portrait(folded([BUYER[0]])))}
    assert found["attributes"] == "nothing declared"
    assert found["activity"] == "none in the last 30 days"
    for topic in ("devices", "categories", "brands", "searches", "social", "disposition"):
        assert found[topic] == "none"


def test_document_is_printed_as_it_was_published(run: Run, table: MemoryTable) -> None:
    publish(table, RICH)
    document = json.loads(run("--json").output)
    assert document["version"] == 4
    assert document["cause"] == "event"


def test_evidence_has_the_head_line_and_every_section(run: Run, table: MemoryTable) -> None:
    publish(table, RICH)
    result = run("--explain")
    assert result.exit_code == 0, result.stderr
    assert not result.stderr
    text = result.stdout.splitlines()
    assert text[0] == "main/c1  version 4, as of 2026-06-30T12:00:00.000Z"
    empty = {"fit", "labels", "segments"}  # this shop has no target and no rules
    assert [line for line in text if line in SECTIONS] == [s for s in SECTIONS if s not in empty]
    assert {line.split()[0] for line in text if re.match(r"\w+ +none  ", line)} >= empty
    (tier,) = [line for line in text if line.startswith("  tier ")]
    assert re.match(r"  tier +silver +4 orders and 480.00 USD in 365 days reach silver", tier)
    assert not any(line.endswith(" ") for line in text)
    assert max(map(len, text)) <= 140


@pytest.mark.parametrize("width", [80, 100, 200])
def test_evidence_is_wrapped_to_the_terminal(width: int) -> None:
    state = folded(RICH)
    evidence = explain(portrait(state, MEASURED), state, MEASURED)
    text = [line.plain for line in evidence_lines(evidence, Console(width=width))]
    assert max(map(len, text)) <= width
    assert width == 200 or max(map(len, text)) > width - 10


def test_reasons_of_a_risk_are_printed_with_points_and_events(
    run: Run, table: MemoryTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PORTRAIT_RISK")
    signed_up = event("signed_up", "2026-06-29T10:00:00Z")
    order = ordered("2026-06-29T10:00:30Z", "20.00")
    described = publish(table, [signed_up, order], replace(PLAIN, risk=load_weights(None)))
    assert described.risk.level == "high"
    result = run("--explain")
    assert not result.stderr
    text = " ".join(result.stdout.split())
    assert f"level high of a score of {described.risk.score}: " in text
    assert "fast_first_order 100 points " in text
    assert "30 seconds after the sign-up" in text
    assert order["event_id"] in text
    assert "risk high 8" in " ".join(run().stdout.split())


def test_evidence_as_json_is_a_list(run: Run, table: MemoryTable) -> None:
    described = publish(table, RICH)
    found = json.loads(run("--explain", "--json").stdout)
    assert all(each.keys() == {"path", "value", "because"} for each in found)
    by_path = {each["path"]: each["value"] for each in found}
    assert by_path["spending.tier"] == described.spending.tier
    assert by_path["activity.sessions"] == str(described.activity.sessions)


def test_published_document_is_explained_by_the_reference_that_it_names(
    run: Run, table: MemoryTable
) -> None:
    take(table, REFERENCE)
    publish(table, RICH, MEASURED)
    orders = tuple(2 * count for count in STORE.orders)
    newer = msgspec.structs.replace(STORE, orders=orders)
    take(table, Reference(version="2" * 12, taken_at=REFERENCE.taken_at, stores={"main": newer}))
    result = run("--explain", "--json")
    assert not result.stderr
    by_path = {each["path"]: each for each in json.loads(result.stdout)}
    assert by_path["reference"]["value"] == REFERENCE.version
    assert by_path["spending.rfm.f"]["value"] == "4"
    chosen = run("--explain", "--json", "--reference", "2" * 12)
    by_path = {each["path"]: each for each in json.loads(chosen.stdout)}
    assert by_path["spending.rfm.f"]["value"] == "3"
    assert chosen.stderr.startswith("portrait: spending: not as published")


def test_reference_that_is_no_longer_kept_is_replaced_by_the_one_in_use(
    run: Run, table: MemoryTable
) -> None:
    publish(table, RICH, MEASURED)
    result = run("--explain", "--json")
    assert result.exit_code == 0
    assert "spending" in result.stderr
    assert json.loads(result.stdout)[0]["value"] == "builtin-1"


def test_tiers_that_were_changed_since_are_told_in_one_line(
    run: Run, table: MemoryTable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publish(table, RICH)
    shop = tmp_path / "shop.yaml"
    shop.write_text("tiers:\n  - name: friend\n    orders_365d: 1\n")
    monkeypatch.setenv("PORTRAIT_SHOP", str(shop))
    result = run("--explain", "--json")
    assert result.stderr.startswith("portrait: spending: not as published, since tiers")
    assert len(result.stderr.splitlines()) == 1
    by_path = {each["path"]: each["value"] for each in json.loads(result.stdout)}
    assert by_path["spending.tier"] == "friend"


def test_mistake_in_the_rule_file_is_no_worry_of_the_workers(
    run: Run, table: MemoryTable, tmp_path: Path
) -> None:
    publish(table, RICH)
    (tmp_path / "labels.yaml").write_text("lables: []")
    said = str(run("--explain").exception)
    assert "labels.yaml, line 1: " in said
    assert said.endswith(" (workers keep the rules they have)")


def test_evidence_as_of_a_later_instant(run: Run, table: MemoryTable) -> None:
    publish(table, RICH)
    result = run("--explain", "--as-of", "2027-08-01T00:00:00Z", "--json")
    assert not result.stderr
    by_path = {each["path"]: each["value"] for each in json.loads(result.stdout)}
    assert by_path["activity.sessions"] == "0"
    assert by_path["spending.tier"] == "none"
    assert by_path["spending.repurchase.overdue"] == "yes"


def test_earlier_instant_is_refused(run: Run, table: MemoryTable) -> None:
    publish(table, [*RICH, ordered("2026-06-29T10:00:00Z", "10")])
    for options in ((), ("--explain",)):
        result = run("--as-of", "2026-06-01T00:00:00Z", *options)
        assert result.exit_code == 1
        assert "older states are not kept" in result.stderr


def test_unknown_customer_is_told(run: Run) -> None:
    for options in ((), ("--explain",)):
        result = run(*options)
        assert result.exit_code == 1
        assert result.stderr == "portrait: no portrait of 'c1' in store 'main'\n"
