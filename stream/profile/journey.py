"""Journeys: how long a product was looked at before it was bought.

Each day tile keeps when a product was first viewed and first ordered that day, by a 16-bit hash of
its id: of fifty products in a window, one in 1,300 orders is then taken for another's.
"""

from collections.abc import Sequence
from zlib import crc32

from stream.events import OrderCompleted, ProductClicked, ProductViewed
from stream.profile.days import SLOT_MS, SLOTS_A_DAY, DayTiles, note_first, tile_of
from stream.profile.occurrence import Occurrence
from stream.windows import DAY_MS

_HASH_MASK = 0xFFFF


def add(tiles: DayTiles, occurrence: Occurrence) -> None:
    """Note the product of a view, or the products of an order; other events are passed over."""
    event = occurrence.event
    match event:
        case ProductViewed() | ProductClicked():
            tile = tile_of(tiles, occurrence.at_ms)
            note_first(tile.viewed, product_hash(event.product.product_id), _slot(occurrence))
        case OrderCompleted() if event.items:
            tile = tile_of(tiles, occurrence.at_ms)
            for item in event.items:
                note_first(tile.bought, product_hash(item.product_id), _slot(occurrence))


def product_hash(product_id: str) -> int:
    """16 bits that stand for a product."""
    return crc32(product_id.encode()) & _HASH_MASK


def _slot(occurrence: Occurrence) -> int:
    return occurrence.at_ms % DAY_MS // SLOT_MS


def durations(tiles: DayTiles, days: Sequence[int]) -> list[int]:
    """Slots of six minutes from a product's first view to its order, over some days in order.

    One entry a product and day on which it was bought, for those that were viewed before.
    """
    found: list[int] = []
    for number, day in enumerate(days):
        for product, slot in tiles[day].bought.items():
            viewed = _first_view(tiles, days[: number + 1], product)
            bought = day * SLOTS_A_DAY + slot
            if viewed is not None and viewed <= bought:
                found.append(bought - viewed)
    return found


def _first_view(tiles: DayTiles, days: Sequence[int], product: int) -> int | None:
    """Slots from the epoch to the product's first view on these days."""
    for day in days:
        slot = tiles[day].viewed.get(product)
        if slot is not None:
            return day * SLOTS_A_DAY + slot
    return None
