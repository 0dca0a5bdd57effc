"""The sweeper: customers that no event brings up, looked at without holding up those it does.

What is due by time alone is published within a minute of its instant. Much of it may be due at the
same one, since days and months end for all: that is spread over most of the minute. What is stale
because the standards have changed has no deadline, and is taken up at a bounded rate.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from stream import metrics
from stream.batch import LOOK_CUSTOMERS, Processor
from stream.clock import Clock
from stream.tables.table import ANY_MS, Agenda, PortraitTable

#: Seconds over which a wave is spread; the rest of the minute is for noticing it, and for waiting.
SPREAD_S = 40.0
#: So many customers of a partition are looked at without a pause: spreading them gains nothing.
SMALL_WAVE = 200


class Sweeper:
    """Goes through the agendas of a worker's partitions.

    ``sweeps_s`` and ``renewals_s`` are how many due and stale customers are looked at in a second,
    at most, over all partitions of the worker. Methods may raise :class:`~stream.errors.Transient`.
    """

    def __init__(
        self,
        processor: Processor,
        table: PortraitTable,
        clock: Clock,
        *,
        sweeps_s: float,
        renewals_s: float,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._processor = processor
        self._table = table
        self._clock = clock
        self._sweeps_s = sweeps_s
        self._renewals_s = renewals_s
        self._sleep = sleep

    async def sweep(self, partition: int, among: int) -> None:
        """Publish what time alone has changed until nothing is due any more.

        ``among`` partitions share the rate. A wave is spread over :data:`SPREAD_S`, or over longer
        where the rate does not allow that.
        """
        least_s = LOOK_CUSTOMERS * among / self._sweeps_s
        most = 0
        while True:
            started = time.monotonic()
            # Counted each time: a wave that comes while a smaller one is spread sets the pace.
            most = max(most, await self._count(partition, self._clock.now_ms(partition), "due"))
            spread_s = SPREAD_S * LOOK_CUSTOMERS / most if most else 0.0
            pause_s = max(spread_s, least_s) if most > SMALL_WAVE else 0.0
            if not await self._processor.sweep(partition):
                break
            # Even without a pause live events come in between.
            await self._sleep(max(0.0, pause_s - (time.monotonic() - started)))

    async def renew(self, partition: int, among: int) -> None:
        """Describe stale customers until none is left; ``among`` partitions share the rate."""
        pause_s = LOOK_CUSTOMERS * among / self._renewals_s
        waiting = await self._count(partition, ANY_MS, "stale")
        while waiting:
            started = time.monotonic()
            if not await self._processor.renew(partition):
                break
            waiting = await self._count(partition, ANY_MS, "stale")
            await self._sleep(max(0.0, pause_s - (time.monotonic() - started)))

    async def _count(self, partition: int, until_ms: int, agenda: Agenda) -> int:
        waiting = await self._table.count_due(partition, until_ms, agenda)
        metrics.DUE_CUSTOMERS.labels(partition, agenda).set(waiting)
        return waiting
