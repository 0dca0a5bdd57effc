"""What time it is: the only place that may ask."""

import time
from typing import Protocol

from stream.settings import ClockMode


class Clock(Protocol):
    """Now, in ms since the epoch, as a partition sees it."""

    def now_ms(self, partition: int) -> int:
        """The instant that the partition's portraits are described at."""
        ...

    def observe(self, partition: int, at_ms: int) -> None:
        """An event of that time was seen on the partition."""
        ...

    def forget(self, partition: int) -> None:
        """The partition went to another worker."""
        ...


def wall_ms() -> int:
    """The computer's clock, ms since the epoch."""
    return time.time_ns() // 1_000_000


class WallClock:
    """Now is now, for every partition."""

    def now_ms(self, partition: int) -> int:  # noqa: ARG002
        return wall_ms()

    def observe(self, partition: int, at_ms: int) -> None:
        pass

    def forget(self, partition: int) -> None:
        pass


class EventClock:
    """Now is just after the newest event of the partition, so that history replays faithfully."""

    def __init__(self) -> None:
        self._watermarks: dict[int, int] = {}

    def now_ms(self, partition: int) -> int:
        return self._watermarks.get(partition, -1) + 1

    def observe(self, partition: int, at_ms: int) -> None:
        if at_ms > self._watermarks.get(partition, -1):
            self._watermarks[partition] = at_ms

    def forget(self, partition: int) -> None:
        self._watermarks.pop(partition, None)


def new_clock(mode: ClockMode) -> Clock:
    """The clock of a setting."""
    return EventClock() if mode == "event" else WallClock()
