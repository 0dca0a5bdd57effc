"""The portrait table in memory: for tests and for trying things out without Redis."""

from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence

from stream.tables.table import REFERENCES_KEPT, Agenda, Due, Pending, Position, Record, Write


class MemoryTable:
    """Keeps the contract of :class:`~stream.tables.table.PortraitTable` in dictionaries."""

    def __init__(self) -> None:
        self._records: dict[str, Record] = {}
        self._agendas: defaultdict[tuple[Agenda, int], dict[str, int]] = defaultdict(dict)
        self._ends: defaultdict[int, dict[tuple[str, int], int]] = defaultdict(dict)
        self._pending: defaultdict[int, set[Pending]] = defaultdict(set)
        self._positions: dict[str, int] = {}
        self._watermarks: dict[int, int] = {}
        self._pinned: dict[str, str] = {}
        self._references: dict[str, tuple[int, bytes]] = {}

    async def load(self, keys: Sequence[str]) -> list[Record | None]:
        return [self._records.get(key) for key in keys]

    async def revisions(self, keys: Sequence[str]) -> list[int]:
        return [record.revision if record else 0 for record in await self.load(keys)]

    async def store(self, partition: int, writes: Sequence[Write]) -> list[bool]:
        return [self._store(partition, write) for write in writes]

    def _store(self, partition: int, write: Write) -> bool:
        if write.due_ms is not None:
            scheduled = self._agendas["due", partition]
            scheduled[write.key] = min(write.due_ms, scheduled.get(write.key, write.due_ms))
        if write.publish:
            self._pending[partition].add(
                Pending(write.key, write.record.version, write.record.token)
            )
        stored = self._records.get(write.key)
        if (stored.revision if stored else 0) != write.record.revision - 1:
            return False
        self._records[write.key] = write.record
        return True

    async def published(
        self,
        partition: int,
        versions: Sequence[Pending],
        position: Position | None = None,
        ends: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        self._pending[partition].difference_update(versions)
        self._ends[partition].update(ends or {})
        if position:
            self._positions[position.source] = position.end_offset

    async def ends(self, partition: int) -> dict[tuple[str, int], int]:
        return dict(self._ends[partition])

    async def pending(self, partition: int) -> list[Pending]:
        return sorted(self._pending[partition])

    async def due(
        self, partition: int, now_ms: int, limit: int, agenda: Agenda = "due"
    ) -> list[Due]:
        scheduled = self._agendas[agenda, partition]
        ordered = sorted((due_ms, key) for key, due_ms in scheduled.items())
        return [Due(key, due_ms) for due_ms, key in ordered if due_ms <= now_ms][:limit]

    async def count_due(self, partition: int, now_ms: int, agenda: Agenda = "due") -> int:
        return sum(due_ms <= now_ms for due_ms in self._agendas[agenda, partition].values())

    async def schedule(
        self, partition: int, times: Mapping[str, int], agenda: Agenda = "due"
    ) -> None:
        scheduled = self._agendas[agenda, partition]
        for key, at_ms in times.items():
            known = scheduled.get(key, at_ms) if agenda == "due" else at_ms
            scheduled[key] = min(at_ms, known)

    async def reschedule(
        self, partition: int, moves: Sequence[tuple[Due, int | None]], agenda: Agenda = "due"
    ) -> None:
        scheduled = self._agendas[agenda, partition]
        for seen, next_ms in moves:
            if scheduled.get(seen.key) != seen.due_ms:
                continue
            if next_ms is None:
                del scheduled[seen.key]
            else:
                scheduled[seen.key] = next_ms

    async def positions(self) -> dict[str, int]:
        return dict(self._positions)

    async def watermark(self, partition: int) -> int | None:
        return self._watermarks.get(partition)

    async def advance(self, partition: int, watermark_ms: int) -> None:
        known = self._watermarks.get(partition, watermark_ms)
        self._watermarks[partition] = max(known, watermark_ms)

    async def pin(self, name: str, value: str) -> None:
        self._pinned[name] = value

    async def repin(self, name: str, before: str, after: str) -> bool:
        if self._pinned.get(name) != before:
            return False
        self._pinned[name] = after
        return True

    async def pinned(self, name: str) -> str | None:
        return self._pinned.get(name)

    async def save_reference(self, version: str, taken_at_ms: int, document: bytes) -> None:
        self._references[version] = (taken_at_ms, document)
        self._pinned["reference"] = version
        others = [name for name, _ in await self.references() if name != version]
        for name in others[REFERENCES_KEPT - 1 :]:
            del self._references[name]

    async def reference(self, version: str | None = None) -> bytes | None:
        found = self._references.get(version or self._pinned.get("reference", ""))
        return None if found is None else found[1]

    async def references(self) -> list[tuple[str, int]]:
        kept = [(name, taken_at_ms) for name, (taken_at_ms, _) in self._references.items()]
        return sorted(kept, key=lambda each: (each[1], each[0]), reverse=True)

    async def durable(self) -> bool:
        return True

    async def all_keys(self) -> AsyncIterator[str]:
        for key in list(self._records):
            yield key

    async def scan(self) -> AsyncIterator[tuple[str, Record]]:
        for key, record in list(self._records.items()):
            yield key, record

    async def close(self) -> None:
        pass
