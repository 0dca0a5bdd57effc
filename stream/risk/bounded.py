"""Lists that stay small: oldest first, and the same in whatever order things come."""

from bisect import insort
from collections.abc import Iterable
from typing import Any, TypeVar

from stream.risk.records import Dated, Known

_T = TypeVar("_T", bound=Any)


def keep(found: list[_T], new: _T, limit: int) -> None:
    """Put it in its place and drop the oldest of too many."""
    insort(found, new)
    if len(found) > limit:
        del found[0]


def newest(found: list[_T], limit: int) -> list[_T]:
    """The newest of those, sorted."""
    return sorted(found)[-limit:]


def oldest(a: Dated | None, b: Dated | None) -> Dated | None:
    """The older one, of those that there are."""
    return min((each for each in (a, b) if each is not None), default=None)


def drop(found: list[_T], since_ms: int) -> None:
    """Drop what was before an instant."""
    while found and found[0].at_ms < since_ms:
        del found[0]


def frontier(found: Iterable[Known]) -> list[Known]:
    """Values that no later one reaches: what may count at some instant."""
    kept: list[Known] = []
    for known in sorted(found, reverse=True):
        if not kept or known.value > kept[-1].value:
            kept.append(known)
    return kept[::-1]
