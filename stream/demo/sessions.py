"""What happens in one visit to the simulated shop, before it becomes events.

A script is cheap to write and says how many events the visit will make; so the simulation can
choose exactly the last N events of a history without making the others.
"""

from random import Random
from typing import Literal

from msgspec import Struct

from stream.demo.visitors import Visitor

Step = Literal[
    "sign_up",
    "identify",
    "consent",
    "accept_invite",
    "sign_in",
    "sign_in_failed",
    "password_reset",
    "device_seen",
    "promotion_view",
    "promotion_click",
    "search",
    "click",
    "view",
    "wish",
    "share",
    "add",
    "remove",
    "checkout",
    "coupon",
    "order",
    "invite",
    "support",
    "complain",
    "resolve",
    "cancel",
    "refund",
    "review",
]

HOUR_S = 3_600
DAY_S = 24 * HOUR_S
#: Visits are shorter than this; what follows an order comes later than this.
LONGEST_VISIT_S = HOUR_S

#: Chance of one more step of browsing after each: about five steps a visit.
_BROWSE_ON = 0.8
_LONGEST_BROWSE = 25
#: Of a company's visits, so many order what is always ordered, without looking at anything.
_ORDERED_AGAIN = 0.12


class Script(Struct, frozen=True, gc=False):
    """The steps of a visit, and those that follow it: ``(step, seconds after the visit began)``."""

    steps: list[Step]
    later: list[tuple[Step, int]]

    @property
    def size(self) -> int:
        """The number of events that it makes."""
        return len(self.steps) + len(self.later)


def compose(rng: Random, visitor: Visitor, *, number: int, joining: bool, left_s: float) -> Script:
    """The script of a visit that begins `left_s` seconds before the end of the simulation.

    What would come after the end is left out. `number` is that of the customer's visits, `joining`
    says that the customer signs up in this one.
    """
    steps = _joining(rng) if joining else _arriving(rng, visitor)
    steps += _browsing(rng, visitor)
    if visitor.taste.is_ready(number):
        basket, later = _basket(rng, visitor)
        steps += basket
    else:
        later = []
    if rng.random() < 0.02 + 0.04 * visitor.loyalty:
        steps.append("invite")
    if rng.random() < 0.01:
        steps.append("support")
    if visitor.is_company and not joining and rng.random() < _ORDERED_AGAIN:
        return Script(["sign_in", "order"], [])  # by the list of the last time
    return Script(steps, [(step, delay) for step, delay in later if delay < left_s])


def buying(visitor: Visitor) -> float:
    """The chance that a visit comes to an order, unless what is bought has to be considered."""
    return 0.05 + 0.13 * visitor.loyalty + visitor.taste.eagerness


def _joining(rng: Random) -> list[Step]:
    steps: list[Step] = ["device_seen", "sign_up", "identify", "consent"]
    if rng.random() < 0.6:
        steps.append("accept_invite")
    return steps


def _arriving(rng: Random, visitor: Visitor) -> list[Step]:
    chance = rng.random()
    if chance < 0.55:
        return []  # still signed in
    if chance < 0.84:
        # What a company declares, its account manager keeps current.
        return ["sign_in", "identify"] if visitor.is_company else ["sign_in"]
    if chance < 0.94:
        # The tracker declares the traits anew when a session begins.
        return ["sign_in", "identify"]
    if chance < 0.97:
        return ["sign_in_failed", "sign_in"]
    if chance < 0.98:
        return ["sign_in_failed", "sign_in_failed", "password_reset", "sign_in"]
    return ["device_seen", "sign_in"] if chance < 0.99 else ["sign_in", "consent"]


def _browsing(rng: Random, visitor: Visitor) -> list[Step]:
    steps: list[Step] = []
    if rng.random() < 0.25:
        steps.append("promotion_view")
        if rng.random() < visitor.bargains:
            steps.append("promotion_click")
    if rng.random() < 0.45:
        steps.append("search")
    steps.append("view")
    while len(steps) < _LONGEST_BROWSE and rng.random() < _BROWSE_ON:
        steps.append(_browse_step(rng.random()))
    return steps


def _browse_step(chance: float) -> Step:
    if chance < 0.62:
        return "view"
    if chance < 0.86:
        return "click"
    if chance < 0.94:
        return "search"
    return "wish" if chance < 0.98 else "share"


def _basket(rng: Random, visitor: Visitor) -> tuple[list[Step], list[tuple[Step, int]]]:
    chance, buys = rng.random(), buying(visitor)
    if chance > buys + 0.18:
        return [], []
    steps: list[Step] = ["add"]
    while len(steps) < 6 and rng.random() < 0.4:
        steps.append("add")
    if rng.random() < 0.2:
        # One more goes in than comes out, so the basket never runs empty.
        steps += ["view", "add", "remove"]
    if chance > buys:
        return ([*steps, "checkout"] if rng.random() < 0.3 else steps), []
    steps.append("checkout")
    if rng.random() < visitor.bargains:
        steps.append("coupon")
    steps.append("order")
    return steps, _aftermath(rng)


def _aftermath(rng: Random) -> list[tuple[Step, int]]:
    chance = rng.random()
    if chance < 0.04:
        return [("cancel", _delay(rng, 2 * HOUR_S, DAY_S))]
    if chance < 0.12:
        complaint = _delay(rng, 3 * DAY_S, 6 * DAY_S)
        refund = complaint + _delay(rng, DAY_S, 4 * DAY_S)
        return [("complain", complaint), ("refund", refund), *_resolution(rng, refund)]
    if chance < 0.16:
        return [("refund", _delay(rng, 4 * DAY_S, 14 * DAY_S))]
    if chance < 0.2:
        complaint = _delay(rng, DAY_S, 8 * DAY_S)
        return [("complain", complaint), *_resolution(rng, complaint)]
    if chance < 0.4:
        return [("review", _delay(rng, 4 * DAY_S, 12 * DAY_S))]
    return []


def _resolution(rng: Random, after_s: int) -> list[tuple[Step, int]]:
    if rng.random() < 0.2:
        return []  # the complaint stays open
    return [("resolve", after_s + _delay(rng, 2 * HOUR_S, 3 * DAY_S))]


def _delay(rng: Random, low_s: int, high_s: int) -> int:
    return int(low_s + rng.random() * (high_s - low_s))
