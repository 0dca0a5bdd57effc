"""Preferences: the categories, brands, prices and searches that the customer turns to.

Kept in the day tiles as integer points; recent days weigh more in ``describe``.
"""

from typing import Annotated

from msgspec import Meta, Struct

from stream.events import (
    OrderCompleted,
    ProductAdded,
    ProductAddedToWishlist,
    ProductClicked,
    ProductEvent,
    ProductReviewed,
    ProductShared,
    ProductsSearched,
    ProductViewed,
)
from stream.fields import Product
from stream.money import to_text
from stream.profile import tally
from stream.profile.days import (
    NAMES_PER_DAY,
    SEARCHES_PER_DAY,
    DayTile,
    DayTiles,
    add_sums,
    tile_of,
)
from stream.profile.marketing import Marketing
from stream.profile.occurrence import Occurrence
from stream.profile.values import Amount, Share

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

#: Names in the document.
TOP = 10
#: Characters of a search query that are kept.
QUERY_LENGTH = 40

#: A day's points halve with every seven days between it and the customer's newest active day. The
#: anchor is the customer's own newest day, not the clock: shares then change when a day leaves the
#: window, not every midnight for everyone.
HALF_LIFE_DAYS = 7
#: What one point of the newest day adds to the sums of :class:`Totals`.
UNIT = 1 << 16
_WEIGHTS = tuple(round(UNIT * 0.5 ** (age / HALF_LIFE_DAYS)) for age in range(64))


class Preference(Struct, frozen=True):
    """One category or brand."""

    name: Annotated[str, Meta(description="Category path or brand, as the events have it.")]
    score: Annotated[
        float,
        Meta(description="Points of the window, halved for every 7 days before the newest day."),
    ]
    share: Annotated[Share, Meta(description="Part of all scores of this kind.")]


class PriceBand(Struct, frozen=True):
    """Quartiles of the prices met, decimal strings in base currency, right to within 6.25 %."""

    p25: Annotated[Amount, Meta(description="A quarter of the prices are at most this.")]
    p50: Annotated[Amount, Meta(description="The median of the prices: half are at most this.")]
    p75: Annotated[Amount, Meta(description="Three quarters of the prices are at most this.")]


class Search(Struct, frozen=True):
    """What the customer searched for."""

    query: Annotated[
        str, Meta(description="The query in lower case, its blanks joined, cut at 40 characters.")
    ]
    count: Annotated[int, Meta(ge=1, description="How often it was searched in the window.")]


class Preferences(Struct, frozen=True):
    """What the customer turns to, over the window in whole UTC days."""

    categories: Annotated[
        tuple[Preference, ...],
        Meta(
            description="Categories of the products viewed, clicked, wished for, shared, reviewed, "
            "added to the cart and ordered; best first, at most ten."
        ),
    ]
    brands: Annotated[
        tuple[Preference, ...],
        Meta(description="Brands of the same products; best first, at most ten."),
    ]
    price_band: Annotated[
        PriceBand | None,
        Meta(description="Prices of the same products; null where none was seen in the window."),
    ]
    searches: Annotated[
        tuple[Search, ...],
        Meta(
            description="Search queries of the window, most frequent first, at most ten; of one "
            "UTC day four different ones are counted."
        ),
    ]
    marketing: Annotated[
        Marketing, Meta(description="How the customer responds to promotions, coupons, discounts.")
    ]


def add(tiles: DayTiles, occurrence: Occurrence) -> None:
    """Add the products or the query of an event; other events are passed over."""
    event = occurrence.event
    points = POINTS.get(type(event), 0)
    match event:
        case ProductEvent() if points:
            if _tells(event.product):
                tile = tile_of(tiles, occurrence.at_ms)
                _add_product(tile, event.product, occurrence.price_minor, points)
        case OrderCompleted() if event.items:
            tile = tile_of(tiles, occurrence.at_ms)
            for item, price in zip(event.items, occurrence.item_prices, strict=True):
                _add_product(tile, item, price, points)
        case ProductsSearched():
            query = normal_query(event.query)
            if query:
                tile = tile_of(tiles, occurrence.at_ms)
                tally.add(tile.searches, query, 1, SEARCHES_PER_DAY)


def _tells(product: Product) -> bool:
    """Whether the product leaves anything in a tile."""
    return bool(product.category or product.brand or product.price) or _for_one(product)


def _for_one(product: Product) -> bool:
    """Whether it is for women or for men: what is for all tells nothing."""
    return product.gender in ("female", "male")


def _add_product(tile: DayTile, product: Product, price: int | None, points: int) -> None:
    if product.category:
        tally.add(tile.categories, product.category, points, NAMES_PER_DAY)
    if product.brand:
        tally.add(tile.brands, product.brand, points, NAMES_PER_DAY)
    if product.gender and _for_one(product):
        tally.add(tile.genders, product.gender, points, NAMES_PER_DAY)
    if price is not None:
        bucket = price_bucket(price)
        tile.prices[bucket] = tile.prices.get(bucket, 0) + 1


def normal_query(query: str) -> str:
    """A search query as it is counted: lower case, single blanks, cut."""
    return " ".join(query.lower().split())[:QUERY_LENGTH].rstrip()


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


class Totals(Struct):
    """The window's tiles added up.

    ``categories`` and ``brands`` are weighted by their age, ``genders`` are not.
    """

    categories: dict[str, int]
    brands: dict[str, int]
    genders: dict[str, int]
    searches: dict[str, int]
    prices: dict[int, int]


def add_up(tiles: DayTiles, days: list[int]) -> Totals:
    """Sums over some days."""
    newest = max((day for day in days if tiles[day].categories or tiles[day].brands), default=0)
    totals = Totals({}, {}, {}, {}, {})
    categories, brands = totals.categories, totals.brands
    for day in days:
        tile = tiles[day]
        weight = _WEIGHTS[newest - day] if day <= newest else 0
        for name, points in tile.categories.items():
            categories[name] = categories.get(name, 0) + points * weight
        for name, points in tile.brands.items():
            brands[name] = brands.get(name, 0) + points * weight
        add_sums(totals.prices, tile.prices)
        if tile.genders:
            add_sums(totals.genders, tile.genders)
        if tile.searches:
            add_sums(totals.searches, tile.searches)
    return totals


def category_points(tiles: DayTiles, days: list[int]) -> dict[str, int]:
    """Points by category over some days, unweighted, without what did not fit a day."""
    points: dict[str, int] = {}
    for day in days:
        add_sums(points, tiles[day].categories)
    points.pop(tally.OTHER, None)
    return points


def describe(
    totals: Totals, quartiles: tuple[int, ...], marketing: Marketing, decimals: int
) -> Preferences:
    """The section; ``quartiles`` are those of the prices, or none."""
    band = PriceBand(*(to_text(price, decimals) for price in quartiles)) if quartiles else None
    return Preferences(
        _top(totals.categories), _top(totals.brands), band, _searches(totals.searches), marketing
    )


def _searches(counts: dict[str, int]) -> tuple[Search, ...]:
    counts.pop(tally.OTHER, None)
    ranked = sorted(counts.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]
    return tuple(Search(query, count) for query, count in ranked)


def _top(scores: dict[str, int]) -> tuple[Preference, ...]:
    total = sum(scores.values())
    scores.pop(tally.OTHER, None)
    ranked = sorted(scores.items(), key=lambda entry: (-entry[1], entry[0]))[:TOP]
    return tuple(
        Preference(name, round(score / UNIT, 2), round(score / total, 4)) for name, score in ranked
    )


def price_quartiles(prices: dict[int, int]) -> tuple[int, ...]:
    """The three quartiles of bucketed prices, in minor units; none without prices."""
    total = sum(prices.values())
    quartiles: list[int] = []
    seen = 0
    wanted = [(total * part + 3) // 4 for part in (1, 2, 3)]  # nearest rank: ceil(n * p / 4)
    for bucket in sorted(prices):
        seen += prices[bucket]
        while len(quartiles) < 3 and seen >= wanted[len(quartiles)]:
            quartiles.append(bucket_price(bucket))
    return tuple(quartiles)
