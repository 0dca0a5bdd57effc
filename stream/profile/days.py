"""Day tiles: what happened on one UTC day, for everything that is counted by days.

Integers only. A tile leaves the window as a whole, so its bounds hold day by day and the result
does not depend on the order of the events.
"""

from typing import TypeVar

from msgspec import Struct, field

from stream.profile import tally
from stream.windows import DAY_MS, day_leaves_at, first_day

#: Names of one kind kept for one day; the rest is one sum (a person rarely reaches it, a crawler
#: does).
NAMES_PER_DAY = 32
SEARCHES_PER_DAY = 4
SUBJECTS_PER_DAY = 4
#: Products of one day whose first view and first order are kept: those with the smallest hash.
PRODUCTS_PER_DAY = 32

#: Times within a day are kept in slots of six minutes: 240 a day, one byte.
SLOT_MS = 6 * 60 * 1000
SLOTS_A_DAY = DAY_MS // SLOT_MS

#: product hash (16 bits) -> first slot of the day
Slots = dict[int, int]


class DayTile(Struct, array_like=True):
    """One UTC day.

    ``categories, brands``  preference points by name
    ``prices``              how many prices fell into each price bucket
    ``genders``             preference points by the products' own gender
    ``searches, subjects``  how often each query was searched, each subject brought to support
    ``viewed, bought``      when a product was first viewed, and first ordered, that day
    """

    categories: tally.Tally = field(default_factory=dict)
    brands: tally.Tally = field(default_factory=dict)
    prices: dict[int, int] = field(default_factory=dict)
    genders: tally.Tally = field(default_factory=dict)
    searches: tally.Tally = field(default_factory=dict)
    subjects: tally.Tally = field(default_factory=dict)
    viewed: Slots = field(default_factory=dict)
    bought: Slots = field(default_factory=dict)


_Key = TypeVar("_Key", str, int)

#: UTC day -> tile; a day without anything has none.
DayTiles = dict[int, DayTile]


def tile_of(tiles: DayTiles, at_ms: int) -> DayTile:
    """The tile that an instant falls into, made where it is missing; only for adding to it."""
    day = at_ms // DAY_MS
    tile = tiles.get(day)
    if tile is None:
        tile = tiles[day] = DayTile()
    return tile


def in_window(tiles: DayTiles, as_of_ms: int) -> list[int]:
    """The days of the window that have a tile, oldest first."""
    oldest = first_day(as_of_ms)
    return sorted(day for day in tiles if day >= oldest)


def note_first(slots: Slots, product: int, slot: int) -> None:
    """Keep the earliest slot of a product, for the products with the smallest hash."""
    known = slots.get(product)
    if known is None or slot < known:
        slots[product] = slot
        if len(slots) > PRODUCTS_PER_DAY:
            del slots[max(slots)]


def add_sums(sums: dict[_Key, int], more: dict[_Key, int]) -> None:
    """Add what a tile counted to sums over several."""
    for key, count in more.items():
        sums[key] = sums.get(key, 0) + count


def merge(a: DayTiles, b: DayTiles) -> DayTiles:
    """Tiles of both histories."""
    return {day: _merge(a.get(day, DayTile()), b.get(day, DayTile())) for day in {*a, *b}}


def _merge(a: DayTile, b: DayTile) -> DayTile:
    prices = dict(a.prices)
    add_sums(prices, b.prices)
    return DayTile(
        categories=tally.merge(a.categories, b.categories, NAMES_PER_DAY),
        brands=tally.merge(a.brands, b.brands, NAMES_PER_DAY),
        prices=prices,
        genders=tally.merge(a.genders, b.genders, NAMES_PER_DAY),
        searches=tally.merge(a.searches, b.searches, SEARCHES_PER_DAY),
        subjects=tally.merge(a.subjects, b.subjects, SUBJECTS_PER_DAY),
        viewed=_merge_slots(a.viewed, b.viewed),
        bought=_merge_slots(a.bought, b.bought),
    )


def _merge_slots(a: Slots, b: Slots) -> Slots:
    merged = dict(a)
    for product, slot in b.items():
        note_first(merged, product, slot)
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
