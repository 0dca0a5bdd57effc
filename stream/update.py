"""Load, fold, store, publish: how a partition's customers come from one version to the next."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count
from secrets import token_hex

from msgspec import Struct, field
from msgspec.structs import replace

from stream import metrics
from stream.clock import Clock
from stream.described import Described
from stream.draft import Draft, Sourced, draft, to_entry
from stream.errors import Transient
from stream.hot import HotStates
from stream.measures.standards import Standards
from stream.outbox import Outbox
from stream.profile.fold import Folded
from stream.profile.portrait import Cause
from stream.publish import Message, Publisher
from stream.tables.products import ProductTable
from stream.tables.table import PortraitTable, Position, Record

#: Conflicts in a row on one customer before the batch is given up and tried again later.
MAX_CONFLICTS = 20

#: customer key -> its events in the order they were read; none for a look at the time alone
Work = Mapping[str, Sequence[Sourced]]


class Updated(Struct):
    """What became of the records, and when each customer next changes by time alone."""

    outcomes: Counter[Folded] = field(default_factory=Counter)
    due_ms: dict[str, int | None] = field(default_factory=dict)


class Prepared(Struct):
    """Drafts that were made beforehand, by which standards, and of which revisions."""

    standards: Standards
    revisions: dict[str, int]
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
        self._outbox = Outbox(table, publisher)
        self._clock = clock
        self._products = products
        #: Tokens of writes: unlike those of any other updater, and in a row.
        self._name = token_hex(4)
        self._writes = count()
        self.described = Described(table, self._name)

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
        made = await self._usable(prepared) if prepared else {}
        drafts = await self._stored(partition, work, cause, made)
        await self._outbox.publish(partition, drafts.values(), dead_letters, position)
        await self._products.note([met for done in drafts.values() for met in done.met])
        updated = Updated()
        for key, done in drafts.items():
            updated.outcomes.update(done.outcomes)
            updated.due_ms[key] = done.due_ms
            if done.write and done.changed:
                metrics.CHANGES.labels(cause).inc()
        self.hot.count()
        return updated

    async def prepare(self, partition: int, keys: Sequence[str], cause: Cause) -> Prepared:
        """Drafts of customers without events, made without the partition's lock.

        Live events go on meanwhile; a draft of a customer that they touched loses when it is
        stored, and is made again. Left out are those that live events may be about to touch, as
        their states are in memory, and those with a version that may still have to be published.
        """
        cold = [key for key in keys if not self.hot.holds(partition, key)]
        loaded = list(zip(cold, await self.table.load(cold), strict=True))
        pending = {note.key for note in await self.table.pending(partition)}
        now_ms, standards = self._clock.now_ms(partition), self.standards
        drafts: dict[str, Draft] = {}
        for key, record in loaded:
            if key not in pending and _is_of(partition, record):
                drafts[key] = draft(
                    key,
                    to_entry(record),
                    (),
                    now_ms=now_ms,
                    cause=cause,
                    standards=standards,
                    token=self._token(partition),
                )
            await asyncio.sleep(0)  # live events may be waiting for the processor
        revisions = {key: record.revision if record else 0 for key, record in loaded}
        return Prepared(standards, revisions, drafts)

    async def _usable(self, prepared: Prepared) -> dict[str, Draft]:
        """Those drafts that nothing has overtaken: neither events nor other standards."""
        if prepared.standards is not self.standards:
            return {}
        keys = list(prepared.drafts)
        now = zip(keys, await self.table.revisions(keys), strict=True)
        return {key: prepared.drafts[key] for key, r in now if r == prepared.revisions[key]}

    async def adopt(self, standards: Standards, owned: Callable[[], Iterable[int]]) -> None:
        """Describe by other standards from now on; ``owned`` are the partitions worked on."""
        claimed = set(owned())
        for partition in claimed:
            await self.described.claim(partition)
        self.standards = replace(standards, reference=self.standards.reference)
        for partition in set(owned()) - claimed:  # taken over meanwhile
            await self.described.claim(partition)

    async def recover(self, partition: int) -> None:
        """Publish what an earlier owner of the partition stored but perhaps did not publish."""
        await self._outbox.recover(partition)

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
            await self._outbox.settle(partition, records)
        entries |= {key: to_entry(record) for key, record in records.items()}
        now_ms = self._clock.now_ms(partition)
        return {
            key: draft(
                key,
                entry,
                work[key],
                now_ms=now_ms,
                cause=cause,
                standards=self.standards,
                token=self._token(partition),
            )
            for key, entry in entries.items()
        }

    def _token(self, partition: int) -> str:
        return f"{partition}-{self._name}{next(self._writes):x}"


def _is_of(partition: int, record: Record | None) -> bool:
    """Whether a version of a record is published by the owner of the partition."""
    return record is None or record.token.partition("-")[0] in ("", str(partition))
