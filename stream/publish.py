"""Publishing: changed portraits, tombstones and dead letters, acknowledged before going on."""

import asyncio
from collections.abc import Sequence
from typing import Any, Protocol

from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from msgspec import Struct

from stream.errors import Fatal, Rejected, Transient
from stream.topics import DEAD_LETTERS, PORTRAITS

Headers = tuple[tuple[str, bytes], ...]


class Message(Struct, frozen=True):
    """A record to be published; ``value`` None is a tombstone, ``topic`` the contract's name."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


class SourceRecord(Protocol):
    """What is needed of a consumed record; aiokafka's ``ConsumerRecord`` is one."""

    offset: int
    key: bytes | None
    value: bytes | None
    timestamp: int


class Publisher(Protocol):
    """Where messages go."""

    async def publish(self, messages: Sequence[Message]) -> None:
        """Return when every message is acknowledged; those of one key stay in order.

        Raises :class:`Transient`; some of the messages may have been published then.
        """
        ...


class KafkaPublisher:
    """Publishes with a started producer, to topics with the prefix of the settings."""

    def __init__(self, producer: Any, topic_prefix: str = "") -> None:
        self._producer = producer
        self._prefix = topic_prefix

    async def publish(self, messages: Sequence[Message]) -> None:
        try:
            sent = [
                await self._producer.send(
                    self._prefix + message.topic,
                    key=message.key,
                    value=message.value,
                    headers=list(message.headers),
                )
                for message in messages
            ]
            await asyncio.gather(*sent)
        except MessageSizeTooLargeError as exc:
            raise Fatal(f"Kafka: a message is larger than the producer's limit: {exc}") from exc
        except KafkaError as exc:
            raise Transient(f"Kafka: {exc!r}") from exc


def portrait_message(
    key: str, version: int, document: bytes | None, changed: Sequence[str] = ()
) -> Message:
    """A changed portrait, or the tombstone of an erased one."""
    store_id = key.partition("/")[0]
    headers = (
        ("version", str(version).encode()),
        ("store_id", store_id.encode()),
        ("changed", ",".join(changed).encode()),
    )
    return Message(PORTRAITS, key.encode(), document, headers)


def dead_letter(topic: str, partition: int, record: SourceRecord, rejected: Rejected) -> Message:
    """A rejected record: its own key and bytes, and in headers where it stood and why."""
    headers = (
        ("reason", rejected.reason.value.encode()),
        ("detail", rejected.detail.encode("utf-8", "replace")),
        ("topic", topic.encode()),
        ("partition", str(partition).encode()),
        ("offset", str(record.offset).encode()),
        ("timestamp", str(record.timestamp).encode()),
    )
    return Message(DEAD_LETTERS, record.key, record.value, headers)
