"""Keeping the reference of a running worker current."""

import logging
import time
from collections.abc import Callable

from msgspec.structs import replace

from stream.clock import wall_ms
from stream.errors import Fatal, Transient
from stream.measures.reference import BUILTIN_VERSION
from stream.reference import current, newest_ms, refresh
from stream.update import Updater

log = logging.getLogger(__name__)

#: Seconds after which a store that has no reference of its own is looked at again.
FIRST_S = 60.0


class ReferenceKeeper:
    """Gives an updater the reference in use, and takes a new one when it is time.

    A portrait takes up a new reference when it is described next, and names its version.
    ``by_events`` where the clock is the events' own.
    """

    def __init__(
        self,
        updater: Updater,
        every_s: float,
        *,
        by_events: bool,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._updater = updater
        self._every_s = every_s
        self._by_events = by_events
        self._monotonic = monotonic
        self._taken_at: float | None = None

    @property
    def interval_s(self) -> float:
        """Seconds between two calls of :meth:`renew`."""
        return min(self._every_s, FIRST_S)

    async def renew(self, *, take: bool) -> None:
        """Take a reference if that is due and this worker is to do it, and use the current one.

        What goes wrong is logged, and tried again the next time: portraits are current without it.
        """
        table = self._updater.table
        try:
            if take and self._is_due():
                self._taken_at = self._monotonic()  # also if it fails: a scan is no small thing
                reference = await refresh(table, await self._now_ms())
            else:
                reference = await current(table, self._updater.standards.reference)
        except (Transient, Fatal) as exc:
            log.warning("the reference stays as it is: %s", exc)
            return
        self._updater.standards = replace(self._updater.standards, reference=reference)

    async def _now_ms(self) -> int:
        """Where the clock is the events', the newest that any worker has seen."""
        if not self._by_events:
            return wall_ms()
        newest = await newest_ms(self._updater.table)
        return 0 if newest is None else newest + 1

    def _is_due(self) -> bool:
        if self._taken_at is None:
            return True
        if self._updater.standards.reference.version == BUILTIN_VERSION:
            return self._monotonic() - self._taken_at >= self.interval_s
        return self._monotonic() - self._taken_at >= self._every_s
