"""Follows what the workers publish, as any subscriber would."""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Self

import msgspec
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from stream.demo.workers import Counts
from stream.measures.fit import Fit
from stream.moves import SegmentMove
from stream.settings import Settings
from stream.topics import DEAD_LETTERS, PORTRAITS, SEGMENT_MOVES

_WAIT_MS = 500
_POLL_S = 0.05
_CATCH_UP_S = 30.0
#: Moves that are kept, the newest.
_MOVES = 3


class _Risk(msgspec.Struct, frozen=True):
    level: str = "low"


class _Portrait(msgspec.Struct):
    """Of a published portrait what the demo reads."""

    fit: Fit | None = None
    risk: _Risk = _Risk()


_portraits = msgspec.json.Decoder(_Portrait)
_moves = msgspec.json.Decoder(SegmentMove)


class Follower:
    """Reads portraits, segment moves and dead letters from the beginning."""

    def __init__(self, settings: Settings) -> None:
        self.changes = 0
        self.moves = 0
        self.dead_letters = 0
        #: The newest first.
        self.last_moves: deque[SegmentMove] = deque(maxlen=_MOVES)
        #: By customer key; None where there is no target, or the customer was erased.
        self._fits: dict[bytes, Fit | None] = {}
        #: Keys of the customers that were ever at the level high.
        self._high: set[bytes] = set()
        self._readers: dict[str, Callable[[ConsumerRecord], None]] = {
            settings.topic(PORTRAITS): self._read_portrait,
            settings.topic(SEGMENT_MOVES): self._read_move,
            settings.topic(DEAD_LETTERS): self._read_dead_letter,
        }
        numbers = range(settings.partitions)
        self._partitions = [TopicPartition(name, n) for name in self._readers for n in numbers]
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka, auto_offset_reset="earliest", enable_auto_commit=False
        )
        self._task: asyncio.Task[None] | None = None

    @property
    def portraits(self) -> int:
        """Distinct customers among the changes."""
        return len(self._fits)

    @property
    def fits(self) -> list[Fit]:
        """How customers fit as published last, of all for whom there is a target."""
        return [fit for fit in self._fits.values() if fit is not None]

    @property
    def high(self) -> set[str]:
        """Ids of the customers whose risk was ever published as high."""
        return {key.decode().partition("/")[2] for key in self._high}

    async def __aenter__(self) -> Self:
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        self._task = asyncio.create_task(self._follow())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})
        await self._consumer.stop()

    async def catch_up(self, counts: Counts) -> None:
        """Return once all that the workers say they have published has been read.

        The end offsets of the topics would not do: for the latest offset the embedded broker
        gives the one after the *first* record of its last batch.
        """
        async with asyncio.timeout(_CATCH_UP_S):
            while (
                self.changes < counts.published
                or self.moves < counts.moves
                or self.dead_letters < counts.dead_letters
            ):
                self.check()
                await asyncio.sleep(_POLL_S)

    def check(self) -> None:
        """Raise what ended the reading, if anything did."""
        if self._task is not None and self._task.done():
            self._task.result()

    async def _follow(self) -> None:
        while True:
            batches = await self._consumer.getmany(timeout_ms=_WAIT_MS)
            for partition, records in batches.items():
                read = self._readers[partition.topic]
                for record in records:
                    read(record)

    def _read_portrait(self, record: ConsumerRecord) -> None:
        self.changes += 1
        portrait = _Portrait() if record.value is None else _portraits.decode(record.value)
        self._fits[record.key] = portrait.fit
        if portrait.risk.level == "high":
            self._high.add(record.key)

    def _read_move(self, record: ConsumerRecord) -> None:
        self.moves += 1
        self.last_moves.appendleft(_moves.decode(record.value))

    def _read_dead_letter(self, _: ConsumerRecord) -> None:
        self.dead_letters += 1
