"""A store's model is what its customers did, and the built-in one where that says too little."""

import math
import random
import time

import pytest
from msgspec.structs import replace

from stream.evaluate.figures import auc
from stream.learn.hazard import concordance, fit_hazard
from stream.learn.repurchase import MAX_CUSTOMERS, MIN_CUSTOMERS, History, fit
from stream.measures.repurchase import BUILTIN, RepurchaseModel, probability
from stream.windows import DAY_MS, month_of

START = 10_000
UNTIL = START + 200
UNTIL_MS = UNTIL * DAY_MS


def buyers(count: int, *, tired_after: float, telling: float = 10, seed: int = 5) -> list[History]:
    """Customers who order by a daily chance of their own until they leave; prices tell of it."""
    draw = random.Random(seed)
    histories = []
    for _ in range(count):
        start, chance = START + draw.randrange(60), draw.betavariate(1, 30)
        leaves = start + draw.expovariate(1 / tired_after)
        days = [start]
        days += [day for day in range(start + 1, UNTIL) if day < leaves and draw.random() < chance]
        price = 2000 * math.exp(telling * chance + draw.gauss(0, 0.5))
        histories.append(history(days, price=round(price)))
    return histories


def history(days: list[int], price: int = 2000) -> History:
    months: dict[int, tuple[int, int]] = {}
    for day in days:
        orders, amount = months.get(month_of(day * DAY_MS), (0, 0))
        months[month_of(day * DAY_MS)] = (orders + 1, amount + price)
    newest = sorted(days, reverse=True)[:16]
    return History(
        orders=len(days), amount_minor=price * len(days), months=months, order_days=newest
    )


def fitted(histories: list[History]) -> RepurchaseModel:
    return fit(histories, until_ms=UNTIL_MS, horizon_days=30)


def chance(
    model: RepurchaseModel, customer: History, until: int = UNTIL, horizon_days: float = 30
) -> float:
    return probability(
        model,
        orders=customer.orders,
        amount_minor=customer.amount_minor,
        order_days=customer.order_days,
        last_order_ms=max(customer.order_days) * DAY_MS,
        as_of_ms=until * DAY_MS,
        horizon_days=horizon_days,
    )


def regulars(
    gap: float, *, days: int, horizon: int, stays: float = 1e9, count: int = 2000, seed: int
) -> tuple[list[History], list[bool], int]:
    """Customers with a pace of their own, ``gap`` days between orders on average.

    Their histories until ``days`` after the start, whether each orders within the horizon, and
    that day. They come in the first third and stay ``stays`` days on average.
    """
    draw = random.Random(seed)
    until = START + days
    histories, outcomes = [], []
    for _ in range(count):
        rate, at = draw.gammavariate(2, 1 / (2 * gap)), START + draw.random() * days / 3
        leaves = min(until + horizon, at + draw.expovariate(1 / stays))
        ordered = {int(at)}
        while (at := at + draw.expovariate(rate)) < leaves:
            ordered.add(int(at))
        histories.append(history([day for day in ordered if day < until]))
        outcomes.append(any(day >= until for day in ordered))
    return histories, outcomes, until


def ranked(
    model: RepurchaseModel, histories: list[History], outcomes: list[bool], until: int, horizon: int
) -> float:
    return auc([chance(model, each, until, horizon) for each in histories], outcomes)


@pytest.mark.parametrize("gap", [5, 7, 10, 15])
@pytest.mark.parametrize("horizon", [14, 30])
def test_frequent_buyers_are_ranked_as_well_as_by_all_they_ever_ordered(
    gap: float, horizon: int
) -> None:
    histories, outcomes, until = regulars(gap, days=400, horizon=horizon, count=1200, seed=3)
    model = fit(histories, until_ms=until * DAY_MS, horizon_days=horizon)
    assert model != BUILTIN
    reached = ranked(model, histories, outcomes, until, horizon)
    assert reached >= ranked(BUILTIN, histories, outcomes, until, horizon) - 0.005
    # Nobody leaves and nobody's pace changes, so their number is all that orders can tell.
    assert reached >= auc([each.orders for each in histories], outcomes) - 0.01


@pytest.mark.parametrize("gap", [5, 10])
def test_as_many_frequent_buyers_are_expected_as_come(gap: float) -> None:
    histories, outcomes, until = regulars(gap, days=400, horizon=14, count=1200, seed=3)
    model = fit(histories, until_ms=until * DAY_MS, horizon_days=14)
    expected = sum(chance(model, each, until, 14) for each in histories)
    assert expected == pytest.approx(sum(outcomes), rel=0.05)


def test_busy_customers_who_leave_for_good_are_told_by_their_silence() -> None:
    histories, outcomes, until = regulars(3, days=400, horizon=30, stays=100, count=1200, seed=3)
    model = fit(histories, until_ms=until * DAY_MS, horizon_days=30)
    assert model.momentum > 0
    assert ranked(model, histories, outcomes, until, 30) > 0.99


def test_a_long_horizon_is_not_fitted_to_days_at_which_the_busy_are_unknown() -> None:
    histories, _, until = regulars(25, days=400, horizon=0, seed=1)
    near, far = (fit(histories, until_ms=until * DAY_MS, horizon_days=days) for days in (14, 90))
    assert far.momentum == pytest.approx(near.momentum, abs=0.1)


def test_a_model_that_ranks_worse_than_the_built_in_one_is_not_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def misled(rows: list[list[float]], outcomes: list[bool]) -> list[float] | None:
        return [-5.0, 0.01, 5.0, 0.0] if len(rows[0]) == 3 else fit_hazard(rows, outcomes)

    monkeypatch.setattr("stream.learn.repurchase.fit_hazard", misled)
    histories = buyers(800, tired_after=40)
    outcomes = [max(each.order_days) >= UNTIL - 30 for each in histories]
    model = fitted(histories)
    assert model.momentum > 0.01
    assert ranked(model, histories, outcomes, UNTIL, 30) > 0.9


def test_a_customer_is_unknown_at_a_cut_that_too_few_kept_days_precede() -> None:
    busy = history(list(range(UNTIL - 100, UNTIL)))
    assert busy.days_before(UNTIL - 12) == [UNTIL - 13, UNTIL - 14, UNTIL - 15, UNTIL - 16]
    assert busy.days_before(UNTIL - 13) is None
    assert history(list(range(UNTIL - 16, UNTIL))).days_before(UNTIL - 15) == [UNTIL - 16]


def test_concordance_is_the_area_under_the_curve() -> None:
    draw = random.Random(1)
    scores = [float(draw.randrange(20)) for _ in range(300)]
    outcomes = [draw.random() < score / 25 for score in scores]
    assert concordance(scores, outcomes) == pytest.approx(auc(scores, outcomes))
    assert concordance(scores, [True] * 300) == 0.5


def test_the_same_histories_give_the_same_model_and_version() -> None:
    model = fitted(buyers(500, tired_after=100))
    assert model != BUILTIN
    assert model == fitted(buyers(500, tired_after=100))


def test_another_store_has_another_version() -> None:
    one, other = (fitted(buyers(500, tired_after=100, seed=seed)) for seed in (1, 2))
    assert BUILTIN.version != one.version != other.version != BUILTIN.version


def test_silence_means_more_where_customers_leave() -> None:
    leaving = fitted(buyers(800, tired_after=40))
    staying = fitted(buyers(800, tired_after=10_000))
    silent, lately = history([START + 10, START + 40]), history([UNTIL - 40, UNTIL - 10])
    assert chance(leaving, silent) / chance(leaving, lately) < 0.5 * (
        chance(staying, silent) / chance(staying, lately)
    )


def test_where_nearly_all_leave_at_once_an_order_still_loses_weight_with_age() -> None:
    model = fitted(buyers(2000, tired_after=20))
    assert model != BUILTIN
    assert model.momentum > 0


def test_larger_orders_count_where_those_who_spend_more_come_oftener() -> None:
    assert fitted(buyers(2000, tired_after=1000, telling=30)).spend > 0.15


def test_orders_after_the_cut_do_not_tell_what_an_order_cost_before_it() -> None:
    once = history([START], price=1000)
    both = replace(once, orders=2, amount_minor=10_000, months={**once.months, 99_999: (1, 9000)})
    assert both.average_minor(99_999) == 1000
    assert once.average_minor(month_of(START * DAY_MS)) == 0


def test_too_few_customers_get_the_built_in_model() -> None:
    assert fitted(buyers(MIN_CUSTOMERS - 1, tired_after=60)) is BUILTIN
    assert fitted([]) is BUILTIN


def test_customers_who_all_bought_once_get_the_built_in_model() -> None:
    assert fitted([history([START + day % 60]) for day in range(500)]) is BUILTIN


def test_a_store_of_one_day_gets_the_built_in_model() -> None:
    assert fitted([history([UNTIL - 1]) for _ in range(500)]) is BUILTIN


def test_a_large_store_is_sampled_and_fitted_in_time() -> None:
    histories = buyers(2 * MAX_CUSTOMERS, tired_after=60)
    started = time.perf_counter()
    model = fitted(histories)
    assert time.perf_counter() - started < 3
    assert model == fitted(histories[::2])
