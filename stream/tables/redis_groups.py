"""The group table in Redis: standalone (>= 6.2), Redis Cluster or Valkey.

Keys, with ``ns`` the namespace; those of a partition share a hash tag, and so a node, so that one
script applies a write in one step:

    ns:groups                                    set     partitions of ``portraits`` counted
    {ns:groups:PARTITION}:mark:TOPIC             string  offset of the last record counted
    {ns:groups:PARTITION}:members                hash    pseudonym -> contribution (MessagePack)
    {ns:groups:PARTITION}:customers              hash    STORE:SEGMENT -> customers in the group
    {ns:groups:PARTITION}:sums:STORE:SEGMENT     hash    name -> sum; no SEGMENT: the whole store
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from redis.asyncio import Redis, RedisCluster

from stream.groups.contribution import first_order_ms
from stream.groups.sums import Group, Terms
from stream.tables import scripts
from stream.tables.groups import NO_MARK, GroupWrite
from stream.tables.scripts import Script, execute, run, transient

_APPLY = Script("apply_groups")
_SCAN_COUNT = 500


class RedisGroups:
    """Keeps the contract of :class:`~stream.tables.groups.GroupTable` in Redis.

    ``topic`` is the broker's name of ``portraits``: another one has offsets, and marks, of its own,
    while members and sums go on.
    """

    def __init__(
        self, client: "Redis | RedisCluster", namespace: str, topic: str = "portraits"
    ) -> None:
        self._client: Any = client  # the two clients share no useful type
        self._partitions = f"{namespace}:groups"
        self._mark = f"mark:{topic}"

    @classmethod
    def connect(cls, url: str, namespace: str, topic: str = "portraits") -> "RedisGroups":
        """A table at ``redis://``, ``rediss://`` or ``redis+cluster://``; connects when used."""
        return cls(scripts.connect(url), namespace, topic)

    async def mark(self, partition: int) -> int:
        with transient():
            found = await self._client.get(self._key(partition, self._mark))
        return NO_MARK if found is None else int(found)

    async def members(self, partition: int, names: Sequence[str]) -> list[bytes | None]:
        if not names:
            return []
        with transient():
            found: list[bytes | None] = await self._client.hmget(
                self._key(partition, "members"), list(names)
            )
        return found

    async def apply(self, partition: int, write: GroupWrite) -> bool:
        if write.seen_mark == NO_MARK:
            # Before the sums: a partition that is named without having any does no harm.
            with transient():
                await self._client.sadd(self._partitions, partition)
        keys = [self._key(partition, name) for name in (self._mark, "members", "customers")]
        values: list[str | int | bytes] = [write.seen_mark, write.mark, len(write.members)]
        for member in write.members.items():
            values += member
        for group, terms in write.changes.items():
            keys.append(self._key(partition, f"sums:{_text(group)}"))
            values += (_text(group), len(terms))
            for term in terms.items():
                values += term
        (done,) = await execute(
            self._client, [_APPLY], lambda pipe: run(pipe, _APPLY, keys, values)
        )
        return bool(done == 1)

    async def marks(self) -> dict[int, int]:
        found = await self._of_all("get", self._mark)
        return {partition: int(mark) for partition, mark in found.items() if mark is not None}

    async def groups(self) -> dict[Group, int]:
        found: Counter[Group] = Counter()
        for customers in (await self._of_all("hgetall", "customers")).values():
            found.update({_group(name): int(count) for name, count in customers.items()})
        return dict(found)

    async def first_orders(self, store_id: str) -> dict[str, int]:
        found: dict[str, int] = {}
        with transient():
            for partition in await self._client.smembers(self._partitions):
                name = self._key(int(partition), "members")
                async for member, stored in self._client.hscan_iter(name, count=_SCAN_COUNT):
                    first_ms = first_order_ms(stored, store_id)
                    if first_ms is not None:
                        found[member.decode()] = first_ms
        return found

    async def sums(self, group: Group) -> Terms:
        found: Counter[str] = Counter()
        for terms in (await self._of_all("hgetall", f"sums:{_text(group)}")).values():
            found.update({name.decode(): int(term) for name, term in terms.items()})
        return dict(found)

    async def close(self) -> None:
        await self._client.aclose()

    async def _of_all(self, command: str, name: str) -> dict[int, Any]:
        """The answer to a command on the key of that name, by partition."""
        with transient():
            partitions = sorted(map(int, await self._client.smembers(self._partitions)))
            pipe = self._client.pipeline(transaction=False)
            for partition in partitions:
                getattr(pipe, command)(self._key(partition, name))
            return dict(zip(partitions, await pipe.execute(), strict=True))

    def _key(self, partition: int, name: str) -> str:
        return f"{{{self._partitions}:{partition}}}:{name}"


def _text(group: Group) -> str:
    return ":".join(group)


def _group(text: bytes) -> Group:
    store_id, _, segment = text.decode().rpartition(":")  # a store may have colons in its name
    return store_id, segment
