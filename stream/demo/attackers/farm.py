"""A device farm: many accounts made on few devices, and orders on stolen cards right after."""

from collections.abc import Sequence
from random import Random

from stream.demo.attackers.accounts import documented_address, phone, register
from stream.demo.attackers.purchases import Market
from stream.demo.attackers.raid import SECOND_MS, Raid
from stream.events import CheckoutStarted, OrderCompleted, ProductAdded, ProductViewed

#: Devices, cards and addresses of a farm.
_DEVICES, _CARDS, _ADDRESSES = 3, 3, 2


def farm(
    rng: Random,
    number: int,
    begins_s: int,
    accounts: Sequence[str],
    market: Market,
) -> Raid:
    """Make the accounts one after the other, each of which orders within minutes.

    Every other farm is of emulators, the rest of real phones on a shelf.
    """
    raid = Raid(attack="device_farm", name=f"farm-{number}", begins_s=begins_s)
    devices = [
        phone(
            rng, f"shelf-{number}-{n}", documented_address(number, n % 2), emulator=number % 2 == 0
        )
        for n in range(_DEVICES)
    ]
    begins_ms: float = 0
    for n, who in enumerate(accounts):
        begins_ms += rng.uniform(40, 100) * SECOND_MS
        context = devices[n % _DEVICES]
        after_ms = register(rng, raid, begins_ms, who, context)
        after_ms += rng.uniform(10, 60) * SECOND_MS
        offer = market.dear(rng, among=40)
        bought = market.buy(f"order-{raid.name}-{n}", offer)
        raid.add(after_ms, ProductViewed, who, context, product=offer.product)
        after_ms += rng.uniform(3, 10) * SECOND_MS
        raid.add(after_ms, ProductAdded, who, context, product=offer.product)
        after_ms += rng.uniform(3, 10) * SECOND_MS
        raid.add(after_ms, CheckoutStarted, who, context, **bought.order())
        after_ms += rng.uniform(10, 90) * SECOND_MS
        paid = f"payment-stolen-{number}-{rng.randrange(_CARDS)}"
        sent = f"shipping-farm-{number}-{rng.randrange(_ADDRESSES)}"
        raid.add(after_ms, OrderCompleted, who, context, **bought.completed(paid, sent))
    return raid
