"""Publishing what is stored: in order, and after a crash what may not have been.

A version is noted as pending before it is stored, and the note is taken away when Kafka has the
version. So whoever finds a note knows that the version may be unpublished, if the stored record
carries the same token: other notes are of writes that lost.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from time import monotonic

from stream import metrics
from stream.draft import Draft, stored_message, stored_once
from stream.errors import Transient
from stream.publish import Message, Publisher
from stream.tables.table import Pending, PortraitTable, Position, Record
from stream.topics import RISK_ALERTS, SEGMENT_MOVES

#: Seconds to wait for another partition to publish what it stored, and between two looks.
_OTHERS_S, _OTHERS_POLL_S = 2.0, 0.02


class Outbox:
    """What has to go out of a worker's partitions; the caller holds the partition's lock.

    Every method may raise :class:`~stream.errors.Transient`, and may then be called again once
    :meth:`recover` was.
    """

    def __init__(self, table: PortraitTable, publisher: Publisher) -> None:
        self._table = table
        self._publisher = publisher

    async def publish(
        self,
        partition: int,
        drafts: Iterable[Draft],
        dead_letters: Sequence[Message],
        position: Position | None,
    ) -> None:
        """Publish drafts that are stored, and note how far the source was applied with them."""
        made = list(drafts)
        messages = [message for done in made for message in done.messages]
        once = [message for done in made for message in done.once]
        ends = await self._publisher.publish([*dead_letters, *messages, *once])
        writes = [done.write for done in made if done.write and done.write.publish]
        notes = [_note(write.key, write.record) for write in writes]
        await self._table.published(partition, notes, position, ends)
        _count(once)

    async def recover(self, partition: int) -> None:
        """Publish what an earlier owner of the partition stored but perhaps did not publish."""
        pending = await self._table.pending(partition)
        keys = sorted({note.key for note in pending})
        records = await self._table.load(keys)
        await self._settle(partition, pending, dict(zip(keys, records, strict=True)))

    async def settle(self, partition: int, records: Mapping[str, Record | None]) -> None:
        """Return when the versions of these records, just read, are published.

        A worker that lost the partition may still store a version: what follows must not overtake
        it. Noted before it is stored, it is seen here if it was read and is not published yet.
        """
        await self._settle(partition, await self._table.pending(partition), records)
        for key, record in records.items():
            if record is not None:
                await self._await_other(partition, key, record)

    async def _settle(
        self,
        partition: int,
        pending: Sequence[Pending],
        records: Mapping[str, Record | None],
    ) -> None:
        """Portraits are published again, since their readers know versions; of moves and alerts
        only those that are not on their topics yet.
        """
        found = {key: record for key, record in records.items() if record}
        # A version above the stored one was noted by somebody who may store it yet.
        settled = [n for n in pending if n.key in found and n.version <= found[n.key].version]
        if not settled:
            return
        stored = {n.key: found[n.key] for n in settled if n == _note(n.key, found[n.key])}
        messages = [stored_message(key, record) for key, record in stored.items()]
        once: Sequence[Message] = [m for each in stored.values() for m in stored_once(each)]
        if once:
            once = await self._publisher.unpublished(once, await self._table.ends(partition))
        ends = await self._publisher.publish([*messages, *once])
        await self._table.published(partition, settled, ends=ends)
        metrics.REPUBLISHED.inc(len(messages))
        _count(once)

    async def _await_other(self, partition: int, key: str, record: Record) -> None:
        """Return when the version is not pending for another partition.

        A producer with a partitioner of its own sends a customer's events to one partition, and
        what concerns the customer otherwise goes to another: what its owner stored, it publishes.
        """
        number = record.token.partition("-")[0]
        if not number or int(number) == partition:
            return
        give_up = monotonic() + _OTHERS_S
        while _note(key, record) in await self._table.pending(int(number)):
            if monotonic() > give_up:
                raise Transient(f"the owner of partition {number} has still to publish")
            await asyncio.sleep(_OTHERS_POLL_S)


def _count(once: Sequence[Message]) -> None:
    for message in once:
        if message.topic == SEGMENT_MOVES:
            metrics.SEGMENT_MOVES.inc()
        elif message.topic == RISK_ALERTS:
            said = dict(message.headers)
            metrics.RISK_ALERTS.labels(said["level"].decode(), said["kind"].decode()).inc()


def _note(key: str, record: Record) -> Pending:
    """How the write that brought a record's version was noted before it was stored."""
    return Pending(key, record.version, record.token)
