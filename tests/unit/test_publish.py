"""Publishing: what goes to the producer, and what becomes of its failures."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError
from msgspec import Struct

from stream.errors import Fatal, Reason, Rejected, Transient
from stream.feed import partition_of
from stream.publish import KafkaPublisher, Message, dead_letter, portrait_message
from tests.support.fakes import FakeRecord


class Place(Struct):
    """Where a record came to stand."""

    partition: int
    offset: int


class Producer:
    """Sends nothing; acknowledges when told to, or fails as told to."""

    def __init__(self, on_send: Exception | None = None) -> None:
        self.sent: list[tuple[str, dict[str, Any]]] = []
        self.acks: list[asyncio.Future[None]] = []
        self._on_send = on_send

    async def send(self, topic: str, **fields: Any) -> asyncio.Future[None]:
        if self._on_send:
            raise self._on_send
        self.sent.append((topic, fields))
        self.acks.append(asyncio.get_running_loop().create_future())
        return self.acks[-1]


MESSAGES = [Message("portraits", b"k", b"v", (("version", b"1"),)), Message("x", None, None, ())]


async def started(producer: Producer) -> asyncio.Task[None]:
    task = asyncio.ensure_future(KafkaPublisher(producer, "shop-").publish(MESSAGES))
    while len(producer.acks) < len(MESSAGES):
        await asyncio.sleep(0)
    return task


async def test_messages_go_to_prefixed_topics_in_order() -> None:
    producer = Producer()
    task = await started(producer)
    assert producer.sent == [
        ("shop-portraits", {"key": b"k", "value": b"v", "headers": [("version", b"1")]}),
        ("shop-x", {"key": None, "value": None, "headers": []}),
    ]
    task.cancel()


async def test_publishing_ends_when_all_is_acknowledged_and_not_before() -> None:
    producer = Producer()
    task = await started(producer)
    producer.acks[0].set_result(None)
    await asyncio.sleep(0)
    assert not task.done()
    producer.acks[1].set_result(None)
    await task


async def test_a_failed_acknowledgement_is_transient() -> None:
    producer = Producer()
    task = await started(producer)
    producer.acks[0].set_result(None)
    producer.acks[1].set_exception(KafkaConnectionError("gone"))
    with pytest.raises(Transient):
        await task


async def test_a_failed_send_is_transient() -> None:
    with pytest.raises(Transient):
        await KafkaPublisher(Producer(KafkaConnectionError("gone"))).publish(MESSAGES)


async def test_a_message_that_can_never_be_sent_is_fatal() -> None:
    with pytest.raises(Fatal):
        await KafkaPublisher(Producer(MessageSizeTooLargeError("big"))).publish(MESSAGES)


async def test_a_tombstone_has_no_value_and_no_changed_sections() -> None:
    message = portrait_message("s/a/b", 7, None)
    assert (message.topic, message.key, message.value) == ("portraits", b"s/a/b", None)
    assert message.headers == (("version", b"7"), ("store_id", b"s"), ("changed", b""))


async def test_a_dead_letter_survives_a_detail_that_is_no_unicode() -> None:
    rejected = Rejected(Reason.NOT_JSON, "half a pair: \ud83d")
    letter = dead_letter("clicks", 0, FakeRecord(5, None, b"\xff", 9), rejected)
    assert dict(letter.headers)["detail"] == b"half a pair: ?"
    assert (letter.topic, letter.key, letter.value) == ("dead-letters", None, b"\xff")


# --- what must be on its topic once ---------------------------------------------------------


def named(topic: str, key: bytes, name: bytes) -> Message:
    return Message(topic, key, b"{}", (("id", name),))


PARTITIONS = {"segment-moves": 2, "risk-alerts": 3}


class Topics:
    """What stands on some topics of two and three partitions; notes what is read."""

    def __init__(self, *messages: Message) -> None:
        self.messages = messages
        self.asked: list[tuple[str, int, int]] = []

    def place(self, message: Message) -> tuple[str, int]:
        return message.topic, partition_of(message.key or b"", PARTITIONS[message.topic])

    async def partitions(self, topic: str) -> int:
        return PARTITIONS[topic]

    async def read(
        self, topic: str, partition: int, first: int, end: int | None = None
    ) -> AsyncIterator[Sequence[FakeRecord]]:
        assert end is None
        self.asked.append((topic, partition, first))
        for offset, message in enumerate(self.messages):
            if self.place(message) == (topic, partition) and offset >= first:
                yield [FakeRecord(offset, message.key, message.value, headers=message.headers)]


MOVE, ALERT = named("segment-moves", b"main/a", b"1"), named("risk-alerts", b"main/a", b"1")
LATER = named("risk-alerts", b"main/a", b"2")


def looking(topics: Topics) -> KafkaPublisher:
    return KafkaPublisher(Producer(), feed=topics)  # type: ignore[arg-type]


async def test_only_what_is_not_on_its_own_topic_is_unpublished() -> None:
    topics = Topics(MOVE, ALERT)
    assert await looking(topics).unpublished([MOVE, ALERT, LATER], {}) == [LATER]
    assert await looking(Topics(MOVE)).unpublished([MOVE, ALERT], {}) == [ALERT]
    assert await looking(Topics()).unpublished([], {}) == []


async def test_each_topic_is_read_from_where_it_was_last_written() -> None:
    topics = Topics(MOVE, ALERT, LATER)
    place, other = topics.place(ALERT), topics.place(MOVE)
    ends = {place: 2, ("segment-moves", 1 - other[1]): 99}
    assert await looking(topics).unpublished([MOVE, LATER], ends) == []
    assert sorted(topics.asked) == sorted([(*place, 2), (*other, 0)])


async def test_publishing_says_how_far_such_topics_were_written() -> None:
    producer = Producer()
    sent = [MOVE, ALERT, LATER, named("portraits", b"main/a", b"")]
    task = asyncio.ensure_future(KafkaPublisher(producer).publish(sent))
    while len(producer.acks) < len(sent):
        await asyncio.sleep(0)
    for ack, (partition, offset) in zip(
        producer.acks, [(1, 7), (2, 9), (2, 8), (0, 3)], strict=True
    ):
        ack.set_result(Place(partition, offset))  # type: ignore[arg-type]
    assert await task == {("segment-moves", 1): 8, ("risk-alerts", 2): 10}
