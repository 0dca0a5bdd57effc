"""What `portrait risk` prints."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli import in_force
from stream.cli import risk as module
from stream.cli.main import portrait
from stream.errors import Fatal
from stream.files.risk import SHIPPED
from stream.risk.reasons import CODES, KINDS, PARTS
from tests.support.tables import no_table

Run = Callable[..., Result]

OWN = """\
calibration: {half_points: 50, doubling: 25}
levels:
  elevated: {rises_at: 20, falls_below: 10}
  high: {rises_at: 50, falls_below: 45}
cool_down_hours: 1
reasons:
  failed_sign_ins: {at_least: {10: 30, 5: 15}}
  fast_first_order: {at_most: {60: 90, 600: 30}}
"""


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("PORTRAIT_RISK", raising=False)
    monkeypatch.setattr(in_force, "open_table", no_table)
    monkeypatch.setenv("COLUMNS", "140")
    return lambda *args: CliRunner().invoke(module.command, [str(arg) for arg in args])


@pytest.fixture
def own(tmp_path: Path) -> Path:
    file = tmp_path / "own.yaml"
    file.write_text(OWN)
    return file


def wrong(tmp_path: Path) -> Path:
    file = tmp_path / "wrong.yaml"
    file.write_text("reasons:\n  failed_signins: {at_least: {5: 15}}\n")
    return file


def test_it_is_a_command() -> None:
    result = CliRunner().invoke(portrait, ["risk", "--help"])
    assert result.exit_code == 0
    assert all(f"  {name} " in result.output for name in module.COMMANDS)


def test_checking_says_how_many_reasons_have_points_and_which_have_none(
    run: Run, own: Path
) -> None:
    result = run("check", own)
    assert result.exit_code == 0
    first, second = result.output.splitlines()
    assert first == f"{own}: 2 reasons with points"
    left_out = [code for code in CODES if code not in ("failed_sign_ins", "fast_first_order")]
    assert second == f"without points: {', '.join(left_out)}"


def test_without_a_file_the_weights_in_force_are_checked(
    run: Run, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("check").output == f"{SHIPPED}: {len(CODES)} reasons with points\n"
    monkeypatch.setenv("PORTRAIT_RISK", str(own))
    assert run("check").output.startswith(f"{own}: 2 reasons with points\n")


def test_a_mistake_is_said_with_its_line_and_a_suggestion(run: Run, tmp_path: Path) -> None:
    file = wrong(tmp_path)
    result = run("check", file)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"portrait: {file}, line 2: ")
    assert "did you mean failed_sign_ins" in result.stderr
    assert result.stderr.count("\n") == 1


def test_a_file_that_is_not_there_is_refused(run: Run, tmp_path: Path) -> None:
    result = run("check", tmp_path / "none.yaml")
    assert result.exit_code == 1
    assert result.stderr == f"portrait: {tmp_path}/none.yaml: No such file or directory\n"


def test_checking_as_json(run: Run, own: Path, tmp_path: Path) -> None:
    found = json.loads(run("check", own, "--json").stdout)
    assert (found["file"], found["valid"], found["reasons"]) == (str(own), True, 2)
    assert found["error"] is None
    assert len(found["left_out"]) == len(CODES) - 2
    file = wrong(tmp_path)
    result = run("check", file, "--json")
    assert (result.exit_code, result.stderr) == (1, "")
    found = json.loads(result.stdout)
    assert found.pop("error").startswith(f"{file}, line 2: ")
    assert found == {"file": str(file), "valid": False, "reasons": 0, "left_out": []}


def test_listing_shows_what_every_reason_counts_and_brings(
    run: Run, own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTRAIT_RISK", str(own))
    lines = [" ".join(line.split()) for line in run("list").output.splitlines()]
    assert lines[0] == f"{len(CODES)} reasons"
    assert (
        "account failed_sign_ins failed sign-ins within an hour at least 5: 15, 10: 30 7 days"
    ) in lines
    assert (
        "order fast_first_order seconds from sign-up to the first order "
        "at most 600: 30, 60: 90 30 days"
    ) in lines
    assert "device emulator events on an emulator none 30 days" in lines
    assert lines[-1] == (
        "50 points are a score of 50, and 25 more double the odds; elevated from a score of 20 "
        "until below 10; high from a score of 50 until below 45; alerts are not repeated within "
        "1 hour"
    )


def test_other_rules_of_the_workers_are_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    async def others() -> bool:
        return True

    monkeypatch.setattr("stream.cli.risks.list.seen_to_use_other_rules", others)
    assert run("list", "--json").stderr == f"portrait: {in_force.OTHER_RULES}\n"


@pytest.mark.parametrize("columns", ["60", "200"])
def test_no_reason_is_cut(run: Run, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    output = run("list").output
    assert "…" not in output
    assert {*CODES} <= set(output.split())


def test_listing_as_json(run: Run, own: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTRAIT_RISK", str(own))
    found = json.loads(run("list", "--json").stdout)
    assert found["calibration"] == {"half_points": 50, "doubling": 25}
    assert found["levels"]["high"] == {"rises_at": 50, "falls_below": 45}
    assert found["cool_down_hours"] == 1
    by_code = {each["code"]: each for each in found["reasons"]}
    assert {*by_code} == {*KINDS}
    assert by_code["fast_first_order"] == {
        "code": "fast_first_order",
        "part": "order",
        "unit": "seconds from sign-up to the first order",
        "holds_days": 30,
        "worse": "lower",
        "steps": [{"value": 600, "points": 30}, {"value": 60, "points": 90}],
    }
    assert by_code["emulator"]["steps"] == []
    parts = [PARTS.index(each["part"]) for each in found["reasons"]]
    assert parts == sorted(parts)


def test_a_refused_file_is_not_listed(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTRAIT_RISK", str(wrong(tmp_path)))
    result = run("list")
    assert isinstance(result.exception, Fatal)
    assert result.stdout == ""


def test_what_is_printed_is_the_file_in_force_and_can_be_checked(
    run: Run, own: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run("print").stdout_bytes == SHIPPED.read_bytes()
    start = tmp_path / "start.yaml"
    start.write_bytes(run("print").stdout_bytes)
    assert run("check", start).exit_code == 0
    monkeypatch.setenv("PORTRAIT_RISK", str(own))
    assert run("print").stdout_bytes == OWN.encode()
