"""The reference: how a store's buyers are distributed, so that one of them can be compared.

A reference is data that ``describe`` reads, taken of a whole store at an instant and named by its
version. A document names the version that it was described with, so it can be made again.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from hashlib import blake2b

import msgspec
from msgspec import Struct, field

from stream.measures.repurchase import BUILTIN, RepurchaseModel
from stream.windows import DAY_MS, to_rfc3339

#: Quantiles kept of each distribution: 5 %, 10 %, … 95 %.
QUANTILES = 19
STEP_PERCENT = 5
#: Below so many buyers a store is compared with the built-in reference.
MIN_BUYERS = 20

#: Version of what stores with fewer buyers are compared with.
BUILTIN_VERSION = "builtin-1"

#: Hexadecimal digits of a version.
VERSION_DIGITS = 12

#: 19 ascending quantiles.
Quantiles = tuple[int, ...]


class StoreReference(Struct, frozen=True, kw_only=True):
    """Distributions over the buyers of one store; amounts in minor units.

    ``recency_days``   days since the newest order, rounded down
    ``orders``         orders ever completed
    ``amount``         their sum
    ``average_order``  amount / orders, rounded half up
    ``price``          median price of the products met in the window, over those who met any
    ``repurchase``     model of buying again, fitted to the store where it has customers enough
    """

    buyers: int
    recency_days: Quantiles
    orders: Quantiles
    amount: Quantiles
    average_order: Quantiles
    price: Quantiles
    repurchase: RepurchaseModel = BUILTIN


class Reference(Struct, frozen=True, kw_only=True):
    """The references of all stores, taken together; ``taken_at`` is RFC 3339."""

    version: str
    taken_at: str
    stores: dict[str, StoreReference]

    def of(self, store_id: str, decimals: int) -> tuple[str, StoreReference]:
        """Version and distributions that a store's customers are compared with."""
        found = self.stores.get(store_id)
        return (BUILTIN_VERSION, _builtin(decimals)) if found is None else (self.version, found)


#: The reference before any was taken.
NONE_TAKEN = Reference(version=BUILTIN_VERSION, taken_at="1970-01-01T00:00:00.000Z", stores={})


class Buyer(Struct, frozen=True, kw_only=True):
    """What a reference takes of one customer; amounts in minor units, none below 0.

    ``price`` is the median price of the products met in the window, None where none was met.
    """

    store_id: str
    orders: int
    amount: int
    last_order_ms: int
    price: int | None


class _Values(Struct):
    """Values of one distribution in buckets of about 2 %, so that few need to be sorted."""

    count: int = 0
    buckets: dict[int, list[int]] = field(default_factory=dict)

    def add(self, value: int) -> None:
        # The leading six bits and how many follow: greater for greater values.
        rest = max(0, value.bit_length() - 6)
        self.buckets.setdefault(rest << 6 | value >> rest, []).append(value)
        self.count += 1

    def quantiles(self) -> Quantiles:
        """By nearest rank, ``ceil(n * p)``; zeros where there are no values."""
        if not self.count:
            return (0,) * QUANTILES
        parts = QUANTILES + 1
        return tuple(self._at(-(-self.count * part // parts) - 1 for part in range(1, parts)))

    def _at(self, ranks: Iterable[int]) -> Iterator[int]:
        """The values at ascending ranks, counted from 0."""
        buckets = iter(sorted(self.buckets))
        first, bucket = 0, list[int]()
        for rank in ranks:
            while rank >= first + len(bucket):
                first += len(bucket)
                bucket = sorted(self.buckets[next(buckets)])
            yield bucket[rank - first]


class _StoreSample(Struct):
    recency_days: _Values = field(default_factory=_Values)
    orders: _Values = field(default_factory=_Values)
    amount: _Values = field(default_factory=_Values)
    average_order: _Values = field(default_factory=_Values)
    price: _Values = field(default_factory=_Values)


class Sample:
    """Gathers the buyers of all stores, one at a time and in any order, into a reference."""

    def __init__(self, taken_at_ms: int) -> None:
        self._taken_at_ms = taken_at_ms
        self._stores: dict[str, _StoreSample] = {}

    def add(self, buyer: Buyer) -> None:
        """Count a customer; one who never bought is passed over.

        An order later than the taking, by a clock that is ahead, is 0 days old.
        """
        if buyer.orders <= 0:
            return
        store = self._stores.setdefault(buyer.store_id, _StoreSample())
        store.recency_days.add(max(0, self._taken_at_ms - buyer.last_order_ms) // DAY_MS)
        store.orders.add(buyer.orders)
        store.amount.add(buyer.amount)
        store.average_order.add((2 * buyer.amount + buyer.orders) // (2 * buyer.orders))
        if buyer.price is not None:
            store.price.add(buyer.price)

    def reference(self, models: Mapping[str, RepurchaseModel] | None = None) -> Reference:
        """The distributions of every store with :data:`MIN_BUYERS` buyers, and its model.

        A store without a model of its own has the built-in one. Where there is no such store the
        version is that of the built-in reference.
        """
        fitted = models or {}
        stores = {
            store_id: StoreReference(
                buyers=store.orders.count,
                recency_days=store.recency_days.quantiles(),
                orders=store.orders.quantiles(),
                amount=store.amount.quantiles(),
                average_order=store.average_order.quantiles(),
                price=store.price.quantiles(),
                repurchase=fitted.get(store_id, BUILTIN),
            )
            for store_id, store in sorted(self._stores.items())
            if store.orders.count >= MIN_BUYERS
        }
        return Reference(
            version=_version(stores), taken_at=to_rfc3339(self._taken_at_ms), stores=stores
        )


def take(buyers: Iterable[Buyer], taken_at_ms: int) -> Reference:
    """The reference of these buyers, as of an instant; see :class:`Sample`."""
    sample = Sample(taken_at_ms)
    for buyer in buyers:
        sample.add(buyer)
    return sample.reference()


def _version(stores: dict[str, StoreReference]) -> str:
    """A name that depends on the distributions alone: the same ones never get another."""
    if not stores:
        return BUILTIN_VERSION
    content = msgspec.json.encode(stores, order="deterministic")
    return blake2b(content, digest_size=VERSION_DIGITS // 2).hexdigest()


def quantiles(values: Iterable[int]) -> Quantiles:
    """The 19 quantiles of values >= 0 by nearest rank, ``ceil(n * p)``; zeros where none are."""
    gathered = _Values()
    for value in values:
        gathered.add(value)
    return gathered.quantiles()


def percentile(distribution: Sequence[int], value: int) -> int:
    """Percent of the store's buyers that lie below a value, rounded down to fives: 0 to 95."""
    return bisect_left(distribution, value) * STEP_PERCENT


def fifth(distribution: Sequence[int], value: int) -> int:
    """The fifth of the buyers that a value falls into: 1 the lowest to 5 the highest."""
    return 1 + percentile(distribution, value) // 20


@cache
def _builtin(decimals: int) -> StoreReference:
    """Round figures of a general shop, in a currency whose unit is worth about a US dollar.

    They only stand in until a store has :data:`MIN_BUYERS` buyers and a reference was taken.
    """
    unit = 10**decimals
    recency = (2, 4, 7, 10, 14, 21, 30, 40, 50, 60, 75, 90, 120, 150, 180, 240, 300, 365, 540)
    orders = (1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 6, 8, 12, 20)
    amount = (10, 15, 20, 25, 30, 40, 50, 60, 75, 90, 110, 140, 180, 230, 300, 400, 550, 800, 1500)
    average = (8, 12, 15, 18, 21, 25, 29, 33, 38, 43, 49, 56, 64, 74, 86, 100, 125, 165, 250)
    price = (3, 5, 7, 9, 11, 13, 15, 17, 20, 23, 26, 30, 35, 41, 49, 60, 80, 115, 200)
    return StoreReference(
        buyers=0,
        recency_days=recency,
        orders=orders,
        amount=tuple(value * unit for value in amount),
        average_order=tuple(value * unit for value in average),
        price=tuple(value * unit for value in price),
    )
