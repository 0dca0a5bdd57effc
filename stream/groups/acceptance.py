"""How a store's old customers take to a product in the first 90 days after its appearance.

    first_seen                                     first_seen + 90 d
        [ day 1 | 2, 3 |  …                                 )
    ----|-------|------|------------------------------------|----------->
        old customers ordered before it;  what they do from there on does not count

Day N is reached, and its count final, when N times 24 hours are over; late events aside.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated

from msgspec import Meta, Struct

from stream.profile.values import Instant, Share
from stream.windows import DAY_MS, to_rfc3339

#: Days after a product's appearance in which views and purchases count.
ACCEPTANCE_DAYS = 90
ACCEPTANCE_MS = ACCEPTANCE_DAYS * DAY_MS
#: Days since the appearance whose counts are shown.
DAYS_SHOWN = (1, 3, 7, 14, 30, 60, ACCEPTANCE_DAYS)


class ProductFacts(Struct, frozen=True):
    """What is kept of a product: times in ms since the epoch, ``viewed`` and ``bought`` by member.

    They may hold more than the days that count, and customers who are not old ones.
    """

    store_id: str
    product_id: str
    first_seen_ms: int
    viewed: Mapping[str, int]
    bought: Mapping[str, int]


class Quartiles(Struct, frozen=True):
    """Days since the product's first appearance, by nearest rank."""

    p25: Annotated[float, Meta(ge=0, description="A quarter of them took at most this long.")]
    p50: Annotated[float, Meta(ge=0, description="The median: half took at most this long.")]
    p75: Annotated[float, Meta(ge=0, description="Three quarters took at most this long.")]


class DayCount(Struct, frozen=True):
    """How many had come by the end of a day since the appearance."""

    day: Annotated[int, Meta(ge=1, description="Days of 24 hours since the first appearance.")]
    viewed: Annotated[
        int | None,
        Meta(description="Old customers who had viewed it; null while the day is not reached."),
    ]
    bought: Annotated[
        int | None,
        Meta(description="Old customers who had bought it; null while the day is not reached."),
    ]


class Acceptance(Struct, frozen=True, kw_only=True):
    """How old customers take to a product, in the 90 days from its first appearance."""

    store_id: Annotated[str, Meta(description="Store of the product.")]
    product_id: Annotated[str, Meta(description="The product, within the store.")]
    first_seen_at: Annotated[
        Instant, Meta(description="When an event first named the product, whatever the event.")
    ]
    old_customers: Annotated[
        int,
        Meta(ge=0, description="Customers whose first order lies before the first appearance."),
    ]
    viewed: Annotated[
        int, Meta(ge=0, description="Of them, those who viewed or clicked it within 90 days.")
    ]
    bought: Annotated[
        int,
        Meta(ge=0, description="Of them, those who ordered it within 90 days, cancelled or not."),
    ]
    view_rate: Annotated[
        Share | None, Meta(description="viewed / old_customers; null without old customers.")
    ]
    buy_rate: Annotated[
        Annotated[float, Meta(ge=0)] | None,
        Meta(
            description="bought / viewed; null where none viewed it. Above 1 where some bought it "
            "and were not seen to view it."
        ),
    ]
    first_view_days: Annotated[
        Quartiles | None,
        Meta(description="Days from the appearance to their first view; null where none viewed."),
    ]
    first_buy_days: Annotated[
        Quartiles | None,
        Meta(description="Days from the appearance to their first order; null where none bought."),
    ]
    by_day: Annotated[
        tuple[DayCount, ...],
        Meta(description="How many had come by day 1, 3, 7, 14, 30, 60 and 90, all told."),
    ]


def acceptance(facts: ProductFacts, first_orders: Mapping[str, int], as_of_ms: int) -> Acceptance:
    """The document as of an instant.

    ``first_orders`` has the first order, ms, of every customer of the store who ever ordered, by
    member; whoever is not in it counts nowhere.
    """
    first_ms = facts.first_seen_ms
    old = {member for member, at_ms in first_orders.items() if at_ms < first_ms}
    viewed = _delays(facts.viewed, old, first_ms)
    bought = _delays(facts.bought, old, first_ms)
    return Acceptance(
        store_id=facts.store_id,
        product_id=facts.product_id,
        first_seen_at=to_rfc3339(first_ms),
        old_customers=len(old),
        viewed=len(viewed),
        bought=len(bought),
        view_rate=_ratio(len(viewed), len(old)),
        buy_rate=_ratio(len(bought), len(viewed)),
        first_view_days=_quartiles(viewed),
        first_buy_days=_quartiles(bought),
        by_day=tuple(
            DayCount(day, _within(viewed, day), _within(bought, day))
            if as_of_ms - first_ms >= day * DAY_MS
            else DayCount(day, None, None)
            for day in DAYS_SHOWN
        ),
    )


def _delays(times: Mapping[str, int], old: Iterable[str], first_ms: int) -> list[int]:
    """How long after the appearance old customers came, ms, ascending; those too late left out."""
    delays = (times[member] - first_ms for member in times.keys() & old)
    return sorted(delay for delay in delays if delay < ACCEPTANCE_MS)


def _within(delays: Sequence[int], day: int) -> int:
    return sum(delay < day * DAY_MS for delay in delays)


def _quartiles(delays: Sequence[int]) -> Quartiles | None:
    """By nearest rank, ``ceil(n * p)``."""
    if not delays:
        return None
    p25, p50, p75 = (delays[-(-len(delays) * part // 4) - 1] for part in (1, 2, 3))
    return Quartiles(*(round(delay / DAY_MS, 2) for delay in (p25, p50, p75)))


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
