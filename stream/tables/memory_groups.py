"""The group table in memory: for tests and for trying things out without Redis."""

from collections import Counter, defaultdict
from collections.abc import Sequence

from msgspec import Struct, field

from stream.groups.contribution import first_order_ms
from stream.groups.sums import CUSTOMERS, Group, Sums, Terms, add
from stream.tables.groups import NO_MARK, GroupWrite


class _Partition(Struct):
    mark: int = NO_MARK
    members: dict[str, bytes] = field(default_factory=dict)
    sums: Sums = field(default_factory=dict)


class MemoryGroups:
    """Keeps the contract of :class:`~stream.tables.groups.GroupTable` in dictionaries."""

    def __init__(self) -> None:
        self._partitions: defaultdict[int, _Partition] = defaultdict(_Partition)

    async def mark(self, partition: int) -> int:
        return self._partitions[partition].mark

    async def members(self, partition: int, names: Sequence[str]) -> list[bytes | None]:
        members = self._partitions[partition].members
        return [members.get(name) for name in names]

    async def apply(self, partition: int, write: GroupWrite) -> bool:
        kept = self._partitions[partition]
        if kept.mark != write.seen_mark:
            return False
        kept.mark = write.mark
        kept.members.update(write.members)
        for group, terms in write.changes.items():
            add(kept.sums, group, terms)
        return True

    async def marks(self) -> dict[int, int]:
        return {
            number: kept.mark for number, kept in self._partitions.items() if kept.mark != NO_MARK
        }

    async def groups(self) -> dict[Group, int]:
        found: Counter[Group] = Counter()
        for kept in self._partitions.values():
            found.update({group: terms[CUSTOMERS] for group, terms in kept.sums.items()})
        return dict(found)

    async def first_orders(self, store_id: str) -> dict[str, int]:
        members = (
            (name, m) for kept in self._partitions.values() for name, m in kept.members.items()
        )
        firsts = ((name, first_order_ms(stored, store_id)) for name, stored in members)
        return {name: first_ms for name, first_ms in firsts if first_ms is not None}

    async def sums(self, group: Group) -> Terms:
        found: Counter[str] = Counter()
        for kept in self._partitions.values():
            found.update(kept.sums.get(group, {}))
        return dict(found)

    async def close(self) -> None:
        pass
