"""The score: reasons, their sum, the level and its memory, and when any of it changes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.risk.findings import Finding
from stream.risk.reasons import KINDS, MEMORY_MS, PARTS
from stream.risk.score import NO_RISK, Risk, judge, level, next_change
from stream.risk.weights import LEVELS, NO_WEIGHTS, Bounds, Weights
from stream.windows import DAY_MS, HOUR_MS, to_rfc3339

#: Elevated from 50 points and left below 40; high from 82 and left below 70.
WEIGHTS = Weights(
    {
        "new_device": ((1, 8),),
        "new_country": ((1, 62),),
        "failed_sign_ins": ((5, 15), (10, 40), (20, 80)),
        "fast_first_order": ((600, 35), (60, 100)),
        "accounts_on_device": ((2, 12), (3, 75)),
        "coupon_then_cancel": ((1, 90),),
    }
)
NOW = 1000 * DAY_MS
VALUES = {"fast_first_order": 60, "failed_sign_ins": 20}


def found(code: str, days_ago: float = 1.0, value: int | None = None, event: str = "e") -> Finding:
    worth = VALUES.get(code, KINDS[code].worth) if value is None else value
    return Finding(code, NOW - int(days_ago * DAY_MS), worth, (event,), f"{code} {worth}")


#: Up to the end of all that can be remembered, and often within a week and a little ahead.
_HOURS = st.integers(-2, 24 * 15) | st.integers(0, 24 * 45)
_CODES = ("new_network", *WEIGHTS.steps)
findings = st.lists(
    st.builds(
        lambda code, hours, value: found(code, hours / 24, value, f"{hours}"),
        st.sampled_from(_CODES),
        _HOURS,
        st.integers(1, 25) | st.sampled_from([60, 61, 600]),
    ),
    max_size=8,
)
#: With wide bands between the bounds of a level, in which the past matters.
weights = st.builds(
    Weights,
    st.fixed_dictionaries(
        {
            code: st.integers(1, 80).map(lambda points, code=code: ((_first(code), points),))
            for code in _CODES
        }
    ),
    half_points=st.integers(1, 200),
    doubling=st.integers(10, 60),
    bounds=st.lists(st.integers(1, 100), min_size=4, max_size=4, unique=True)
    .map(sorted)
    .map(lambda at: {"elevated": Bounds(at[1], at[0]), "high": Bounds(at[3], at[2])})
    | st.just({"elevated": Bounds(40, 5), "high": Bounds(60, 10)}),
)


def _first(code: str) -> int:
    return 600 if KINDS[code].less else 1


def test_without_a_finding_there_is_no_risk() -> None:
    assert judge([], NOW, WEIGHTS) is NO_RISK
    assert level([], NOW, WEIGHTS) == "low"
    assert next_change([], NOW) is None


def test_findings_without_points_are_no_risk() -> None:
    assert judge([found("new_device")], NOW, NO_WEIGHTS) == NO_RISK
    assert judge([found("failed_sign_ins", value=4)], NOW, WEIGHTS) == NO_RISK


def test_a_reason_tells_what_was_found_when_until_when_and_by_which_events() -> None:
    finding = Finding("accounts_on_device", NOW - DAY_MS, 3, ("a", "b"), "3 accounts")
    risk = judge([finding], NOW, WEIGHTS)
    (reason,) = risk.reasons
    assert (reason.code, reason.part, reason.points) == ("accounts_on_device", "device", 75)
    assert (reason.detail, reason.events) == ("3 accounts", ("a", "b"))
    assert (reason.at, reason.until) == (
        to_rfc3339(NOW - DAY_MS),
        to_rfc3339(NOW - DAY_MS + 30 * DAY_MS),
    )
    assert (risk.score, risk.device, risk.account) == (64, 64, 0)


def test_of_one_code_the_finding_with_most_points_counts_and_of_these_the_newest() -> None:
    risk = judge(
        [
            found("failed_sign_ins", 1, 10, "some"),
            found("failed_sign_ins", 3, 20, "old"),
            found("failed_sign_ins", 2, 21, "new"),
        ],
        NOW,
        WEIGHTS,
    )
    (reason,) = risk.reasons
    assert (reason.points, reason.events) == (80, ("new",))


def test_reasons_come_with_most_points_first_and_parts_have_scores_of_their_own() -> None:
    risk = judge(
        [found("new_device"), found("coupon_then_cancel"), found("new_country")], NOW, WEIGHTS
    )
    assert [reason.points for reason in risk.reasons] == [90, 62, 8]
    assert risk.score == WEIGHTS.score(160)
    assert risk.account == WEIGHTS.score(70)
    assert risk.promotion == WEIGHTS.score(90)
    assert (risk.device, risk.order) == (0, 0)


@pytest.mark.parametrize("code", ["new_country", "accounts_on_device"])
def test_a_finding_holds_until_the_instant_before_its_end(code: str) -> None:
    finding = found(code)
    assert judge([finding], finding.ends_ms - 1, WEIGHTS).reasons
    assert not judge([finding], finding.ends_ms, WEIGHTS).reasons


def test_a_finding_that_lies_ahead_counts_from_its_instant_which_is_announced() -> None:
    ahead = found("fast_first_order", -0.5)
    assert judge([ahead], NOW, WEIGHTS) == judge([ahead], ahead.at_ms - 1, WEIGHTS) == NO_RISK
    assert next_change([ahead], NOW) == ahead.at_ms
    assert judge([ahead], ahead.at_ms, WEIGHTS).level == "high"


# new_country   62   |=================)
# the rest   +  80   |======)
#                    70 high, then 62 points: not low enough to leave "elevated", too low for "high"


def test_a_level_is_reached_at_its_bound_and_left_below_a_lower_one() -> None:
    country, failures = found("new_country", 3), found("failed_sign_ins", 7 - 1 / 24)
    both = [country, failures]
    assert judge(both, NOW, WEIGHTS).level == "high"
    assert judge(both, failures.ends_ms, WEIGHTS).level == "elevated"
    assert judge([country], NOW, WEIGHTS).level == "elevated"
    assert judge(both, country.ends_ms, WEIGHTS).level == "low"


def test_between_its_bounds_a_level_stays_for_as_long_as_its_cause_is_remembered() -> None:
    # 75 points: a score of 64, between 60 and 70. With 15 more it was high until the 15 ended.
    device = found("accounts_on_device", 1, 3)
    failures = found("failed_sign_ins", 6.5, 5)
    both = [device, failures]
    assert WEIGHTS.score(90) >= 70 > WEIGHTS.score(75) >= 60
    assert judge([device], NOW, WEIGHTS).level == "elevated"
    assert judge(both, NOW, WEIGHTS).level == "high"
    ends_ms = failures.ends_ms
    for at_ms in (ends_ms, ends_ms + DAY_MS, ends_ms + MEMORY_MS - 1):
        assert (judge(both, at_ms, WEIGHTS).score, level(both, at_ms, WEIGHTS)) == (64, "high")
    assert level(both, ends_ms + MEMORY_MS, WEIGHTS) == "elevated"


@pytest.mark.parametrize(("points", "expected"), [(49, "low"), (50, "elevated"), (82, "high")])
def test_a_level_is_reached_at_the_very_score_of_its_bound(points: int, expected: str) -> None:
    weights = Weights({"new_device": ((1, points),)})
    assert judge([found("new_device")], NOW, weights).level == expected


@pytest.mark.parametrize(("points", "expected"), [(40, "elevated"), (39, "low")])
def test_a_level_is_left_only_below_its_bound(points: int, expected: str) -> None:
    weights = Weights({"new_device": ((1, points),), "failed_sign_ins": ((1, 30),)})
    both = [found("new_device", 1), found("failed_sign_ins", 6)]
    assert judge(both, NOW, weights).level == "elevated"
    after = judge(both, NOW + DAY_MS, weights)
    assert (after.score, after.level) == (weights.score(points), expected)


@given(findings, weights, _HOURS)
def test_a_score_is_the_calibration_of_the_points_of_its_reasons(
    some: list[Finding], weights: Weights, hours: int
) -> None:
    risk = judge(some, NOW + hours * HOUR_MS, weights)
    assert risk.score == weights.score(sum(reason.points for reason in risk.reasons))
    for part in PARTS:
        points = sum(reason.points for reason in risk.reasons if reason.part == part)
        assert getattr(risk, part) == weights.score(points)
    codes = [reason.code for reason in risk.reasons]
    assert len(codes) == len(set(codes))
    assert all(reason.points > 0 for reason in risk.reasons)


@given(findings, weights, st.randoms())
def test_the_order_of_the_findings_does_not_matter(
    some: list[Finding], weights: Weights, random: object
) -> None:
    turned = list(some)
    random.shuffle(turned)  # type: ignore[attr-defined]
    assert judge(turned, NOW, weights) == judge(some, NOW, weights)
    assert next_change(turned, NOW) == next_change(some, NOW)


@given(findings, weights)
def test_level_is_that_of_the_whole_risk_and_within_its_bounds(
    some: list[Finding], weights: Weights
) -> None:
    risk = judge(some, NOW, weights)
    assert level(some, NOW, weights) == risk.level
    rank = LEVELS.index(risk.level)
    for number, name in enumerate(LEVELS[1:], 1):
        if risk.score >= weights.bounds[name].rises_at:
            assert rank >= number
        if risk.score < weights.bounds[name].falls_below:
            assert rank < number


@given(findings, weights)
def test_level_is_that_of_a_walk_through_every_hour_of_the_memory(
    some: list[Finding], weights: Weights
) -> None:
    rank = 0
    for at_ms in range(NOW - MEMORY_MS, NOW + 1, HOUR_MS):
        known = [each for each in some if each.at_ms <= at_ms or at_ms == NOW]
        score = judge(known, at_ms, weights).score
        for number, name in enumerate(LEVELS[1:], 1):
            if score >= weights.bounds[name].rises_at:
                rank = max(rank, number)
            if score < weights.bounds[name].falls_below:
                rank = min(rank, number - 1)
    assert level(some, NOW, weights) == LEVELS[rank]


def changes(some: list[Finding], since_ms: int) -> list[int]:
    """The instants that are announced one after the other."""
    instants = [since_ms]
    while (at_ms := next_change(some, instants[-1])) is not None:
        assert at_ms > instants[-1]
        instants.append(at_ms)
    return instants


@given(findings, weights, st.data())
def test_nothing_changes_before_it_is_announced(
    some: list[Finding], weights: Weights, data: st.DataObject
) -> None:
    instants = [*changes(some, NOW), NOW + 1000 * DAY_MS]
    for from_ms, to_ms in pairwise(instants):
        risk = judge(some, from_ms, weights)
        within = data.draw(st.integers(from_ms, to_ms - 1))
        # Also right before a finding begins, and right after.
        begun = [
            ms
            for each in some
            for ms in (each.at_ms - 1, each.at_ms, each.at_ms + MEMORY_MS, each.at_ms + 1)
            if from_ms <= ms < to_ms
        ]
        for at_ms in (within, to_ms - 1, *begun):
            assert judge(some, at_ms, weights) == risk


@given(findings, weights)
def test_risk_falls_by_time_alone_and_in_the_end_to_none(
    some: list[Finding], weights: Weights
) -> None:
    # From when the last of them was found.
    known_ms = max([NOW, *(each.at_ms for each in some)])
    risks: list[Risk] = [judge(some, at_ms, weights) for at_ms in changes(some, known_ms)]
    for before, after in pairwise(risks):
        assert after.score <= before.score
        assert LEVELS.index(after.level) <= LEVELS.index(before.level)
    assert not some or risks[-1] == NO_RISK
