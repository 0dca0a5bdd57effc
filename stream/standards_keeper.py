"""Keeping the standards of a running worker current: files that change are read again."""

import asyncio
import logging
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from stream import metrics
from stream.errors import Fatal
from stream.measures.standards import Standards
from stream.settings import Settings
from stream.standards import load_standards
from stream.update import Updater

log = logging.getLogger(__name__)

#: Seconds between two looks at the files.
INTERVAL_S = 2.0

#: What tells that a file may have changed: time, size and place on the disk; None if it is gone.
_Stamp = tuple[int, ...] | None


class StandardsKeeper:
    """Gives an updater the standards of the settings' files whenever these change.

    A file with a mistake changes nothing: the former standards hold on until it is mended. What is
    stored is brought up to date by :class:`~stream.renewal.Renewal`.
    """

    def __init__(self, updater: Updater, settings: Settings) -> None:
        self._updater = updater
        self._settings = settings
        #: As they were at the last look, and when they were last read. At first nothing is known of
        #: them: they may have changed since the worker read them to start.
        self._looked: list[_Stamp] = []
        self._seen: list[_Stamp] = []
        self._complaint = ""
        metrics.STANDARDS_LOADED.set(time.time())

    async def refresh(self, owned: Callable[[], Iterable[int]]) -> bool:
        """Read the files if they have changed; whether the standards are others now.

        Not before two looks find them the same: half of a file may be a good file as well.
        ``owned`` tells the partitions that this worker works on. Raises
        :class:`~stream.errors.Transient`.
        """
        stamps = self._stamps()
        resting, self._looked = stamps == self._looked, stamps
        if stamps == self._seen or not resting:
            return False
        try:
            # In a thread: reading and checking hundreds of rules would hold up live events.
            standards = await asyncio.to_thread(load_standards, self._settings)
        except Fatal as exc:
            self._refuse(exc)
            if not isinstance(exc.__cause__, OSError):  # else it may be readable the next time
                self._seen = stamps
            return False
        metrics.STANDARDS_REFUSED.set(0)
        was_refused, self._complaint = bool(self._complaint), ""
        changed = standards.version != self._updater.standards.version
        if changed:
            await self._updater.adopt(standards, owned)
            self._tell(standards)
        elif was_refused:  # else the complaint would be the last word on the files
            log.warning("the files are right again, the rules are unchanged")
        self._seen = stamps
        return changed

    def _refuse(self, exc: Fatal) -> None:
        metrics.STANDARDS_REFUSED.set(1)
        if str(exc) != self._complaint:
            self._complaint = str(exc)
            log.error("the rules in force stay as they are: %s", exc)

    def _tell(self, standards: Standards) -> None:
        metrics.STANDARDS_LOADED.set(time.time())
        rules = standards.rules
        log.warning(
            "rules read again, now in force: %d labels, %d segments, %d tiers, %d targets, "
            "points for %d reasons of a risk",
            len(rules.labels), len(rules.segments), len(standards.tiers), len(standards.targets),
            len(standards.risk.steps),
        )  # fmt: skip

    def _stamps(self) -> list[_Stamp]:
        settings = self._settings
        files = (settings.shop, settings.labels, settings.gender_table, settings.risk)
        return [_stamp(file) for file in files]


def _stamp(file: Path | None) -> _Stamp:
    try:
        found = file.stat() if file else None
    except OSError:
        return None
    # The time of change as well: a file that may be read now was not touched for that.
    return found and (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)
