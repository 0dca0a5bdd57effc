"""Spending compared: rhythm, recency, scores, tiers and power."""

import pytest

from stream.measures.repurchase import next_step_ms, stepped_days
from stream.profile import consumption
from stream.profile.consumption import Spending
from stream.windows import DAY_MS
from tests.support.events import Wire, event, folded, ordered, portrait, to_ms, to_text, viewed

NOON = "2024-05-06T12:00:00.000Z"
NOON_MS = to_ms(NOON)


def described(*events: Wire, as_of_ms: int = NOON_MS) -> Spending:
    return portrait(folded(events), as_of_ms).spending


def orders_on(*days_ago: int, total: str = "10.00") -> list[Wire]:
    return [ordered(to_text(NOON_MS - days * DAY_MS), total) for days in days_ago]


def test_without_orders_nothing_is_compared():
    section = described(viewed(NOON, price="5.00"))
    assert (section.rfm, section.tier, section.repurchase, section.power) == (None,) * 4
    assert (section.refund_rate, section.cancellation_rate) == (None, None)
    assert (section.first_order_at, section.recency_days) == (None, None)


def test_the_cycle_is_the_median_of_the_days_between_order_days():
    #   30     20  18       0  days ago
    #    |--10--|-2-|--18---|
    section = described(*orders_on(30, 20, 18, 0, 0)).repurchase
    assert section is not None
    assert section.median_days == 10
    assert section.next_expected_at == "2024-05-16T12:00:00.000Z"
    assert section.overdue is False


def test_two_orders_of_one_day_are_no_rhythm():
    section = described(*orders_on(0, 0)).repurchase
    assert section is not None
    assert (section.median_days, section.next_expected_at, section.overdue) == (None,) * 3
    assert 0 < section.probability_30d < 1


def test_only_the_newest_sixteen_order_days_make_the_rhythm():
    # 15 gaps of one day, then any number of long ones.
    section = described(*orders_on(*range(16), *range(50, 400, 10))).repurchase
    assert section is not None
    assert section.median_days == 1


def test_an_order_is_overdue_from_the_instant_at_which_it_was_expected():
    #   order     order          expected
    #     |---7 d---|------7 d------|
    state = folded(orders_on(7, 0))
    expected_ms = NOON_MS + 7 * DAY_MS
    before = portrait(state, expected_ms - 1).spending.repurchase
    after = portrait(state, expected_ms).spending.repurchase
    assert before is not None
    assert after is not None
    assert (before.overdue, after.overdue) == (False, True)
    assert consumption.next_change(state.spending, expected_ms - 1) == expected_ms


def test_half_days_of_the_median_are_kept():
    section = described(*orders_on(3, 2, 0)).repurchase
    assert section is not None
    assert section.median_days == 1.5
    assert section.next_expected_at == "2024-05-08T00:00:00.000Z"


@pytest.mark.parametrize(
    ("days", "said"),
    [(0, 0), (15, 15), (16, 16), (17, 16), (18, 18), (31, 30), (32, 32), (35, 32), (36, 36)],
)
def test_recency_is_exact_up_to_sixteen_days_and_then_goes_in_steps(days, said):
    assert described(*orders_on(0), as_of_ms=NOON_MS + days * DAY_MS).recency_days == said


def test_no_step_of_recency_is_wider_than_an_eighth():
    elapsed_ms = 0
    while elapsed_ms < 4000 * DAY_MS:
        following = next_step_ms(elapsed_ms)
        assert stepped_days(following - 1) == stepped_days(elapsed_ms)
        assert stepped_days(following) * DAY_MS == following
        if elapsed_ms >= 16 * DAY_MS:
            assert (following - elapsed_ms) * 8 <= elapsed_ms
        elapsed_ms = following


def test_scores_rise_with_orders_and_amount_and_fall_with_time():
    once, often = orders_on(0, total="1.00"), orders_on(*range(20), total="500.00")
    low, high = described(*once).rfm, described(*often).rfm
    late = described(*often, as_of_ms=NOON_MS + 700 * DAY_MS).rfm
    assert low is not None
    assert high is not None
    assert late is not None
    assert (low.r, low.f, low.m) == (5, 1, 1)
    assert (high.r, high.f, high.m) == (5, 5, 5)
    assert (late.r, late.f, late.m) == (1, 5, 5)


@pytest.mark.parametrize(
    ("totals", "tier"),
    [
        (["0.00"], "bronze"),
        (["100.00", "99.99"], "bronze"),
        (["100.00", "100.00"], "silver"),
        (["999.99", "0.00", "0.00", "0.01"], "gold"),
        (["5000.00"], "bronze"),  # the amount alone is not enough
        (["500.00"] * 10, "platinum"),
    ],
)
def test_a_tier_takes_orders_and_amount(totals, tier):
    assert described(*(ordered(NOON, total) for total in totals)).tier == tier


def test_a_tier_is_lost_when_the_year_is_over():
    state = folded(orders_on(0))
    leaves_ms = to_ms("2025-06-01T00:00:00Z")  # 365 days after the end of May
    assert portrait(state, leaves_ms - 1).spending.tier == "bronze"
    assert portrait(state, leaves_ms).spending.tier is None


def test_rates_are_at_most_one():
    money = {"order_id": "o1", "total": "30.00", "currency": "USD"}
    section = described(
        *orders_on(0, total="20.00"),
        event("order_refunded", NOON, **money),
        *(event("order_cancelled", NOON, **money) for _ in range(2)),
    )
    assert (section.refund_rate, section.cancellation_rate) == (1.0, 1.0)
    assert (section.orders, section.amount) == (1, "20.00")


def test_a_free_order_has_no_refund_rate():
    assert described(*orders_on(0, total="0.00")).refund_rate is None


def test_power_is_that_of_the_orders_and_of_the_prices_met():
    # Of the built-in reference 12.00 lies above 8 and below 12: 5 %; a price of 100.00 is above
    # 17 of the 19 quantiles, 85 %.
    orders = orders_on(0, total="12.00")
    alone, both = described(*orders).power, described(*orders, viewed(NOON, price="100.00")).power
    assert alone is not None
    assert (alone.score, alone.level, alone.price_level) == (5, "low", None)
    assert both is not None
    assert (both.score, both.level, both.price_level) == ((5 + 85) // 2, "average", 85)
