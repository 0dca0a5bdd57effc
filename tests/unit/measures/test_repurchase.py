"""The probability of buying again is one, moves the right way, and changes when announced."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.measures.repurchase import (
    BUILTIN,
    HALF_LIFE_DAYS,
    KEPT_DAYS,
    RepurchaseModel,
    cycle,
    exposure_days,
    next_step_ms,
    older_orders,
    probability,
    stepped_days,
)
from stream.profile.spending import ORDER_DAYS
from stream.windows import DAY_MS

DAY = 10_000

#: A model that knows its store: the typical order is 50.00.
FITTED = RepurchaseModel(
    version="test", base=-5.0, momentum=1.2, waiting=0.25, spend=0.3, typical_order_minor=5000.0
)
MODELS = st.builds(
    RepurchaseModel,
    version=st.just("any"),
    base=st.floats(-30, 5),
    momentum=st.floats(0, 5),
    waiting=st.floats(-5, 5),
    spend=st.floats(-3, 3),
    typical_order_minor=st.floats(0, 1e12),
)
DAYS = st.lists(st.integers(DAY - 3000, DAY), min_size=1, max_size=16, unique=True)


def chance(
    model: RepurchaseModel = BUILTIN,
    days: list[int] | None = None,
    recency: float = 0,
    *,
    horizon: float = 30,
    orders: int | None = None,
    amount_minor: int = 0,
) -> float:
    """Probability after orders on ``days``, the last at noon of the newest."""
    days = [DAY] if days is None else days
    last_ms = max(days) * DAY_MS + DAY_MS // 2
    return probability(
        model,
        orders=len(days) if orders is None else orders,
        amount_minor=amount_minor,
        order_days=days,
        last_order_ms=last_ms,
        as_of_ms=last_ms + round(recency * DAY_MS),
        horizon_days=horizon,
    )


@given(MODELS, DAYS, st.floats(0, 10_000), st.floats(0, 1e6), st.integers(0, 10**15))
def test_it_is_a_probability_whatever_the_customer_and_the_model(
    model: RepurchaseModel, days: list[int], recency: float, horizon: float, amount: int
) -> None:
    assert 0 <= chance(model, days, recency, horizon=horizon, amount_minor=amount) <= 1


@given(DAYS, st.integers(0, 10_000), st.integers(DAY - 4000, DAY - 1), st.floats(0, 1000))
def test_one_more_order_day_at_the_same_recency_does_not_lower_it(
    days: list[int], dropped: int, more: int, recency: float
) -> None:
    known = {DAY, *days}
    orders = len(known) + (dropped if len(known) >= KEPT_DAYS else 0)
    for model in (BUILTIN, FITTED):
        before = chance(model, newest(known), recency, orders=orders)
        after = chance(model, newest({*known, more}), recency, orders=orders + 1)
        assert after >= before * (1 - 1e-12)


def newest(days: set[int]) -> list[int]:
    """What is kept of the order days."""
    return sorted(days, reverse=True)[:KEPT_DAYS]


def kept(every: int, count: int) -> list[int]:
    """What is kept of so many order days, so many days apart."""
    return [DAY - every * place for place in range(count)][:KEPT_DAYS]


def test_as_many_order_days_are_kept_as_the_model_takes_for_all() -> None:
    assert KEPT_DAYS == ORDER_DAYS


def test_orders_are_older_than_the_days_only_where_days_were_dropped() -> None:
    assert older_orders(40, kept(7, 15)) == 0
    assert older_orders(16, kept(7, 16)) == 0
    assert older_orders(40, kept(7, 16)) == 24


@pytest.mark.parametrize("every", [1, 7, 30])
def test_at_an_even_pace_the_dropped_days_weigh_as_if_they_had_been_kept(every: int) -> None:
    weights = sum(0.5 ** (every * place / 180) for place in range(50))
    log_rate = -5.0 + 1.2 * math.log(weights) + 0.25 * math.log(7)
    expected = 1 - math.exp(-math.exp(log_rate) * exposure_days(1))
    assert chance(FITTED, kept(every, 50), orders=50, horizon=1) == pytest.approx(expected)


def test_sixteen_days_tell_a_daily_from_a_weekly_customer() -> None:
    daily, weekly = (chance(days=kept(every, 60), orders=60, horizon=7) for every in (1, 7))
    assert daily > weekly + 0.1


@given(
    st.lists(st.integers(DAY - 3000, DAY - 1), min_size=15, max_size=15, unique=True),
    st.integers(16, 10_000),
    st.integers(DAY - 4000, DAY - 1),
)
def test_one_more_order_day_does_not_lower_it_where_it_crowds_out_another(
    days: list[int], orders: int, more: int
) -> None:
    known = {DAY, *days}
    after = chance(days=newest({*known, more}), orders=orders + 1)
    assert after >= chance(days=newest(known), orders=orders) * (1 - 1e-12)


@given(DAYS, st.floats(0, 3000), st.floats(0, 1000))
def test_longer_silence_does_not_raise_it_in_the_built_in_model(
    days: list[int], recency: float, longer: float
) -> None:
    assert chance(days=days, recency=recency + longer) <= chance(days=days, recency=recency)


@given(DAYS, st.floats(60, 3000), st.floats(0, 1000))
def test_silence_lowers_it_in_the_end_also_where_what_was_bought_lasts_a_while(
    days: list[int], recency: float, longer: float
) -> None:
    # waiting / (recency + 7) < momentum * log(2) / 180 from 48 days on
    assert chance(FITTED, days, recency + longer) <= chance(FITTED, days, recency)


@given(DAYS, st.floats(0, 1000), st.floats(0, 1000), st.floats(0, 1000))
def test_a_longer_horizon_does_not_lower_it(
    days: list[int], recency: float, horizon: float, more: float
) -> None:
    shorter = chance(days=days, recency=recency, horizon=horizon)
    assert chance(days=days, recency=recency, horizon=horizon + more) >= shorter


def test_it_is_the_formula_of_the_docstring() -> None:
    days, recency = [DAY, DAY - 90, DAY - 180], 30
    weights = 1 + 0.5**0.5 + 0.5
    log_rate = (
        -5.0
        + 1.2 * (math.log(weights) - 30 * math.log(2) / 180)
        + 0.25 * math.log(37)
        + 0.3 * math.log(100 / 50)
    )
    exposure = sum(0.5 ** (step / 100 / 180) for step in range(3000)) / 100
    expected = 1 - math.exp(-math.exp(log_rate) * exposure)
    found = chance(FITTED, days, recency, horizon=30, amount_minor=3 * 10_000)
    assert found == pytest.approx(expected, rel=1e-4)


def test_the_order_of_the_days_does_not_matter() -> None:
    days = [DAY, DAY - 7, DAY - 400]
    assert chance(days=days) == chance(days=days[::-1])


def test_a_customer_without_orders_will_not_buy_again() -> None:
    assert chance(orders=0) == 0.0
    assert chance(horizon=0) == 0.0


def test_larger_orders_count_only_where_the_model_knows_the_typical_one() -> None:
    assert chance(FITTED, amount_minor=10_000) > chance(FITTED, amount_minor=5_000)
    assert chance(amount_minor=10_000) == chance(amount_minor=5_000)
    unknown = chance(FITTED, amount_minor=0)
    assert unknown == chance(FITTED, amount_minor=5_000)


def test_one_huge_order_does_not_decide() -> None:
    assert chance(FITTED, amount_minor=10**12) == chance(FITTED, amount_minor=50_000)


def test_exposure_is_short_of_the_horizon_by_the_fading() -> None:
    assert exposure_days(1) == pytest.approx(1, rel=0.01)
    assert exposure_days(30) == pytest.approx(28.33, abs=0.01)
    assert exposure_days(1e9) == pytest.approx(HALF_LIFE_DAYS / math.log(2))


def test_cycle_is_the_median_gap_of_distinct_days() -> None:
    assert cycle([DAY, DAY - 10, DAY - 30]) == 15.0
    assert cycle([DAY - 30, DAY, DAY - 10, DAY - 10]) == 15.0
    assert cycle([DAY, DAY - 7]) == 7.0


def test_cycle_needs_two_days() -> None:
    assert cycle([]) is None
    assert cycle([DAY, DAY]) is None


def test_steps_are_days_to_sixteen_and_then_eight_to_a_doubling() -> None:
    steps = sorted({stepped_days(day * DAY_MS) for day in range(64)})
    assert steps == [*range(16), *range(16, 32, 2), *range(32, 64, 4)]


@given(st.integers(0, 10**5 * DAY_MS))
def test_a_step_is_within_an_eighth_of_the_days_passed(elapsed_ms: int) -> None:
    days, step = elapsed_ms // DAY_MS, stepped_days(elapsed_ms)
    assert step <= days <= step * 9 / 8


@given(st.integers(0, 10**5 * DAY_MS))
def test_the_step_changes_when_announced_and_not_before(elapsed_ms: int) -> None:
    announced = next_step_ms(elapsed_ms)
    assert announced > elapsed_ms
    assert stepped_days(announced - 1) == stepped_days(elapsed_ms)
    assert stepped_days(announced) > stepped_days(elapsed_ms)


@given(MODELS, DAYS, st.integers(0, 3000 * DAY_MS))
def test_the_probability_changes_by_time_only_when_announced(
    model: RepurchaseModel, days: list[int], elapsed_ms: int
) -> None:
    last_ms = max(days) * DAY_MS + 123

    def at(elapsed: int) -> float:
        return probability(
            model,
            orders=len(days),
            amount_minor=0,
            order_days=days,
            last_order_ms=last_ms,
            as_of_ms=last_ms + elapsed,
            horizon_days=30,
        )

    assert at(next_step_ms(elapsed_ms) - 1) == at(elapsed_ms)
