"""Findings of the part `promotion`: coupons shared by accounts, undone orders, coupons everywhere.

Only the newest orders and redemptions are known here, as in ``order``.
"""

from collections.abc import Iterator

from stream.risk.device import facts_found
from stream.risk.evidence import ORDERS
from stream.risk.findings import Finding, instants, named, within
from stream.risk.order import undone_orders, undone_within
from stream.risk.reasons import KINDS
from stream.risk.records import Dated, Order
from stream.risk.subject import Subject
from stream.terminal import counted
from stream.windows import DAY_MS

_MONTH_MS = 30 * DAY_MS

_DETAILS = {
    "coupon_on_device": "{n} accounts used one coupon on this device within 30 days",
    "coupon_on_ip": "{n} accounts used one coupon from this IP address within 30 days",
    "coupon_on_shipping": "{n} accounts used one coupon with this shipping reference "
    "within 30 days",
}


def find(subject: Subject) -> Iterator[Finding]:
    """What the coupons show."""
    yield from facts_found(subject, _DETAILS)
    evidence = subject.evidence
    if evidence.redeemed or evidence.orders:
        couponed = [order for order in evidence.orders if order.coupon]
        if couponed and evidence.undone:
            yield from _cancelled(subject, couponed)
        if max(len(couponed), len(evidence.redeemed)) >= KINDS["redemption_rate"].worth:
            yield from _redemption_rates(subject, couponed)


def _cancelled(subject: Subject, couponed: list[Order]) -> Iterator[Finding]:
    """Orders that took a coupon and were cancelled; from when both are known."""
    code = "coupon_then_cancel"
    known = undone_orders(couponed, [each for each in subject.evidence.undone if each.cancelled])
    for at_ms in instants(known, subject.since_ms(code)):
        found = undone_within(known, at_ms, _MONTH_MS)
        if found:
            shown = named(each for pair in found.values() for each in (pair.order, pair.by))
            detail = f"{counted(len(found), 'order')} with a coupon cancelled within 30 days"
            yield Finding(code, at_ms, len(found), shown, detail)


def _redemption_rates(subject: Subject, couponed: list[Order]) -> Iterator[Finding]:
    """Coupons used within 30 days, where they come to four fifths of the orders placed within them.

    What a coupon's redemption and its order both tell counts once: the larger number is taken, as
    in ``stream.profile.marketing``. Four fifths stand for "far above the store's rate", which is
    not in the evidence: it is twice what a store reaches in which two orders of five use a coupon.
    Where nearly every order of a store uses one, the weights should give no points for it.
    """
    code, orders = "redemption_rate", subject.evidence.orders
    # Of who orders more than is kept, coupons used before the oldest order kept have no order here.
    known_ms = orders[0].at_ms if len(orders) >= ORDERS else 0
    redeemed = [each for each in subject.evidence.redeemed if each.at_ms >= known_ms]
    for at_ms in instants([*redeemed, *couponed], subject.since_ms(code)):
        used: list[list[Order] | list[Dated]] = [
            within(couponed, at_ms, _MONTH_MS),
            within(redeemed, at_ms, _MONTH_MS),
        ]
        most, placed = max(used, key=len), within(orders, at_ms, _MONTH_MS)
        if len(most) >= KINDS[code].worth and 5 * len(most) >= 4 * len(placed):
            detail = f"{len(most)} coupons for {counted(len(placed), 'order')} within 30 days"
            yield Finding(code, at_ms, len(most), named(most), detail)
