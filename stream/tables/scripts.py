"""What the tables in Redis share: connecting, Lua scripts, pipelines, and failures as our own."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha1
from importlib.resources import files
from typing import Any

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import NoScriptError, RedisClusterException, RedisError

from stream.errors import Transient

_SOCKET_TIMEOUT_S = 10.0


class Script:
    """A Lua script of ``stream/tables/lua``, which the server knows by its hash."""

    def __init__(self, name: str) -> None:
        self.text = files("stream.tables").joinpath("lua", f"{name}.lua").read_text()
        self.sha = sha1(self.text.encode()).hexdigest()


def connect(url: str) -> "Redis | RedisCluster":
    """A client of ``redis://``, ``rediss://`` or ``redis+cluster://``; connects when used."""
    if url.startswith("redis+cluster://"):
        url = url.replace("redis+cluster", "redis", 1)
        return RedisCluster.from_url(url, socket_timeout=_SOCKET_TIMEOUT_S)
    return Redis.from_url(url, socket_timeout=_SOCKET_TIMEOUT_S)


@contextmanager
def transient() -> Iterator[None]:
    """Raise whatever fails between us and the server as :class:`~stream.errors.Transient`."""
    try:
        yield
    except (RedisError, RedisClusterException, OSError) as exc:
        raise Transient(f"Redis: {exc}") from exc


def run(pipe: Any, script: Script, keys: Sequence[str], values: Sequence[Any]) -> None:
    """Add a call of a script to a pipeline; on a cluster all keys must share a slot."""
    # Not `pipe.evalsha`: redis-py refuses that on a cluster, though these keys share a node.
    pipe.execute_command("EVALSHA", script.sha, len(keys), *keys, *values)


async def execute(
    client: Any, scripts: Sequence[Script], *fills: Callable[[Any], object]
) -> list[Any]:
    """Run one pipeline; load the scripts and run it once more where the server forgot them.

    What the first run did store shows as a conflict in the second: the caller reloads.
    """
    for attempt in range(2):
        pipe = client.pipeline(transaction=False)
        for fill in fills:
            fill(pipe)
        with transient():
            try:
                results: list[Any] = await pipe.execute()
            except NoScriptError:
                if attempt:
                    raise
                for script in scripts:
                    await client.script_load(script.text)
            else:
                return results
    raise AssertionError("unreachable")
