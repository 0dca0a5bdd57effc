"""`portrait replay`: what it prints and refuses, without a broker."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from stream.cli.replay import command, to_json, to_text
from stream.errors import Fatal
from stream.replay.source import Skipped
from stream.replay.summary import EXAMPLES, Summary


@pytest.fixture
def summary() -> Summary:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    made = Summary(file="f", format="native", sent={"clicks": 3}, first=at, last=at, seconds=1.5)
    for line in range(1, EXAMPLES + 3):
        made.count_skipped(Skipped(line, "not_json", f"broken {line}"))
    made.acknowledge("clicks", 0, 3)
    return made


def test_the_text_tells_what_was_sent_and_what_was_skipped_and_why(summary):
    text = to_text(summary)
    assert "sent 3 events" in text
    assert "clicks: 3" in text
    assert "not_json: 5" in text
    assert "line 1: broken 1" in text
    assert f"line {EXAMPLES + 1}" not in text


def test_the_json_is_one_object_with_the_totals(summary):
    found = json.loads(to_json(summary))
    assert (found["total_sent"], found["total_skipped"]) == (3, EXAMPLES + 2)
    assert found["offsets"] == {"clicks": {"0": 3}}
    assert "\n" not in to_json(summary)


def test_a_missing_file_is_told_before_kafka_is_asked(tmp_path):
    result = CliRunner().invoke(command, [str(tmp_path / "absent")])
    assert isinstance(result.exception, Fatal)
    assert "there is no file" in str(result.exception)


@pytest.mark.parametrize(
    "options", [["--format", "xml"], ["--rate", "0"], ["--store", "a/b"], ["--wait-timeout", "-1"]]
)
def test_options_that_make_no_sense_are_refused(options):
    assert CliRunner().invoke(command, ["-", *options]).exit_code == 2
