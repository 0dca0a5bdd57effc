"""Marketing sensitivity: what counts as a response, in any order, and how much."""

import copy

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.profile import marketing
from stream.profile.marketing import Marketing, MarketingState
from tests.support.events import Wire, event, occur, ordered

DAY = "2024-05-06T12:00:00Z"

PLAIN = ordered(DAY, "10.00")
WITH_COUPON = ordered(DAY, "10.00", coupon="TEN")
DISCOUNTED = ordered(DAY, "7.50", discount="2.50")
REDEEMED = event("coupon_redeemed", DAY, coupon="TEN", order_id="o1", discount="2.50")
VIEWED = event("promotion_viewed", DAY, promotion_id="spring")
CLICKED = event("promotion_clicked", DAY, promotion_id="spring")
BESIDE_THE_POINT = (
    event("signed_in", DAY),
    event("order_refunded", DAY, order_id="o1", total="5.00", currency="USD"),
    event("product_viewed", DAY, product={"product_id": "p1"}),
)

histories = st.lists(
    st.sampled_from([PLAIN, WITH_COUPON, DISCOUNTED, REDEEMED, VIEWED, CLICKED, *BESIDE_THE_POINT]),
    max_size=30,
)


def counted(*events: Wire) -> MarketingState:
    state = MarketingState()
    for each in events:
        marketing.add(state, occur(each))
    return state


def described(*events: Wire) -> Marketing:
    orders = [each for each in events if each["type"] == "order_completed"]
    amount_minor = sum(occur(order).amount_minor for order in orders)
    return marketing.describe(counted(*events), orders=len(orders), amount_minor=amount_minor)


@given(histories, histories, st.randoms(use_true_random=False))
def test_merge_equals_adding_both_histories_in_any_order(first, second, chance):
    shuffled = [*first, *second]
    chance.shuffle(shuffled)
    a, b = counted(*first), counted(*second)
    before = copy.deepcopy((a, b))
    assert marketing.merge(a, b) == marketing.merge(b, a) == counted(*shuffled)
    assert (a, b) == before


@given(histories)
def test_every_figure_is_a_share(history):
    section = described(*history)
    values = [getattr(section, name) for name in Marketing.__struct_fields__]
    assert all(value is None or 0 <= value <= 1 for value in values)
    assert msgspec.convert(msgspec.to_builtins(section), Marketing) == section


@pytest.mark.parametrize(
    ("declined", "answered"),
    [
        ([PLAIN], [WITH_COUPON]),
        ([PLAIN], [PLAIN, REDEEMED]),
        ([PLAIN], [DISCOUNTED]),
        ([VIEWED], [VIEWED, CLICKED]),
    ],
)
@given(history=histories)
def test_who_answers_is_never_less_sensitive_than_who_declines(declined, answered, history):
    low, high = (described(*history, *events).sensitivity for events in (declined, answered))
    assert low is not None
    assert high is not None
    assert high >= low


def test_a_coupon_told_by_its_order_and_by_its_redemption_counts_once():
    twice = described(WITH_COUPON, REDEEMED, PLAIN)
    assert twice.coupon_rate == 0.5
    assert twice == described(WITH_COUPON, PLAIN)


def test_a_coupon_told_by_its_redemption_alone_counts():
    assert described(PLAIN, REDEEMED, PLAIN, PLAIN).coupon_rate == 0.25 + 0.0833
    assert described(WITH_COUPON, PLAIN, REDEEMED, REDEEMED).coupon_rate == 1.0


def test_more_coupons_than_orders_make_a_rate_of_one():
    assert described(PLAIN, REDEEMED, REDEEMED, REDEEMED).coupon_rate == 1.0


def test_without_any_order_or_promotion_nothing_is_known():
    assert described(*BESIDE_THE_POINT) == Marketing(None, None, None, None)


def test_who_never_responds_has_no_sensitivity_rather_than_an_unknown_one():
    assert described(PLAIN) == Marketing(0.0, None, 0.0, 0.0)
    assert described(VIEWED) == Marketing(None, 0.0, None, 0.0)


@pytest.mark.parametrize(
    ("viewed", "clicked", "rate"), [(0, 0, None), (0, 2, None), (4, 1, 0.25), (1, 3, 1.0)]
)
def test_click_rate_is_of_the_promotions_viewed(viewed, clicked, rate):
    section = described(*[VIEWED] * viewed, *[CLICKED] * clicked)
    assert section.promotion_click_rate == rate


def test_discount_share_is_of_what_the_orders_would_have_cost():
    assert described(DISCOUNTED, PLAIN).discount_share == 0.125  # 2.50 of 7.50 + 2.50 + 10.00
    assert described(ordered(DAY, "0.00", discount="5.00")).discount_share == 1.0
    assert described(ordered(DAY, "0.00")).discount_share is None


def test_discount_of_zero_is_no_discount():
    assert counted(ordered(DAY, "10.00", discount="0.00")) == MarketingState()


def test_discount_of_a_redemption_is_left_to_its_order():
    assert described(PLAIN, REDEEMED).discount_share == 0.0


@pytest.mark.parametrize(
    ("events", "sensitivity"),
    [
        ([WITH_COUPON] * 10, 0.5),  # 10 / (10 + 10)
        ([REDEEMED] * 10, 0.5),
        ([CLICKED] * 50, 0.5),  # five clicks weigh as one coupon
        ([DISCOUNTED] * 20, 0.0769),  # 1 / (1 + 10 + 20 / 10)
        ([WITH_COUPON, *[PLAIN] * 10], 0.0833),  # 1 / (1 + 10 + 10 / 10)
        ([CLICKED, *[VIEWED] * 11], 0.0179),  # 0.2 / (0.2 + 10 + 10 / 10)
    ],
)
def test_sensitivity_follows_its_formula(events, sensitivity):
    assert described(*events).sensitivity == sensitivity


def test_sensitivity_of_a_habit_does_not_grow_with_the_years():
    year = [WITH_COUPON, *[PLAIN] * 9] * 10
    after_ten, after_twenty = described(*year * 10), described(*year * 20)
    assert (after_ten.sensitivity, after_twenty.sensitivity) == (0.5, 0.5128)  # towards 1 / 1.9


def test_state_of_a_busy_customer_takes_eleven_bytes():
    state = MarketingState(
        coupon_orders=54,
        coupons_redeemed=40,
        discounted_orders=100,
        discounts=90_000,
        promotions_viewed=100,
        promotions_clicked=20,
    )
    assert len(msgspec.msgpack.encode(state)) == 11
