"""The evaluation of repurchase: what is measured on, what is printed, what is refused."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from stream.cli.evaluations.repurchase import command
from stream.errors import Fatal
from stream.measures.repurchase import BUILTIN

START = date(2020, 1, 1)
CUT = date(2020, 3, 1)
END = date(2020, 4, 1)


def write(path: Path, orders: dict[int, list[date]]) -> Path:
    """Customers and the days of their orders, in the format of CDNOW."""
    lines = [f"{customer} {day:%Y%m%d} 1 10.00" for customer in orders for day in orders[customer]]
    path.write_text("\n".join(lines))
    return path


def run(path: Path, *options: str, until: date = CUT, predict_until: date = END) -> Result:
    dates = ("--calibrate-until", f"{until}", "--predict-until", f"{predict_until}")
    arguments = [str(path), "--format", "cdnow", *dates, *options]
    return CliRunner().invoke(command, arguments)


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    """Four customers: two order again, of whom one has the newest and one the most orders."""
    day = timedelta(days=1)
    history = {
        1: [START, START + day, START + 2 * day, CUT],
        2: [CUT - day, END - day],
        3: [START, START + 3 * day],
        4: [START + 10 * day, END],
        5: [CUT, CUT + day],
    }
    return write(tmp_path / "orders.txt", history)


def test_customers_are_those_before_the_cut_and_outcomes_those_from_it(orders: Path) -> None:
    result = run(orders, "--json")
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    # 5 is no customer yet at the cut; 4 orders on the day that is no longer looked at.
    assert (figures["n"], figures["bought"], figures["model"]) == (4, 2, BUILTIN.version)
    assert figures["auc_frequency"] == pytest.approx((1 + 1 + 0.5 + 0) / 4)
    assert figures["auc_recency"] == pytest.approx((1 + 1 + 0 + 0) / 4)


def test_json_has_each_figure_with_its_interval(orders: Path) -> None:
    figures = json.loads(run(orders, "--json").stdout)
    names = ("auc", "auc_recency", "auc_frequency", "auc_minus_recency", "auc_minus_frequency")
    for name in names:
        low, high = figures[f"{name}_interval"]
        assert low <= figures[name] <= high
    difference = figures["auc"] - figures["auc_recency"]
    assert figures["auc_minus_recency"] == pytest.approx(difference, abs=1e-4)


def test_what_a_worker_would_reject_is_counted_as_skipped(orders: Path) -> None:
    with orders.open("a") as file:
        file.write("\n6 19600101 1 10.00\nno order\n7 20300101 1 10.00\n")
    figures = json.loads(run(orders, "--json").stdout)
    # Of 1960, and no order at all; one after what is predicted is only not looked at.
    assert (figures["n"], figures["skipped"]) == (4, 2)


def test_an_outcome_that_the_file_cuts_short_is_told_on_standard_error(orders: Path) -> None:
    for options in ((), ("--json",)):
        result = run(orders, *options, predict_until=END + timedelta(days=2))
        assert result.exit_code == 0
        assert "the newest event is of 2020-04-01, before the end" in result.stderr
    figures = json.loads(result.stdout)
    assert figures["note"] in result.stderr


def test_an_outcome_that_the_file_covers_needs_no_note(orders: Path) -> None:
    result = run(orders, "--json", predict_until=END + timedelta(days=1))
    assert result.stderr == ""
    assert json.loads(result.stdout)["note"] is None


def test_people_get_a_table(orders: Path) -> None:
    result = run(orders)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["customers", "4"]
    assert any(line.startswith("AUC ") and "95 % interval" in line for line in lines)


def test_dates_the_wrong_way_round_are_refused(orders: Path) -> None:
    result = run(orders, until=END, predict_until=CUT)
    assert result.exit_code == 2
    assert "must be after --calibrate-until" in result.output


def test_a_date_that_is_none_is_refused(orders: Path) -> None:
    dates = ("--calibrate-until", "1997-9x", "--predict-until", "1998-06-30")
    result = CliRunner().invoke(command, [str(orders), "--format", "cdnow", *dates])
    assert result.exit_code == 2


@pytest.mark.parametrize(
    ("until", "predict_until", "says"),
    [
        (date(2019, 1, 1), date(2019, 2, 1), "no customer has an order before 2019-01-01"),
        (date(2021, 1, 1), date(2021, 2, 1), "0 of 5 customers order again"),
    ],
)
def test_dates_outside_of_the_file_are_refused_with_what_to_do(
    orders: Path, until: date, predict_until: date, says: str
) -> None:
    result = run(orders, until=until, predict_until=predict_until)
    assert isinstance(result.exception, Fatal)
    assert says in str(result.exception)


def test_a_file_of_another_format_is_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "other.txt"
    path.write_text("a,b,c\n1,2,3\n")
    result = run(path)
    assert isinstance(result.exception, Fatal)
    assert "2 lines hold no event; is --format right" in str(result.exception)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    result = run(tmp_path / "none.txt")
    assert isinstance(result.exception, Fatal)
