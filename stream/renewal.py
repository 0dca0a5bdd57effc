"""Renewal: every stored portrait is described anew when the standards have changed.

Each owner of a partition marks the partition's customers as stale, once for each version of the
standards, and its sweeper then describes them at a bounded rate. The marks are kept in the table:
a renewal goes on where a crash or a rebalance stopped it.
"""

import logging
from collections import defaultdict
from collections.abc import Collection

from stream.batch import Processor
from stream.clock import wall_ms
from stream.feed import partition_of
from stream.update import Updater

log = logging.getLogger(__name__)

#: Customers that are marked in one call.
_MARKS_A_CALL = 1000


class Renewal:
    """Finds out which partitions are behind the standards of this worker, and marks them.

    ``partitions`` is how many the input topics have. Customers are found by their key: one whose
    events a foreign producer sends elsewhere is renewed all the same, by the owner of the partition
    that Kafka would choose.
    """

    def __init__(self, processor: Processor, updater: Updater, partitions: int) -> None:
        self._processor = processor
        self._updater = updater
        self._partitions = partitions

    async def begin(self) -> None:
        """Where nothing is stored yet, nothing is described by other standards either."""
        updater = self._updater
        if not await updater.table.positions():
            for partition in range(self._partitions):
                await updater.described.begin(partition, updater.standards.version)

    async def mark(self, owned: Collection[int]) -> None:
        """Mark the customers of those partitions that other standards described; may be repeated.

        Raises :class:`~stream.errors.Transient`.
        """
        table, described = self._updater.table, self._updater.described
        version = self._updater.standards.version
        behind = {p for p in owned if not await described.is_by(p, version)}
        if not behind:
            return
        for partition in sorted(behind):
            await described.claim(partition)
            # A batch under way may still store a new customer by the former standards.
            await self._processor.settle(partition)
        at_ms = wall_ms()
        marks: defaultdict[int, dict[str, int]] = defaultdict(dict)
        count = 0
        async for key in table.all_keys():
            partition = partition_of(key.encode(), self._partitions)
            if partition not in behind:
                continue
            marks[partition][key] = at_ms
            count += 1
            if len(marks[partition]) >= _MARKS_A_CALL:
                await table.schedule(partition, marks.pop(partition), "stale")
        for partition, marked in marks.items():
            await table.schedule(partition, marked, "stale")
        for partition in behind:
            await described.finish(partition, version)
        if count:
            log.warning("describing %d portraits anew by the rules now in force", count)
