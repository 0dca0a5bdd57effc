"""Consumption: the ``spending`` section, what the customer buys and how that compares."""

from typing import Annotated, Literal, get_args

from msgspec import Meta, Struct

from stream.measures import repurchase
from stream.measures.reference import StoreReference, fifth, percentile
from stream.measures.repurchase import RepurchaseModel
from stream.measures.tiers import Tier, tier_of
from stream.money import to_text
from stream.profile import spending
from stream.profile.spending import SpendingState
from stream.profile.values import Amount, Instant, Percentile, Share
from stream.windows import DAY_MS, to_rfc3339

#: Horizon of the probability in the document, days.
HORIZON_DAYS = 30

_Fifth = Annotated[int, Meta(ge=1, le=5)]


Level = Literal["low", "below average", "average", "above average", "high"]
LEVELS: tuple[Level, ...] = get_args(Level)


class Rfm(Struct, frozen=True):
    """Recency, frequency, monetary value: fifths of the store's buyers, 5 is best."""

    r: Annotated[_Fifth, Meta(description="From `recency_days`; 5 is the most recent fifth.")]
    f: Annotated[_Fifth, Meta(description="From `orders`; 5 is the fifth with the most orders.")]
    m: Annotated[_Fifth, Meta(description="From `amount`; 5 is the fifth that spent the most.")]


class Repurchase(Struct, frozen=True):
    """The customer's rhythm of buying."""

    median_days: Annotated[
        float | None,
        Meta(
            description="Median number of days between successive UTC days with an order, of the "
            "newest 16 such days; null below two."
        ),
    ]
    next_expected_at: Annotated[
        Instant | None,
        Meta(description="`last_order_at` plus `median_days`; null where that is null."),
    ]
    overdue: Annotated[
        bool | None,
        Meta(description="Whether `next_expected_at` has passed; null where that is null."),
    ]
    probability_30d: Annotated[
        Share,
        Meta(
            description="Probability of at least one order within 30 days, from number, times and "
            "amount of the orders so far, read at `recency_days`; docs/models.md has the formula.",
        ),
    ]


class Power(Struct, frozen=True):
    """Purchasing power, compared with the store's buyers."""

    score: Annotated[
        Percentile,
        Meta(
            description="Mean of the percentile of `average_order` and of `price_level`, or the "
            "former alone; rounded down.",
        ),
    ]
    level: Annotated[
        Level,
        Meta(
            description="`low` below a score of 20, `below average`, `average`, `above average`, "
            "`high` from 80.",
        ),
    ]
    price_level: Annotated[
        Percentile | None,
        Meta(
            description="Percent of the store's buyers whose median price met "
            "(`preferences.price_band.p50`) is lower, in steps of 5; null where no price was met "
            "in the window.",
        ),
    ]


class Spending(Struct, frozen=True):
    """Orders, and amounts in `currency`; the 30 days are those of `activity.window`."""

    currency: Annotated[str, Meta(description="Base currency of the shop, ISO 4217.")]
    orders_30d: Annotated[int, Meta(description="Orders completed in the window.")]
    amount_30d: Annotated[Amount, Meta(description="Sum of the orders completed in the window.")]
    orders_365d: Annotated[
        int,
        Meta(description="Orders completed in 365 days, the tail rounded down to the UTC month."),
    ]
    amount_365d: Annotated[Amount, Meta(description="Sum of the orders in `orders_365d`.")]
    orders: Annotated[int, Meta(description="Orders ever completed.")]
    amount: Annotated[Amount, Meta(description="Sum of all orders ever completed.")]
    refunded: Annotated[Amount, Meta(description="Sum of all refunds ever made.")]
    average_order: Annotated[
        Amount | None,
        Meta(description="`amount` / `orders`, rounded half up; null without orders."),
    ]
    first_order_at: Annotated[
        Instant | None, Meta(description="Time of the oldest completed order; null without orders.")
    ]
    last_order_at: Annotated[
        Instant | None, Meta(description="Time of the newest completed order; null without orders.")
    ]
    recency_days: Annotated[
        int | None,
        Meta(
            description="Whole days since the newest order, exact up to 16, then rounded down to "
            "a step of at most 12.5 %; null without orders."
        ),
    ]
    refund_rate: Annotated[
        Share | None,
        Meta(description="`refunded` / `amount`, at most 1; null where nothing was spent."),
    ]
    cancellation_rate: Annotated[
        Share | None,
        Meta(description="Orders cancelled / orders completed, at most 1; null without orders."),
    ]
    rfm: Annotated[
        Rfm | None,
        Meta(
            description="Scores against the store's reference named in `reference`; null without "
            "orders."
        ),
    ]
    tier: Annotated[
        str | None,
        Meta(
            description="Highest tier whose minima `orders_365d` and `amount_365d` reach; null "
            "where none is. The shop configures the tiers."
        ),
    ]
    repurchase: Annotated[
        Repurchase | None, Meta(description="Rhythm of buying; null without orders.")
    ]
    power: Annotated[
        Power | None,
        Meta(description="Purchasing power against `reference`; null without orders."),
    ]


def average_minor(state: SpendingState) -> int | None:
    """Mean order in minor units, rounded half up; None without orders."""
    return (2 * state.amount + state.orders) // (2 * state.orders) if state.orders else None


def price_level(store: StoreReference, median_price: int | None) -> int | None:
    """Percent of the store's buyers whose median price met is below the customer's."""
    if median_price is None or not any(store.price):  # zeros: no buyer has met a price
        return None
    return percentile(store.price, median_price)


def describe(
    state: SpendingState,
    as_of_ms: int,
    *,
    currency: str,
    decimals: int,
    store: StoreReference,
    median_price: int | None,
    tiers: tuple[Tier, ...],
) -> Spending:
    """The section as of an instant not before the newest event."""
    orders_30d, amount_30d = spending.window_sum(state, as_of_ms)
    orders_365d, amount_365d = spending.year_sum(state, as_of_ms)
    average = average_minor(state)
    first_ms, last_ms = state.first_order_ms, state.last_order_ms
    recency = None if last_ms is None else repurchase.stepped_days(as_of_ms - last_ms)
    return Spending(
        currency=currency,
        orders_30d=orders_30d,
        amount_30d=to_text(amount_30d, decimals),
        orders_365d=orders_365d,
        amount_365d=to_text(amount_365d, decimals),
        orders=state.orders,
        amount=to_text(state.amount, decimals),
        refunded=to_text(state.refunded, decimals),
        average_order=None if average is None else to_text(average, decimals),
        first_order_at=None if first_ms is None else to_rfc3339(first_ms),
        last_order_at=None if last_ms is None else to_rfc3339(last_ms),
        recency_days=recency,
        refund_rate=_rate(state.refunded, state.amount),
        cancellation_rate=_rate(state.cancelled, state.orders),
        rfm=None if recency is None else _rfm(state, recency, store),
        tier=tier_of(tiers, orders_365d, amount_365d),
        repurchase=_repurchase(state, as_of_ms, store.repurchase),
        power=None if average is None else _power(average, median_price, store),
    )


def _rate(part: int, whole: int) -> float | None:
    return round(min(1.0, part / whole), 4) if whole else None


def _rfm(state: SpendingState, recency_days: int, store: StoreReference) -> Rfm:
    return Rfm(
        r=6 - fifth(store.recency_days, recency_days),
        f=fifth(store.orders, state.orders),
        m=fifth(store.amount, state.amount),
    )


def _repurchase(state: SpendingState, as_of_ms: int, model: RepurchaseModel) -> Repurchase | None:
    if state.last_order_ms is None:
        return None
    median_days = repurchase.cycle(state.order_days)
    expected_ms = _expected_ms(state, median_days)
    probability = repurchase.probability(
        model,
        orders=state.orders,
        amount_minor=state.amount,
        order_days=state.order_days,
        last_order_ms=state.last_order_ms,
        as_of_ms=as_of_ms,
        horizon_days=HORIZON_DAYS,
    )
    return Repurchase(
        median_days=median_days,
        next_expected_at=None if expected_ms is None else to_rfc3339(expected_ms),
        overdue=None if expected_ms is None else as_of_ms >= expected_ms,
        probability_30d=round(probability, 4),
    )


def _expected_ms(state: SpendingState, median_days: float | None) -> int | None:
    if state.last_order_ms is None or median_days is None:
        return None
    return state.last_order_ms + int(median_days * DAY_MS)


def _power(average: int, median_price: int | None, store: StoreReference) -> Power:
    score = percentile(store.average_order, average)
    level = price_level(store, median_price)
    if level is not None:
        score = (score + level) // 2
    return Power(score=score, level=LEVELS[score // 20], price_level=level)


def next_change(state: SpendingState, as_of_ms: int) -> int | None:
    """When the section next changes by time alone, ms, apart from its 30 days; None for never."""
    last_ms = state.last_order_ms
    if last_ms is None:
        return None
    times = [
        last_ms + repurchase.next_step_ms(as_of_ms - last_ms),
        spending.next_month(state, as_of_ms),
        _expected_ms(state, repurchase.cycle(state.order_days)),
    ]
    return min(ms for ms in times if ms is not None and ms > as_of_ms)
