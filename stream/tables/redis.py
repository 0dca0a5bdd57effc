"""The portrait table in Redis: standalone (>= 6.2), Redis Cluster or Valkey.

Keys, with ``ns`` the namespace:

    ns:portrait:STORE:CUSTOMER   hash   r revision, v version, s state, d document (JSON),
                                        m segment moves and a alerts of this revision (JSON),
                                        l what was alerted so far (JSON), t token of the write
                                        that brought the version
    ns:due:PARTITION             zset   customer key by the ms at which it changes by time alone
    ns:stale:PARTITION           zset   customer key by the ms at which the standards changed
    ns:pending:PARTITION         set    "VERSION TOKEN KEY" of what is perhaps not published yet
    ns:ends:PARTITION            hash   topic:partition -> offset after the last record written
    ns:positions                 hash   topic:partition -> offset after the last record applied
    ns:watermarks                hash   partition -> newest event time, ms
    ns:pinned                    hash   what all portraits depend on: currency, current reference
    ns:references                hash   version -> reference (JSON)
    ns:references:taken          zset   version by the ms at which it was taken
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from redis.asyncio import Redis, RedisCluster
from redis.exceptions import ResponseError

from stream.tables import scripts
from stream.tables.scripts import Script, run, transient
from stream.tables.table import REFERENCES_KEPT, Agenda, Due, Pending, Position, Record, Write

#: Keys that one call of a script handles: fewer calls cost less, but a call blocks the server.
_KEYS_A_CALL = 64
_SCAN_COUNT = 500
#: Records that a scan reads at once: more would hold up the event loop of a worker that scans.
_SCAN_RECORDS = 100
#: Below the socket's time-out: a slow disk is no broken connection.
_DURABLE_TIMEOUT_MS = 3_000

_COMPARE_AND_SET = Script("compare_and_set")
_ADVANCE = Script("advance")
_RESCHEDULE = Script("reschedule")
_REPIN = Script("repin")
_SCRIPTS = (_COMPARE_AND_SET, _ADVANCE, _RESCHEDULE, _REPIN)


class RedisTable:
    """Keeps the contract of :class:`~stream.tables.table.PortraitTable` in Redis."""

    def __init__(self, client: "Redis | RedisCluster", namespace: str) -> None:
        self._client: Any = client  # the two clients share no useful type
        self._clustered = isinstance(client, RedisCluster)
        self._ns = namespace
        self._prefix = f"{namespace}:portrait:"
        self._waits_for_disk = True

    @classmethod
    def connect(cls, url: str, namespace: str) -> "RedisTable":
        """A table at ``redis://``, ``rediss://`` or ``redis+cluster://``; connects when used."""
        return cls(scripts.connect(url), namespace)

    async def load(self, keys: Sequence[str]) -> list[Record | None]:
        if not keys:
            return []
        pipe = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.hmget(self._record(key), ("r", "v", "s", "d", "m", "t", "a", "l"))
        with transient():
            rows = await pipe.execute()
        return [_to_record(row) for row in rows]

    async def revisions(self, keys: Sequence[str]) -> list[int]:
        if not keys:
            return []
        pipe = self._client.pipeline(transaction=False)
        for key in keys:
            pipe.hget(self._record(key), "r")
        with transient():
            return [int(revision or 0) for revision in await pipe.execute()]

    async def store(self, partition: int, writes: Sequence[Write]) -> list[bool]:
        if not writes:
            return []
        notes = {write.key: write.due_ms for write in writes if write.due_ms is not None}
        pending = [
            _member(Pending(w.key, w.record.version, w.record.token)) for w in writes if w.publish
        ]
        size = 1 if self._clustered else _KEYS_A_CALL
        chunks = [writes[start : start + size] for start in range(0, len(writes), size)]

        def note(pipe: Any) -> None:
            if notes:
                pipe.zadd(self._agenda("due", partition), notes, lt=True)
            if pending:
                pipe.sadd(self._pending(partition), *pending)

        def compare_and_set(pipe: Any) -> None:
            for chunk in chunks:
                keys = [self._record(write.key) for write in chunk]
                values = [value for write in chunk for value in _values(write.record)]
                run(pipe, _COMPARE_AND_SET, keys, values)

        if self._clustered:  # a pipeline keeps no order between nodes
            await self._pipeline(note)
            results = await self._pipeline(compare_and_set)
        else:
            results = await self._pipeline(note, compare_and_set)
        stored = results[len(results) - len(chunks) :]
        return [flag == 1 for flags in stored for flag in flags]

    async def published(
        self,
        partition: int,
        versions: Sequence[Pending],
        position: Position | None = None,
        ends: Mapping[tuple[str, int], int] | None = None,
    ) -> None:
        def clear(pipe: Any) -> None:
            if versions:
                pipe.srem(self._pending(partition), *map(_member, versions))

        def note(pipe: Any) -> None:
            if ends:
                fields = {f"{topic}:{number}": offset for (topic, number), offset in ends.items()}
                pipe.hset(self._ends(partition), mapping=fields)
            if position:
                pipe.hset(f"{self._ns}:positions", position.source, position.end_offset)

        # In this order: who still finds a version pending must look for its moves and alerts from
        # before them.
        if versions and ends and self._clustered:  # a pipeline keeps no order between nodes
            await self._pipeline(clear)
            await self._pipeline(note)
        elif versions or position or ends:
            await self._pipeline(clear, note)

    async def ends(self, partition: int) -> dict[tuple[str, int], int]:
        with transient():
            found = await self._client.hgetall(self._ends(partition))
        names = [field.decode().rpartition(":") for field in found]
        return {
            (topic, int(number)): int(offset)
            for (topic, _, number), offset in zip(names, found.values(), strict=True)
        }

    async def pending(self, partition: int) -> list[Pending]:
        with transient():
            members = await self._client.smembers(self._pending(partition))
        return sorted(_to_pending(member.decode()) for member in members)

    async def due(
        self, partition: int, now_ms: int, limit: int, agenda: Agenda = "due"
    ) -> list[Due]:
        with transient():
            rows = await self._client.zrange(
                self._agenda(agenda, partition), "-inf", now_ms, byscore=True, offset=0, num=limit,
                withscores=True,
            )  # fmt: skip
        return [Due(member.decode(), int(score)) for member, score in rows]

    async def count_due(self, partition: int, now_ms: int, agenda: Agenda = "due") -> int:
        with transient():
            return int(await self._client.zcount(self._agenda(agenda, partition), "-inf", now_ms))

    async def schedule(
        self, partition: int, times: Mapping[str, int], agenda: Agenda = "due"
    ) -> None:
        if times:
            name, forward = self._agenda(agenda, partition), agenda == "due"
            await self._pipeline(lambda pipe: pipe.zadd(name, dict(times), lt=forward))

    async def reschedule(
        self, partition: int, moves: Sequence[tuple[Due, int | None]], agenda: Agenda = "due"
    ) -> None:
        if not moves:
            return
        values = [
            value
            for seen, next_ms in moves
            for value in (seen.key, seen.due_ms, "" if next_ms is None else next_ms)
        ]
        name = self._agenda(agenda, partition)
        await self._pipeline(lambda pipe: run(pipe, _RESCHEDULE, [name], values))

    async def positions(self) -> dict[str, int]:
        with transient():
            found = await self._client.hgetall(f"{self._ns}:positions")
        return {source.decode(): int(offset) for source, offset in found.items()}

    async def watermark(self, partition: int) -> int | None:
        with transient():
            found = await self._client.hget(f"{self._ns}:watermarks", str(partition))
        return None if found is None else int(found)

    async def advance(self, partition: int, watermark_ms: int) -> None:
        key = f"{self._ns}:watermarks"
        await self._pipeline(lambda pipe: run(pipe, _ADVANCE, [key], [partition, watermark_ms]))

    async def pin(self, name: str, value: str) -> None:
        with transient():
            await self._client.hset(f"{self._ns}:pinned", name, value)

    async def repin(self, name: str, before: str, after: str) -> bool:
        key = f"{self._ns}:pinned"
        (done,) = await self._pipeline(lambda pipe: run(pipe, _REPIN, [key], [name, before, after]))
        return bool(done == 1)

    async def pinned(self, name: str) -> str | None:
        with transient():
            found = await self._client.hget(f"{self._ns}:pinned", name)
        return None if found is None else str(found.decode())

    async def save_reference(self, version: str, taken_at_ms: int, document: bytes) -> None:
        documents, taken = f"{self._ns}:references", f"{self._ns}:references:taken"
        with transient():
            # In this order: after a crash no document is kept that no later call would prune, and
            # the current version has one.
            await self._client.zadd(taken, {version: taken_at_ms})
            await self._client.hset(documents, version, document)
            await self.pin("reference", version)
            newest_first = await self._client.zrevrange(taken, 0, -1)
            others = [name for name in newest_first if name != version.encode()]
            if stale := others[REFERENCES_KEPT - 1 :]:
                await self._client.hdel(documents, *stale)
                await self._client.zrem(taken, *stale)

    async def reference(self, version: str | None = None) -> bytes | None:
        version = version or await self.pinned("reference")
        if version is None:
            return None
        with transient():
            document: bytes | None = await self._client.hget(f"{self._ns}:references", version)
        return document

    async def references(self) -> list[tuple[str, int]]:
        name = f"{self._ns}:references:taken"
        with transient():
            rows = await self._client.zrevrange(name, 0, -1, withscores=True)
        return [(version.decode(), int(taken_at_ms)) for version, taken_at_ms in rows]

    async def durable(self) -> bool:
        """See the contract. On a cluster, or without AOF, there is nothing to wait for."""
        if self._clustered or not self._waits_for_disk:
            return True
        # WAITAOF waits for the writes of its own connection; the file is sequential, so one
        # write on this connection stands for all that came before it on any.
        pipe = self._client.pipeline(transaction=False)
        pipe.hset(f"{self._ns}:durable", "at", 0)
        pipe.execute_command("WAITAOF", 1, 0, _DURABLE_TIMEOUT_MS)
        with transient():
            written, waited = await pipe.execute(raise_on_error=False)
            if isinstance(written, Exception):
                raise written
            if isinstance(waited, ResponseError) and _cannot_wait(waited):
                self._waits_for_disk = False
                return True
            if isinstance(waited, Exception):
                raise waited
        return bool(waited[0] >= 1)

    async def all_keys(self) -> AsyncIterator[str]:
        # While the server rehashes, a scan may name a key twice.
        met: set[int] = set()
        with transient():
            async for name in self._client.scan_iter(match=f"{self._prefix}*", count=_SCAN_COUNT):
                if (number := hash(name)) in met:
                    continue
                met.add(number)
                store_id, _, customer_id = name.decode().removeprefix(self._prefix).partition(":")
                yield f"{store_id}/{customer_id}"

    async def scan(self) -> AsyncIterator[tuple[str, Record]]:
        found: list[str] = []
        async for key in self.all_keys():
            found.append(key)
            if len(found) >= _SCAN_RECORDS:
                for pair in await self._found(found):
                    yield pair
                found = []
        for pair in await self._found(found):
            yield pair

    async def _found(self, keys: list[str]) -> list[tuple[str, Record]]:
        records = await self.load(keys)
        return [(key, record) for key, record in zip(keys, records, strict=True) if record]

    async def server(self) -> str:
        """Which server keeps the portraits, and whether they survive it; for people."""
        if self._clustered:
            return "a cluster"
        with transient():
            about, disk = await self._client.info("server"), await self._client.info("persistence")
        name = about.get("server_name", "redis")
        version = about.get("valkey_version", about["redis_version"])
        aof = "AOF on" if disk.get("aof_enabled") else "AOF off: portraits are lost with the server"
        return f"{name} {version}, {aof}"

    async def close(self) -> None:
        await self._client.aclose()

    async def _pipeline(self, *fills: Any) -> list[Any]:
        return await scripts.execute(self._client, _SCRIPTS, *fills)

    def _record(self, key: str) -> str:
        store_id, _, customer_id = key.partition("/")
        return f"{self._prefix}{store_id}:{customer_id}"

    def _agenda(self, agenda: Agenda, partition: int) -> str:
        return f"{self._ns}:{agenda}:{partition}"

    def _pending(self, partition: int) -> str:
        return f"{self._ns}:pending:{partition}"

    def _ends(self, partition: int) -> str:
        return f"{self._ns}:ends:{partition}"


def _cannot_wait(error: ResponseError) -> bool:
    """Whether the server is older than WAITAOF, or keeps no append-only file."""
    return "unknown command" in str(error) or "appendonly is disabled" in str(error)


def _to_record(row: Sequence[bytes | None]) -> Record | None:
    revision, version, state, document, moves, token, alerts, alerted = row
    if revision is None or version is None or state is None:
        return None
    return Record(
        int(revision),
        int(version),
        state,
        document,
        moves or b"",
        token.decode() if token else "",
        alerts or b"",
        alerted or b"",
    )


def _values(record: Record) -> tuple[int | str | bytes, ...]:
    return (
        record.revision,
        record.version,
        record.state,
        record.document or b"",
        record.moves,
        record.token,
        record.alerts,
        record.alerted,
    )


def _member(pending: Pending) -> str:
    return f"{pending.version} {pending.token} {pending.key}"


def _to_pending(member: str) -> Pending:
    version, _, rest = member.partition(" ")
    token, _, key = rest.partition(" ")
    if "/" in token:  # written by a version that had no tokens: it is part of the key
        return Pending(rest, int(version), "")
    return Pending(key, int(version), token)
