"""Brushing (刷单): orders that a merchant pays for, so that a product seems to be wanted."""

from collections.abc import Sequence
from random import Random

from stream.demo.attackers.accounts import phone, register
from stream.demo.attackers.purchases import Market
from stream.demo.attackers.raid import SECOND_MS, Raid
from stream.demo.catalogue import Offer
from stream.events import OrderCompleted, ProductClicked, SignedIn
from stream.fields import Context
from stream.windows import HOUR_MS

#: Who pays for the orders of one merchant.
_PAYERS = 2
#: Clicks of a machine in a row, and the milliseconds from one to the next.
_CLICKS, _PACE_MS = 14, 3_000


def brush(
    rng: Random,
    number: int,
    begins_s: int,
    accounts: Sequence[str],
    market: Market,
) -> Raid:
    """All accounts order the merchant's product some times; half of them let a machine click
    before, the rest order without a look at anything. Each has a phone and an address of its own.
    """
    raid = Raid(attack="brushing", name=f"brushing-{number}", begins_s=begins_s)
    offer = market.cheap(rng)
    for n, who in enumerate(accounts):
        # A connection each, so that nothing but the payers links them.
        context = phone(rng, f"brush-{number}-{n}", f"192.0.2.{100 + (number * 20 + n) % 156}")
        after_ms = register(rng, raid, rng.uniform(0, 2) * HOUR_MS, who, context)
        for order in range(rng.choice((3, 4, 4, 5))):
            if order:
                after_ms += rng.uniform(0.2, 4) * HOUR_MS
                raid.add(after_ms, SignedIn, who, context, method="password")
            after_ms += rng.uniform(5, 20) * SECOND_MS
            if n % 2:
                after_ms = _click(raid, after_ms, who, context, offer)
            bought = market.buy(f"order-{raid.name}-{n}-{order}", offer)
            after_ms += rng.uniform(5, 20) * SECOND_MS
            paid = f"payment-merchant-{number}-{rng.randrange(_PAYERS)}"
            sent = f"shipping-brush-{number}-{n}"
            raid.add(after_ms, OrderCompleted, who, context, **bought.completed(paid, sent))
    return raid


def _click(raid: Raid, after_ms: float, who: str, context: Context, offer: Offer) -> float:
    for _ in range(_CLICKS):
        after_ms += _PACE_MS
        raid.add(after_ms, ProductClicked, who, context, product=offer.product)
    return after_ms
