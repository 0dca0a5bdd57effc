"""An even selection out of any number of customers, the same whatever the order they come in."""

from collections.abc import Callable
from heapq import heappush, heapreplace
from typing import Generic, TypeVar
from zlib import crc32

T = TypeVar("T")


class Selection(Generic[T]):
    """Keeps what belongs to the customers whose keys have the smallest hashes."""

    def __init__(self, size: int) -> None:
        self._size = size
        #: Smallest hashes, negative: the heap's first is the next to be replaced.
        self._kept: list[tuple[int, str]] = []
        self._values: dict[str, T] = {}

    def add(self, key: str, make: Callable[[], T]) -> None:
        """Consider a customer; what is kept is made only if the customer is selected for now."""
        if key in self._values:
            return
        rank = (-crc32(key.encode()), key)
        is_full = len(self._kept) == self._size
        if is_full and rank <= self._kept[0]:
            return
        self._values[key] = make()  # first: if it raises, nothing is kept
        if is_full:
            _, dropped = heapreplace(self._kept, rank)
            del self._values[dropped]
        else:
            heappush(self._kept, rank)

    def values(self) -> list[T]:
        """What was kept, in the order of the hashes."""
        return [self._values[key] for _, key in sorted(self._kept, reverse=True)]
