"""By which standards the customers of a partition are described: pinned in the table.

A pin names the version of the standards by which *all* of them are, or says that a worker is about
to change that. Whoever describes by other standards than the pinned ones claims the partition
first; a claim becomes a version only when every customer is described by it or marked for it, and
only while nobody else has claimed the partition. So no customer is forgotten, whoever dies when.
"""

import asyncio
from collections.abc import Iterable

from stream.tables.table import PortraitTable

#: What a claim begins with, and no version does.
_UNFINISHED = "unfinished "


class Described:
    """The pins, as one worker (``name``, unlike any other) sees them and sets them.

    Every method may raise :class:`~stream.errors.Transient`.
    """

    def __init__(self, table: PortraitTable, name: str) -> None:
        self._table = table
        self._claim = f"{_UNFINISHED}{name}"

    async def claim(self, partition: int, version: str | None = None) -> None:
        """To be called before anything is described by a version that may not be the pinned one.

        Without a version whatever is pinned gives way.
        """
        if version is None or await self._table.pinned(_pin(partition)) != version:
            await self._table.pin(_pin(partition), self._claim)

    async def is_by(self, partition: int, version: str) -> bool:
        """Whether all customers are described by a version, or marked for it."""
        return await self._table.pinned(_pin(partition)) == version

    async def finish(self, partition: int, version: str) -> bool:
        """All customers are; False where another worker has claimed the partition since."""
        return await self._table.repin(_pin(partition), self._claim, version)

    async def begin(self, partition: int, version: str) -> None:
        """There are no customers yet."""
        await self._table.pin(_pin(partition), version)


async def versions(table: PortraitTable, partitions: Iterable[int]) -> set[str]:
    """The versions that partitions are described by; a partition that is claimed has none.

    Raises :class:`~stream.errors.Transient`.
    """
    pins = await asyncio.gather(*(table.pinned(_pin(each)) for each in partitions))
    return {pin for pin in pins if pin is not None and not pin.startswith(_UNFINISHED)}


def _pin(partition: int) -> str:
    return f"standards:{partition}"
