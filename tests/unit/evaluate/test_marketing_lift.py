"""Lift of the top fifth, and the evaluation of a small folder of tables."""

import json
from itertools import permutations

import pytest
from click.testing import CliRunner

from stream.cli.evaluations.marketing import command
from stream.errors import Fatal
from stream.evaluate.marketing import evaluate, top_fifth_lift
from stream.replay.formats import read_events
from tests.support.events import to_ms

UNTIL, PREDICT_UNTIL = to_ms("2017-07-01T00:00:00Z"), to_ms("2017-10-01T00:00:00Z")
HEADER = (
    "household_id,basket_id,product_id,quantity,sales_value,retail_disc,coupon_disc,"
    "coupon_match_disc,transaction_timestamp\n"
)
# Ten households come in June, 1 and 2 with a coupon; 11 comes on the very day of the cut.
BASKETS = [
    *(
        f"{n},b{n},p1,1,5.00,0.10,{0.5 if n <= 2 else 0.0},0.00,2017-06-{n + 9} 12:00:00"
        for n in range(1, 11)
    ),
    "11,b11,p1,1,5.00,0.00,1.00,0.00,2017-07-01 00:00:00",
]
# In the window: 1 redeems twice and 5 once. Not in it: 5 and 6 before, 7 after, 11 not known yet.
REDEMPTIONS = [
    "5,u1,c1,2017-06-29",
    "1,u1,c1,2017-07-01",
    "1,u2,c1,2017-09-30",
    "5,u3,c1,2017-08-15",
    "6,u3,c1,2017-06-30",
    "7,u3,c1,2017-10-01",
    "11,u3,c1,2017-08-15",
]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "transactions.csv").write_text(HEADER + "\n".join([*BASKETS, ""]))
    redemptions = ["household_id,coupon_upc,campaign_id,redemption_date", *REDEMPTIONS, ""]
    (tmp_path / "coupon_redemptions.csv").write_text("\n".join(redemptions))
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.mark.parametrize(
    ("scores", "responses", "lift"),
    [
        ([5, 4, 3, 2, 1], [1, 0, 0, 0, 0], 5.0),
        ([1, 2, 3, 4, 5], [1, 0, 0, 0, 0], 0.0),
        ([5, 4, 3, 2, 1], [1, 1, 1, 1, 1], 1.0),
        ([0, 0, 0, 0, 0], [9, 0, 0, 0, 0], 1.0),  # nothing is known: no lift, in any order
        ([2, 2, 1, 1, 1], [3, 0, 0, 0, 0], 2.5),  # one of the two tied is in the fifth
        ([3, 2, 1], [1, 1, 0], 1.5),  # the fifth of three rows is 0.6 of one
        ([3, 2, 2, 1, 1, 1], [1, 3, 1, 0, 0, 0], 1.4),  # 1.2 rows: the first, a fifth of the tied
    ],
)
def test_lift_is_responses_per_row_in_the_top_fifth_against_all(scores, responses, lift):
    assert top_fifth_lift(scores, responses) == pytest.approx(lift)


def test_lift_does_not_depend_on_the_order_of_the_rows():
    rows = [(3, 1), (2, 3), (2, 0), (2, 1), (1, 0), (0, 1)]
    lifts = {
        round(top_fifth_lift(*map(list, zip(*order, strict=True))), 9)
        for order in permutations(rows)
    }
    assert len(lifts) == 1


def test_lift_without_any_response_is_an_error():
    with pytest.raises(ValueError, match="at least one"):
        top_fifth_lift([1, 2], [0, 0])


def test_only_households_seen_before_the_cut_and_redemptions_in_the_window_count(folder):
    figures = evaluate(read_events(str(folder), "completejourney"), UNTIL, PREDICT_UNTIL)
    # Two of ten are the top fifth. 1, 2, 5 and 6 used a coupon each, so half of each is in it:
    # 1.5 redemptions of two households, against 3 of ten.
    assert (figures.n, figures.redemptions, figures.skipped) == (10, 3, 0)
    assert figures.top_fifth_lift == pytest.approx((1.5 / 2) / (3 / 10))
    low, high = figures.top_fifth_lift_interval
    assert 0 <= low <= figures.top_fifth_lift <= high <= 5


def test_what_happens_after_the_cut_does_not_move_the_ranking(folder):
    before = evaluate(read_events(str(folder), "completejourney"), UNTIL, PREDICT_UNTIL)
    later = [f"9,c{n},p1,1,5.00,0.10,0.50,0.00,2017-07-{n + 9} 12:00:00" for n in range(1, 20)]
    with (folder / "transactions.csv").open("a") as file:
        file.write("\n".join([*later, ""]))
    assert evaluate(read_events(str(folder), "completejourney"), UNTIL, PREDICT_UNTIL) == before


def test_command_prints_one_json_object(folder):
    result = run(folder, "--until", "2017-07-01", "--predict-until", "2017-10-01", "--json")
    assert result.exit_code == 0
    printed = json.loads(result.stdout)
    assert list(printed) == [
        "n",
        "redemptions",
        "top_fifth_lift",
        "top_fifth_lift_interval",
        "skipped",
    ]
    assert (printed["n"], printed["redemptions"]) == (10, 3)
    assert printed["top_fifth_lift"] == pytest.approx(2.5)


def test_command_prints_the_figures_with_their_interval(folder):
    with (folder / "coupon_redemptions.csv").open("a") as file:
        file.write("1,u9,c1,someday\n")
    result = run(folder, "--until", "2017-07-01", "--predict-until", "2017-10-01")
    assert result.exit_code == 0
    assert "households      10\nredemptions     3\n" in result.stdout
    assert "2.50   95 % interval" in result.stdout
    assert "skipped         1 " in result.stdout


def test_folder_without_transactions_is_refused(tmp_path):
    result = run(tmp_path, "--until", "2017-07-01", "--predict-until", "2017-10-01")
    assert isinstance(result.exception, Fatal)
    assert "transactions" in str(result.exception)


@pytest.mark.parametrize(
    ("until", "predict_until", "says"),
    [
        ("2017-01-01", "2017-07-01", "no household has an event before 2017-01-01"),
        ("2017-10-02", "2017-12-01", "no coupon was redeemed from 2017-10-02"),
    ],
)
def test_dates_without_data_are_refused_and_the_message_names_them(
    folder, until, predict_until, says
):
    result = run(folder, "--until", until, "--predict-until", predict_until)
    assert isinstance(result.exception, Fatal)
    assert says in str(result.exception)


@pytest.mark.parametrize(
    ("until", "predict_until"),
    [("2017-07-01", "2017-07-01"), ("2017-07-01", "2017-06-01"), ("July", "2017-10-01")],
)
def test_dates_that_make_no_window_are_a_usage_error(folder, until, predict_until):
    assert run(folder, "--until", until, "--predict-until", predict_until).exit_code == 2
