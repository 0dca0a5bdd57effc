"""Publishing: portraits, tombstones, moves and dead letters, acknowledged before going on."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from msgspec import Struct

from stream.errors import Fatal, Rejected, Transient
from stream.feed import Feed, Headers, SourceRecord, partition_of
from stream.topics import DEAD_LETTERS, PORTRAITS, SEGMENT_MOVES


class Message(Struct, frozen=True):
    """A record to be published; ``value`` None is a tombstone, ``topic`` the contract's name."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


class Publisher(Protocol):
    """Where messages go. Every method may raise :class:`Transient`."""

    async def publish(self, messages: Sequence[Message]) -> dict[int, int]:
        """Return when every message is acknowledged; those of one key stay in order.

        Gives the offset after the last segment move among them, by partition of their topic. After
        a failure some of the messages may have been published, and none will be any more.
        """
        ...

    async def unpublished(
        self, moves: Sequence[Message], ends: Mapping[int, int]
    ) -> Sequence[Message]:
        """Those segment moves that the topic does not hold yet.

        ``ends`` is where to look from, by partition, the beginning where it says nothing.
        """
        ...


class KafkaPublisher:
    """Publishes with a started producer, to topics with the prefix of the settings.

    Without a feed nothing can be looked up: every move then counts as unpublished.
    """

    def __init__(self, producer: Any, topic_prefix: str = "", feed: Feed | None = None) -> None:
        self._producer = producer
        self._prefix = topic_prefix
        self._feed = feed

    async def publish(self, messages: Sequence[Message]) -> dict[int, int]:
        sent: list[Any] = []
        try:
            for message in messages:
                sent.append(await self._send(message))
            written = await asyncio.gather(*sent)
        except MessageSizeTooLargeError as exc:
            raise Fatal(f"Kafka: a message is larger than the producer's limit: {exc}") from exc
        except KafkaError as exc:
            # Whoever looks next for what is on the topic must find all that ever gets there.
            await asyncio.gather(*sent, return_exceptions=True)
            raise Transient(f"Kafka: {exc!r}") from exc
        ends: dict[int, int] = {}
        for message, place in zip(messages, written, strict=True):
            if message.topic == SEGMENT_MOVES:
                ends[place.partition] = max(place.offset + 1, ends.get(place.partition, 0))
        return ends

    async def _send(self, message: Message) -> Any:
        return await self._producer.send(
            self._prefix + message.topic,
            key=message.key,
            value=message.value,
            headers=list(message.headers),
        )

    async def unpublished(
        self, moves: Sequence[Message], ends: Mapping[int, int]
    ) -> Sequence[Message]:
        if not moves or self._feed is None:
            return moves
        count = await self._feed.partitions(SEGMENT_MOVES)
        found: set[tuple[bytes | None, Headers]] = set()
        for partition in {partition_of(move.key or b"", count) for move in moves}:
            batches = self._feed.read(SEGMENT_MOVES, partition, ends.get(partition, 0))
            async for records in batches:
                found.update((each.key, tuple(each.headers)) for each in records)
        return [move for move in moves if (move.key, move.headers) not in found]


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
