"""Spending: orders and amounts, in the rolling window, the last year and the customer's life."""

from msgspec import Struct, field

from stream.events import OrderCancelled, OrderCompleted, OrderRefunded
from stream.measures.repurchase import KEPT_DAYS
from stream.profile.occurrence import Occurrence
from stream.windows import (
    DAY_MS,
    HOUR_MS,
    first_hour,
    first_month,
    month_leaves_at,
    month_of,
)

#: Newest UTC days with an order that are kept: as many as the model of buying again asks for.
ORDER_DAYS = KEPT_DAYS

#: Number of orders and their sum in minor units.
Sum = tuple[int, int]


class SpendingState(Struct, array_like=True):
    """Integers only: minor units of the base currency, ms since the epoch.

    ``hours``       UTC hour -> orders completed and their sum, for the window
    ``months``      UTC month (months since year 0) -> the same, for the last year
    ``order_days``  the newest UTC days with an order, newest first
    """

    orders: int = 0
    amount: int = 0
    refunded: int = 0
    last_order_ms: int | None = None
    hours: dict[int, Sum] = field(default_factory=dict)
    first_order_ms: int | None = None
    refunds: int = 0
    cancelled: int = 0
    months: dict[int, Sum] = field(default_factory=dict)
    order_days: list[int] = field(default_factory=list)


def add(state: SpendingState, occurrence: Occurrence) -> None:
    """Count an order, a refund or a cancellation; other events are passed over."""
    match occurrence.event:
        case OrderCompleted():
            _add_order(state, occurrence.at_ms, occurrence.amount_minor)
        case OrderRefunded():
            state.refunds += 1
            state.refunded += occurrence.amount_minor
        case OrderCancelled():
            state.cancelled += 1


def _add_order(state: SpendingState, at_ms: int, amount_minor: int) -> None:
    state.orders += 1
    state.amount += amount_minor
    if state.last_order_ms is None or at_ms > state.last_order_ms:
        state.last_order_ms = at_ms
    if state.first_order_ms is None or at_ms < state.first_order_ms:
        state.first_order_ms = at_ms
    _add(state.hours, at_ms // HOUR_MS, (1, amount_minor))
    _add(state.months, month_of(at_ms), (1, amount_minor))
    day = at_ms // DAY_MS
    if day not in state.order_days:
        state.order_days = _newest([*state.order_days, day])


def merge(a: SpendingState, b: SpendingState) -> SpendingState:
    """The spending of both histories."""
    last = [ms for ms in (a.last_order_ms, b.last_order_ms) if ms is not None]
    first = [ms for ms in (a.first_order_ms, b.first_order_ms) if ms is not None]
    return SpendingState(
        orders=a.orders + b.orders,
        amount=a.amount + b.amount,
        refunded=a.refunded + b.refunded,
        last_order_ms=max(last, default=None),
        hours=_merge(a.hours, b.hours),
        first_order_ms=min(first, default=None),
        refunds=a.refunds + b.refunds,
        cancelled=a.cancelled + b.cancelled,
        months=_merge(a.months, b.months),
        order_days=_newest({*a.order_days, *b.order_days}),
    )


def _add(sums: dict[int, Sum], key: int, more: Sum) -> None:
    orders, amount = sums.get(key, (0, 0))
    sums[key] = (orders + more[0], amount + more[1])


def _merge(a: dict[int, Sum], b: dict[int, Sum]) -> dict[int, Sum]:
    merged = dict(a)
    for key, more in b.items():
        _add(merged, key, more)
    return merged


def _newest(days: "set[int] | list[int]") -> list[int]:
    return sorted(days, reverse=True)[:ORDER_DAYS]


def prune(state: SpendingState, newest_ms: int) -> None:
    """Drop what is outside the windows of the customer's newest event, now and for ever."""
    for sums, oldest in (
        (state.hours, first_hour(newest_ms)),
        (state.months, first_month(newest_ms)),
    ):
        for key in [key for key in sums if key < oldest]:
            del sums[key]


def next_month(state: SpendingState, as_of_ms: int) -> int | None:
    """When the first month leaves the last year, ms; None where nothing is in it."""
    oldest = first_month(as_of_ms)
    month = min((month for month in state.months if month >= oldest), default=None)
    return None if month is None else month_leaves_at(month)


def window_sum(state: SpendingState, as_of_ms: int) -> Sum:
    """Orders and amount of the rolling 30 days.

    Changes together with `activity`: every order is an event there too.
    """
    return _sum(state.hours, first_hour(as_of_ms))


def year_sum(state: SpendingState, as_of_ms: int) -> Sum:
    """Orders and amount of the last 365 days, the tail rounded down to the UTC month."""
    return _sum(state.months, first_month(as_of_ms))


def _sum(sums: dict[int, Sum], oldest: int) -> Sum:
    inside = [found for key, found in sums.items() if key >= oldest]
    return sum(orders for orders, _ in inside), sum(amount for _, amount in inside)
