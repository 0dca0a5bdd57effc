"""Findings of the part `order` in the orders themselves; those in the clicks are in ``clicks``.

Only the newest :data:`~stream.risk.evidence.ORDERS` orders are known here: "the orders" are these.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence

from msgspec import Struct

from stream.risk.findings import Finding, instants, named, number_of, within
from stream.risk.reasons import KINDS
from stream.risk.records import Order, Undone
from stream.risk.subject import Subject
from stream.terminal import counted
from stream.windows import DAY_MS, HOUR_MS

_MONTH_MS = 30 * DAY_MS

#: A first order later after the sign-up is nothing to look at, s.
_FAST_S = 3_600
#: An amount is compared with so many earlier ones at least.
_EARLIER = 5
#: The 0.75 quantile of the standard normal distribution: the ratio of MAD to standard deviation.
_MAD_RATIO = 0.6745
#: Amounts that hardly differ are taken to deviate by this share of their median.
_LEAST_MAD = 0.1
#: So many hours before an order's own are searched for browsing.
_BROWSING_HOURS = 24


class UndoneOrder(Struct, frozen=True):
    """A kept order, and a cancellation or refund of it; ``at_ms`` is when both were known."""

    at_ms: int
    order: Order
    by: Undone


def find(subject: Subject) -> Iterator[Finding]:
    """What the orders show."""
    if subject.evidence.orders:
        yield from _fast_first_order(subject)
        yield from _velocities(subject)
        yield from _unusual_amounts(subject)
        yield from _payment_references(subject)
        yield from _orders_undone(subject)
        yield from _unbrowsed(subject)


def undone_orders(orders: Iterable[Order], undone: Collection[Undone]) -> list[UndoneOrder]:
    """The orders with what undid them; more than once those that were undone so."""
    return [
        UndoneOrder(max(order.at_ms, by.at_ms), order, by)
        for order in orders
        for by in undone
        if by.order == order.order
    ]


def undone_within(
    known: Iterable[UndoneOrder], at_ms: int, window_ms: int
) -> dict[int, UndoneOrder]:
    """Those known by ``at_ms`` that were undone in the window up to it, each order once."""
    since_ms = at_ms - window_ms
    return {
        each.order.order: each for each in known if each.at_ms <= at_ms and each.by.at_ms > since_ms
    }


def _fast_first_order(subject: Subject) -> Iterator[Finding]:
    at_ms, registered_ms = subject.first_order_ms, subject.registered_ms
    if at_ms is None or registered_ms is None or at_ms <= subject.since_ms("fast_first_order"):
        return
    seconds = (at_ms - registered_ms) // 1000
    if 0 <= seconds <= _FAST_S:
        kept = (*subject.evidence.orders, subject.evidence.first_order)
        events = named(each for each in kept if each is not None and each.at_ms == at_ms)
        detail = f"First order {counted(seconds, 'second')} after the sign-up"
        if events:  # else it was before there was any evidence
            yield Finding("fast_first_order", at_ms, seconds, events, detail)


def _velocities(subject: Subject) -> Iterator[Finding]:
    orders, least = subject.evidence.orders, KINDS["order_velocity"].worth
    if not any(
        last.at_ms - first.at_ms < HOUR_MS
        for first, last in zip(orders, orders[least - 1 :], strict=False)
    ):
        return
    for at_ms in instants(orders[least - 1 :], subject.since_ms("order_velocity")):
        found = within(orders, at_ms, HOUR_MS)
        if len(found) >= least:
            detail = f"{number_of('order_velocity', len(found))} orders within an hour"
            yield Finding("order_velocity", at_ms, len(found), named(found), detail)


def _unusual_amounts(subject: Subject) -> Iterator[Finding]:
    """The robust z of Iglewicz and Hoaglin, "How to Detect and Handle Outliers" (ASQC 1993)."""
    orders, since_ms = subject.evidence.orders, subject.since_ms("unusual_amount")
    for order in orders[_EARLIER:]:
        if order.at_ms > since_ms:
            earlier = [each.amount for each in orders if each.at_ms < order.at_ms]
            if len(earlier) >= _EARLIER:
                z, median = _robust_z(order.amount, earlier)
                if z >= KINDS["unusual_amount"].worth:
                    detail = (
                        f"Amount {order.amount / median:.1f} times the median of "
                        f"{len(earlier)} earlier orders, robust z {z}"
                    )
                    yield Finding("unusual_amount", order.at_ms, z, (order.event_id,), detail)


def _robust_z(amount: int, earlier: list[int]) -> tuple[int, float]:
    """``0.6745 * (x - median) / MAD`` rounded down, 0 for amounts that are not above the median,
    and the median. Where half of the orders cost nothing, nothing is unusual.
    """
    median = _median(earlier)
    if amount <= median or median <= 0:
        return 0, median
    deviation = max(_median([abs(each - median) for each in earlier]), _LEAST_MAD * median)
    return int(_MAD_RATIO * (amount - median) / deviation), median


def _median(values: Sequence[float]) -> float:
    ranked, half = sorted(values), len(values) // 2
    return ranked[half] if len(ranked) % 2 else (ranked[half - 1] + ranked[half]) / 2


def _payment_references(subject: Subject) -> Iterator[Finding]:
    paid = [order for order in subject.evidence.orders if order.payment]
    least = KINDS["payment_references"].worth
    if len({order.payment for order in paid}) < least:
        return
    for at_ms in instants(paid, subject.since_ms("payment_references")):
        first: dict[int, Order] = {}
        for order in within(paid, at_ms, _MONTH_MS):
            first.setdefault(order.payment, order)
        if len(first) >= least:
            detail = f"{len(first)} payment references within 30 days"
            yield Finding("payment_references", at_ms, len(first), named(first.values()), detail)


def _orders_undone(subject: Subject) -> Iterator[Finding]:
    """Of the orders placed within 30 days, those cancelled or refunded by then, if half or more."""
    evidence, code = subject.evidence, "orders_undone"
    if len(evidence.undone) < KINDS[code].worth:
        return
    known = undone_orders(evidence.orders, evidence.undone)
    for at_ms in instants(known, subject.since_ms(code)):
        placed = {order.order for order in within(evidence.orders, at_ms, _MONTH_MS)}
        undone = undone_within(known, at_ms, _MONTH_MS)
        back = [each.by for number, each in undone.items() if number in placed]
        if len(back) >= KINDS[code].worth and 2 * len(back) >= len(placed):
            detail = f"{len(back)} of {len(placed)} orders within 30 days cancelled or refunded"
            yield Finding(code, at_ms, len(back), named(back), detail)


def _unbrowsed(subject: Subject) -> Iterator[Finding]:
    """Orders without a browsing hour in the 24 before their own, nor in it: "brushing".

    Browsing is known by the hour. So what comes later in an order's own hour excuses it too, and
    this finding alone may be taken back by evidence after it, within the hour.
    """
    since_ms = subject.since_ms("no_browsing")
    recent = [order for order in subject.evidence.orders if order.at_ms > since_ms - DAY_MS]
    blind = [order for order in recent if not _browsed_before(subject, order.at_ms)]
    for at_ms in instants(blind, since_ms):
        found = within(blind, at_ms, DAY_MS)
        detail = (
            f"{counted(len(found), 'order')} within a day without any browsing in the day before"
        )
        yield Finding("no_browsing", at_ms, len(found), named(found), detail)


def _browsed_before(subject: Subject, at_ms: int) -> bool:
    hour = at_ms // HOUR_MS
    return any(each in subject.browsed for each in range(hour, hour - _BROWSING_HOURS - 1, -1))
