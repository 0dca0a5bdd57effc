"""Findings in the orders of one customer."""

import pytest

from stream.risk.evidence import ORDERS, Evidence, add
from stream.risk.findings import Finding
from stream.risk.order import find
from stream.risk.records import Order, Undone
from stream.risk.subject import Subject
from stream.windows import DAY_MS, HOUR_MS
from tests.support.events import occur, ordered, to_text

#: A full UTC hour.
T = 472_000 * HOUR_MS
MINUTE_MS, SECOND_MS = 60_000, 1_000


def order(
    number: int, at_ms: int, amount: int = 1_000, payment: int = 1, coupon: bool = False
) -> Order:
    return Order(at_ms, f"e{number}", number, amount, payment, coupon)


def undone(number: int, at_ms: int, cancelled: bool = True) -> Undone:
    return Undone(at_ms, f"u{number}", number, cancelled)


def found(
    code: str,
    orders: list[Order],
    undone: list[Undone] | None = None,
    *,
    registered_ms: int | None = None,
    newest_ms: int | None = None,
    browsed: frozenset[int] = frozenset(),
) -> list[Finding]:
    evidence = Evidence(orders=sorted(orders), undone=sorted(undone or []))
    first_ms = min((each.at_ms for each in orders), default=None)
    entries: list[Order | Undone] = [*orders, *(undone or [])]
    newest = newest_ms or max((each.at_ms for each in entries), default=T)
    every = find(Subject(evidence, registered_ms, first_ms, newest, browsed))
    return [each for each in every if each.code == code]


def shown(findings: list[Finding]) -> list[tuple[int, int, tuple[str, ...]]]:
    return [(each.at_ms, each.value, each.events) for each in findings]


def test_without_orders_there_is_nothing() -> None:
    assert list(find(Subject(Evidence(), T, None, T, ()))) == []


@pytest.mark.parametrize(
    ("seconds", "values"), [(0, [0]), (1, [1]), (3_600, [3_600]), (3_601, []), (-1, [])]
)
def test_first_order_within_an_hour_of_the_sign_up(seconds: int, values: list[int]) -> None:
    fast = found("fast_first_order", [order(1, T)], registered_ms=T - seconds * SECOND_MS)
    assert [each.value for each in fast] == values
    assert all(each.at_ms == T and each.events == ("e1",) for each in fast)


def test_first_order_is_not_fast_without_a_sign_up() -> None:
    assert found("fast_first_order", [order(1, T)]) == []


def test_later_orders_are_not_the_first() -> None:
    orders = [order(1, T), order(2, T + MINUTE_MS)]
    fast = found("fast_first_order", orders, registered_ms=T - 5 * SECOND_MS)
    assert shown(fast) == [(T, 5, ("e1",))]
    assert fast[0].detail == "First order 5 seconds after the sign-up"


def test_the_first_order_is_named_also_when_so_many_came_since_that_it_is_not_kept() -> None:
    evidence = Evidence()
    for number in range(ORDERS + 5):
        placed = ordered(to_text(T + number * HOUR_MS), "5", order_id=f"o{number}")
        occurrence = occur({**placed, "event_id": f"e{number}"})
        add(evidence, occurrence.event, occurrence.at_ms)
    assert "e0" not in {each.event_id for each in evidence.orders}
    every = find(Subject(evidence, T - SECOND_MS, T, T + DAY_MS, ()))
    assert [each.events for each in every if each.code == "fast_first_order"] == [("e0",)]


def test_a_first_order_of_before_there_was_any_evidence_is_passed_over() -> None:
    evidence = Evidence(orders=[order(2, T)])
    every = find(Subject(evidence, T - DAY_MS, T - DAY_MS + SECOND_MS, T, ()))
    assert [each for each in every if each.code == "fast_first_order"] == []


def test_what_no_level_remembers_is_not_found() -> None:
    #   first order                       37 d
    #        |-- holds 30 d --|-- 7 d --|
    registered_ms, days = T - SECOND_MS, 37 * DAY_MS
    for newest_ms, count in ((T + days - 1, 1), (T + days, 0)):
        fast = found(
            "fast_first_order", [order(1, T)], registered_ms=registered_ms, newest_ms=newest_ms
        )
        assert len(fast) == count


def test_orders_within_an_hour_are_counted_up_to_each() -> None:
    #   0   20   40   60        minutes; the first is an hour before the last and not with it
    orders = [order(n, T + n * 20 * MINUTE_MS) for n in range(4)]
    assert shown(found("order_velocity", orders)) == [
        (T + 40 * MINUTE_MS, 3, ("e0", "e1", "e2")),
        (T + 60 * MINUTE_MS, 3, ("e1", "e2", "e3")),
    ]


def test_two_orders_within_an_hour_are_no_velocity() -> None:
    assert found("order_velocity", [order(1, T), order(2, T + 1), order(3, T + HOUR_MS + 1)]) == []


def test_orders_of_one_instant_are_found_once_and_ten_named() -> None:
    orders = [order(n, T) for n in range(10, 22)]
    (velocity,) = found("order_velocity", orders)
    assert velocity.value == 12
    assert velocity.events == tuple(f"e{n}" for n in range(12, 22))


def amounts(*values: int) -> list[Order]:
    return [order(n, T + n * DAY_MS, amount) for n, amount in enumerate(values)]


@pytest.mark.parametrize(
    ("values", "z"),
    [
        # median 30, deviations 20 10 0 10 20: MAD 10; 0.6745 * (100 - 30) / 10 = 4.72
        ((10, 20, 30, 40, 50, 100), 4),
        # six earlier: median 35, deviations 25 15 5 5 15 25: MAD 15; 0.6745 * 165 / 15 = 7.4195
        ((10, 20, 30, 40, 50, 60, 200), 7),
        # constant: MAD taken as 10; 0.6745 * 100 / 10 = 6.745
        ((100, 100, 100, 100, 100, 200), 6),
    ],
)
def test_amount_is_far_from_the_earlier_ones(values: tuple[int, ...], z: int) -> None:
    (unusual,) = found("unusual_amount", amounts(*values))
    assert (unusual.value, unusual.at_ms) == (z, T + (len(values) - 1) * DAY_MS)
    assert unusual.events == (f"e{len(values) - 1}",)


@pytest.mark.parametrize(
    "values",
    [
        (10, 20, 30, 40, 1_000),  # only four to compare with
        (100, 100, 100, 100, 100, 140),  # 2.7
        (1_000, 1_000, 1_000, 1_000, 1_000, 1),  # downwards
        (0, 0, 0, 0, 0, 1_000),  # nothing to measure by
    ],
)
def test_amount_is_not_unusual(values: tuple[int, ...]) -> None:
    assert found("unusual_amount", amounts(*values)) == []


def test_amounts_of_later_orders_do_not_count() -> None:
    values = (10, 20, 30, 40, 50, 100)
    (alone,) = found("unusual_amount", amounts(*values))
    assert alone in found("unusual_amount", amounts(*values, 9_000, 9_000, 9_000))


def test_unusual_amount_says_how_unusual() -> None:
    (unusual,) = found("unusual_amount", amounts(100, 100, 100, 100, 100, 250))
    assert unusual.detail == "Amount 2.5 times the median of 5 earlier orders, robust z 10"


def test_payment_references_within_30_days() -> None:
    #   days   0  5  10  30    the reference of day 0 has left at day 30
    orders = [order(n, T + d * DAY_MS, payment=n) for n, d in ((1, 0), (2, 5), (3, 10), (4, 30))]
    orders.append(order(5, T + 11 * DAY_MS, payment=3))
    assert shown(found("payment_references", orders)) == [
        (T + 10 * DAY_MS, 3, ("e1", "e2", "e3")),
        (T + 11 * DAY_MS, 3, ("e1", "e2", "e3")),
        (T + 30 * DAY_MS, 3, ("e2", "e3", "e4")),
    ]


def test_orders_without_a_reference_count_for_none() -> None:
    orders = [order(n, T + n, payment=0) for n in range(5)]
    assert found("payment_references", [*orders, order(9, T + 9), order(10, T + 10, 1, 2)]) == []


def test_half_of_the_orders_undone() -> None:
    orders = [order(n, T + n * DAY_MS) for n in range(4)]
    back = [undone(0, T + 4 * DAY_MS), undone(2, T + 5 * DAY_MS, cancelled=False)]
    (half,) = found("orders_undone", orders, back)
    assert shown([half]) == [(T + 5 * DAY_MS, 2, ("u0", "u2"))]
    assert half.detail == "2 of 4 orders within 30 days cancelled or refunded"
    assert found("orders_undone", [*orders, order(9, T)], back) == []


def test_an_order_undone_twice_is_one_and_of_an_unknown_one_nothing_is_said() -> None:
    orders = [order(1, T), order(2, T)]
    refunds = [undone(1, T + n, cancelled=False) for n in range(3)]
    assert found("orders_undone", orders, [*refunds, undone(77, T + 5)]) == []
    assert len(found("orders_undone", orders, [*refunds, undone(2, T + 5)])) == 1


def test_an_order_that_is_told_twice_is_one() -> None:
    again = Order(T + 1, "again", 1, 1_000, 1, False)
    orders = [order(1, T), again, order(2, T + 2)]
    assert found("orders_undone", orders, [undone(1, T + 3), undone(1, T + 4)]) == []
    (half,) = found("orders_undone", orders, [undone(1, T + 3), undone(2, T + 4)])
    assert half.detail == "2 of 2 orders within 30 days cancelled or refunded"


def test_orders_of_another_month_do_not_count_as_undone() -> None:
    orders = [order(1, T), order(2, T + DAY_MS)]
    for days, count in ((29, 1), (30, 0)):
        at_ms = T + days * DAY_MS
        assert len(found("orders_undone", orders, [undone(1, at_ms), undone(2, at_ms)])) == count


def test_cancellation_that_came_before_its_order_counts_from_the_order() -> None:
    orders = [order(1, T), order(2, T + 2)]
    back = [undone(1, T + 1), undone(2, T - 1)]
    assert shown(found("orders_undone", orders, back)) == [(T + 2, 2, ("u2", "u1"))]


@pytest.mark.parametrize(
    ("browsed_hours_before", "found_one"), [(0, False), (24, False), (25, True), (-1, True)]
)
def test_browsing_counts_up_to_24_hours_before_the_hour_of_the_order(
    browsed_hours_before: int, found_one: bool
) -> None:
    browsed = frozenset({T // HOUR_MS - browsed_hours_before})
    blind = found("no_browsing", [order(1, T + 30 * MINUTE_MS)], browsed=browsed)
    assert bool(blind) is found_one


def test_orders_without_browsing_are_counted_within_a_day() -> None:
    hours = (0, 10, 24, 33, 100)
    orders = [order(n, T + hour * HOUR_MS) for n, hour in enumerate(hours)]
    browsed = frozenset({T // HOUR_MS + 100})
    blind = found("no_browsing", orders, browsed=browsed)
    assert shown(blind) == [
        (T, 1, ("e0",)),
        (T + 10 * HOUR_MS, 2, ("e0", "e1")),
        (T + 24 * HOUR_MS, 2, ("e1", "e2")),
        (T + 33 * HOUR_MS, 3, ("e1", "e2", "e3")),
    ]
    assert [each.detail for each in blind[:2]] == [
        "1 order within a day without any browsing in the day before",
        "2 orders within a day without any browsing in the day before",
    ]


def test_the_oldest_finding_still_looks_back_a_whole_day() -> None:
    #    e1   |   e2                  newest
    #         |------- 14 d ------------|     no level remembers what was before
    orders = [order(1, T - HOUR_MS), order(2, T + HOUR_MS)]
    assert shown(found("no_browsing", orders, newest_ms=T + 14 * DAY_MS)) == [
        (T + HOUR_MS, 2, ("e1", "e2"))
    ]
