"""The fact table in Redis: standalone (>= 6.2), Redis Cluster or Valkey.

Keys, with ``ns`` the namespace; the two of sign-ins share a hash tag, and so a node, so that one
script counts in one step:

    ns:facts:STORE:SCOPE              zset  member by the ms of its first time; expires
    {ns:sign-ins:STORE}:counts        hash  name -> sign-ins; mark:SOURCE -> offset of the last
                                            record counted
    {ns:sign-ins:STORE}:customers     hash  pseudonym -> offset of the record that brought it

Members of a scope are customer keys, since they are told of each other, or event ids. A store's
sign-ins are on one node: adding up those of many partitions at each sign-in would cost more.
"""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import msgspec
from redis.asyncio import Redis, RedisCluster

from stream.groups.contribution import member_name
from stream.risk.facts import Answer, Question
from stream.risk.records import SignInCounts
from stream.tables import scripts
from stream.tables.facts import EXPIRY_S, MEMBERS, OTHERS, CountedSignIn, Totals, before, names
from stream.tables.scripts import Script, execute, run

_ASK = Script("ask")
_COUNT = Script("count_sign_ins")
#: Keys that one call of a script handles: fewer calls cost less, but a call blocks the server.
_KEYS_A_CALL = 64

_encode = msgspec.msgpack.Encoder().encode


class RedisFacts:
    """Keeps the contract of :class:`~stream.tables.facts.FactTable` in Redis."""

    def __init__(self, client: "Redis | RedisCluster", namespace: str) -> None:
        self._client: Any = client  # the two clients share no useful type
        self._keys_a_call = 1 if isinstance(client, RedisCluster) else _KEYS_A_CALL
        self._ns = namespace

    @classmethod
    def connect(cls, url: str, namespace: str) -> "RedisFacts":
        """A table at ``redis://``, ``rediss://`` or ``redis+cluster://``; connects when used."""
        return cls(scripts.connect(url), namespace)

    async def ask(self, questions: Sequence[tuple[str, Question]]) -> list[Answer]:
        if not questions:
            return []
        size = self._keys_a_call
        chunks = [questions[start : start + size] for start in range(0, len(questions), size)]

        def fill(pipe: Any) -> None:
            for chunk in chunks:
                keys = [f"{self._ns}:facts:{store_id}:{asked.scope}" for store_id, asked in chunk]
                asked = [
                    (each.member or "", each.at_ms, each.windows, each.tell) for _, each in chunk
                ]
                run(pipe, _ASK, keys, [_encode((MEMBERS, EXPIRY_S, OTHERS, asked))])

        return [
            Answer(tuple(counts), tuple(name.decode() for name in others), around)
            for answers in await execute(self._client, [_ASK], fill)
            for counts, others, around in answers
        ]

    async def count_sign_ins(
        self, source: str, sign_ins: Sequence[CountedSignIn]
    ) -> list[SignInCounts]:
        if not sign_ins:
            return []
        by_store: defaultdict[str, list[CountedSignIn]] = defaultdict(list)
        for sign_in in sign_ins:
            by_store[sign_in.store_id].append(sign_in)
        batches = [_Batch(store_id, mine) for store_id, mine in by_store.items()]

        def fill(pipe: Any) -> None:
            for batch in batches:
                tag = f"{{{self._ns}:sign-ins:{batch.store_id}}}"
                run(pipe, _COUNT, [f"{tag}:counts", f"{tag}:customers"], [batch.argument(source)])

        answers: dict[int, SignInCounts] = {}
        results = await execute(self._client, [_COUNT], fill)
        for batch, (counts, customers, brought) in zip(batches, results, strict=True):
            after = Totals(dict(zip(batch.wanted, counts, strict=True)), customers)
            answers |= zip(batch.offsets, before(batch.named, brought, after), strict=True)
        return [answers[sign_in.offset] for sign_in in sign_ins]

    async def close(self) -> None:
        await self._client.aclose()


class _Batch:
    """Sign-ins of one store, and all counts that they add to, each once."""

    def __init__(self, store_id: str, sign_ins: Sequence[CountedSignIn]) -> None:
        self.store_id = store_id
        self.offsets = [each.offset for each in sign_ins]
        self.named = [names(each.features) for each in sign_ins]
        self.wanted = list(dict.fromkeys(name for mine in self.named for name in mine))
        self._customers = [member_name(each.key) for each in sign_ins]

    def argument(self, source: str) -> bytes:
        """What the script takes."""
        place = {name: at for at, name in enumerate(self.wanted, 1)}.__getitem__
        sign_ins = [
            (offset, customer, *map(place, mine))
            for offset, customer, mine in zip(
                self.offsets, self._customers, self.named, strict=True
            )
        ]
        return _encode((f"mark:{source}", self.wanted, sign_ins))
