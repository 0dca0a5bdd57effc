"""The contract of the portrait table, kept by Redis in production and by memory in tests."""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Literal, Protocol

from msgspec import Struct

#: Versions of the reference that are kept, so that documents can be made again: at one an hour,
#: those of the last six weeks.
REFERENCES_KEPT = 1000


class Record(Struct, frozen=True):
    """One customer's record as it is stored.

    ``revision`` counts every write and is what compare-and-set compares; ``version`` counts the
    published changes among them. ``document`` is the last published change as JSON, None once the
    customer was erased. ``moves`` and ``alerts`` are the segment moves and risk alerts that came
    with this very revision, JSON; empty where there were none. ``alerted`` is what was alerted so
    far, JSON; empty where nothing was. ``token`` names the write that brought the version or the
    alerts, and no other: the partition that it was noted for, a dash, and what tells it from
    others.
    """

    revision: int
    version: int
    state: bytes
    document: bytes | None
    moves: bytes = b""
    token: str = ""
    alerts: bytes = b""
    alerted: bytes = b""


class Write(Struct, frozen=True):
    """A record to be stored if the stored one still has ``record.revision - 1`` (0: none is).

    ``due_ms``  when the portrait next changes by time alone; None for never. Storing only ever
                brings a due time forward: looking too early is cheap, too late is wrong.
    ``publish`` the document is new, or there are alerts, and must be published: the version is
                pending until :meth:`PortraitTable.published`.
    """

    key: str
    record: Record
    due_ms: int | None
    publish: bool


#: Later than any time that a customer is scheduled for, ms.
ANY_MS = 2**53

#: Why customers are to be looked at: time changes their portrait, or the standards have changed.
Agenda = Literal["due", "stale"]


class Pending(Struct, frozen=True, order=True):
    """A version that was to be stored by the write of a token, and perhaps never published."""

    key: str
    version: int
    token: str


class Due(Struct, frozen=True):
    """A customer and the time, ms, for which it is scheduled."""

    key: str
    due_ms: int


class Position(Struct, frozen=True):
    """How far a source (``topic:partition``) was applied: the offset after the last record."""

    source: str
    end_offset: int


class PortraitTable(Protocol):
    """Portraits by customer key (``store_id/customer_id``), and what partitions remember.

    Every method may raise :class:`~stream.errors.Transient`; calling again is always safe.
    ``partition`` is the number that the customer's records have in all input topics.
    """

    async def load(self, keys: Sequence[str]) -> list[Record | None]:
        """The records of customers, in one round trip."""
        ...

    async def revisions(self, keys: Sequence[str]) -> list[int]:
        """The revisions of records alone, 0 for none; in one round trip."""
        ...

    async def store(self, partition: int, writes: Sequence[Write]) -> list[bool]:
        """Compare-and-set each record; False marks a conflict. One round trip (two on a cluster).

        The due time and the pending version are written before the state: a crash in between
        leaves a customer looked at once too often, never one forgotten.
        """
        ...

    async def published(
        self,
        partition: int,
        versions: Sequence[Pending],
        position: Position | None = None,
        ends: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        """The versions are pending no more; remember how far the source was applied.

        ``ends`` is how far topics were written with them: (topic, its partition) -> offset after
        the last record.
        """
        ...

    async def ends(self, partition: int) -> dict[tuple[str, int], int]:
        """How far topics were written for the partition, as ``published`` was told."""
        ...

    async def pending(self, partition: int) -> list[Pending]:
        """What was noted before it was stored and not acknowledged since.

        A write that lost leaves a note too: the record then has another token.
        """
        ...

    async def due(
        self, partition: int, now_ms: int, limit: int, agenda: Agenda = "due"
    ) -> list[Due]:
        """Customers scheduled for ``now_ms`` or before, oldest first."""
        ...

    async def count_due(self, partition: int, now_ms: int, agenda: Agenda = "due") -> int:
        """How many are scheduled for ``now_ms`` or before."""
        ...

    async def schedule(
        self, partition: int, times: Mapping[str, int], agenda: Agenda = "due"
    ) -> None:
        """Set when customers are to be looked at: a due time only comes forward, as in ``store``;
        the time of stale ones is replaced.
        """
        ...

    async def reschedule(
        self, partition: int, moves: Sequence[tuple[Due, int | None]], agenda: Agenda = "due"
    ) -> None:
        """Set when customers are next due (None: never), unless someone else did meanwhile."""
        ...

    async def positions(self) -> dict[str, int]:
        """Source -> offset after the last record applied, over all partitions."""
        ...

    async def watermark(self, partition: int) -> int | None:
        """The newest event time, ms, that the partition has seen; None before the first."""
        ...

    async def advance(self, partition: int, watermark_ms: int) -> None:
        """Remember the watermark; it never goes back."""
        ...

    async def pin(self, name: str, value: str) -> None:
        """Remember a setting that all portraits depend on."""
        ...

    async def repin(self, name: str, before: str, after: str) -> bool:
        """Change a remembered setting in one step; False, and nothing is changed, if it is another
        than ``before``.
        """
        ...

    async def pinned(self, name: str) -> str | None:
        """A remembered setting; None where no worker has run yet."""
        ...

    async def save_reference(self, version: str, taken_at_ms: int, document: bytes) -> None:
        """Keep what portraits are compared with, and make it the current one.

        Of the others the newest :data:`REFERENCES_KEPT` - 1 by when they were taken stay. Saving a
        version again replaces its document and its time.
        """
        ...

    async def reference(self, version: str | None = None) -> bytes | None:
        """The document of a version, by default of the current one; None where none is kept."""
        ...

    async def references(self) -> list[tuple[str, int]]:
        """Versions that are kept and when each was taken, ms; the newest first."""
        ...

    async def durable(self) -> bool:
        """Wait until all writes so far are on disk, if the server can tell; False on time-out."""
        ...

    def all_keys(self) -> AsyncIterator[str]:
        """The key of every record, in no order, each once."""
        ...

    def scan(self) -> AsyncIterator[tuple[str, Record]]:
        """Every record, in no order; one that changes meanwhile may be seen before or after."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
