"""Load, fold, store, publish: how a partition's customers come from one version to the next."""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import count
from secrets import token_hex
from time import perf_counter

from msgspec import Struct, field

from stream import metrics
from stream.clock import Clock
from stream.draft import Draft, Sourced, draft, stored_message, to_entry
from stream.errors import Transient
from stream.hot import Entry, HotStates
from stream.measures.standards import Standards
from stream.moves import move_message, unpack
from stream.profile.fold import Folded
from stream.profile.portrait import Cause
from stream.publish import Message, Publisher
from stream.tables.products import ProductTable
from stream.tables.table import Pending, PortraitTable, Position, Record

#: Conflicts in a row on one customer before the batch is given up and tried again later.
MAX_CONFLICTS = 20

#: Seconds of describing at a stretch while live events may be waiting for the processor.
_SLICE_S = 0.002

#: customer key -> its events in the order they were read; none for a look at the time alone
Work = Mapping[str, Sequence[Sourced]]


class Updated(Struct):
    """What became of the records, and when each customer next changes by time alone."""

    outcomes: Counter[Folded] = field(default_factory=Counter)
    due_ms: dict[str, int | None] = field(default_factory=dict)


class Prepared(Struct):
    """Drafts that were made beforehand, and by which standards."""

    standards: Standards
    drafts: dict[str, Draft]


class Updater:
    """Brings customers up to date; the caller holds the partition's lock."""

    def __init__(
        self,
        table: PortraitTable,
        publisher: Publisher,
        clock: Clock,
        products: ProductTable,
        *,
        standards: Standards,
        hot_customers: int,
    ) -> None:
        self.table = table
        #: May be replaced at any time: the next draft is described with the new ones.
        self.standards = standards
        self.hot = HotStates(hot_customers)
        self._publisher = publisher
        self._clock = clock
        self._products = products
        #: Tokens of writes: unlike those of any other updater, and in a row.
        self._name = token_hex(4)
        self._writes = count()

    async def update(
        self,
        partition: int,
        work: Work,
        cause: Cause,
        *,
        position: Position | None = None,
        dead_letters: Sequence[Message] = (),
        prepared: Prepared | None = None,
    ) -> Updated:
        """Fold the work, store what changed, publish it, and return when Kafka has it.

        ``prepared`` is what :meth:`prepare` made of some of it. Raises :class:`Transient`; doing
        the same work again is then safe and necessary.
        """
        # Made by standards that hold no more, a draft could come after the customer's renewal.
        usable = prepared is not None and prepared.standards is self.standards
        made = prepared.drafts if prepared and usable else {}
        drafts = await self._stored(partition, work, cause, made)
        messages = [message for done in drafts.values() for message in done.messages]
        moves = [move_message(move) for done in drafts.values() for move in done.moves]
        ends = await self._publisher.publish([*dead_letters, *messages, *moves])
        writes = [done.write for done in drafts.values() if done.write and done.write.publish]
        published = [_note(write.key, write.record) for write in writes]
        await self.table.published(partition, published, position, ends)
        metrics.SEGMENT_MOVES.inc(len(moves))
        await self._products.note([met for done in drafts.values() for met in done.met])
        updated = Updated()
        for key, done in drafts.items():
            updated.outcomes.update(done.outcomes)
            updated.due_ms[key] = done.due_ms
            if done.write and done.write.publish:
                metrics.CHANGES.labels(cause).inc()
        self.hot.count()
        return updated

    async def prepare(self, partition: int, keys: Sequence[str], cause: Cause) -> Prepared:
        """Drafts of customers without events, made without the partition's lock.

        Live events go on meanwhile; a draft of a customer that they touched loses when it is
        stored, and is made again. Left out are those that live events may be about to touch, as
        their states are in memory, and those with a version that is still to be published.
        """
        cold = [key for key in keys if not self.hot.holds(partition, key)]
        records = await self.table.load(cold)
        pending = {note.key for note in await self.table.pending(partition)}
        now_ms, standards = self._clock.now_ms(partition), self.standards
        drafts: dict[str, Draft] = {}
        started = perf_counter()
        for key, record in zip(cold, records, strict=True):
            if key not in pending:
                drafts[key] = self._draft(key, to_entry(record), (), now_ms, cause)
            if perf_counter() - started > _SLICE_S:
                await asyncio.sleep(0)
                started = perf_counter()
        return Prepared(standards, drafts)

    async def recover(self, partition: int) -> None:
        """Publish what an earlier owner of the partition stored but perhaps did not publish."""
        pending = await self.table.pending(partition)
        keys = sorted({note.key for note in pending})
        await self._settle(
            partition, pending, dict(zip(keys, await self.table.load(keys), strict=True))
        )

    async def _settle(
        self,
        partition: int,
        pending: Sequence[Pending],
        records: Mapping[str, Record | None],
    ) -> None:
        """Publish what is pending of these records, which are as they were read before the notes.

        Portraits are published again, since their readers know versions; of the moves only those
        that are not on their topic yet.
        """
        found = {key: record for key, record in records.items() if record}
        # A version above the stored one was noted by somebody who may store it yet.
        settled = [n for n in pending if n.key in found and n.version <= found[n.key].version]
        if not settled:
            return
        # The other notes are of writes that lost: the version is another writer's, or passed.
        stored = {n.key: found[n.key] for n in settled if n == _note(n.key, found[n.key])}
        messages = [stored_message(key, record) for key, record in stored.items()]
        noted = [move_message(move) for each in stored.values() for move in unpack(each.moves)]
        moves: Sequence[Message] = ()
        if noted:
            moves = await self._publisher.unpublished(noted, await self.table.moves(partition))
        ends = await self._publisher.publish([*messages, *moves])
        await self.table.published(partition, settled, moves=ends)
        metrics.REPUBLISHED.inc(len(messages))
        metrics.SEGMENT_MOVES.inc(len(moves))

    async def _stored(
        self, partition: int, work: Work, cause: Cause, prepared: Mapping[str, Draft]
    ) -> dict[str, Draft]:
        """Drafts of all customers, each stored; those that lost to another writer done again."""
        done: dict[str, Draft] = {}
        # Whom only time has changed would push those out of memory whose events are coming in.
        kept = {key for key in work if cause == "event" or self.hot.holds(partition, key)}
        for _ in range(MAX_CONFLICTS):
            unprepared = {key: work[key] for key in work if key not in prepared}
            drafts = {**prepared, **await self._drafts(partition, unprepared, cause)}
            prepared = {}
            writes = [made.write for made in drafts.values() if made.write]
            stored = await self.table.store(partition, writes)
            lost = {write.key for write, kept in zip(writes, stored, strict=True) if not kept}
            for key, made in drafts.items():
                if key not in lost:
                    done[key] = made
                    if key in kept:
                        self.hot.put(partition, key, made.entry)
            if not lost:
                return done
            metrics.CONFLICTS.inc(len(lost))
            work = {key: work[key] for key in lost}
        raise Transient(f"{len(work)} records were rewritten by others without end")

    async def _drafts(self, partition: int, work: Work, cause: Cause) -> dict[str, Draft]:
        # Entries leave the hot states while they are worked on: after a failure they are reloaded.
        taken = {key: self.hot.take(partition, key) for key in work}
        cold = [key for key, entry in taken.items() if entry is None]
        records = dict(zip(cold, await self.table.load(cold), strict=True))
        entries = {key: entry for key, entry in taken.items() if entry is not None}
        if cold:
            # A worker that lost the partition may still store a version: ours must not overtake
            # it. Noted before it is stored, it is seen here if it was loaded and is not published.
            await self._settle(partition, await self.table.pending(partition), records)
        entries |= {key: to_entry(record) for key, record in records.items()}
        now_ms = self._clock.now_ms(partition)
        return {
            key: self._draft(key, entry, work[key], now_ms, cause) for key, entry in entries.items()
        }

    def _draft(
        self, key: str, entry: Entry, records: Sequence[Sourced], now_ms: int, cause: Cause
    ) -> Draft:
        return draft(
            key,
            entry,
            records,
            now_ms=now_ms,
            cause=cause,
            standards=self.standards,
            token=f"{self._name}{next(self._writes):x}",
        )


def _note(key: str, record: Record) -> Pending:
    """How the write that brought a record's version was noted before it was stored."""
    return Pending(key, record.version, record.token)
