"""A batch of published portraits, from bytes to the sums of groups; knows nothing of any framework.

The mark of a partition is the truth about how far its records are counted, not the offset that the
consumer group committed: it is stored with the sums, in one step.
"""

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import islice
from typing import Literal

from msgspec import Struct

from stream import metrics
from stream.errors import Fatal, Transient
from stream.feed import ReadRange, SourceRecord
from stream.groups.contribution import (
    Member,
    Unreadable,
    from_bytes,
    member_name,
    read,
    to_bytes,
)
from stream.groups.sums import Sums, exchange
from stream.tables.groups import GroupTable, GroupWrite
from stream.topics import PORTRAITS

log = logging.getLogger(__name__)

#: Customers counted with one write: bounds how long it blocks Redis, and the event loop.
CHUNK_CUSTOMERS = 500
#: Refused writes in a row before a batch is given up and tried again later.
MAX_CONFLICTS = 20
#: Of a version: a longer number is nobody's.
_VERSION_DIGITS = 18

#: What became of a record: it is in the sums; its customer was taken out of them; its version, or
#: a newer one, is counted already; it is no portrait of ours.
Outcome = Literal["counted", "erased", "known", "unreadable"]


Records = Sequence[SourceRecord]


class _Newest(Struct):
    """The newest portrait of a customer in a batch; ``document`` None is a tombstone."""

    name: str
    version: int
    offset: int
    document: bytes | None


class _Refused(Exception):
    """Somebody else has counted records of the partition since its mark was read."""


class GroupProcessor:
    """Counts partitions of ``portraits``; batches of one partition one after the other."""

    def __init__(self, table: GroupTable, read_range: ReadRange) -> None:
        self._table = table
        self._read_range = read_range
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        #: Of the partitions that were taken over, and whose gaps are closed.
        self._marks: dict[int, int] = {}
        #: How often each partition was released.
        self._releases: Counter[int] = Counter()

    async def process(self, partition: int, records: Records) -> None:
        """Return when the sums count the records; they are in the order of their offsets.

        Raises :class:`~stream.errors.Transient`: the same call is then safe and necessary.
        """
        if not records:
            return
        async with self._locks[partition]:
            for _ in range(MAX_CONFLICTS):
                releases = self._releases[partition]
                # Forgotten until all went well: a write that failed may have been applied or not.
                mark = self._marks.pop(partition, None)
                try:
                    if mark is None:
                        mark = await self._take_over(partition, records[0].offset)
                    mark = await self._count(partition, mark, records)
                except _Refused:
                    continue
                if releases == self._releases[partition]:
                    self._marks[partition] = mark
                return
        raise Transient(f"{PORTRAITS}:{partition} is counted by others without end")

    def release(self, partition: int) -> None:
        """Forget a partition: it went to another worker, or comes from one."""
        self._releases[partition] += 1
        self._marks.pop(partition, None)

    async def _take_over(self, partition: int, first: int) -> int:
        """Count what lies between the mark and the first record that is handed over; the mark.

        Compaction has usually left nothing there. Where the sums were lost, or are older than the
        committed offset, it is all that they lack.
        """
        mark = await self._table.mark(partition)
        if first > mark + 1:
            async for records in self._read_range(PORTRAITS, partition, mark + 1, first):
                mark = await self._count(partition, mark, records)
        return mark

    async def _count(self, partition: int, mark: int, records: Records) -> int:
        """Count the records above the mark; the mark afterwards."""
        outcomes: Counter[Outcome] = Counter()
        unread = [record for record in records if record.offset > mark]
        outcomes["known"] += len(records) - len(unread)
        newest = iter(_newest(unread, outcomes))
        while unread and mark < unread[-1].offset:
            chunk = list(islice(newest, CHUNK_CUSTOMERS))
            # A chunk's mark passes over records of customers whose newest one is still to come:
            # after a crash that one is read again, and it stands for all before it.
            last = chunk[-1].offset if len(chunk) == CHUNK_CUSTOMERS else unread[-1].offset
            write = await self._write(partition, mark, last, chunk, outcomes)
            if not await self._table.apply(partition, write):
                raise _Refused
            mark = last
        for outcome, count in outcomes.items():
            metrics.GROUP_RECORDS.labels(outcome).inc(count)
        return mark

    async def _write(
        self,
        partition: int,
        mark: int,
        last: int,
        chunk: Sequence[_Newest],
        outcomes: Counter[Outcome],
    ) -> GroupWrite:
        known = await self._table.members(partition, [each.name for each in chunk])
        members: dict[str, bytes] = {}
        changes: Sums = {}
        for each, stored in zip(chunk, known, strict=True):
            before = None if stored is None else _stored(stored)
            if before is not None and each.version <= before.version:
                outcomes["known"] += 1
                continue
            try:
                after = Member(each.version) if each.document is None else read(each.document)
            except Unreadable as exc:
                outcomes["unreadable"] += 1
                log.warning("%s:%d: offset %d: %s", PORTRAITS, partition, each.offset, exc)
                continue
            outcomes["erased" if after.contribution is None else "counted"] += 1
            exchange(changes, before.contribution if before else None, after.contribution)
            members[each.name] = to_bytes(after)
        return GroupWrite(mark, last, members, changes)


def _newest(records: Records, outcomes: Counter[Outcome]) -> list[_Newest]:
    """Of each customer the highest version, by offset; a zombie may publish an older one later."""
    found: dict[bytes, _Newest] = {}
    for record in records:
        version = _version(record)
        if record.key is None or version is None:
            outcomes["unreadable"] += 1
            continue
        before = found.get(record.key)
        if before is None or before.version < version:
            found[record.key] = _Newest("", version, record.offset, record.value)
        if before is not None:
            outcomes["known"] += 1
    for key, newest in found.items():
        newest.name = member_name(key.decode("utf-8", "replace"))
    return sorted(found.values(), key=lambda each: each.offset)


def _version(record: SourceRecord) -> int | None:
    """The version in the headers; a tombstone has no other."""
    text = next((value for name, value in record.headers if name == "version"), b"")
    return int(text) if text.isdigit() and len(text) <= _VERSION_DIGITS else None


def _stored(stored: bytes) -> Member:
    try:
        return from_bytes(stored)
    except Unreadable as exc:
        raise Fatal(f"{exc}: delete the keys of the groups, and they are built anew") from exc
