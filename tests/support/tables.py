"""The stored portraits as anyone can read them with plain Redis, and a table that is not there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from redis import Redis

from stream.errors import Transient
from stream.settings import Settings
from stream.tables.table import PortraitTable


@asynccontextmanager
async def no_table() -> AsyncIterator[PortraitTable]:
    """Stands in for what opens a table, where no Redis answers."""
    raise Transient("Redis: it does not answer")
    yield


def documents(settings: Settings) -> dict[str, tuple[int, bytes]]:
    """Customer key -> version and document; who is known by referrals only has none yet."""
    prefix = f"{settings.namespace}:portrait:"
    with Redis.from_url(settings.redis) as redis:
        names = [name.decode() for name in redis.scan_iter(f"{prefix}*", count=1000)]
        pipe = redis.pipeline(transaction=False)
        for name in names:
            pipe.hmget(name, "v", "d")
        return {
            name.removeprefix(prefix).replace(":", "/", 1): (int(version), document)
            for name, (version, document) in zip(names, pipe.execute(), strict=True)
            if int(version)
        }
