"""Evidence of what is bought adds up: sums, scores, tier, rhythm, response to marketing."""

import pytest
from msgspec.structs import replace

from stream.measures.tiers import Tier
from tests.support.events import Wire, event, ordered, viewed
from tests.support.explained import BUYER, MEASURED, PLAIN, REFERENCE, STORE, explained, orders


def test_recency_score_names_the_fifths_that_it_falls_between() -> None:
    (score,) = explained(BUYER, MEASURED)["spending.rfm.r"]
    assert score == (
        "3",
        "12 days since the newest order; the fifths of 340 buyers (reference 1f0c00000000) end at "
        "3, 9, 21, 60 days, the first scoring 5",
    )


def test_frequency_and_money_scores_name_theirs() -> None:
    found = explained(BUYER, MEASURED)
    (f,), (m,) = found["spending.rfm.f"], found["spending.rfm.m"]
    assert f[0] == "4"
    assert "4 orders; the fifths of 340 buyers" in f[1]
    assert "end at 1, 1, 2, 4 orders, the last scoring 5" in f[1]
    assert m[0] == "4"
    assert "480.00 USD; " in m[1]
    assert "end at 50.00, 100.00, 200.00, 500.00 USD" in m[1]


def test_power_is_the_mean_of_two_percentiles() -> None:
    events = [*BUYER, viewed("2026-06-30T10:00:00Z", price="32.00")]
    found = explained(events, MEASURED)
    assert found["spending.power.price_level"] == [
        (
            "30",
            "a median price met of 32.00 USD is above that of 30 % of 340 buyers (reference "
            "1f0c00000000)",
        )
    ]
    assert found["spending.power.score"] == [
        (
            "42",
            "an average order of 120.00 USD is above that of 55 % of 340 buyers (reference "
            "1f0c00000000); mean of 55 and the price level 30, rounded down",
        )
    ]
    assert found["spending.power.level"] == [("average", "score 42 lies between 40 and 59")]


def test_reference_says_of_whom_and_when_it_was_taken() -> None:
    assert explained(BUYER, MEASURED)["reference"] == [
        ("1f0c00000000", "quantiles of 340 buyers, taken at 2026-06-30T00:00:00.000Z")
    ]
    assert explained(BUYER)["reference"][0][1].endswith("round figures stand in")
    others = replace(MEASURED, reference=replace(REFERENCE, stores={"berlin": STORE}))
    ((version, because),) = explained(BUYER, others)["reference"]
    assert version == "builtin-1"
    assert because.startswith("the store had not 20 buyers at 2026-06-30")


@pytest.mark.parametrize(
    ("bought", "tier", "because"),
    [
        (
            BUYER,
            "silver",
            "4 orders and 480.00 USD in 365 days reach silver (2 orders, 200.00 USD); gold needs "
            "4 orders, 1000.00 USD",
        ),
        (
            orders(*[("2026-06-10", "600.00")] * 10),
            "platinum",
            "10 orders and 6000.00 USD in 365 days reach platinum (10 orders, 5000.00 USD), the "
            "highest tier",
        ),
        (
            [viewed("2026-06-30T10:00:00Z")],
            "none",
            "0 orders and 0.00 USD in 365 days reach no tier; bronze needs 1 order",
        ),
    ],
)
def test_tier_says_what_was_reached_and_what_the_next_one_needs(
    bought: list[Wire], tier: str, because: str
) -> None:
    assert explained(bought)["spending.tier"] == [(tier, because)]


def test_shop_without_tiers_says_so() -> None:
    assert explained(BUYER, replace(PLAIN, tiers=()))["spending.tier"] == [
        ("none", "no tiers are set")
    ]
    ((_, because),) = explained(BUYER, replace(PLAIN, tiers=(Tier("all"),)))["spending.tier"]
    assert because == "4 orders and 480.00 USD in 365 days reach all (nothing), the highest tier"


def test_rhythm_lists_its_gaps() -> None:
    found = explained(BUYER)
    assert found["spending.repurchase.median_days"] == [
        ("13", "10, 25, 13 days between 4 UTC days with an order")
    ]
    assert found["spending.repurchase.next_expected_at"] == [
        ("2026-07-01 10:00 UTC", "2026-06-18 10:00 UTC plus 13 days")
    ]
    assert found["spending.repurchase.overdue"] == [
        ("no", "2026-07-01 10:00 UTC is yet to come at `as_of`")
    ]
    later = explained(BUYER, as_of="2026-07-02T00:00:00Z")
    assert later["spending.repurchase.overdue"][0] == (
        "yes",
        "2026-07-01 10:00 UTC has passed at `as_of`",
    )


def test_one_order_has_no_rhythm_but_a_probability() -> None:
    found = explained(orders(("2026-06-20", "10.00")))
    assert found["spending.repurchase.median_days"] == [("none", "orders on one UTC day only")]
    assert found["spending.repurchase.next_expected_at"] == [("none", "no rhythm yet")]
    ((_, because),) = found["spending.repurchase.probability_30d"]
    # log2 of one weight is 0, faded by 10 days: -10 * ln 2 / 180; and ln(10 + 7).
    assert because.startswith(
        "1 order day, the newest 10 days ago: orders a day 0.00457 = "
        "exp(-5.29 +1.07 * momentum -0.039 -0.02 * waiting 2.833)"
    )


def test_orders_before_the_days_that_are_kept_are_told() -> None:
    found = explained(orders(*((f"2026-06-{day:02}", "10.00") for day in range(1, 21))))
    ((_, because),) = found["spending.repurchase.probability_30d"]
    assert because.startswith("16 order days and 4 orders before them, the newest 10 days ago: ")
    # twenty days in a row: log of the sum of 2 ** (-n / 180), faded by 10 days
    assert " * momentum 2.921 " in because


def test_steps_of_recency_are_told() -> None:
    found = explained(orders(("2026-03-01", "10.00")))
    assert found["spending.recency_days"] == [
        ("120", "121 whole days from `last_order_at` to `as_of`, rounded down to a step: 120")
    ]


def test_rates_quote_their_counts() -> None:
    events = [
        *BUYER,
        event("order_refunded", "2026-06-19T10:00:00Z", order_id="o1", total="48", currency="USD"),
        event("order_cancelled", "2026-06-19T11:00:00Z", order_id="o1"),
    ]
    found = explained(events)
    assert found["spending.refund_rate"] == [("0.1", "48.00 USD refunded / 480.00 USD")]
    assert found["spending.cancellation_rate"] == [("0.25", "1 cancelled / 4 completed")]
    assert found["spending.refunded"] == [("48.00", "sum of 1 refund")]


def test_sensitivity_adds_up_responses_and_what_was_declined() -> None:
    events = [
        *[ordered("2026-06-01T10:00:00Z", "90", coupon="TEN", discount="10")] * 1,
        *orders(("2026-06-02", "50"), ("2026-06-03", "50")),
        *[event("promotion_viewed", "2026-06-04T10:00:00Z", promotion_id=f"{n}") for n in range(5)],
        event("promotion_clicked", "2026-06-04T10:01:00Z", promotion_id="1"),
        event("coupon_redeemed", "2026-06-01T10:00:00Z", coupon="TEN"),
    ]
    found = explained(events)
    path = "preferences.marketing"
    # r = 1 + 1/5 + 1/20 = 1.25, d = 2 + 4 = 6: 1.25 / 11.85
    assert found[f"{path}.sensitivity"] == [
        (
            "0.1055",
            "r / (r + 10 + d / 10): r 1.25 = 1 coupon used + 1 click / 5 + 1 discounted / 20; "
            "d 6 = 2 without a coupon + 4 promotions without a click",
        )
    ]
    assert found[f"{path}.coupon_rate"] == [
        ("0.3333", "1 coupon used (1 order with one, 1 redeemed) / 3 orders")
    ]
    assert found[f"{path}.promotion_click_rate"] == [("0.2", "1 clicked / 5 viewed, ever")]
    assert found[f"{path}.discount_share"] == [("0.05", "10.00 USD off 200.00 USD, over 3 orders")]
