"""Account takeover: into an account from afar, and dear things ordered to another address."""

from random import Random

from stream.demo.attackers.purchases import Market
from stream.demo.attackers.raid import MINUTE_MS, SECOND_MS, Raid
from stream.demo.homes import HOMES, Home
from stream.demo.visitors import DEVICE_MODELS, Visitor
from stream.events import (
    CheckoutStarted,
    OrderCompleted,
    PasswordReset,
    ProductAdded,
    ProductViewed,
    SignedIn,
    SignInFailed,
)
from stream.fields import Context

#: Difference of the time zones, in minutes, from which on a country is far.
_FAR_MIN = 240
#: Victims whose orders go to the same address.
_SHARE_AN_ADDRESS = 3


def take_over(rng: Random, number: int, begins_s: int, victim: Visitor, market: Market) -> Raid:
    """Get in, by guessing or by the victim's mailbox, and order until it is noticed."""
    raid = Raid(attack="account_takeover", name=f"takeover-{number}", begins_s=begins_s)
    who, context = victim.customer_id, _context(rng, number, victim)
    after_ms: float = 0
    for _ in range(rng.choice((0, 2, 4, 5))):
        raid.add(after_ms, SignInFailed, who, context, cause="wrong_password")
        after_ms += rng.uniform(8, 40) * SECOND_MS
    if not raid.acts or rng.random() < 0.4:
        raid.add(after_ms, PasswordReset, who, context)
        after_ms += rng.uniform(1, 4) * MINUTE_MS
    raid.add(after_ms, SignedIn, who, context, method="password")
    for order in range(rng.choice((1, 2, 2, 3))):
        offer = market.dear(rng, among=12)
        bought = market.buy(f"order-{raid.name}-{order}", offer, rng.choice((2, 3)))
        after_ms += rng.uniform(20, 90) * SECOND_MS
        raid.add(after_ms, ProductViewed, who, context, product=offer.product)
        after_ms += rng.uniform(5, 30) * SECOND_MS
        raid.add(
            after_ms, ProductAdded, who, context, product=offer.product, quantity=bought.quantity
        )
        after_ms += rng.uniform(5, 30) * SECOND_MS
        raid.add(after_ms, CheckoutStarted, who, context, **bought.order())
        after_ms += rng.uniform(20, 60) * SECOND_MS
        paid = f"payment-{victim.index:08x}"  # as it is stored in the account
        sent = f"shipping-drop-{number // _SHARE_AN_ADDRESS}"
        raid.add(after_ms, OrderCompleted, who, context, **bought.completed(paid, sent))
    return raid


def _context(rng: Random, number: int, victim: Visitor) -> Context:
    model, os, browser, user_agent = rng.choice(DEVICE_MODELS)
    place = rng.choice([home for home in HOMES if _is_far(home, victim.home)])
    return Context(
        session_id=f"takeover-{number}",
        device_id=f"stranger-{number}",
        device_model=model,
        os=os,
        browser=browser,
        user_agent=user_agent,
        # 198.51.100.0/24 is for documentation (RFC 5737): nobody's address.
        ip=f"198.51.100.{number % 256}",
        asn=65_100 + number % 100,
        country=place.country,
        channel="direct",
    )


def _is_far(home: Home, other: Home) -> bool:
    apart_min = abs(home.january_offset_min - other.january_offset_min)
    return min(apart_min, 24 * 60 - apart_min) >= _FAR_MIN and home.country != other.country
