"""Coupon hunters (羊毛党): the new customer's coupon, redeemed again and again by one person."""

from collections.abc import Sequence
from random import Random

from stream.demo.attackers.accounts import documented_address, phone, register
from stream.demo.attackers.purchases import Market
from stream.demo.attackers.raid import MINUTE_MS, SECOND_MS, Raid
from stream.events import (
    CheckoutStarted,
    CouponRedeemed,
    OrderCancelled,
    OrderCompleted,
    ProductAdded,
    ProductViewed,
)
from stream.windows import HOUR_MS

#: Share of the orders that are cancelled after the coupon has given what it gives.
_CANCELLED = 0.6


def hunt(
    rng: Random,
    number: int,
    begins_s: int,
    accounts: Sequence[str],
    market: Market,
) -> Raid:
    """Account by account, by hand. Every other hunter has one phone for all of them, the rest a
    phone each, and one address for all orders.
    """
    raid = Raid(attack="coupon_hunting", name=f"hunt-{number}", begins_s=begins_s)
    one_phone = number % 2 == 0
    context = phone(rng, f"hunter-{number}", documented_address(number, 2))
    begins_ms: float = 0
    for n, who in enumerate(accounts):
        begins_ms += rng.uniform(5, 15) * MINUTE_MS
        if not one_phone:
            context = phone(rng, f"hunter-{number}-{n}", documented_address(number, 2))
        after_ms = register(rng, raid, begins_ms, who, context)
        offer = market.cheap(rng)
        bought = market.buy(f"order-{raid.name}-{n}", offer, coupon=True)
        for _ in range(rng.randrange(1, 4)):
            after_ms += rng.uniform(8, 40) * SECOND_MS
            raid.add(after_ms, ProductViewed, who, context, product=offer.product)
        after_ms += rng.uniform(5, 20) * SECOND_MS
        raid.add(after_ms, ProductAdded, who, context, product=offer.product)
        after_ms += rng.uniform(5, 20) * SECOND_MS
        raid.add(after_ms, CheckoutStarted, who, context, **bought.order())
        after_ms += rng.uniform(5, 15) * SECOND_MS
        raid.add(after_ms, CouponRedeemed, who, context, **bought.redeemed())
        after_ms += rng.uniform(5, 30) * SECOND_MS
        sent = f"shipping-hunter-{number}-{n if one_phone else 0}"
        paid = f"payment-hunter-{number}-{n}"
        raid.add(after_ms, OrderCompleted, who, context, **bought.completed(paid, sent))
        if rng.random() < _CANCELLED:
            after_ms += rng.uniform(1, 10) * HOUR_MS
            raid.add(after_ms, OrderCancelled, who, context, **bought.order())
    return raid
