"""A Faust transport that hands over one message a partition a fetch, not one a record.

Faust pays about 90 µs of tasks and locks for each message. Here a message carries all records of
one partition that a fetch returned; agents, group membership, rebalancing, timers and the web
server stay Faust's own. What differs for that:

* ``getmany`` yields one message a partition; its offset is that of its last record.
* Commits come from a ledger of the batches that agents began, popped as its head is
  acknowledged: no batch is passed over, and offsets inside a batch are not taken for gaps.
* Offsets are committed only after the tables have what they stand for on disk.
* Partitions are assigned by range: equal partition numbers of all topics go to one worker.
"""

from collections import defaultdict, deque
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

import aiokafka
from aiokafka import ConsumerRecord
from aiokafka.coordinator.assignors.range import RangePartitionAssignor
from aiokafka.errors import IllegalStateError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message
from msgspec import Struct

from stream.errors import Transient


class RecordBatch(Struct, frozen=True):
    """Records of one partition in the order of their offsets; ``lag`` records are still unread."""

    topic: str
    partition: int
    records: Sequence[ConsumerRecord]
    lag: int


class _Thread(driver.AIOKafkaConsumerThread):
    """The thread that polls Kafka, with a consumer of our own making."""

    def _create_worker_consumer(self, transport: driver.Transport) -> aiokafka.AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = RangePartitionAssignor
        return aiokafka.AIOKafkaConsumer(
            client_id=conf.broker_client_id,
            group_id=conf.id,
            bootstrap_servers=driver.server_list(transport.url, transport.default_port),
            partition_assignment_strategy=[RangePartitionAssignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=conf.consumer_max_fetch_size,
            fetch_max_wait_ms=500,
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            # Records of aborted transactions of a foreign producer never happened.
            isolation_level="read_committed",
        )


class BatchConsumer(driver.Consumer):
    """Faust's consumer, delivering a :class:`RecordBatch` in each message's value."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        #: partition -> (first, last) offset of each batch delivered and not yet committed
        self._ledger: defaultdict[TP, deque[tuple[int, int]]] = defaultdict(deque)

    def _new_consumer_thread(self) -> _Thread:
        return _Thread(self, loop=self.loop, beacon=self.beacon)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, ConsumerMessage]]:
        """Yield the records of one fetch, one message a partition."""
        fetched, active = await self._wait_next_records(timeout)
        generation = self.app.consumer_generation_id
        # While the app stops nothing is read again: a seek would clear the ledger before the last
        # commit, and the next worker would do acknowledged batches once more.
        if fetched is None or self.should_stop or self.app.should_stop:
            return
        if not self.flow_active:  # a rebalance came in between: read these again
            # Which may also have taken the partitions away: their next owner reads them.
            with suppress(IllegalStateError, AssertionError):
                await self.perform_seek()
            return
        for tp, records in fetched.items():
            if not self.flow_active or self.app.consumer_generation_id != generation:
                return
            if records and (active is None or tp in active or tp in self._buffered_partitions):
                yield tp, self._to_message(tp, records)

    def _to_message(self, tp: TP, records: Sequence[ConsumerRecord]) -> ConsumerMessage:
        last = records[-1]
        lag = max(0, (self.highwater(tp) or 0) - last.offset - 1)
        self.app.monitor.track_tp_end_offset(tp, last.offset + 1 + lag)
        return ConsumerMessage(
            tp.topic, tp.partition, last.offset, last.timestamp / 1000, last.timestamp_type, (),
            None, RecordBatch(tp.topic, tp.partition, records, lag), None, None, None, tp,
            generation_id=self.app.consumer_generation_id,
        )  # fmt: skip

    @property
    def reachable(self) -> bool:
        """Whether the broker that coordinates the group answered when it was last asked."""
        consumer = self._thread._consumer
        return consumer is not None and consumer._coordinator.coordinator_id is not None

    def enter(self, message: Message) -> None:
        """Enter a batch into the ledger: its agent begins with it now.

        Not before: what is fetched and then dropped by a rebalance would block the ledger's head.
        """
        records = message.value.records
        self._ledger[message.tp].append((records[0].offset, records[-1].offset))

    def _new_offset(self, tp: TP) -> int | None:
        """The offset to commit: after the last batch of the acknowledged head of the ledger."""
        acked, index, ledger = self._acked[tp], self._acked_index[tp], self._ledger[tp]
        committed = self._committed_offset[tp] or 0
        offset = None
        # Faust takes no acknowledgement of what is committed already.
        while ledger and (ledger[0][1] in index or ledger[0][1] < committed):
            _, last = ledger.popleft()
            if last in index:
                index.discard(last)
                acked.remove(last)
                offset = last + 1
        return offset

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Offsets between two batches hold no records: nothing to keep."""

    async def perform_seek(self) -> None:
        """Go back to what was committed; what was delivered since will be delivered again."""
        self._ledger.clear()
        await super().perform_seek()

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Commit what is acknowledged, let batches under way finish, and start a clean ledger."""
        await self.commit()
        await super().on_partitions_revoked(revoked)
        self._ledger.clear()
        self._acked.clear()
        self._acked_index.clear()

    async def _commit_offsets(
        self, offsets: Mapping[TP, int], start_new_transaction: bool = True
    ) -> bool:
        if await self._durable():
            done = bool(await super()._commit_offsets(offsets, start_new_transaction))
            if not done:
                self.log.warning("commit refused: the group has given the partitions to others")
            return done
        for tp, offset in offsets.items():  # back into the ledger, for the next try
            self._ledger[tp].appendleft((offset - 1, offset - 1))
            self._acked[tp].append(offset - 1)
            self._acked_index[tp].add(offset - 1)
        return False

    async def _durable(self) -> bool:
        try:
            if await self.app.durable():
                return True
            reason = "Redis did not confirm its append-only file in time"
        except Transient as exc:
            reason = str(exc)
        self.log.warning("commit put off: %s", reason)
        return False


class BatchTransport(driver.Transport):
    """Faust's aiokafka transport with the consumer above."""

    Consumer = BatchConsumer
