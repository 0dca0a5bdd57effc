"""Backlog: what was sent but not yet committed by the workers."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Self, TypeVar

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from stream.errors import PortraitError, Transient
from stream.settings import Settings
from stream.topics import INPUT_TOPICS, describe_topics

#: (topic on the broker, partition)
Partition = tuple[str, int]
#: For each partition the offset after the last record meant.
Offsets = Mapping[Partition, int]
#: Told after each look: records committed, and records to be committed.
Progress = Callable[[int, int], None]

_Answer = TypeVar("_Answer")

_POLL_S = 0.25
_REQUEST_TIMEOUT_MS = 10_000
_FETCH_WAIT_MS = 50
#: After so long the listed offset is taken as it is.
_WATERMARK_TIMEOUT_S = 5.0


class Stalled(PortraitError):
    """The workers committed nothing for as long as the caller was ready to wait."""


class Backlog:
    """Offsets of the input topics, by broker and by the workers' group.

    It asks as a consumer of the group, since not every broker lists a group's offsets to an
    admin client. It never subscribes, so it takes part in no rebalance and gets no partition.
    Use it as an asynchronous context manager; every method raises :class:`Transient` where Kafka
    does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._group = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka,
            group_id=settings.group,
            enable_auto_commit=False,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
        )
        # Apart from the group's, which must never be given partitions.
        self._reader = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka,
            request_timeout_ms=_REQUEST_TIMEOUT_MS,
            fetch_max_wait_ms=_FETCH_WAIT_MS,
        )

    async def __aenter__(self) -> Self:
        try:
            await self._ask(self._group.start())
            await self._ask(self._reader.start())
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._group.stop()
        await self._reader.stop()

    async def partitions(self, names: Iterable[str] = INPUT_TOPICS) -> list[Partition]:
        """Every partition of those topics that exist, by default of all that workers read."""
        counts = {topic.name: topic.partitions for topic in await describe_topics(self._settings)}
        topics = map(self._settings.topic, names)
        return [(topic, index) for topic in topics for index in range(counts.get(topic, 0))]

    async def end_offsets(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset that the next record of each partition will get.

        The embedded broker lists the offset after the *first* record of the last batch, which is
        too low; the high watermark of a fetch from there is right on every broker.
        """
        asked = [TopicPartition(*partition) for partition in partitions]
        if not asked:
            return {}
        ends: dict[TopicPartition, int] = await self._ask(self._reader.end_offsets(asked))
        # Assigned anew each time, because a watermark of the last call would be taken for news.
        self._reader.assign(asked)
        for tp in asked:
            self._reader.seek(tp, ends[tp])
        give_up = time.monotonic() + _WATERMARK_TIMEOUT_S
        while time.monotonic() < give_up:
            await self._ask(self._reader.getmany(timeout_ms=_FETCH_WAIT_MS))
            watermarks = {tp: self._reader.highwater(tp) for tp in asked}
            ends |= {tp: mark for tp, mark in watermarks.items() if mark is not None}
            if None not in watermarks.values():
                break
        # It would go on fetching what nobody asks for.
        self._reader.pause(*asked)
        return {(tp.topic, tp.partition): offset for tp, offset in ends.items()}

    async def committed(self, partitions: Iterable[Partition]) -> dict[Partition, int]:
        """The offset up to which the group has committed; 0 where it never did."""
        asked = [TopicPartition(*partition) for partition in partitions]
        found = await asyncio.gather(*(self._ask(self._group.committed(tp)) for tp in asked))
        pairs = zip(asked, found, strict=True)
        return {(tp.topic, tp.partition): offset or 0 for tp, offset in pairs}

    async def lag(self) -> int:
        """Records in the input topics that are not committed yet."""
        partitions = await self.partitions()
        ends = await self.end_offsets(partitions)
        committed = await self.committed(partitions)
        return sum(max(0, ends[p] - committed[p]) for p in partitions)

    async def wait_until_committed(
        self, targets: Offsets, timeout_s: float, on_progress: Progress | None = None
    ) -> None:
        """Return when the group has committed every target.

        Raises :class:`Stalled` after ``timeout_s`` seconds in which nothing was committed; a
        backlog that shrinks may take as long as it needs.
        """
        # Counted from where the group stands, not from offset 0, which may be long past.
        start = await self.committed(targets)
        total = sum(max(0, target - start[p]) for p, target in targets.items())
        best, moved_at = 0, time.monotonic()
        while True:
            committed = await self.committed(targets)
            left = sum(max(0, target - committed[p]) for p, target in targets.items())
            if on_progress is not None:
                on_progress(total - left, total)
            if not left:
                return
            if total - left > best:
                best, moved_at = total - left, time.monotonic()
            elif time.monotonic() - moved_at > timeout_s:
                raise Stalled(self._explain(left, timeout_s))
            await asyncio.sleep(_POLL_S)

    def _explain(self, left: int, timeout_s: float) -> str:
        return (
            f"{left} records are still not committed by the group {self._settings.group}, and "
            f"nothing moved for {timeout_s:g} s: is no worker running? Start `portrait worker` "
            "with the same PORTRAIT_KAFKA and PORTRAIT_NAMESPACE"
        )

    async def _ask(self, question: Awaitable[_Answer]) -> _Answer:
        try:
            return await question
        except (KafkaError, OSError) as exc:
            raise Transient(f"Kafka at {self._settings.kafka} did not answer: {exc}") from exc
