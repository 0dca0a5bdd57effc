"""Tables to hold against the contract: in memory, and in each kind of Redis."""

import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from msgspec import Struct
from redis.asyncio import Redis, RedisCluster

from stream.tables.memory import MemoryTable
from stream.tables.redis import RedisTable
from stream.tables.table import PortraitTable

REDISES = {
    "valkey": "embedded_redis",
    "redis": "debian_redis",
    "cluster": "redis_cluster",
}


class Place(Struct, frozen=True):
    """A Redis, the namespace of one test in it, and a plain client that looks inside."""

    url: str
    namespace: str
    raw: Any


@pytest.fixture(params=list(REDISES))
def redis_url(request: pytest.FixtureRequest) -> str:
    """Each kind of Redis in turn."""
    return str(request.getfixturevalue(REDISES[request.param]).url)


@pytest.fixture
async def place(redis_url: str) -> AsyncIterator[Place]:
    if redis_url.startswith("redis+cluster"):
        raw: Any = RedisCluster.from_url(redis_url.replace("redis+cluster", "redis"))
    else:
        raw = Redis.from_url(redis_url)
    yield Place(redis_url, f"t{uuid.uuid4().hex[:12]}", raw)
    await raw.aclose()


@pytest.fixture
async def redis_table(place: Place) -> AsyncIterator[RedisTable]:
    table = RedisTable.connect(place.url, place.namespace)
    yield table
    await table.close()


@pytest.fixture(params=["memory", *REDISES])
def new_table(request: pytest.FixtureRequest) -> Callable[[], PortraitTable]:
    """Makes tables that share what they keep, as those of two workers do."""
    if request.param == "memory":
        memory = MemoryTable()
        return lambda: memory
    url = request.getfixturevalue(REDISES[request.param]).url
    namespace = f"t{uuid.uuid4().hex[:12]}"
    return lambda: RedisTable.connect(url, namespace)


@pytest.fixture
async def table(new_table: Callable[[], PortraitTable]) -> AsyncIterator[PortraitTable]:
    made = new_table()
    yield made
    await made.close()


@pytest.fixture
async def other(new_table: Callable[[], PortraitTable]) -> AsyncIterator[PortraitTable]:
    """The same portraits as another worker sees them."""
    made = new_table()
    yield made
    await made.close()
