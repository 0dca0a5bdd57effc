"""How alerts and verdicts are printed, and which are shown."""

import json

import msgspec
import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from stream.cli.alerting.lines import alert_json, alert_line, reaches, verdict_line
from stream.cli.alerting.list import raised
from stream.cli.alerts import command
from stream.errors import Fatal
from stream.tables.verdicts import Verdict
from tests.support.alerting import made_alerts

RAISED, CLOSED = made_alerts(1)
VERDICT = Verdict(
    alert=msgspec.Raw(msgspec.json.encode(RAISED)),
    verdict="fraud",
    at="2026-03-16T09:00:00.000Z",
    note="card\nstolen",
)


def test_a_line_says_when_which_who_what_and_why() -> None:
    assert alert_line(RAISED, None) == (
        f"2025-06-15T16:06:40.000Z  {RAISED.id}  main/c0  v1  raised  "
        "high 82: First order 45 seconds after the sign-up (+100)"
    )


def test_a_close_names_what_it_closes() -> None:
    assert alert_line(CLOSED, None) == (
        f"2025-06-15T17:06:40.000Z  {CLOSED.id}  main/c0  v2  closed  "
        f"closes {RAISED.id} by an event"
    )


def test_a_verdict_stands_at_the_end_of_the_line_and_cannot_break_it() -> None:
    assert alert_line(RAISED, VERDICT).endswith(r"(+100)  [fraud: card\nstolen]")
    without_note = msgspec.structs.replace(VERDICT, note=None)
    assert alert_line(RAISED, without_note).endswith("(+100)  [fraud]")


def test_an_id_from_outside_cannot_move_the_cursor() -> None:
    line = alert_line(replace(RAISED, customer_id="a\x1b[2J\n"), None)
    assert r"main/a\x1b[2J\n" in line
    assert line.isprintable()


def test_json_is_the_document_with_its_verdict() -> None:
    value = msgspec.json.encode(RAISED)
    assert json.loads(alert_json(value, None)) == json.loads(value) | {"verdict": None}
    assert json.loads(alert_json(value, VERDICT))["verdict"] == {
        "verdict": "fraud", "at": "2026-03-16T09:00:00.000Z", "note": "card\nstolen",
    }  # fmt: skip


def test_a_line_says_since_when_and_why_an_alert_is_over() -> None:
    assert alert_line(RAISED, VERDICT, ended=CLOSED).endswith(
        r"(+100)  closed 2025-06-15T17:06:40.000Z by an event  [fraud: card\nstolen]"
    )
    higher = replace(RAISED, id="0" * 16, closes=RAISED.id, cause="time")
    assert alert_line(RAISED, None, ended=higher).endswith(
        "(+100)  replaced by 0000000000000000 2025-06-15T16:06:40.000Z by time"
    )


def test_raised_alerts_are_listed_once_by_their_time_with_what_ended_them() -> None:
    (first, closed), (other, _) = made_alerts(1), made_alerts(2)[2:]
    later = replace(other, at="2025-06-15T18:00:00.000Z")
    # Partitions are read one after the other, and an alert may be repeated under its id.
    values = [msgspec.json.encode(each) for each in (later, closed, first, first)]
    listed = raised(values)
    assert [(each.alert, each.ended) for each in listed] == [(first, closed), (later, None)]
    assert [each.value for each in listed] == [values[2], values[0]]


def test_an_alert_that_another_replaced_is_over() -> None:
    higher = replace(RAISED, id="0" * 16, closes=RAISED.id)
    listed = raised(map(msgspec.json.encode, (RAISED, higher)))
    assert {each.alert.id: each.ended for each in listed} == {RAISED.id: higher, higher.id: None}


def test_a_verdict_in_a_list_says_of_whom_and_what_it_was() -> None:
    assert verdict_line(VERDICT) == (
        f"2026-03-16T09:00:00.000Z  {RAISED.id}  main/c0  high 82  " + r"fraud: card\nstolen"
    )


def test_a_level_takes_in_what_is_above_it_and_what_ends_it() -> None:
    elevated = replace(RAISED, level="elevated")
    assert [reaches(alert, "high") for alert in (RAISED, CLOSED, elevated)] == [True, True, False]
    assert reaches(elevated, "elevated")
    assert not reaches(replace(CLOSED, previous_level="elevated"), "high")


@pytest.mark.parametrize("arguments", [["--level", "low"], ["acknowledge"], ["verdict"],
                                       ["acknowledge", "1", "--verdict", "maybe"]])  # fmt: skip
def test_what_is_asked_wrongly_is_refused(arguments: list[str]) -> None:
    assert CliRunner().invoke(command, arguments).exit_code == 2


def test_help_lists_the_subcommands() -> None:
    shown = CliRunner().invoke(command, ["--help"]).stdout
    assert all(name in shown for name in ("acknowledge", "verdicts", "forward", "--level"))


def test_options_before_a_subcommand_are_refused_rather_than_not_heeded() -> None:
    result = CliRunner().invoke(command, ["--json", "list"])
    assert result.exit_code == 2
    assert "give options after list, not before it" in result.output


def test_a_record_that_is_no_alert_is_named() -> None:
    with pytest.raises(Fatal, match="a record of risk-alerts is no alert of this version"):
        raised([b'{"id":"x"}'])
