"""All tables of the data set as one history."""

import heapq
from collections.abc import Iterable, Iterator
from operator import itemgetter
from pathlib import Path

from stream.errors import Fatal
from stream.replay.completejourney.baskets import read_baskets, read_catalogue
from stream.replay.completejourney.households import introduce, read_households
from stream.replay.completejourney.promotions import read_promotions
from stream.replay.completejourney.tables import find
from stream.replay.ordering import in_time_order
from stream.replay.source import Found, Meter, Skipped

_TRANSACTIONS = "transactions"


def read(path: Path, meter: Meter | None = None) -> Iterator[Found]:
    """Every basket, campaign, redemption and household, in order of time.

    ``path`` is the folder or its transactions file. Any other table may be missing; what it would
    tell is then missing too. Raises :class:`Fatal` where there are no transactions.
    """
    folder = path if path.is_dir() else path.parent
    transactions = find(path, _TRANSACTIONS) if path.is_dir() else path
    if transactions is None or not transactions.is_file():
        raise Fatal(f"{path} holds no {_TRANSACTIONS}.csv.gz or {_TRANSACTIONS}.csv")
    products, demographics = find(folder, "products"), find(folder, "demographics")
    catalogue, bad_products = read_catalogue(products) if products else ({}, [])
    households, bad_households = read_households(demographics) if demographics else ({}, [])
    yield from bad_products
    yield from bad_households
    baskets = in_time_order(read_baskets(transactions, catalogue, meter))
    merged = heapq.merge(_timed(read_promotions(folder)), _timed(baskets), key=itemgetter(0))
    yield from introduce((found for _, found in merged), households)


def _timed(history: Iterable[Found]) -> Iterator[tuple[float, Found]]:
    """Each entry with its time; what was skipped goes with the event before it."""
    at = float("-inf")
    for found in history:
        if not isinstance(found, Skipped):
            at = found.occurred_at.timestamp()
        yield at, found
