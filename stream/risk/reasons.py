"""The reasons that a risk can have: their codes, how long each holds, and of which part it is."""

from typing import Literal

from msgspec import Struct

from stream.windows import DAY_MS

Part = Literal["account", "device", "order", "promotion"]
PARTS: tuple[Part, ...] = ("account", "device", "order", "promotion")

#: How long a level is remembered for its hysteresis; evidence is kept that much longer.
MEMORY_MS = 7 * DAY_MS


#: Values of facts about others are not told apart above it, which bounds how many are kept.
MOST = 100


class Kind(Struct, frozen=True):
    """What there is to know of a reason before any customer has it.

    ``part``   which part of the score it counts for
    ``days``   how long a finding of it holds
    ``unit``   what its value counts
    ``less``   whether a lower value is the worse one
    ``worth``  values below are not kept: no points can be given for them
    ``most``   values are not told apart from there on, as no more is kept; None where they are
    """

    part: Part
    days: int
    unit: str
    less: bool = False
    worth: int = 1
    most: int | None = None


#: Every reason by its code. Stored states number the codes: append, never move or remove one.
KINDS: dict[str, Kind] = {
    # what the customer's own sign-ins, orders and clicks tell
    "failed_sign_ins": Kind("account", 7, "failed sign-ins within an hour", worth=3, most=20),
    "sign_in_after_failures": Kind(
        "account", 7, "failed sign-ins in the half hour before", worth=3, most=20
    ),
    "password_resets": Kind("account", 7, "password resets within a day", worth=2, most=6),
    "reset_then_new_device": Kind(
        "account", 7, "sign-ins from a new device within an hour after a reset", most=1
    ),
    "new_device": Kind("account", 7, "sign-ins from a new device", most=1),
    "new_country": Kind("account", 7, "sign-ins from a new country", most=1),
    "new_network": Kind("account", 7, "sign-ins from a new network (ASN)", most=1),
    "impossible_travel": Kind("account", 7, "km/h", worth=900, most=10_000),
    "unlikely_sign_in": Kind(
        "account", 7, "10 where an attacker is 10 times likelier, 20 where 100 times", worth=10
    ),
    "young_account": Kind("account", 7, "hours from sign-up to the order", less=True),
    "dormant_account": Kind("account", 7, "days without sign-in or order before", worth=90),
    "fast_first_order": Kind("order", 30, "seconds from sign-up to the first order", less=True),
    "order_velocity": Kind("order", 7, "orders within an hour", worth=3, most=12),
    "unusual_amount": Kind("order", 7, "robust z of the amount", worth=3),
    "payment_references": Kind("order", 30, "payment references within 30 days", worth=3, most=12),
    "orders_undone": Kind(
        "order", 30, "orders cancelled or refunded within 30 days", worth=2, most=8
    ),
    "no_browsing": Kind("order", 7, "orders without any browsing in the day before", most=12),
    "regular_clicks": Kind("order", 7, "clicks at equal intervals", worth=12, most=32),
    "rapid_clicks": Kind("order", 7, "clicks within a minute", worth=30, most=32),
    "coupon_then_cancel": Kind("promotion", 30, "orders with a coupon that were cancelled", most=8),
    "redemption_rate": Kind("promotion", 30, "coupons redeemed within 30 days", worth=3, most=12),
    # what was known of others when the event came
    "accounts_on_device": Kind(
        "device", 30, "accounts on the device within 180 days", worth=2, most=MOST
    ),
    "accounts_on_ip": Kind(
        "device", 30, "accounts on the IP address within a day", worth=2, most=MOST
    ),
    "accounts_on_payment": Kind(
        "device", 30, "accounts with the payment reference", worth=2, most=MOST
    ),
    "accounts_on_shipping": Kind(
        "device", 30, "accounts with the shipping reference", worth=2, most=MOST
    ),
    "sign_ups_on_device_hour": Kind(
        "device", 30, "sign-ups on the device within an hour", worth=2, most=MOST
    ),
    "sign_ups_on_device_day": Kind(
        "device", 30, "sign-ups on the device within a day", worth=2, most=MOST
    ),
    "sign_ups_on_device": Kind(
        "device", 30, "sign-ups on the device within 30 days", worth=2, most=MOST
    ),
    "sign_ups_on_ip_hour": Kind(
        "device", 30, "sign-ups on the IP address within an hour", worth=2, most=MOST
    ),
    "sign_ups_on_ip_day": Kind(
        "device", 30, "sign-ups on the IP address within a day", worth=2, most=MOST
    ),
    "sign_ups_on_ip": Kind(
        "device", 30, "sign-ups on the IP address within 30 days", worth=2, most=MOST
    ),
    "failed_accounts_on_device": Kind(
        "device",
        7,
        "accounts with a failed sign-in on the device within an hour",
        worth=2,
        most=MOST,
    ),
    "failed_accounts_on_ip": Kind(
        "device",
        7,
        "accounts with a failed sign-in on the IP address within an hour",
        worth=3,
        most=MOST,
    ),
    "failed_share_on_device": Kind(
        "device", 7, "% of the device's sign-ins within a day failed", worth=20, most=MOST
    ),
    "rooted_device": Kind("device", 30, "events on a rooted device", most=1),
    "emulator": Kind("device", 30, "events on an emulator", most=1),
    "coupon_on_device": Kind(
        "promotion", 30, "accounts redeemed the coupon on the device", worth=2, most=MOST
    ),
    "coupon_on_ip": Kind(
        "promotion", 30, "accounts redeemed the coupon on the IP address", worth=2, most=MOST
    ),
    "coupon_on_shipping": Kind(
        "promotion",
        30,
        "accounts redeemed the coupon with the shipping reference",
        worth=2,
        most=MOST,
    ),
    # what the customer's own sign-ins and orders tell together
    "order_after_new_device": Kind(
        "account", 7, "orders within a day of a sign-in from a new device in a new country", most=12
    ),
}

CODES: tuple[str, ...] = tuple(KINDS)


def holds_ms(code: str) -> int:
    """How long a finding holds."""
    return KINDS[code].days * DAY_MS


def keeps_ms(code: str) -> int:
    """How long its evidence is kept: a level that it brought is remembered for a while."""
    return holds_ms(code) + MEMORY_MS
