"""The product table in Redis: standalone (>= 6.2), Redis Cluster or Valkey.

Keys, with ``ns`` the namespace:

    ns:products:STORE                 zset   product by the ms of its first appearance
    ns:product:STORE:PRODUCT:viewed   zset   member by the ms of the first view
    ns:product:STORE:PRODUCT:bought   zset   member by the ms of the first purchase

Scores only ever fall (``ZADD LT``), so that writing again does no harm.
"""

from collections import OrderedDict, defaultdict
from collections.abc import Hashable, Sequence
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from stream.groups.acceptance import ACCEPTANCE_MS, ProductFacts
from stream.groups.contribution import member_name
from stream.profile.encounters import Encounter
from stream.tables import scripts
from stream.tables.scripts import transient

#: Views and purchases go so long after a worker first wrote some of the product.
_EXPIRY_S = 400 * 24 * 3600
#: Products whose appearance a worker remembers, at about 260 bytes each.
_PRODUCTS_REMEMBERED = 50_000
#: Views and purchases that a worker remembers to have written, at about 340 bytes each.
_WRITTEN_REMEMBERED = 50_000

_Product = tuple[str, str]
_Fact = tuple[str, str, str, str]  # store, product, kind, customer key
_K = TypeVar("_K", bound=Hashable)


class _Recent(Generic[_K]):
    """Times by key, the least recently used dropped beyond a limit."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        # Not a dict: it would look for its oldest entry among all the deleted ones.
        self._times: OrderedDict[_K, int] = OrderedDict()

    def get(self, key: _K) -> int | None:
        found = self._times.get(key)
        if found is not None:
            self._times.move_to_end(key)
        return found

    def put(self, key: _K, at_ms: int) -> None:
        self._times[key] = at_ms
        self._times.move_to_end(key)
        if len(self._times) > self._limit:
            self._times.popitem(last=False)

    def clear(self) -> None:
        self._times.clear()


class _News(Struct):
    """What of a batch is not known to be written: times by product, and by customer key."""

    appeared: defaultdict[str, dict[str, int]] = field(default_factory=lambda: defaultdict(dict))
    facts: defaultdict[tuple[str, str, str], dict[str, int]] = field(
        default_factory=lambda: defaultdict(dict)
    )


class RedisProducts:
    """Keeps the contract of :class:`~stream.tables.products.ProductTable` in Redis.

    What it remembers to have written can only be too high, whoever else writes: leaving out what
    is not lower is safe, and so is leaving out what lies too long after an appearance.
    """

    def __init__(self, client: Any, namespace: str) -> None:
        self._client = client  # standalone or cluster: they share no useful type
        self._ns = namespace
        self._appeared: _Recent[_Product] = _Recent(_PRODUCTS_REMEMBERED)
        self._written: _Recent[_Fact] = _Recent(_WRITTEN_REMEMBERED)
        self._expiring: _Recent[tuple[str, str, str]] = _Recent(_PRODUCTS_REMEMBERED)

    @classmethod
    def connect(cls, url: str, namespace: str) -> "RedisProducts":
        """A table at ``redis://``, ``rediss://`` or ``redis+cluster://``; connects when used."""
        return cls(scripts.connect(url), namespace)

    async def note(self, encounters: Sequence[Encounter]) -> None:
        """See the contract. One round trip, and none where nothing is new."""
        news = self._news(encounters)
        if not (news.appeared or news.facts):
            return
        pipe = self._client.pipeline(transaction=False)
        for store_id, products in news.appeared.items():
            pipe.zadd(self._products(store_id), products, lt=True)
            pipe.zmscore(self._products(store_id), list(products))
        for (store_id, product_id, kind), customers in news.facts.items():
            name = self._product(store_id, product_id, kind)
            members = {member_name(key): at_ms for key, at_ms in customers.items()}
            pipe.zadd(name, members, lt=True)
            if self._expiring.get((store_id, product_id, kind)) is None:
                pipe.expire(name, _EXPIRY_S)
        try:
            with transient():
                results = await pipe.execute()
        except BaseException:
            # A server that restarts may have lost what it had taken before.
            self._forget()
            raise
        self._remember(news, results)

    async def of(self, store_id: str, product_id: str) -> ProductFacts | None:
        pipe = self._client.pipeline(transaction=False)
        pipe.zscore(self._products(store_id), product_id)
        for kind in ("viewed", "bought"):
            pipe.zrange(self._product(store_id, product_id, kind), 0, -1, withscores=True)
        with transient():
            first_ms, viewed, bought = await pipe.execute()
        if first_ms is None:
            return None
        return ProductFacts(store_id, product_id, int(first_ms), _times(viewed), _times(bought))

    async def newest(self, store_id: str, limit: int) -> list[tuple[str, int]]:
        with transient():
            rows = await self._client.zrevrange(
                self._products(store_id), 0, limit - 1, withscores=True
            )
        return list(_times(rows).items())

    async def close(self) -> None:
        await self._client.aclose()

    def _news(self, encounters: Sequence[Encounter]) -> _News:
        news = _News()
        for met in encounters:
            store_id, product_id = met.store_id, met.product_id
            first_ms = self._appeared.get((store_id, product_id))
            if first_ms is None or met.met_ms < first_ms:
                _keep(news.appeared[store_id], product_id, met.met_ms)
            for kind, at_ms in (("viewed", met.viewed_ms), ("bought", met.bought_ms)):
                if at_ms is None or (first_ms is not None and at_ms - first_ms >= ACCEPTANCE_MS):
                    continue
                written_ms = self._written.get((store_id, product_id, kind, met.key))
                if written_ms is None or at_ms < written_ms:
                    _keep(news.facts[store_id, product_id, kind], met.key, at_ms)
        return news

    def _remember(self, news: _News, results: Sequence[Any]) -> None:
        scores = results[1 : 2 * len(news.appeared) : 2]
        for (store_id, products), firsts in zip(news.appeared.items(), scores, strict=True):
            for product_id, first_ms in zip(products, firsts, strict=True):
                self._appeared.put((store_id, product_id), int(first_ms))
        for place, customers in news.facts.items():
            self._expiring.put(place, 0)
            for key, at_ms in customers.items():
                self._written.put((*place, key), at_ms)

    def _forget(self) -> None:
        for remembered in (self._appeared, self._written, self._expiring):
            remembered.clear()

    def _products(self, store_id: str) -> str:
        return f"{self._ns}:products:{store_id}"

    def _product(self, store_id: str, product_id: str, kind: str) -> str:
        return f"{self._ns}:product:{store_id}:{product_id}:{kind}"


def _keep(times: dict[str, int], name: str, at_ms: int) -> None:
    times[name] = min(at_ms, times.get(name, at_ms))


def _times(rows: Sequence[tuple[bytes, float]]) -> dict[str, int]:
    return {name.decode(): int(score) for name, score in rows}
