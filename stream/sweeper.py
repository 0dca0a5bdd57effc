"""The sweeper: customers that no event brings up, looked at without holding up those it does.

Very many may be due at the same instant, since days and months end for all, and all are stale when
the standards have changed. Both are looked at a few at a time, evenly spaced over the partitions of
the worker, at a bounded rate: between two looks live events have the worker to themselves.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable

from stream import metrics
from stream.batch import LOOK_CUSTOMERS, Processor
from stream.clock import Clock
from stream.tables.table import ANY_MS, Agenda, PortraitTable

#: So many customers are looked at without a pause after a rest: spacing them gains nothing.
BURST = 40

Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """Lets through ``per_second`` customers over all who ask, in turn; more of them after a rest.

    This is the generic cell rate algorithm: ``_paid_s`` is when all that was let through would have
    been paid for at the rate, and it may lie :data:`BURST` customers ahead.
    """

    def __init__(self, per_second: float, sleep: Sleep = asyncio.sleep) -> None:
        self._each_s = 1 / per_second
        self._ahead_s = BURST / per_second
        self._paid_s = 0.0
        self._sleep = sleep

    async def turn(self, customers: int) -> None:
        """Return when so many may be looked at; others come in between even without a wait."""
        now_s = time.monotonic()
        wait_s = max(0.0, self._paid_s - now_s - self._ahead_s)
        self._paid_s = max(now_s, self._paid_s) + customers * self._each_s
        await self._sleep(wait_s)


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
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._processor = processor
        self._table = table
        self._clock = clock
        self._sweeps = Pace(sweeps_s, sleep)
        self._renewals = Pace(renewals_s, sleep)

    async def sweep(self, partition: int) -> None:
        """Publish what time alone has changed until nothing is due any more."""
        looked_at = 1
        while looked_at:
            now_ms = self._clock.now_ms(partition)
            await self._turn(self._sweeps, partition, now_ms, "due")
            looked_at = await self._processor.sweep(partition)

    async def renew(self, partition: int) -> None:
        """Describe stale customers until none is left."""
        looked_at = 1
        while looked_at and await self._turn(self._renewals, partition, ANY_MS, "stale"):
            looked_at = await self._processor.renew(partition)

    async def _turn(self, pace: Pace, partition: int, until_ms: int, agenda: Agenda) -> int:
        """Wait for the partition's turn; how many of its customers wait with it."""
        waiting = await self._table.count_due(partition, until_ms, agenda)
        metrics.DUE_CUSTOMERS.labels(partition, agenda).set(waiting)
        if waiting:
            await pace.turn(min(waiting, LOOK_CUSTOMERS))
        return waiting
