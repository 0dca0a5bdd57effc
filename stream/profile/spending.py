"""Spending: orders and amounts, in the rolling window and over the customer's life."""

from typing import Annotated

from msgspec import Meta, Struct, field

from stream.money import to_text
from stream.profile.windows import HOUR_MS, first_hour, to_rfc3339

Amount = Annotated[str, Meta(description="Decimal string in `currency`.")]


class Spending(Struct, frozen=True):
    """Orders and amounts; the window is that of `activity.window`."""

    currency: Annotated[str, Meta(description="Base currency of the shop, ISO 4217.")]
    orders_30d: Annotated[int, Meta(description="Orders completed in the window.")]
    amount_30d: Annotated[Amount, Meta(description="Sum of the orders completed in the window.")]
    orders: Annotated[int, Meta(description="Orders ever completed.")]
    amount: Annotated[Amount, Meta(description="Sum of all orders ever completed.")]
    refunded: Annotated[Amount, Meta(description="Sum of all refunds ever made.")]
    average_order: Annotated[
        str | None, Meta(description="`amount` / `orders`, rounded half up; null without orders.")
    ]
    last_order_at: Annotated[str | None, Meta(description="Time of the newest completed order.")]


class SpendingState(Struct, array_like=True):
    """Integers only: minor units of the base currency, ms since the epoch.

    ``hours``: UTC hour -> [orders completed, their sum], for the window.
    """

    orders: int = 0
    amount: int = 0
    refunded: int = 0
    last_order_ms: int | None = None
    hours: dict[int, tuple[int, int]] = field(default_factory=dict)


def add_order(state: SpendingState, at_ms: int, amount_minor: int) -> None:
    """Count a completed order."""
    state.orders += 1
    state.amount += amount_minor
    if state.last_order_ms is None or at_ms > state.last_order_ms:
        state.last_order_ms = at_ms
    hour = at_ms // HOUR_MS
    orders, amount = state.hours.get(hour, (0, 0))
    state.hours[hour] = (orders + 1, amount + amount_minor)


def add_refund(state: SpendingState, amount_minor: int) -> None:
    """Count money that went back."""
    state.refunded += amount_minor


def merge(a: SpendingState, b: SpendingState) -> SpendingState:
    """The spending of both histories."""
    hours = dict(a.hours)
    for hour, (orders, amount) in b.hours.items():
        x, y = hours.get(hour, (0, 0))
        hours[hour] = (x + orders, y + amount)
    times = [ms for ms in (a.last_order_ms, b.last_order_ms) if ms is not None]
    return SpendingState(
        orders=a.orders + b.orders,
        amount=a.amount + b.amount,
        refunded=a.refunded + b.refunded,
        last_order_ms=max(times, default=None),
        hours=hours,
    )


def prune(state: SpendingState, newest_ms: int) -> None:
    """Drop the hours outside the window of the customer's newest event."""
    oldest = first_hour(newest_ms)
    for hour in [hour for hour in state.hours if hour < oldest]:
        del state.hours[hour]


def describe(state: SpendingState, as_of_ms: int, currency: str, decimals: int) -> Spending:
    """The section as of an instant not before the newest event.

    Its window changes together with `activity`: every order is an event there too.
    """
    oldest = first_hour(as_of_ms)
    orders_30d = amount_30d = 0
    for hour, (orders, amount) in state.hours.items():
        if hour >= oldest:
            orders_30d += orders
            amount_30d += amount
    average = (2 * state.amount + state.orders) // (2 * state.orders) if state.orders else None
    return Spending(
        currency=currency,
        orders_30d=orders_30d,
        amount_30d=to_text(amount_30d, decimals),
        orders=state.orders,
        amount=to_text(state.amount, decimals),
        refunded=to_text(state.refunded, decimals),
        average_order=None if average is None else to_text(average, decimals),
        last_order_at=None if state.last_order_ms is None else to_rfc3339(state.last_order_ms),
    )
