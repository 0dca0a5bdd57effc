"""The commit ledger and the batching of the consumer, without a broker."""

from collections.abc import Sequence
from typing import Any

import pytest
from aiokafka import ConsumerRecord
from faust.types import TP, Message

from stream.app import PortraitApp, new_app
from stream.errors import Transient
from stream.settings import Settings
from stream.transport import BatchConsumer, RecordBatch
from tests.support.fakes import START_MS

A, B = TP("clicks", 0), TP("clicks", 1)


class Thread:
    """Stands for the thread that talks to the broker, and remembers what was committed."""

    def __init__(self) -> None:
        self.committed: list[dict[TP, int]] = []

    def assignment(self) -> set[TP]:
        return {A, B}

    def highwater(self, tp: TP) -> int | None:
        return {A: 1000}.get(tp)

    async def commit(self, offsets: dict[TP, int]) -> bool:
        self.committed.append(dict(offsets))
        return True

    async def seek_to_committed(self) -> dict[TP, int]:
        return {A: 7, B: 0}


class Disk:
    """Gives the prepared answers to the question whether all is durable, then yes."""

    def __init__(self) -> None:
        self.answers: list[bool | Exception] = []

    async def __call__(self) -> bool:
        answer = self.answers.pop(0) if self.answers else True
        if isinstance(answer, Exception):
            raise answer
        return answer


class Harness:
    """A real consumer of a real app, on a thread that is none."""

    def __init__(self) -> None:
        self.app: PortraitApp = new_app(Settings())
        self.app.topics._acking_topics.add("clicks")
        self.disk = Disk()
        self.app.durable = self.disk  # type: ignore[method-assign]
        self.fetched: tuple[dict[TP, Sequence[ConsumerRecord]] | None, set[TP] | None] = (
            {},
            {A, B},
        )
        self.seeks = 0
        self.during_fetch: Any = None
        self.consumer: BatchConsumer = self.app.transport.create_consumer(
            callback=_nothing, on_partitions_revoked=self._revoked, on_partitions_assigned=None
        )
        self.thread = Thread()
        self.consumer._thread = self.thread
        self.consumer._wait_next_records = self._fetch
        producer = self.app.producer
        producer.flush = _nothing  # type: ignore[method-assign]

    async def _revoked(self, _revoked: set[TP]) -> None:
        pass

    async def _fetch(self, _timeout: float) -> Any:
        if self.during_fetch:
            self.during_fetch()
        return self.fetched

    async def fetch(self) -> list[tuple[TP, Message]]:
        return [(tp, message) async for tp, message in self.consumer.getmany(1.0)]

    def begin(self, tp: TP, first: int, last: int) -> Message:
        """What an agent does first with a batch."""
        message = self.consumer._to_message(tp, records(first, last))
        self.consumer.track_message(message)
        self.consumer.enter(message)
        return message

    async def commit(self) -> dict[TP, int]:
        """The offsets that one commit commits."""
        before = len(self.thread.committed)
        await self.consumer.commit()
        return {tp: at for each in self.thread.committed[before:] for tp, at in each.items()}


async def _nothing() -> None:
    pass


def records(first: int, last: int) -> list[ConsumerRecord]:
    return [
        ConsumerRecord("clicks", 0, offset, START_MS, 0, b"k", b"v", None, 1, 1, ())
        for offset in range(first, last + 1)
    ]


@pytest.fixture
async def harness() -> Harness:
    """Made inside the event loop, which the app takes hold of."""
    return Harness()


# --- fetching -------------------------------------------------------------------------------


async def test_a_fetch_becomes_one_message_a_partition(harness: Harness) -> None:
    harness.fetched = ({A: records(5, 9), B: records(0, 0), TP("clicks", 2): []}, {A, B})
    (tp_a, a), (tp_b, b) = await harness.fetch()
    assert (tp_a, tp_b) == (A, B)
    assert (a.offset, b.offset) == (9, 0)
    assert a.value == RecordBatch("clicks", 0, records(5, 9), lag=990)
    assert b.value == RecordBatch("clicks", 1, records(0, 0), lag=0)


async def test_partitions_that_are_paused_are_passed_over(harness: Harness) -> None:
    harness.fetched = ({A: records(0, 4), B: records(0, 4)}, {B})
    assert [tp for tp, _ in await harness.fetch()] == [B]


async def test_nothing_fetched_is_nothing_delivered(harness: Harness) -> None:
    harness.fetched = (None, {A})
    assert await harness.fetch() == []


async def test_what_a_rebalance_overtook_is_not_delivered_but_read_again(harness: Harness) -> None:
    harness.fetched = ({A: records(7, 9)}, {A})
    harness.during_fetch = harness.consumer.stop_flow
    assert await harness.fetch() == []
    assert harness.consumer._read_offset[A] == 7


async def test_a_new_generation_ends_the_delivery_of_the_last_fetch(harness: Harness) -> None:
    harness.fetched = ({A: records(0, 4), B: records(0, 4)}, {A, B})
    delivered = []
    async for tp, _ in harness.consumer.getmany(1.0):
        delivered.append(tp)
        harness.app.consumer_generation_id += 1
    assert delivered == [A]


# --- the ledger -----------------------------------------------------------------------------


async def test_nothing_is_committed_before_it_is_acknowledged(harness: Harness) -> None:
    harness.begin(A, 0, 99)
    assert await harness.commit() == {}


async def test_an_acknowledged_batch_is_committed_to_its_end_once(harness: Harness) -> None:
    message = harness.begin(A, 0, 99)
    harness.consumer.ack(message)
    assert await harness.commit() == {A: 100}
    assert await harness.commit() == {}


async def test_many_acknowledged_batches_are_one_commit(harness: Harness) -> None:
    for first in range(0, 1000, 100):
        harness.consumer.ack(harness.begin(A, first, first + 99))
    harness.consumer.ack(harness.begin(B, 50, 50))
    assert await harness.commit() == {A: 1000, B: 51}


async def test_a_batch_under_way_holds_back_those_after_it(harness: Harness) -> None:
    first, second, third = (harness.begin(A, at, at + 9) for at in (0, 10, 20))
    harness.consumer.ack(third)
    harness.consumer.ack(second)
    assert await harness.commit() == {}
    harness.consumer.ack(first)
    assert await harness.commit() == {A: 30}


async def test_a_batch_under_way_does_not_hold_back_another_partition(harness: Harness) -> None:
    harness.begin(A, 0, 9)
    harness.consumer.ack(harness.begin(B, 0, 9))
    assert await harness.commit() == {B: 10}


async def test_offsets_without_records_between_batches_are_no_gap(harness: Harness) -> None:
    """As compaction and transactions leave them."""
    harness.consumer.ack(harness.begin(A, 0, 9))
    await harness.consumer._add_gap(A, 10, 49)
    harness.consumer.ack(harness.begin(A, 50, 59))
    assert await harness.commit() == {A: 60}
    assert not harness.consumer._gap[A]


async def test_what_was_delivered_before_a_seek_is_forgotten(harness: Harness) -> None:
    harness.begin(A, 7, 99)  # never acknowledged: it is delivered again
    await harness.consumer.perform_seek()
    harness.consumer.ack(harness.begin(A, 7, 49))
    assert await harness.commit() == {A: 50}


async def test_a_revoked_partition_commits_what_is_acknowledged_and_starts_clean(
    harness: Harness,
) -> None:
    harness.consumer.ack(harness.begin(A, 0, 9))
    harness.begin(A, 10, 19)
    await harness.consumer.on_partitions_revoked({A, B})
    assert harness.thread.committed == [{A: 10}]
    harness.consumer.ack(harness.begin(A, 10, 29))
    assert await harness.commit() == {A: 30}


async def test_many_commits_keep_no_trace_of_old_batches(harness: Harness) -> None:
    for first in range(0, 1000, 10):
        harness.consumer.ack(harness.begin(A, first, first + 9))
        assert await harness.commit() == {A: first + 10}
    kept = harness.consumer._ledger[A], harness.consumer._acked[A], harness.consumer._acked_index[A]
    assert [len(each) for each in kept] == [0, 0, 0]


# --- durability -----------------------------------------------------------------------------


async def test_what_is_not_durable_yet_is_not_committed(harness: Harness) -> None:
    harness.consumer.ack(harness.begin(A, 0, 9))
    harness.disk.answers = [False]
    assert await harness.commit() == {}


async def test_what_was_not_durable_is_committed_once_it_is(harness: Harness) -> None:
    harness.consumer.ack(harness.begin(A, 0, 9))
    harness.disk.answers = [False]
    await harness.commit()
    assert await harness.commit() == {A: 10}


async def test_a_redis_that_does_not_answer_puts_the_commit_off(harness: Harness) -> None:
    harness.consumer.ack(harness.begin(A, 0, 9))
    harness.disk.answers = [Transient("Redis: gone")]
    assert await harness.commit() == {}
    assert await harness.commit() == {A: 10}
