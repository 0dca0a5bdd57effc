"""Preferences: the categories, brands and prices that the customer turns to.

Kept as *day tiles* of integer points, one a UTC day; recent days weigh more in ``describe``.
"""

from typing import Annotated

from msgspec import Meta, Struct, field

from stream.events import (
    OrderCompleted,
    ProductAdded,
    ProductAddedToWishlist,
    ProductClicked,
    ProductEvent,
    ProductReviewed,
    ProductShared,
    ProductViewed,
)
from stream.fields import Product
from stream.money import to_text
from stream.profile import tally
from stream.profile.occurrence import Occurrence
from stream.profile.windows import DAY_MS, day_leaves_at, first_day

#: How much an event says of a preference; a deliberate step weighs more than a glance.
POINTS: dict[type, int] = {
    ProductViewed: 1,
    ProductClicked: 1,
    ProductReviewed: 2,
    ProductAddedToWishlist: 3,
    ProductShared: 3,
    ProductAdded: 4,
    OrderCompleted: 8,
}

#: Names kept for one day; the rest is one sum (a person rarely reaches it, a crawler does).
NAMES_PER_DAY = 32
#: Names in the document.
TOP = 10

#: A day's points halve with every seven days between it and the customer's newest active day. The
#: anchor is the customer's own newest day, not the clock: shares then change when a day leaves the
#: window, not every midnight for everyone.
HALF_LIFE_DAYS = 7
_UNIT = 1 << 16
_WEIGHTS = tuple(round(_UNIT * 0.5 ** (age / HALF_LIFE_DAYS)) for age in range(64))


class Preference(Struct, frozen=True):
    """One category or brand."""

    name: Annotated[str, Meta(description="Category path or brand, as the events have it.")]
    score: Annotated[
        float,
        Meta(description="Points of the window, halved for every 7 days before the newest day."),
    ]
    share: Annotated[float, Meta(ge=0, le=1, description="Part of all scores of this kind.")]


class PriceBand(Struct, frozen=True):
    """Quartiles of the prices met, decimal strings in base currency, right to within 6.25 %."""

    p25: Annotated[str, Meta(description="A quarter of the prices are at most this.")]
    p50: Annotated[str, Meta(description="The median price.")]
    p75: Annotated[str, Meta(description="Three quarters of the prices are at most this.")]


class Preferences(Struct, frozen=True):
    """What the customer turns to, over the window in whole UTC days."""

    categories: Annotated[tuple[Preference, ...], Meta(description="Best first, at most ten.")]
    brands: Annotated[tuple[Preference, ...], Meta(description="Best first, at most ten.")]
    price_band: Annotated[
        PriceBand | None, Meta(description="Null where no price was seen in the window.")
    ]


class DayTile(Struct, array_like=True):
    """Points by category and by brand, and how many prices fell into each price bucket."""

    categories: tally.Tally = field(default_factory=dict)
    brands: tally.Tally = field(default_factory=dict)
    prices: dict[int, int] = field(default_factory=dict)


#: UTC day -> tile
DayTiles = dict[int, DayTile]


def add(tiles: DayTiles, occurrence: Occurrence) -> None:
    """Add the products of an event; events that say nothing of preference are passed over."""
    event = occurrence.event
    points = POINTS.get(type(event))
    if points is None:
        return
    day = occurrence.at_ms // DAY_MS
    tile = tiles.get(day) or DayTile()
    match event:
        case ProductEvent():
            _add_product(tile, event.product, occurrence.price_minor, points)
        case OrderCompleted():
            for item, price in zip(event.items, occurrence.item_prices, strict=True):
                _add_product(tile, item, price, points)
    if tile.categories or tile.brands or tile.prices:
        tiles[day] = tile


def _add_product(tile: DayTile, product: Product, price: int | None, points: int) -> None:
    if product.category:
        tally.add(tile.categories, product.category, points, NAMES_PER_DAY)
    if product.brand:
        tally.add(tile.brands, product.brand, points, NAMES_PER_DAY)
    if price is not None:
        bucket = price_bucket(price)
        tile.prices[bucket] = tile.prices.get(bucket, 0) + 1


def price_bucket(minor: int) -> int:
    """Logarithmic bucket of a price: eight to each doubling, exact below 16 minor units."""
    if minor < 16:
        return minor
    octave = minor.bit_length() - 4
    return (octave << 3) + (minor >> octave)


def bucket_price(bucket: int) -> int:
    """The middle of a price bucket, in minor units."""
    if bucket < 16:
        return bucket
    octave = (bucket >> 3) - 1
    low = (bucket - (octave << 3)) << octave
    return low + (1 << octave) // 2


def merge(a: DayTiles, b: DayTiles) -> DayTiles:
    """Tiles of both histories."""
    merged: DayTiles = {}
    for day in {*a, *b}:
        x, y = a.get(day, DayTile()), b.get(day, DayTile())
        prices = dict(x.prices)
        for bucket, count in y.prices.items():
            prices[bucket] = prices.get(bucket, 0) + count
        merged[day] = DayTile(
            tally.merge(x.categories, y.categories, NAMES_PER_DAY),
            tally.merge(x.brands, y.brands, NAMES_PER_DAY),
            prices,
        )
    return merged


def prune(tiles: DayTiles, newest_ms: int) -> None:
    """Drop what is outside the window of the customer's newest event, now and for ever."""
    oldest = first_day(newest_ms)
    for day in [day for day in tiles if day < oldest]:
        del tiles[day]


def next_change(tiles: DayTiles, as_of_ms: int) -> int | None:
    """When the first tile leaves the window, ms; None where nothing is in it."""
    oldest = first_day(as_of_ms)
    day = min((day for day in tiles if day >= oldest), default=None)
    return None if day is None else day_leaves_at(day)


def describe(tiles: DayTiles, as_of_ms: int, decimals: int) -> Preferences:
    """The section as of an instant not before the newest event."""
    oldest = first_day(as_of_ms)
    days = [day for day in tiles if day >= oldest]
    newest = max(days, default=0)
    categories: dict[str, int] = {}
    brands: dict[str, int] = {}
    prices: dict[int, int] = {}
    for day in days:
        tile, weight = tiles[day], _WEIGHTS[newest - day]
        for name, points in tile.categories.items():
            categories[name] = categories.get(name, 0) + points * weight
        for name, points in tile.brands.items():
            brands[name] = brands.get(name, 0) + points * weight
        for bucket, count in tile.prices.items():
            prices[bucket] = prices.get(bucket, 0) + count
    return Preferences(_top(categories), _top(brands), _price_band(prices, decimals))


def _top(scores: dict[str, int]) -> tuple[Preference, ...]:
    total = sum(scores.values())
    scores.pop(tally.OTHER, None)
    ranked = sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]
    return tuple(
        Preference(name, round(score / _UNIT, 2), round(score / total, 4)) for name, score in ranked
    )


def _price_band(prices: dict[int, int], decimals: int) -> PriceBand | None:
    total = sum(prices.values())
    if not total:
        return None
    quartiles: list[str] = []
    seen = 0
    wanted = [(total * part + 3) // 4 for part in (1, 2, 3)]  # nearest rank: ceil(n * p / 4)
    for bucket in sorted(prices):
        seen += prices[bucket]
        while len(quartiles) < 3 and seen >= wanted[len(quartiles)]:
            quartiles.append(to_text(bucket_price(bucket), decimals))
    return PriceBand(*quartiles)
