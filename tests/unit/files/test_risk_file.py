"""The file of weights: read into steps and bounds, or refused with line and suggestion."""

import re
from pathlib import Path

import pytest

from stream.errors import Fatal
from stream.files.risk import SHIPPED, load_weights
from stream.risk.findings import Finding
from stream.risk.reasons import CODES, KINDS
from stream.risk.score import judge
from stream.risk.weights import Bounds, Weights
from stream.windows import DAY_MS

WHOLE = """\
calibration: {half_points: 100, doubling: 30}
levels:
  elevated: {rises_at: 20, falls_below: 10}
  high: {rises_at: 50, falls_below: 50}
cool_down_hours: 1.5
reasons:
  failed_sign_ins: {at_least: {10: 30, 5: 15}}
  fast_first_order: {at_most: {60: 90, 600: 30}}
"""
NOW = 1000 * DAY_MS

#: What honest customers do, and all that is found of it at once.
HONEST = {
    "a new device": {"new_device": 1},
    "a device in the household with two accounts": {
        **{code: 2 for code, kind in KINDS.items() if kind.part == "device" and kind.worth == 2},
        **{f"coupon_on_{what}": 2 for what in ("device", "ip", "shipping")},
    },
    "a holiday": {"new_country": 1, "new_network": 1, "unlikely_sign_in": 100},
    "a holiday with a new phone": {
        **dict.fromkeys(("new_device", "new_country", "new_network"), 1),
        "unlikely_sign_in": 100,
    },
    "a VPN": {"impossible_travel": 10_000, "new_network": 1},
    "a lost phone": {"reset_then_new_device": 1, "new_device": 1, "new_network": 1},
    "a forgotten password": {
        "failed_sign_ins": 5,
        "sign_in_after_failures": 5,
        "password_resets": 2,
    },
    "a first order ten minutes after sign-up": {
        "fast_first_order": 601,
        "young_account": 0,
        "no_browsing": 1,
    },
    "a rooted phone": {"rooted_device": 1, "new_device": 1},
    "returns": {"orders_undone": 4},
    "a large order after years": {"dormant_account": 700, "unusual_amount": 30, "new_device": 1},
}


def load(tmp_path: Path, text: str) -> Weights:
    file = tmp_path / "risk.yaml"
    file.write_text(text, encoding="utf-8")
    return load_weights(file)


def found(**values: int) -> list[Finding]:
    return [Finding(code, NOW, value, ("e",), code) for code, value in values.items()]


def test_a_file_is_read_with_its_steps_from_the_mildest_to_the_worst(tmp_path: Path) -> None:
    assert load(tmp_path, WHOLE) == Weights(
        steps={
            "failed_sign_ins": ((5, 15), (10, 30)),
            "fast_first_order": ((600, 30), (60, 90)),
        },
        half_points=100,
        doubling=30,
        bounds={"elevated": Bounds(20, 10), "high": Bounds(50, 50)},
        cool_down_ms=5_400_000,
    )


def test_what_is_left_out_is_as_usual_and_brings_no_points(tmp_path: Path) -> None:
    assert load(tmp_path, "reasons: {}\n") == Weights({})
    assert load(tmp_path, "reasons: {}\ncool_down_hours:\n") == Weights({})
    weights = load(tmp_path, "reasons:\n  new_device:\n  emulator: {at_least: {1: 5}}\n")
    assert weights.steps == {"emulator": ((1, 5),)}


@pytest.mark.parametrize(
    ("text", "line", "complaint"),
    [
        ("calibration: {half_points: 60, doubling: 20}\n", 1, "reasons is missing"),
        ("reasons:\n", 1, "reasons is missing"),
        ("reasons: []\n", 1, "expected a mapping of failed_sign_ins"),
        ("reason: {}\n", 1, "unknown key 'reason'; did you mean reasons?"),
        (
            "reasons:\n  failed_signins: {at_least: {5: 1}}\n",
            2,
            "unknown key 'failed_signins'; did you mean failed_sign_ins",
        ),
        (
            "reasons:\n  emulator: {at_least: {1: 5}}\n  emulator: {at_least: {1: 6}}\n",
            3,
            "emulator stands here twice, first in line 2",
        ),
        ("reasons: {emulator: 5}\n", 1, "expected a mapping of at_least, at_most, got '5'"),
        ("reasons: {emulator: {}}\n", 1, "emulator needs steps, such as at_least: {1: 10}"),
        ("reasons: {emulator: {at_leat: {1: 5}}}\n", 1, "did you mean at_least"),
        (
            "reasons: {emulator: {at_least: 5}}\n",
            1,
            "expected a mapping of events on an emulator and points",
        ),
        ("reasons: {emulator: {at_least: {}}}\n", 1, "emulator needs at least one step"),
        (
            "reasons:\n  fast_first_order:\n    at_least: {60: 5}\n",
            3,
            "the worse the lower it is (seconds from sign-up to the first order): use at_most",
        ),
        (
            "reasons:\n  failed_sign_ins: {at_least: {5: 15, 30: 50}}\n",
            2,
            "at_least: 30 is above 20",
        ),
        ("reasons: {accounts_on_device: {at_least: {500: 70}}}\n", 1, "500 is above 100"),
        (
            "reasons: {emulator: {at_most: {1: 5}}}\n",
            1,
            "emulator is the worse the higher it is (events on an emulator): "
            "use at_least, not at_most",
        ),
        (
            "reasons:\n  failed_sign_ins:\n    at_least:\n      10: 20\n      5: 20\n",
            4,
            "at_least 10 is worse than at_least 5, and should bring more than 20 points, not 20",
        ),
        (
            "reasons:\n  young_account:\n    at_most:\n      1: 5\n      24: 9\n",
            4,
            "at_most 1 is worse than at_most 24, and should bring more than 9 points, not 5",
        ),
        (
            "reasons: {failed_sign_ins: {at_least: {5: 1, 5.0: 2}}}\n",
            1,
            "at_least 5 stands here twice",
        ),
        ("reasons: {failed_sign_ins: {at_least: {2: 1}}}\n", 1, "at_least: 2 is below 3"),
        ("reasons: {young_account: {at_most: {-1: 1}}}\n", 1, "at_most: -1 is below 0"),
        ("reasons: {young_account: {at_most: {1.5: 1}}}\n", 1, "1.5 should have no decimals"),
        ("reasons: {emulator: {at_least: {one: 1}}}\n", 1, "at_least: expected a number"),
        ("reasons: {emulator: {at_least: {1: many}}}\n", 1, "points: expected a number"),
        ("reasons: {emulator: {at_least: {1: }}}\n", 1, "points is empty"),
        ("reasons: {emulator: {at_least: {1: 0}}}\n", 1, "points: 0 is below 1"),
        ("reasons: {emulator: {at_least: {1: -5}}}\n", 1, "points: -5 is below 1"),
        ("reasons: {emulator: {at_least: {1: 2.5}}}\n", 1, "points: 2.5 should have no decimals"),
        ("reasons: {emulator: {at_least: {1: 1001}}}\n", 1, "points: 1001 is above 1000"),
        ("reasons: {emulator: {at_least: {1e3: 1}}}\n", 1, "at_least: expected a number"),
        ("calibration: {half_points: 60}\nreasons: {}\n", 1, "doubling is missing"),
        (
            "calibration: {half_points: 60, doubling: 0}\nreasons: {}\n",
            1,
            "doubling: 0 is below 1",
        ),
        ("levels: {high: {}}\nreasons: {}\n", 1, "elevated is missing"),
        (
            "levels:\n  elevated: {rises_at: 40, falls_below: 41}\n"
            "  high: {rises_at: 70, falls_below: 60}\nreasons: {}\n",
            2,
            "elevated cannot rise at 40 and fall below 41",
        ),
        (
            "levels:\n  elevated: {rises_at: 70, falls_below: 30}\n"
            "  high: {rises_at: 70, falls_below: 60}\nreasons: {}\n",
            3,
            "high should rise at more than elevated does, 70",
        ),
        (
            "levels:\n  elevated: {rises_at: 40, falls_below: 30}\n"
            "  high: {rises_at: 70, falls_below: 29}\nreasons: {}\n",
            3,
            "below no less than it does, 30",
        ),
        (
            "levels: {elevated: {rises_at: 0, falls_below: 0}, high: {}}\nreasons: {}\n",
            1,
            "rises_at: 0 is below 1",
        ),
        (
            "levels: {elevated: {rises_at: 101, falls_below: 1}, high: {}}\nreasons: {}\n",
            1,
            "rises_at: 101 is above 100",
        ),
        ("cool_down_hours: -1\nreasons: {}\n", 1, "cool_down_hours: -1 is below 0"),
        ("cool_down_hours: a day\nreasons: {}\n", 1, "cool_down_hours: expected a number"),
        ("cool_down_hours: 9000\nreasons: {}\n", 1, "cool_down_hours: 9000 is above 8760"),
    ],
)
def test_a_mistake_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, complaint: str
) -> None:
    with pytest.raises(Fatal, match=rf"risk\.yaml, line {line}: ") as refused:
        load(tmp_path, text)
    assert complaint in str(refused.value)


def test_an_empty_file_does_not_take_all_risks_away(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"risk\.yaml is empty; write `reasons: {}`"):
        load(tmp_path, "# nothing yet\n")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Fatal, match=r"none\.yaml: No such file"):
        load_weights(tmp_path / "none.yaml")


def test_the_shipped_file_has_points_for_every_reason() -> None:
    assert [*load_weights(None).steps] == [*CODES]


def test_the_shipped_file_says_of_every_reason_where_its_figures_come_from() -> None:
    origin = ""
    told = {}
    for line in SHIPPED.read_text(encoding="utf-8").partition("\nreasons:\n")[2].splitlines():
        if re.match(r"  # (practice|measured|convention)\b", line):
            origin = line
        elif not line.strip() or re.match(r"  # [A-Z]+: ", line):
            origin = ""
        elif code := re.match(r"  (\w+): ", line):
            told[code[1]] = origin
    assert {*told} == {*CODES}
    assert [code for code, origin in told.items() if not origin] == []


def test_the_shipped_file_tabulates_its_own_calibration() -> None:
    head = SHIPPED.read_text(encoding="utf-8")
    rows = {name: re.search(rf"# +{name} ([\d ]+)\n", head) for name in ("points", "score")}
    points, scores = ([int(n) for n in row[1].split()] for row in rows.values() if row)
    weights = load_weights(None)
    assert [weights.score(each) for each in points] == scores


@pytest.mark.parametrize("what", HONEST)
def test_what_honest_customers_do_stays_below_elevated(what: str) -> None:
    risk = judge(found(**HONEST[what]), NOW, load_weights(None))
    assert risk.score > 0
    assert risk.level == "low"


def test_a_purchase_within_a_minute_of_sign_up_is_high_by_itself() -> None:
    weights = load_weights(None)
    assert judge(found(fast_first_order=60), NOW, weights).level == "high"
    assert judge(found(fast_first_order=61), NOW, weights).level == "low"


@pytest.mark.parametrize(
    "found_at_once",
    [
        {"failed_accounts_on_device": 10},
        {"coupon_on_device": 5},
        {"sign_ups_on_device_hour": 5, "accounts_on_device": 5},
        {"failed_sign_ins": 10, "sign_in_after_failures": 10, "new_device": 1, "new_country": 1},
        {"reset_then_new_device": 1, "new_device": 1, "impossible_travel": 3000, "new_country": 1},
    ],
    ids=", ".join,
)
def test_what_hardly_any_honest_customer_does_is_high(found_at_once: dict[str, int]) -> None:
    assert judge(found(**found_at_once), NOW, load_weights(None)).level == "high"
