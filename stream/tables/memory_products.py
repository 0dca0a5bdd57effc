"""The product table in memory: for tests and for trying things out without Redis."""

from collections import defaultdict
from collections.abc import Sequence

from stream.groups.acceptance import ProductFacts
from stream.groups.contribution import member_name
from stream.profile.encounters import Encounter

#: Name -> its earliest time, ms.
_Earliest = dict[str, int]


class MemoryProducts:
    """Keeps the contract of :class:`~stream.tables.products.ProductTable` in dictionaries."""

    def __init__(self) -> None:
        self._appeared: defaultdict[str, _Earliest] = defaultdict(dict)
        self._viewed: defaultdict[tuple[str, str], _Earliest] = defaultdict(dict)
        self._bought: defaultdict[tuple[str, str], _Earliest] = defaultdict(dict)

    async def note(self, encounters: Sequence[Encounter]) -> None:
        for met in encounters:
            product = (met.store_id, met.product_id)
            _keep(self._appeared[met.store_id], met.product_id, met.met_ms)
            if met.viewed_ms is not None:
                _keep(self._viewed[product], member_name(met.key), met.viewed_ms)
            if met.bought_ms is not None:
                _keep(self._bought[product], member_name(met.key), met.bought_ms)

    async def of(self, store_id: str, product_id: str) -> ProductFacts | None:
        first_ms = self._appeared[store_id].get(product_id)
        if first_ms is None:
            return None
        viewed, bought = (kept[store_id, product_id] for kept in (self._viewed, self._bought))
        return ProductFacts(store_id, product_id, first_ms, dict(viewed), dict(bought))

    async def newest(self, store_id: str, limit: int) -> list[tuple[str, int]]:
        appeared = self._appeared[store_id].items()
        return sorted(appeared, key=lambda each: (each[1], each[0]), reverse=True)[:limit]

    async def close(self) -> None:
        pass


def _keep(times: _Earliest, name: str, at_ms: int) -> None:
    times[name] = min(at_ms, times.get(name, at_ms))
