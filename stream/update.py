"""Load, fold, store, publish: how a partition's customers come from one version to the next."""

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec import Struct, field

from stream import metrics
from stream.clock import Clock
from stream.draft import Draft, Sourced, draft, stored_message, to_entry
from stream.errors import Transient
from stream.hot import HotStates
from stream.measures.standards import Standards
from stream.profile.fold import Folded
from stream.profile.portrait import Cause
from stream.publish import Message, Publisher
from stream.tables.table import PortraitTable, Position

#: Conflicts in a row on one customer before the batch is given up and tried again later.
MAX_CONFLICTS = 20

#: customer key -> its events in the order they were read; none for a look at the time alone
Work = Mapping[str, Sequence[Sourced]]


class Updated(Struct):
    """What became of the records, and when each customer next changes by time alone."""

    outcomes: Counter[Folded] = field(default_factory=Counter)
    due_ms: dict[str, int | None] = field(default_factory=dict)


class Updater:
    """Brings customers up to date; the caller holds the partition's lock."""

    def __init__(
        self,
        table: PortraitTable,
        publisher: Publisher,
        clock: Clock,
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

    async def update(
        self,
        partition: int,
        work: Work,
        cause: Cause,
        *,
        position: Position | None = None,
        dead_letters: Sequence[Message] = (),
    ) -> Updated:
        """Fold the work, store what changed, publish it, and return when Kafka has it.

        Raises :class:`Transient`; doing the same work again is then safe and necessary.
        """
        drafts = await self._stored(partition, work, cause)
        messages = [message for done in drafts.values() for message in done.messages]
        await self._publisher.publish([*dead_letters, *messages])
        versions = [(key, version) for key, done in drafts.items() for version in done.versions]
        await self.table.published(partition, versions, position)
        updated = Updated()
        for key, done in drafts.items():
            updated.outcomes.update(done.outcomes)
            updated.due_ms[key] = done.due_ms
            if done.write and done.write.publish:
                metrics.CHANGES.labels(cause).inc()
        self.hot.count()
        return updated

    async def recover(self, partition: int) -> None:
        """Publish what an earlier owner of the partition stored but perhaps did not publish."""
        pending = await self.table.pending(partition)
        keys = sorted({key for key, _ in pending})
        records = dict(zip(keys, await self.table.load(keys), strict=True))
        found = {key: record for key, record in records.items() if record}
        # A version above the stored one was noted by somebody who may store it yet.
        stored = [(key, v) for key, v in pending if key in found and v <= found[key].version]
        messages = [stored_message(key, found[key]) for key in dict(stored)]
        await self._publisher.publish(messages)
        await self.table.published(partition, stored)
        metrics.REPUBLISHED.inc(len(messages))

    async def _stored(self, partition: int, work: Work, cause: Cause) -> dict[str, Draft]:
        """Drafts of all customers, each stored; those that lost to another writer done again."""
        done: dict[str, Draft] = {}
        for _ in range(MAX_CONFLICTS):
            drafts = await self._drafts(partition, work, cause)
            writes = [made.write for made in drafts.values() if made.write]
            stored = await self.table.store(partition, writes)
            lost = {write.key for write, kept in zip(writes, stored, strict=True) if not kept}
            for key, made in drafts.items():
                if key not in lost:
                    self.hot.put(partition, key, made.entry)
                    done[key] = made
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
        entries |= {key: to_entry(record) for key, record in records.items()}
        now_ms = self._clock.now_ms(partition)
        drafts = {
            key: draft(key, entry, work[key], now_ms=now_ms, cause=cause, standards=self.standards)
            for key, entry in entries.items()
        }
        # A worker that lost the partition may still store a version: ours must not overtake it.
        # Noted before it is stored, it is seen here if it was loaded and is not published yet.
        pending = set(await self.table.pending(partition)) if cold else set()
        for key, record in records.items():
            made = drafts[key]
            if record and (key, record.version) in pending and record.version not in made.versions:
                made.messages = [stored_message(key, record), *made.messages]
                made.versions = [record.version, *made.versions]
        return drafts
