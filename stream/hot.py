"""Hot states: what a partition's owner remembers of the records it wrote last."""

from collections import defaultdict

from msgspec import Struct

from stream import metrics
from stream.alerts import AlertState
from stream.profile.portrait import Change
from stream.profile.state import State


class Entry(Struct):
    """A customer's record in the form that the next event needs it in.

    ``change`` is the last published change; None for a new customer or an erased one, and where
    another version of this software published it. ``segments`` are those that the customer was in
    then, whoever published it, ``alerted`` is what was alerted so far. ``stored`` is the state as
    it was read, as long as nothing was folded into it.
    """

    revision: int
    version: int
    state: State
    change: Change | None
    segments: tuple[str, ...] = ()
    alerted: AlertState = AlertState()
    stored: bytes | None = None


class HotStates:
    """Entries by partition and customer, the least recently used dropped beyond a limit.

    Only the holder of the partition's lock may touch its entries.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._entries: defaultdict[int, dict[str, Entry]] = defaultdict(dict)

    def take(self, partition: int, key: str) -> Entry | None:
        """Take an entry out: it is folded into, and comes back with :meth:`put` once stored."""
        return self._entries[partition].pop(key, None)

    def holds(self, partition: int, key: str) -> bool:
        """Whether there is an entry to take."""
        return key in self._entries[partition]

    def put(self, partition: int, key: str, entry: Entry) -> None:
        """Remember an entry as it was stored."""
        entries = self._entries[partition]
        entries[key] = entry
        if len(entries) > self._limit:
            del entries[next(iter(entries))]

    def drop(self, partition: int) -> None:
        """Forget a partition."""
        self._entries.pop(partition, None)
        self.count()

    def count(self) -> None:
        """Bring the gauge up to date."""
        metrics.CACHED_CUSTOMERS.set(sum(map(len, self._entries.values())))
