"""Evidence of the risk: its points can be added up by hand, and each reason names its events."""

import re
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from stream.cli.portrait_lines import lines
from stream.explain.basis import Basis
from stream.explain.risk import explain
from stream.measures.standards import default_standards
from stream.profile.portrait import Portrait, describe
from stream.risk.findings import Finding
from stream.risk.score import judge
from stream.risk.weights import Weights
from stream.windows import DAY_MS
from tests.support.events import folded, to_ms, viewed

AS_OF = to_ms("2026-06-30T12:00:00Z")
WEIGHTS = Weights(
    {
        "fast_first_order": ((600, 35), (60, 100)),
        "accounts_on_device": ((2, 4), (3, 40)),
        "failed_sign_ins": ((5, 20),),
    }
)
STATE = folded([viewed("2026-06-30T11:00:00Z")])
STANDARDS = replace(default_standards("USD"), risk=WEIGHTS)
FAST = Finding(
    "fast_first_order", AS_OF - DAY_MS, 41, ("e1",), "first order 41 seconds after the sign-up"
)
SHARED = Finding("accounts_on_device", AS_OF, 2, ("e2", "e3"), "2 accounts on the device")
FAILED = Finding("failed_sign_ins", AS_OF - 6 * DAY_MS, 5, (), "5 failed sign-ins")


def judged(*findings: Finding, later: timedelta = timedelta()) -> Portrait:
    at_ms = AS_OF + later // timedelta(milliseconds=1)
    portrait = describe("main", "c1", STATE, at_ms, standards=STANDARDS, version=1)
    return replace(portrait, risk=judge(findings, at_ms, WEIGHTS))


def explained(*findings: Finding, **more: Any) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for each in explain(Basis.of(judged(*findings, **more), STATE, STANDARDS)):
        found.setdefault(each.path, []).append((each.value, each.because))
    return found


def line(*findings: Finding, **more: Any) -> str:
    (found,) = [each.plain for each in lines(judged(*findings, **more)) if "risk" in each.plain[:5]]
    return found.removeprefix("risk").strip()


def test_each_reason_has_points_evidence_times_and_steps() -> None:
    fast, shared = explained(SHARED, FAST)["risk.reasons"]
    assert fast == (
        "fast_first_order 100 points",
        "first order 41 seconds after the sign-up; order; found 2026-06-29 12:00 UTC, holds until "
        "2026-07-29 12:00 UTC; event e1; points by seconds from sign-up to the first order: at "
        "most 600: 35, 60: 100",
    )
    assert shared[0] == "accounts_on_device 4 points"
    assert "; events e2, e3; " in shared[1]


def test_the_score_is_the_calibration_of_the_points() -> None:
    found = explained(SHARED, FAST)
    ((score, because),) = found["risk.score"]
    assert because.startswith("104 points of 2 reasons; ")
    x, h = (2 ** ratio(text) for text in re.findall(r"\((\d+ / \d+)\)", because))
    assert int(score) == round(100 * (x - 1) / (x + h - 2))
    assert found["risk.order"] == [("82", "100 points of 1 reason")]
    assert found["risk.device"] == [("2", "4 points of 1 reason")]
    assert found["risk.account"] == [("0", "no reason of this part holds")]


def ratio(text: str) -> float:
    over, under = text.split(" / ")
    return int(over) / int(under)


def test_without_reasons_that_is_said() -> None:
    found = explained()
    assert found["risk.score"] == [("0", "no reason holds")]
    assert found["risk.reasons"] == [("none", "nothing that brings points was found")]
    level = "of a score of 0: elevated begins at 40, high begins at 70"
    assert found["risk.level"] == [("low", level)]


def test_a_level_that_is_remembered_says_so() -> None:
    found = (replace(FAST, value=600), replace(SHARED, value=3), FAILED)
    assert explained(*found)["risk.level"] == [
        ("high", "of a score of 79: elevated begins at 40, high begins at 70")
    ]
    assert explained(*found, later=timedelta(days=2))["risk.level"] == [
        (
            "high",
            "reached at 70 within the last 7 days, and not yet left, since a score of 64 is not "
            "below 60",
        )
    ]


@pytest.mark.parametrize(
    ("findings", "expected"),
    [
        ((), "none found"),
        ((SHARED,), "low 2: 2 accounts on the device (4)"),
        (
            (SHARED, FAST),
            "high 84: first order 41 seconds after the sign-up (100), 2 accounts on the device (4)",
        ),
    ],
)
def test_the_line_of_a_screen_has_level_score_and_reasons(
    findings: tuple[Finding, ...], expected: str
) -> None:
    assert line(*findings) == expected
