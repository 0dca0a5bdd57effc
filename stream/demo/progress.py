"""Counts what the workers make of the events: from the topics, from Redis, from their metrics."""

from collections.abc import Sequence
from typing import Self

import msgspec

from stream.backlog import Backlog, Partition
from stream.demo.attackers.caught import watch
from stream.demo.crowd import Crowd, crowd
from stream.demo.figures import SHOP_TOPICS, Face, face
from stream.demo.follower import Follower
from stream.demo.simulation import Simulation
from stream.demo.visitors import Visitor
from stream.events import INTERNAL_TOPICS, customer_key
from stream.groups.portrait import describe
from stream.settings import Settings
from stream.standards import load_standards
from stream.tables.redis import RedisTable
from stream.tables.redis_groups import RedisGroups
from stream.topics import PORTRAITS

_STORE = "main"


class Progress:
    """Figures, faces and the crowd of a running demo; an asynchronous context manager."""

    def __init__(self, settings: Settings, simulation: Simulation) -> None:
        self._simulation = simulation
        self._visitors = choose(simulation.visitors)
        self._standards = load_standards(settings)
        self._from_shop: list[Partition] = []
        #: What workers tell one another, and what they read of their own, in this order.
        self._from_workers: list[list[Partition]] = []
        self._backlog = Backlog(settings)
        self._table = RedisTable.connect(settings.redis, settings.namespace)
        self._groups = RedisGroups.connect(settings.redis, settings.namespace)
        self.followed = Follower(settings)

    async def __aenter__(self) -> Self:
        await self._backlog.__aenter__()
        try:
            self._from_shop = await self._backlog.partitions(SHOP_TOPICS)
            self._from_workers = [
                await self._backlog.partitions(names) for names in (INTERNAL_TOPICS, (PORTRAITS,))
            ]
            await self.followed.__aenter__()
        except BaseException:
            await self._backlog.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.followed.__aexit__()
        await self._backlog.__aexit__()
        await self._groups.close()
        await self._table.close()

    async def committed(self) -> int:
        """Events that the workers have committed; the topics began empty, so offsets count."""
        return sum((await self._backlog.committed(self._from_shop)).values())

    async def internal_lag(self) -> int:
        """What workers have told one another, or published, and not taken in yet.

        The groups are asked for when the rest is done: it makes portraits that they have to count.
        """
        for partitions in self._from_workers:
            ends = await self._backlog.end_offsets(partitions)
            committed = await self._backlog.committed(partitions)
            if lag := sum(max(0, end - committed[each]) for each, end in ends.items()):
                return lag
        return 0

    async def faces(self) -> list[Face]:
        """Portraits of the chosen customers as they stand in Redis, as far as there are any."""
        keys = [customer_key(_STORE, visitor.customer_id) for visitor in self._visitors]
        records = await self._table.load(keys)
        return [
            face(visitor.customer_id, _home(visitor), msgspec.json.decode(record.document))
            for visitor, record in zip(self._visitors, records, strict=True)
            if record is not None and record.document is not None
        ]

    async def crowd(self) -> Crowd:
        """All customers together, as the workers' groups and the published portraits have them."""
        whole = (_STORE, "")
        sizes = await self._groups.groups()
        store = describe(whole, await self._groups.sums(whole), self._standards.currency)
        found = crowd(
            self._standards,
            store,
            {segment: size for (store_id, segment), size in sizes.items() if store_id == _STORE},
            self.followed.fits,
            self.followed.last_moves,
        )
        honest = {visitor.customer_id for visitor in self._simulation.visitors}
        seen = watch(self._simulation.attacks, honest, self.followed.high)
        return msgspec.structs.replace(found, watch=seen)


def choose(visitors: Sequence[Visitor]) -> list[Visitor]:
    """The busiest customer of each daily rhythm."""
    busiest: dict[str, Visitor] = {}
    for visitor in visitors:
        rival = busiest.get(visitor.rhythm)
        if rival is None or visitor.activity > rival.activity:
            busiest[visitor.rhythm] = visitor
    return list(busiest.values())


def _home(visitor: Visitor) -> str:
    return f"{visitor.home.zone}, {visitor.rhythm} type"
