"""Publishing: portraits, moves, alerts and dead letters, acknowledged before going on."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from aiokafka.errors import KafkaError, MessageSizeTooLargeError
from msgspec import Struct

from stream.errors import Fatal, Rejected, Transient
from stream.feed import Feed, Headers, SourceRecord, partition_of
from stream.topics import DEAD_LETTERS, PORTRAITS, RISK_ALERTS, SEGMENT_MOVES

#: Topics that must have no record twice: who publishes again looks first what is there. Readers of
#: the others tell repeats by the version.
LOOKED_UP = frozenset({SEGMENT_MOVES, RISK_ALERTS})

#: (the contract's name of a topic, its partition) -> the offset after the last record meant.
Ends = Mapping[tuple[str, int], int]


class Message(Struct, frozen=True):
    """A record to be published; ``value`` None is a tombstone, ``topic`` the contract's name."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers


class Publisher(Protocol):
    """Where messages go. Every method may raise :class:`Transient`."""

    async def publish(self, messages: Sequence[Message]) -> Ends:
        """Return when every message is acknowledged; those of one key stay in order.

        Gives how far the topics of :data:`LOOKED_UP` were written with them. After a failure some
        of the messages may have been published, and none will be any more.
        """
        ...

    async def unpublished(self, messages: Sequence[Message], ends: Ends) -> Sequence[Message]:
        """Those messages, of topics of :data:`LOOKED_UP`, that are not there yet.

        ``ends`` is where to look from, the beginning where it says nothing.
        """
        ...


class KafkaPublisher:
    """Publishes with a started producer, to topics with the prefix of the settings.

    Without a feed nothing can be looked up: everything then counts as unpublished.
    """

    def __init__(self, producer: Any, topic_prefix: str = "", feed: Feed | None = None) -> None:
        self._producer = producer
        self._prefix = topic_prefix
        self._feed = feed

    async def publish(self, messages: Sequence[Message]) -> Ends:
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
        ends: dict[tuple[str, int], int] = {}
        for message, place in zip(messages, written, strict=True):
            if message.topic in LOOKED_UP:
                name = (message.topic, place.partition)
                ends[name] = max(place.offset + 1, ends.get(name, 0))
        return ends

    async def _send(self, message: Message) -> Any:
        return await self._producer.send(
            self._prefix + message.topic,
            key=message.key,
            value=message.value,
            headers=list(message.headers),
        )

    async def unpublished(self, messages: Sequence[Message], ends: Ends) -> Sequence[Message]:
        if not messages or self._feed is None:
            return messages
        counts = {topic: await self._feed.partitions(topic) for topic in _topics(messages)}
        places = {(m.topic, partition_of(m.key or b"", counts[m.topic])) for m in messages}
        found: set[tuple[str, bytes | None, Headers]] = set()
        for topic, partition in sorted(places):
            async for records in self._feed.read(topic, partition, ends.get((topic, partition), 0)):
                found.update((topic, each.key, tuple(each.headers)) for each in records)
        return [m for m in messages if (m.topic, m.key, m.headers) not in found]


def _topics(messages: Sequence[Message]) -> set[str]:
    return {message.topic for message in messages}


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
