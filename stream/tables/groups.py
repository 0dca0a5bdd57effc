"""The contract of the group table, kept by Redis in production and by memory in tests."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from msgspec import Struct

from stream.groups.sums import Group, Sums, Terms

#: The mark of a partition of which nothing was applied.
NO_MARK = -1


class GroupWrite(Struct, frozen=True):
    """What some records of a partition of ``portraits`` change, applied as a whole or not at all.

    ``seen_mark``  the mark when the members were read: the write is refused if it has moved
    ``mark``       offset of the last record that is counted with this write
    ``members``    by pseudonym, their new stored form
    ``changes``    what is added to the sums
    """

    seen_mark: int
    mark: int
    members: Mapping[str, bytes]
    changes: Sums


class GroupTable(Protocol):
    """The sums of all groups, kept by partition of ``portraits``; members are pseudonyms.

    Every method may raise :class:`~stream.errors.Transient`; calling again is always safe.
    """

    async def mark(self, partition: int) -> int:
        """Offset of the last record that the sums count; :data:`NO_MARK` before the first."""
        ...

    async def members(self, partition: int, names: Sequence[str]) -> list[bytes | None]:
        """The stored forms of members, in one round trip."""
        ...

    async def apply(self, partition: int, write: GroupWrite) -> bool:
        """Apply a write in one step; False, and nothing is changed, where the mark has moved."""
        ...

    async def marks(self) -> dict[int, int]:
        """Mark by partition; empty where no worker has counted anything yet."""
        ...

    async def groups(self) -> dict[Group, int]:
        """Customers by group; a group without any is absent."""
        ...

    async def first_orders(self, store_id: str) -> dict[str, int]:
        """The first order, ms, of each customer of a store who ever ordered, by pseudonym.

        Erased customers are not among them. Reads every member: some seconds for a million.
        """
        ...

    async def sums(self, group: Group) -> Terms:
        """The sums of a group over all partitions; empty where it has no customers."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
