"""Points fitted to labelled cases: what speaks for fraud gains, what nothing had stays."""

import random

import pytest

from stream.files.risk import load_weights
from stream.learn.risk import Labelled, fit_weights, points
from stream.learn.risk_yaml import save_weights, to_yaml
from stream.risk.weights import Bounds, Weights

BEFORE = Weights(
    {
        "fast_first_order": ((600, 20), (60, 40)),
        "accounts_on_device": ((2, 20), (5, 40)),
        "emulator": ((1, 25),),
        "impossible_travel": ((1000, 25), (3000, 40)),
    },
    cool_down_ms=5_400_000,
)


def cases(count: int, fraud: float, *reasons: tuple[str, int]) -> list[Labelled]:
    """So many cases with these reasons, and that share of fraud among them."""
    frauds = round(count * fraud)
    return [Labelled(reasons, number < frauds) for number in range(count)]


#: Fraud is quick; a shared device says nothing at 2 accounts and something at 5.
HISTORY = [
    *cases(4000, 0.05),
    *cases(2000, 0.95, ("fast_first_order", 40)),
    *cases(200, 0.05, ("accounts_on_device", 20)),
    *cases(200, 0.50, ("accounts_on_device", 40)),
]


def test_points_follow_the_odds_of_the_cases_that_had_the_step() -> None:
    steps = fit_weights(HISTORY, BEFORE).weights.steps
    # 5 % to 95 % are 361 times the odds: 8.5 doublings of 20 points; 5 % to 50 % are 4.2.
    assert dict(steps["fast_first_order"])[60] == pytest.approx(170, abs=4)
    assert dict(steps["accounts_on_device"])[5] == pytest.approx(85, abs=6)
    assert dict(steps["accounts_on_device"])[2] <= 6


def test_reasons_and_steps_that_no_case_had_keep_their_points() -> None:
    fitted = fit_weights(HISTORY, BEFORE)
    assert fitted.weights.steps["impossible_travel"] == BEFORE.steps["impossible_travel"]
    assert dict(fitted.weights.steps["fast_first_order"])[600] == 20
    assert fitted.seen == {
        "fast_first_order": 2000,
        "accounts_on_device": 400,
        "emulator": 0,
        "impossible_travel": 0,
    }


def test_reasons_steps_calibration_and_levels_stay() -> None:
    after = fit_weights(HISTORY, BEFORE).weights
    for code, steps in BEFORE.steps.items():
        assert [threshold for threshold, _ in after.steps[code]] == [t for t, _ in steps]
    assert (after.half_points, after.doubling, after.bounds) == (60, 20, BEFORE.bounds)
    assert after.cool_down_ms == BEFORE.cool_down_ms


def test_a_step_brings_more_than_a_milder_one_even_where_the_cases_say_otherwise() -> None:
    history = [
        *cases(400, 0.1),
        *cases(200, 0.9, ("accounts_on_device", 20)),
        *cases(200, 0.1, ("accounts_on_device", 40)),
    ]
    (_, milder), (_, worse) = fit_weights(history, BEFORE).weights.steps["accounts_on_device"]
    assert worse == milder + 1


def test_what_only_the_honest_had_comes_down_to_one_point() -> None:
    history = [*cases(300, 0.5), *cases(300, 0.0, ("emulator", 25))]
    assert fit_weights(history, BEFORE).weights.steps["emulator"] == ((1, 1),)


def test_the_share_of_fraud_alone_moves_no_points() -> None:
    for share in (0.02, 0.9):
        history = [*cases(500, share), *cases(500, share, ("emulator", 25))]
        found = dict(fit_weights(history, Weights({"emulator": ((1, 1),)})).weights.steps)
        assert found["emulator"][0][1] <= 2


def test_a_case_with_points_of_no_step_is_taken_at_the_step_below() -> None:
    odd = [Labelled((("accounts_on_device", 33),), case.fraud) for case in cases(200, 0.05)]
    history = [case for case in HISTORY if case.reasons != (("accounts_on_device", 20),)]
    assert fit_weights([*history, *odd], BEFORE) == fit_weights(HISTORY, BEFORE)


def test_reasons_that_the_weights_leave_out_are_passed_over() -> None:
    history = [Labelled((*case.reasons, ("new_device", 8)), case.fraud) for case in HISTORY]
    assert fit_weights(history, BEFORE) == fit_weights(HISTORY, BEFORE)


def test_the_order_of_the_cases_does_not_matter() -> None:
    history = list(HISTORY)
    random.Random(2).shuffle(history)
    assert fit_weights(history, BEFORE).weights == fit_weights(HISTORY, BEFORE).weights


def test_points_of_a_case_by_other_weights_are_those_of_the_same_steps() -> None:
    after = Weights(BEFORE.steps | {"accounts_on_device": ((2, 1), (5, 7))})
    case = Labelled((("accounts_on_device", 40), ("emulator", 25)), True)
    assert points(case, BEFORE, BEFORE) == 65
    assert points(case, BEFORE, after) == 32


def test_the_file_that_is_written_is_read_back_as_the_same_weights(tmp_path) -> None:
    bounds = {"elevated": Bounds(45, 35), "high": Bounds(75, 65)}
    weights = Weights(BEFORE.steps, 50, 15, bounds, 5_400_000)
    fitted = fit_weights(HISTORY, weights)
    file = tmp_path / "risk.yaml"
    save_weights(file, fitted, weights, len(HISTORY))
    assert load_weights(file) == fitted.weights


def test_the_file_says_of_each_reason_where_its_points_come_from() -> None:
    text = to_yaml(fit_weights(HISTORY, BEFORE), BEFORE, len(HISTORY))
    assert "# fitted: 400 of 6400 cases had it; {2: 20, 5: 40} before\n  accounts_on_device" in text
    assert "# no case had it: as before\n  emulator: {at_least: {1: 25}}" in text
