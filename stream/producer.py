"""The one way this package opens a Kafka producer."""

import logging
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError, UnknownError, UnsupportedVersionError, for_code
from aiokafka.protocol.transaction import InitProducerIdRequest
from msgspec.structs import replace

from stream.errors import Transient
from stream.settings import Settings

log = logging.getLogger(__name__)


def new_producer(settings: Settings, **overrides: Any) -> AIOKafkaProducer:
    """A producer, not yet started, whose acknowledgement means that all in-sync replicas have it.

    Must be called where the event loop runs.
    """
    options: dict[str, Any] = {
        "bootstrap_servers": settings.kafka,
        "acks": "all",
        "enable_idempotence": settings.idempotence is not False,
        "linger_ms": 5,
        "max_batch_size": 256 * 1024,
        "max_request_size": 4 * 1024 * 1024,
    }
    return AIOKafkaProducer(**(options | overrides))


async def start_producer(settings: Settings, **overrides: Any) -> AIOKafkaProducer:
    """A started producer, idempotent unless settings or broker say no; :class:`Transient`."""
    producer = None
    try:
        if settings.idempotence is None:
            settings = replace(settings, idempotence=await _grants_ids(settings))
        producer = new_producer(settings, **overrides)
        await producer.start()
    except (KafkaError, OSError) as exc:
        if producer is not None:
            await producer.stop()
        raise Transient(f"Kafka at {settings.kafka} did not answer: {exc}") from exc
    return producer


async def _grants_ids(settings: Settings) -> bool:
    """Whether the broker hands out producer ids, which idempotence needs.

    The embedded broker says that it does and then does not, so it is asked for one. Without
    idempotence a retry can repeat a message; consumers deduplicate by ``version``.
    """
    client = AIOKafkaClient(bootstrap_servers=settings.kafka)
    try:
        await client.bootstrap()
        node = next(iter(client.cluster.brokers())).nodeId
        request = InitProducerIdRequest(transactional_id=None, transaction_timeout_ms=1000)
        response = await client.send(node, request)
    except UnsupportedVersionError:
        return False
    finally:
        await client.close()
    refused = for_code(response.error_code) in (UnknownError, UnsupportedVersionError)
    if refused:
        log.info("the broker grants no producer ids: publishing without idempotence")
    return not refused
