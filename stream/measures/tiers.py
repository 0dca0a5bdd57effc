"""Tiers: how a shop ranks its customers by what they bought in the last year."""

from collections.abc import Sequence
from functools import cache

from msgspec import Struct


class Tier(Struct, frozen=True):
    """A rank and what it takes; all minima must be reached, and 0 is no condition.

    ``amount_minor_365d`` is in minor units of the base currency.
    """

    name: str
    orders_365d: int = 0
    amount_minor_365d: int = 0


#: Name, orders and amount in whole units of the base currency, which is taken to be worth about a
#: US dollar; a shop with other prices writes tiers of its own.
_BUILTIN = (("bronze", 1, 0), ("silver", 2, 200), ("gold", 4, 1000), ("platinum", 10, 5000))


@cache
def builtin_tiers(decimals: int) -> tuple[Tier, ...]:
    """The tiers of a shop that states none, in a currency of so many decimals; lowest first."""
    return tuple(Tier(name, orders, amount * 10**decimals) for name, orders, amount in _BUILTIN)


def tier_of(tiers: Sequence[Tier], orders_365d: int, amount_minor_365d: int) -> str | None:
    """Name of the highest tier that is reached, None without one; tiers go from the lowest up."""
    for tier in reversed(tiers):
        if orders_365d >= tier.orders_365d and amount_minor_365d >= tier.amount_minor_365d:
            return tier.name
    return None


def outranked(tier: Tier, higher: Tier) -> bool:
    """Whether whoever reaches a tier reaches a higher one too, so that it is never given."""
    return (
        higher.orders_365d <= tier.orders_365d
        and higher.amount_minor_365d <= tier.amount_minor_365d
    )
