"""Publishing: what goes to the producer, and what becomes of its failures."""

import asyncio
from typing import Any

import pytest
from aiokafka.errors import KafkaConnectionError, MessageSizeTooLargeError

from stream.errors import Fatal, Reason, Rejected, Transient
from stream.publish import KafkaPublisher, Message, dead_letter, portrait_message
from tests.support.fakes import FakeRecord


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
