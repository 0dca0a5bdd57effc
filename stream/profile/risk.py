"""Risk: what the rest of the state adds to the evidence, and the section that follows."""

from stream.events import (
    ProductAdded,
    ProductAddedToWishlist,
    ProductClicked,
    ProductsSearched,
    ProductViewed,
)
from stream.profile.activity import TYPE_CODES, HourTiles, utc_hour
from stream.profile.origin import Origin
from stream.profile.spending import SpendingState
from stream.risk.evidence import Evidence, settled
from stream.risk.find import find
from stream.risk.findings import Finding
from stream.risk.reasons import keeps_ms
from stream.risk.subject import Subject

_BROWSING = frozenset(
    TYPE_CODES[event]
    for event in (
        ProductViewed,
        ProductClicked,
        ProductsSearched,
        ProductAddedToWishlist,
        ProductAdded,
    )
)


def findings(
    evidence: Evidence,
    origin: Origin,
    spending: SpendingState,
    hours: HourTiles,
    newest_ms: int | None,
) -> list[Finding]:
    """What the state of a customer shows; the arguments are its parts."""
    if newest_ms is None:
        return []
    recent = newest_ms - keeps_ms("no_browsing")
    ordered = bool(evidence.orders) and evidence.orders[-1].at_ms > recent
    browsed = _browsed(hours) if ordered else ()
    return find(
        Subject(
            settled(evidence, newest_ms),
            origin.registered_ms,
            spending.first_order_ms,
            newest_ms,
            browsed,
        )
    )


def _browsed(hours: HourTiles) -> frozenset[int]:
    return frozenset(utc_hour(key) for key, tile in hours.items() if not _BROWSING.isdisjoint(tile))
