"""A store's model is what its customers did, and the built-in one where that says too little."""

import math
import random
import time

from msgspec.structs import replace

from stream.learn.repurchase import MAX_CUSTOMERS, MIN_CUSTOMERS, History, fit
from stream.measures.repurchase import BUILTIN, RepurchaseModel, probability
from stream.windows import DAY_MS, month_of

START = 10_000
UNTIL = START + 200
UNTIL_MS = UNTIL * DAY_MS


def buyers(count: int, *, tired_after: float, seed: int = 5) -> list[History]:
    """Customers who order by a daily chance of their own until they leave; prices tell of it."""
    draw = random.Random(seed)
    histories = []
    for _ in range(count):
        start, chance = START + draw.randrange(60), draw.betavariate(1, 30)
        leaves = start + draw.expovariate(1 / tired_after)
        days = [start]
        days += [day for day in range(start + 1, UNTIL) if day < leaves and draw.random() < chance]
        price = 2000 * math.exp(10 * chance + draw.gauss(0, 0.5))
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


def chance(model: RepurchaseModel, customer: History) -> float:
    return probability(
        model,
        orders=customer.orders,
        amount_minor=customer.amount_minor,
        order_days=customer.order_days,
        last_order_ms=max(customer.order_days) * DAY_MS,
        as_of_ms=UNTIL_MS,
        horizon_days=30,
    )


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
    assert fitted(buyers(800, tired_after=80)).spend > 0.1


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
