"""Marketing: how a customer responds to coupons, discounts and promotions, over their whole life.

**Coupons told twice.** A shop may tell of a coupon by ``order_completed.coupon``, by a
``coupon_redeemed`` of the same order, or by both, and the two come in any order. The coupons used
are therefore the larger of *orders with a coupon* and *coupons redeemed*: what both tell counts
once, what only one of them tells is not lost. Coupons of one order beyond the first count only
where redemptions outnumber the orders with a coupon.

**Sensitivity** is a share of responses, held back while little is known::

    responses   = coupons used + promotions clicked / 5 + orders with a discount / 20
    declined    = orders beyond the coupons used + promotions viewed beyond those clicked
    sensitivity = responses / (responses + 10 + declined / 10)

It is 0 for who never responded, one half for ten coupons used at every occasion, and tends to a
level that no longer depends on how long the customer is known. A discount counts least, since most
are given to everybody; the *share* of discounts is left out, because it tells who buys cheaply, not
who answers. The 10 keeps one lucky coupon below a habit. A declined occasion counts a tenth, since
most offer nothing that the customer could have taken.

Measured on the sample of Complete Journey (496 grocery households of 2017): campaign coupons
redeemed per household in the three months after a cut, in the top fifth by a score over all
households.

    cut at the first of          Apr   May   Jun   Jul   Aug   Sep   Oct
    this sensitivity            3.90  4.47  4.35  4.02  4.02  3.85  4.25
    coupons used alone          3.79  4.13  4.09  4.01  3.89  3.82  4.25
    coupons used / orders       3.12  3.18  2.96  2.83  2.74  3.19  3.60
    campaign coupons redeemed   1.41  1.44  2.98  3.08  2.88  3.01  3.44
    amount spent                3.12  3.68  4.45  4.09  4.06  2.81  3.54
    discounts / full price      1.23  0.92  0.83  0.71  0.67  0.67  0.55

Halving or doubling the 10, the tenth and the twentieth moved it within 3.5 and 4.4 (June to
October); the data set has no clicks, so their weight is a convention. `portrait evaluate marketing`
repeats the first line.
"""

from typing import Annotated

from msgspec import Meta, Struct

from stream.events import CouponRedeemed, OrderCompleted, PromotionClicked, PromotionViewed
from stream.profile.occurrence import Occurrence
from stream.profile.values import Share

#: Responses in twentieths of a coupon used, so that the sums stay integers.
COUPON = 20
CLICK = 4
DISCOUNTED_ORDER = 1
HELD_BACK = 10 * COUPON
DECLINED = COUPON // 10


class Marketing(Struct, frozen=True):
    """Response to coupons, discounts and promotions, over the customer's whole life."""

    coupon_rate: Annotated[
        Share | None,
        Meta(
            description="Share of the completed orders that used a coupon, 0..1: the larger of "
            "orders with a coupon and coupons redeemed, / orders ever completed, at most 1; null "
            "without orders.",
        ),
    ]
    promotion_click_rate: Annotated[
        Share | None,
        Meta(
            description="Promotions clicked / promotions viewed, ever, at most 1; null where none "
            "was viewed.",
        ),
    ]
    discount_share: Annotated[
        Share | None,
        Meta(
            description="Discounts of all completed orders / what these orders would have cost "
            "without them (amount + discounts), 0..1; null without orders, or where they were "
            "free.",
        ),
    ]
    sensitivity: Annotated[
        Share | None,
        Meta(
            description="How readily the customer responds to marketing, 0..1, for ranking "
            "customers: r / (r + 10 + d / 10), where r = coupons used + promotions clicked / 5 + "
            "orders with a discount / 20, and d = orders without a coupon + promotions viewed "
            "without a click, ever; null before the first order, coupon or promotion.",
        ),
    ]


class MarketingState(Struct, array_like=True):
    """Sums over the customer's life; ``discounts`` in minor units of the base currency.

    Orders and what they cost are not kept here: the spending state has them.
    """

    coupon_orders: int = 0
    coupons_redeemed: int = 0
    discounted_orders: int = 0
    discounts: int = 0
    promotions_viewed: int = 0
    promotions_clicked: int = 0


def add(state: MarketingState, occurrence: Occurrence) -> None:
    """Count the event; those that tell nothing of marketing change nothing.

    What a ``coupon_redeemed`` took off is not counted: the discount of its order says it too.
    """
    match occurrence.event:
        case OrderCompleted(coupon=coupon):
            state.coupon_orders += coupon is not None
            state.discounted_orders += occurrence.discount_minor > 0
            state.discounts += occurrence.discount_minor
        case CouponRedeemed():
            state.coupons_redeemed += 1
        case PromotionViewed():
            state.promotions_viewed += 1
        case PromotionClicked():
            state.promotions_clicked += 1
        case _:
            pass


def merge(a: MarketingState, b: MarketingState) -> MarketingState:
    """The responses of both histories."""
    return MarketingState(
        coupon_orders=a.coupon_orders + b.coupon_orders,
        coupons_redeemed=a.coupons_redeemed + b.coupons_redeemed,
        discounted_orders=a.discounted_orders + b.discounted_orders,
        discounts=a.discounts + b.discounts,
        promotions_viewed=a.promotions_viewed + b.promotions_viewed,
        promotions_clicked=a.promotions_clicked + b.promotions_clicked,
    )


def describe(state: MarketingState, *, orders: int, amount_minor: int) -> Marketing:
    """The figures of a customer who completed ``orders`` orders for ``amount_minor`` in all.

    Time alone changes nothing of them.
    """
    return Marketing(
        coupon_rate=_share(min(coupons_used(state), orders), orders),
        promotion_click_rate=_share(
            min(state.promotions_clicked, state.promotions_viewed), state.promotions_viewed
        ),
        discount_share=_share(state.discounts, amount_minor + state.discounts),
        sensitivity=_sensitivity(state, orders),
    )


def coupons_used(state: MarketingState) -> int:
    """Coupons used, each once even where its order and its redemption both tell of it."""
    return max(state.coupon_orders, state.coupons_redeemed)


def _sensitivity(state: MarketingState, orders: int) -> float | None:
    used, clicked = coupons_used(state), state.promotions_clicked
    if not (orders or used or clicked or state.promotions_viewed):
        return None
    responses = COUPON * used + CLICK * clicked + DISCOUNTED_ORDER * state.discounted_orders
    declined = max(0, orders - used) + max(0, state.promotions_viewed - clicked)
    return _share(responses, responses + HELD_BACK + DECLINED * declined)


def _share(part: int, whole: int) -> float | None:
    """``part / whole`` with four digits; null of nothing."""
    return round(part / whole, 4) if whole else None
