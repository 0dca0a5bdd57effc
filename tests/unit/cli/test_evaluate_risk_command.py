"""What `portrait evaluate risk` prints."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.evaluations.risk import command

HEADER = (
    "user_id,signup_time,purchase_time,purchase_value,device_id,source,browser,sex,age,"
    "ip_address,class\n"
)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Two frauds, one of them within a minute of sign-up, two honest purchases, and no row."""
    day = "2015-03-01 10:00:00"
    rows = [
        f"1,{day},2015-03-01 10:00:01,10,d1,Ads,Opera,F,30,1001,1",
        f"2,{day},2015-03-20 10:00:00,10,d2,Ads,Opera,F,30,1002,1",
        f"3,{day},2015-03-21 10:00:00,10,d3,Ads,Opera,F,30,1003,0",
        f"4,{day},2015-03-22 10:00:00,10,d4,Ads,Opera,F,30,1004,0",
        "5,yesterday,today",
    ]
    (tmp_path / "fraud.csv").write_text(HEADER + "\n".join(rows) + "\n")
    return tmp_path / "fraud.csv"


def run(*args: object) -> Result:
    found = CliRunner().invoke(command, [*map(str, args), "--memory"])
    assert found.exit_code == 0, found.output
    return found


def test_json_has_the_figures_of_all_purchases_and_of_the_rest(file: Path) -> None:
    found = json.loads(run(file, "--json").stdout)
    found_all = {"precision": 1.0, "recall": 0.5}
    nothing = {"precision": 0.0, "recall": 0.0}
    assert found == {
        "all": {
            "auc": 0.75,
            "average_precision": 0.75,
            "n": 4,
            "levels": {"elevated": found_all, "high": found_all},
        },
        "without_flash": {
            "auc": 0.5,
            "average_precision": 0.3333,
            "n": 3,
            "levels": {"elevated": nothing, "high": nothing},
        },
    }


def test_the_table_names_each_figure_and_what_was_skipped(file: Path) -> None:
    lines = {line[:20].strip(): line[20:].split() for line in run(file).stdout.splitlines()}
    assert lines["purchases"] == ["4", "3"]
    assert lines["AUC"] == ["0.7500", "0.5000"]
    assert lines["high: recall"] == ["0.5000", "0.0000"]
    assert lines["skipped"][0] == "1"


def test_the_weights_are_those_in_force(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = file.with_name("risk.yaml")
    weights.write_text("reasons: {emulator: {at_least: {1: 5}}}\n")
    monkeypatch.setenv("PORTRAIT_RISK", str(weights))
    found = json.loads(run(file, "--json").stdout)
    assert found["all"]["auc"] == 0.5
    assert found["all"]["levels"]["elevated"]["recall"] == 0.0
