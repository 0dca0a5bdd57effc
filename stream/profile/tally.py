"""Bounded tallies of names whose result does not depend on the order of the events.

A plain "first N names" or "top N names" bound depends on arrival order. Here the N names with the
smallest hash are kept and all others are summed up under ``OTHER``. A name that ends among the
kept ones was among them ever since it was first seen, so its count is exact; that makes adding
commutative and merging exact.
"""

from zlib import crc32

Tally = dict[str, int]

#: Holds the sum of the names that did not fit; no real name is empty.
OTHER = ""


def _rank(name: str) -> tuple[int, str]:
    return crc32(name.encode()), name


def add(tally: Tally, name: str, points: int, limit: int) -> None:
    """Add points to a name, or to ``OTHER`` where ``limit`` names rank before it."""
    if name in tally:
        tally[name] += points
        return
    tally[name] = points
    trim(tally, limit)


def merge(a: Tally, b: Tally, limit: int) -> Tally:
    """The tally of both histories."""
    merged = dict(a)
    for name, points in b.items():
        merged[name] = merged.get(name, 0) + points
    trim(merged, limit)
    return merged


def trim(tally: Tally, limit: int) -> None:
    """Move the names beyond the limit to ``OTHER``."""
    if len(tally) - (OTHER in tally) <= limit:
        return
    names = sorted((name for name in tally if name != OTHER), key=_rank)
    for name in names[limit:]:
        tally[OTHER] = tally.get(OTHER, 0) + tally.pop(name)
