"""Risk alerts to a webhook: signed, tried again with growing waits, and set aside at last.

What a request carries is documented in ``docs/alerts.md``; :func:`signature` is how to check it.
"""

import asyncio
import hmac
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from stream.errors import Reason, Rejected, Transient
from stream.feed import SourceRecord
from stream.producer import start_producer
from stream.publish import KafkaPublisher, Publisher, dead_letter
from stream.settings import Secret, Settings
from stream.topics import RISK_ALERTS

log = logging.getLogger(__name__)

#: Seconds that one request may take.
TIMEOUT_S = 10.0
#: Waits between tries, seconds: two minutes in all, and with time-outs below four. That must stay
#: below the five minutes after which the group takes a silent consumer for dead.
BACKOFF_S = tuple(0.5 * 2**n for n in range(8))
_LONGEST_SILENCE_MS = 300_000


class Refused(Exception):
    """The webhook did not take an alert; the message says what it answered, if anything."""


#: Posts a body with headers; raises :class:`Refused`.
Post = Callable[[bytes, dict[str, str]], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """HMAC-SHA256 over the timestamp, a point and the body, in hexadecimal digits."""
    return hmac.digest(secret.encode(), f"{timestamp}.".encode() + body, "sha256").hex()


def headers_of(
    record: SourceRecord, body: bytes, now_s: int, secret: Secret | None
) -> dict[str, str]:
    """The headers of one try; without a secret there is no signature."""
    named = dict(record.headers)
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "portrait-stream",
        "X-Portrait-Alert": named.get("id", b"").decode(),
        "X-Portrait-Timestamp": str(now_s),
    }
    if secret is not None:
        signed = signature(secret.value, str(now_s), body)
        headers["X-Portrait-Signature"] = f"sha256={signed}"
    return headers


class Webhook:
    """Delivers alerts one after the other, and sets aside what is not taken."""

    def __init__(
        self,
        post: Post,
        publisher: Publisher,
        secret: Secret | None,
        *,
        sleep: Sleep = asyncio.sleep,
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._post = post
        self._publisher = publisher
        self._secret = secret
        self._sleep = sleep
        self._now_s = now_s

    async def deliver(self, partition: int, record: SourceRecord) -> bool:
        """Return when the alert was taken, or lies with the dead letters (False).

        Raises :class:`~stream.errors.Transient` where Kafka does not take the dead letter.
        """
        body = record.value or b""
        for wait_s in (*BACKOFF_S, None):
            try:
                headers = headers_of(record, body, int(self._now_s()), self._secret)
                await self._post(body, headers)
            except Refused as refused:
                last = refused
            else:
                return True
            if wait_s is not None:
                log.warning("an alert is tried again in %g s: %s", wait_s, last)
                await self._sleep(wait_s)
        tries = len(BACKOFF_S) + 1
        rejected = Rejected(Reason.UNDELIVERABLE, f"not taken in {tries} tries, at last: {last}")
        await self._publisher.publish([dead_letter(RISK_ALERTS, partition, record, rejected)])
        log.error("an alert went to the dead letters: %s", rejected.detail)
        return False


async def forward(settings: Settings, url: str, secret: Secret | None) -> None:
    """Deliver alerts until cancelled, each at least once, from the first that the topic holds.

    Its place is that of the consumer group ``NAMESPACE-webhook``; several share the partitions.
    Raises :class:`~stream.errors.Transient` where Kafka does not answer.
    """
    async with (
        _consumer(settings) as consumer,
        _publisher(settings) as publisher,
        posting(url) as post,
    ):
        webhook = Webhook(post, publisher, secret)
        while True:
            record = await consumer.getone()
            await webhook.deliver(record.partition, record)
            place = TopicPartition(record.topic, record.partition)
            try:
                await consumer.commit({place: record.offset + 1})
            except (CommitFailedError, IllegalStateError):
                # The partition went to another, who delivers it once more.
                log.info("%s:%d is not ours any more", record.topic, record.partition)


@asynccontextmanager
async def posting(url: str) -> AsyncIterator[Post]:
    """How to post to a URL, over connections that are kept open."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
    async with aiohttp.ClientSession(timeout=timeout) as session:

        async def post(body: bytes, headers: dict[str, str]) -> None:
            try:
                # A redirected POST may arrive as a GET, or at a stranger's.
                async with session.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as answer:
                    if not 200 <= answer.status < 300:
                        raise Refused(f"HTTP {answer.status}")
            except TimeoutError as exc:
                raise Refused(f"no answer within {TIMEOUT_S:g} s") from exc
            except aiohttp.ClientError as exc:
                raise Refused(f"{host_of(url)}: {type(exc).__name__}") from exc

        yield post


def host_of(url: str) -> str:
    """What may be printed of a URL: its path, query and user may hold a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")


@asynccontextmanager
async def _consumer(settings: Settings) -> AsyncIterator[Any]:
    consumer = AIOKafkaConsumer(
        settings.topic(RISK_ALERTS),
        bootstrap_servers=settings.kafka,
        group_id=f"{settings.namespace}-webhook",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        session_timeout_ms=int(settings.session_timeout_s * 1000),
        heartbeat_interval_ms=int(settings.session_timeout_s * 250),
        max_poll_interval_ms=_LONGEST_SILENCE_MS,
    )
    try:
        await consumer.start()
        yield consumer
    except (KafkaError, OSError) as exc:
        raise Transient(f"Kafka at {settings.kafka} did not answer: {exc}") from exc
    finally:
        await consumer.stop()


@asynccontextmanager
async def _publisher(settings: Settings) -> AsyncIterator[Publisher]:
    producer = await start_producer(settings)
    try:
        yield KafkaPublisher(producer, settings.topic_prefix)
    finally:
        await producer.stop()
