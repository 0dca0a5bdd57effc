"""Disposition: behavioural inclinations, each with its score, evidence and a minimum of data.

They describe how somebody shops, within the window unless said otherwise. They are no diagnosis of
a person and no statement about a mind.
"""

from collections.abc import Iterator
from typing import Annotated, Literal

from msgspec import Meta, Struct

from stream.profile import journey, tally
from stream.profile.days import SLOTS_A_DAY, DayTiles
from stream.profile.marketing import Marketing
from stream.profile.values import Share

Name = Literal[
    "price-driven", "quality-driven", "impulsive", "deliberate", "novelty-seeking", "loyal"
]

#: Below so much data an inclination is absent.
MIN_ORDERS = 3
MIN_BOUGHT = 3
MIN_BRAND_POINTS = 20
MIN_BRAND_DAYS = 3

#: A product bought within an hour of its first view speaks for an impulse, one bought a day or
#: more after it for deliberation.
IMPULSE_SLOTS = SLOTS_A_DAY // 24
DELIBERATION_SLOTS = SLOTS_A_DAY
#: The highest price level there is.
TOP_PERCENTILE = 95


class Inclination(Struct, frozen=True):
    """One inclination."""

    name: Annotated[
        Name,
        Meta(
            description="`price-driven` and `quality-driven` (from 3 orders ever, with prices met "
            "in the window), `impulsive` and `deliberate` (from 3 products bought after a view), "
            "`novelty-seeking` (from 20 brand points on 3 days), `loyal` (from 20 brand points)."
        ),
    ]
    score: Annotated[
        Share,
        Meta(
            description="0 to 1. Price-driven: mean of `preferences.marketing.sensitivity` and of "
            "how low the price level is. Quality-driven: mean of the price level and of the part "
            "paid without discounts. Impulsive: part of the products bought within an hour of "
            "their first view; deliberate: a day or more after it; times in steps of six minutes, "
            "32 products a day. Novelty-seeking: part of the brand points that went to brands "
            "not met on an earlier day. Loyal: sum of the squared shares of the brands."
        ),
    ]
    evidence: Annotated[
        dict[str, int | float], Meta(description="The figures that the score was made of, by name.")
    ]


class Disposition(Struct, frozen=True):
    """How the customer shops; behavioural inclinations, not diagnoses."""

    inclinations: Annotated[
        tuple[Inclination, ...],
        Meta(description="Those with enough data, the highest score first."),
    ]


def describe(
    tiles: DayTiles,
    days: list[int],
    *,
    orders: int,
    marketing: Marketing,
    price_level: int | None,
) -> Disposition:
    """The section over some days of the window, oldest first; ``orders`` are those ever."""
    found = [
        *_of_prices(orders, marketing, price_level),
        *_of_journeys(tiles, days),
        *_of_brands(tiles, days),
    ]
    return Disposition(tuple(sorted(found, key=lambda each: (-each.score, each.name))))


def _of_prices(orders: int, marketing: Marketing, price_level: int | None) -> Iterator[Inclination]:
    if orders < MIN_ORDERS or price_level is None:
        return
    level = price_level / TOP_PERCENTILE
    sensitivity = marketing.sensitivity or 0.0
    full_price = 1 - (marketing.discount_share or 0.0)
    yield Inclination(
        "price-driven",
        round((sensitivity + 1 - level) / 2, 4),
        {"orders": orders, "sensitivity": sensitivity, "price_level": price_level},
    )
    yield Inclination(
        "quality-driven",
        round((level + full_price) / 2, 4),
        {"orders": orders, "full_price_share": round(full_price, 4), "price_level": price_level},
    )


def _of_journeys(tiles: DayTiles, days: list[int]) -> Iterator[Inclination]:
    durations = sorted(journey.durations(tiles, days))
    bought = len(durations)
    if bought < MIN_BOUGHT:
        return
    quick = sum(slots <= IMPULSE_SLOTS for slots in durations)
    slow = sum(slots >= DELIBERATION_SLOTS for slots in durations)
    median_hours = durations[(bought - 1) // 2] * 24 / SLOTS_A_DAY
    evidence = {"products_bought": bought, "median_hours_to_order": median_hours}
    yield Inclination("impulsive", round(quick / bought, 4), evidence | {"within_an_hour": quick})
    yield Inclination("deliberate", round(slow / bought, 4), evidence | {"after_a_day": slow})


class BrandPoints(Struct):
    """Brand points of some days.

    ``by_name``  all points by brand, without what did not fit a day
    ``days``     days with any
    ``later``    points of all days but the first
    ``fresh``    those of them that went to brands not met on an earlier day
    """

    by_name: dict[str, int]
    days: int
    later: int
    fresh: int


def brand_points(tiles: DayTiles, days: list[int]) -> BrandPoints:
    """The brand points of some days, oldest first."""
    points: dict[str, int] = {}
    first_day = met = active_days = 0
    for day in days:
        known = len(points)
        active = False
        for name, more in tiles[day].brands.items():
            if name in points:
                points[name] += more
            elif name != tally.OTHER:
                points[name] = more
                met += more
            else:
                continue
            active = True
        active_days += active
        if not known:
            first_day = met
    later = sum(points.values()) - first_day
    return BrandPoints(points, active_days, later, met - first_day)


def _of_brands(tiles: DayTiles, days: list[int]) -> Iterator[Inclination]:
    found = brand_points(tiles, days)
    points = found.by_name
    total = sum(points.values())
    if total < MIN_BRAND_POINTS:
        return
    concentration = sum(more * more for more in points.values()) / (total * total)
    evidence: dict[str, int | float] = {"brands": len(points), "brand_points": total}
    yield Inclination(
        "loyal",
        round(concentration, 4),
        evidence | {"top_share": round(max(points.values()) / total, 4)},
    )
    if found.days >= MIN_BRAND_DAYS:
        yield Inclination(
            "novelty-seeking",
            round(found.fresh / found.later, 4),
            evidence | {"days": found.days, "points_on_new_brands": found.fresh},
        )
