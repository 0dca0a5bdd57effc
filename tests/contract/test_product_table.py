"""What tables keep of products, held against memory, Valkey, Redis and Redis Cluster."""

import random
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from stream.child import HOST, free_ports
from stream.errors import Transient
from stream.groups.acceptance import Acceptance, ProductFacts, acceptance
from stream.groups.contribution import Contribution, Member, member_name, to_bytes
from stream.profile.encounters import Encounter
from stream.tables import redis_products as module
from stream.tables.groups import NO_MARK, GroupWrite
from stream.tables.memory_products import MemoryProducts
from stream.tables.products import ProductTable
from stream.tables.redis_groups import RedisGroups
from stream.tables.redis_products import RedisProducts
from tests.contract.conftest import REDISES, Place

DAY_MS = 86_400_000
FIRST_MS = 1_740_830_400_000
A, B = member_name("main/a"), member_name("main/b")

CALLS: dict[str, Callable[[ProductTable], Awaitable[object]]] = {
    "note": lambda table: table.note([met(5, viewed=5)]),
    "of": lambda table: table.of("main", "p1"),
    "newest": lambda table: table.newest("main", 1),
}


@pytest.fixture(params=["memory", *REDISES])
def new_products(request: pytest.FixtureRequest) -> Callable[[], ProductTable]:
    """Makes tables that share what they keep, as those of two workers do."""
    if request.param == "memory":
        memory = MemoryProducts()
        return lambda: memory
    url = request.getfixturevalue(REDISES[request.param]).url
    namespace = f"t{uuid.uuid4().hex[:12]}"
    return lambda: RedisProducts.connect(url, namespace)


@pytest.fixture
async def products(new_products: Callable[[], ProductTable]) -> AsyncIterator[ProductTable]:
    made = new_products()
    yield made
    await made.close()


@pytest.fixture
async def others(new_products: Callable[[], ProductTable]) -> AsyncIterator[ProductTable]:
    """The same products as another worker sees them."""
    made = new_products()
    yield made
    await made.close()


@pytest.fixture
async def redis_products(place: Place) -> AsyncIterator[RedisProducts]:
    made = RedisProducts.connect(place.url, place.namespace)
    yield made
    await made.close()


def met(
    met_ms: int, product_id: str = "p1", customer_id: str = "a", store_id: str = "main",
    *, viewed: int | None = None, bought: int | None = None,
) -> Encounter:  # fmt: skip
    key = f"{store_id}/{customer_id}"
    return Encounter(store_id, product_id, key, met_ms, viewed, bought)


# --- what is kept ---------------------------------------------------------------------------


async def test_a_product_that_never_appeared_is_not_known(products: ProductTable) -> None:
    await products.note([])
    assert await products.of("main", "p1") is None
    assert await products.newest("main", 10) == []


async def test_what_is_noted_is_kept_for_every_worker(
    products: ProductTable, others: ProductTable
) -> None:
    await products.note([met(5, viewed=5), met(3, customer_id="b", viewed=7, bought=9)])
    expected = ProductFacts("main", "p1", 3, {A: 5, B: 7}, {B: 9})
    assert await products.of("main", "p1") == await others.of("main", "p1") == expected


async def test_only_the_earliest_time_of_each_fact_stays(
    products: ProductTable, others: ProductTable
) -> None:
    await products.note([met(50, viewed=50, bought=60)])
    await others.note([met(40, viewed=45, bought=70)])
    await products.note([met(41, viewed=42, bought=65), met(80, viewed=80, bought=80)])
    await others.note([met(90, viewed=90, bought=59)])
    assert await others.of("main", "p1") == ProductFacts("main", "p1", 40, {A: 42}, {A: 59})


async def test_noting_the_same_again_changes_nothing(
    products: ProductTable, others: ProductTable
) -> None:
    batch = [met(5, viewed=6, bought=7), met(5, "p2", viewed=5)]
    for table in (products, products, others):
        await table.note(batch)
    assert await products.of("main", "p1") == ProductFacts("main", "p1", 5, {A: 6}, {A: 7})
    assert await products.of("main", "p2") == ProductFacts("main", "p2", 5, {A: 5}, {})


async def test_stores_and_products_of_any_name_are_kept_apart(products: ProductTable) -> None:
    names = ["p", "p:viewed", "{p}", "p/1", "商品", " "]
    for number, name in enumerate(names):
        await products.note([met(number, name, viewed=number), met(50, name, store_id="s2")])
    for number, name in enumerate(names):
        assert await products.of("main", name) == ProductFacts(
            "main", name, number, {A: number}, {}
        )
        assert await products.of("s2", name) == ProductFacts("s2", name, 50, {}, {})


async def test_the_newest_products_come_first_and_equal_ones_by_name(
    products: ProductTable,
) -> None:
    times = {"a": 10, "b": 30, "c": 20, "商": 20, "z": 20}
    await products.note([met(at_ms, name) for name, at_ms in times.items()])
    await products.note([met(99, "other", store_id="s2")])
    newest = [("b", 30), ("商", 20), ("z", 20), ("c", 20), ("a", 10)]
    assert await products.newest("main", 10) == newest
    assert await products.newest("main", 2) == newest[:2]
    await products.note([met(5, "b")])  # it came late
    assert (await products.newest("main", 10))[-1] == ("b", 5)


async def test_times_are_kept_to_the_millisecond(products: ProductTable) -> None:
    at_ms = 4_102_444_799_999  # the end of the year 2099
    await products.note([met(at_ms, viewed=at_ms, bought=at_ms)])
    assert await products.of("main", "p1") == ProductFacts(
        "main", "p1", at_ms, {A: at_ms}, {A: at_ms}
    )


async def test_an_appearance_that_moves_back_moves_the_90_days(
    products: ProductTable, others: ProductTable
) -> None:
    first_orders = {A: 0, B: 0}
    late = FIRST_MS + 60 * DAY_MS
    await products.note([met(late, viewed=late + 80 * DAY_MS)])
    await others.note([met(FIRST_MS, customer_id="b", viewed=FIRST_MS)])
    await products.note([met(FIRST_MS + DAY_MS, customer_id="b", bought=FIRST_MS + DAY_MS)])
    facts = await products.of("main", "p1")
    assert facts is not None
    found = acceptance(facts, first_orders, late)
    assert (found.first_seen_at, found.viewed, found.bought) == ("2025-03-01T12:00:00.000Z", 1, 1)


@pytest.mark.parametrize("seed", range(4))
async def test_any_order_and_any_batching_on_two_workers_gives_the_same_acceptance(
    seed: int, products: ProductTable, others: ProductTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(seed)
    first_orders = {member_name(f"main/c{n}"): FIRST_MS + n * 20 * DAY_MS for n in range(8)}

    def encounter() -> Encounter:
        at_ms = FIRST_MS + rng.randrange(150) * DAY_MS + rng.randrange(3)
        viewed, bought = (rng.choice([None, at_ms + rng.randrange(2) * DAY_MS]) for _ in "vb")
        product, customer = f"p{rng.randrange(4)}", f"c{rng.randrange(8)}"
        return met(at_ms, product, customer, viewed=viewed, bought=bought)

    history = [encounter() for _ in range(120)]
    memory = MemoryProducts()
    await memory.note(history)
    rng.shuffle(history)
    for table in (products, others):
        if isinstance(table, RedisProducts):  # so that it forgets
            monkeypatch.setattr(table, "_written", module._Recent(5))
            monkeypatch.setattr(table, "_appeared", module._Recent(3))
    while history:
        size = rng.randrange(1, 20)
        await rng.choice([products, others]).note(history[:size])
        history = history[size:]
    for product_id in ("p0", "p1", "p2", "p3"):
        expected = await _accepted(memory, product_id, first_orders)
        assert await _accepted(products, product_id, first_orders) == expected
    assert await others.newest("main", 9) == await memory.newest("main", 9)


async def _accepted(
    table: ProductTable, product_id: str, first_orders: dict[str, int]
) -> Acceptance:
    facts = await table.of("main", product_id)
    assert facts is not None
    return acceptance(facts, first_orders, FIRST_MS + 200 * DAY_MS)


# --- what it costs, in Redis ----------------------------------------------------------------


@pytest.fixture
def round_trips(redis_products: RedisProducts, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each pipeline that the table sends: its commands."""
    seen: list[int] = []
    pipeline = redis_products._client.pipeline

    def counted(**options: object) -> object:
        pipe = pipeline(**options)
        execute = pipe.execute

        async def counting() -> object:
            seen.append(len(pipe))
            return await execute()

        pipe.execute = counting
        return pipe

    monkeypatch.setattr(redis_products._client, "pipeline", counted)
    return seen


async def test_a_batch_takes_one_round_trip_and_the_same_again_none(
    redis_products: RedisProducts, round_trips: list[int]
) -> None:
    batch = [met(5, f"p{n}", f"c{m}", viewed=6, bought=7) for n in range(3) for m in range(9)]
    await redis_products.note(batch)
    # The appearances and their scores; of three products views and purchases, with their expiry.
    assert round_trips == [2 + 3 * 2 * 2]
    await redis_products.note(batch)
    await redis_products.note([met(8, "p1", "c1", viewed=9, bought=9)])
    assert len(round_trips) == 1
    await redis_products.note([met(8, "p1", "c99", viewed=9)])
    assert round_trips[1:] == [1]


async def test_an_old_product_costs_no_command_once_its_appearance_is_known(
    redis_products: RedisProducts, round_trips: list[int], place: Place
) -> None:
    await place.raw.zadd(f"{place.namespace}:products:main", {"p1": FIRST_MS})
    limit_ms = FIRST_MS + 90 * DAY_MS
    await redis_products.note([met(limit_ms, customer_id="x")])
    assert len(round_trips) == 1
    await redis_products.note(
        [met(limit_ms, viewed=limit_ms, bought=limit_ms + DAY_MS), met(limit_ms + DAY_MS)]
    )
    assert len(round_trips) == 1
    await redis_products.note([met(limit_ms - 1, viewed=limit_ms - 1)])
    assert len(round_trips) == 2
    facts = await redis_products.of("main", "p1")
    assert facts == ProductFacts("main", "p1", FIRST_MS, {A: limit_ms - 1}, {})


async def test_what_it_remembers_is_bounded_and_the_least_recently_used_goes(
    redis_products: RedisProducts, round_trips: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_products, "_written", module._Recent(2))
    for customer in ("a", "b", "a", "c"):  # b was used before a was used again
        await redis_products.note([met(5, customer_id=customer, viewed=6)])
    assert len(round_trips) == 3
    for customer in ("a", "c"):
        await redis_products.note([met(5, customer_id=customer, viewed=6)])
    assert len(round_trips) == 3
    await redis_products.note([met(5, customer_id="b", viewed=6)])
    assert len(round_trips) == 4


async def test_what_failed_is_written_when_it_is_noted_again(
    redis_products: RedisProducts, monkeypatch: pytest.MonkeyPatch
) -> None:
    batch = [met(5, viewed=6)]
    with monkeypatch.context() as patch:
        patch.setattr(module, "member_name", lambda _: object())  # nothing that Redis takes
        with pytest.raises(Transient):
            await redis_products.note(batch)
    await redis_products.note(batch)
    assert await redis_products.of("main", "p1") == ProductFacts("main", "p1", 5, {A: 6}, {})


async def test_after_a_failure_nothing_counts_as_written(
    redis_products: RedisProducts, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A server that came back from a crash may have lost its last second.
    await redis_products.note([met(5, viewed=6)])
    for kind in ("products:main", "product:main:p1:viewed"):
        await place.raw.delete(f"{place.namespace}:{kind}")
    with monkeypatch.context() as patch:
        patch.setattr(module, "member_name", lambda _: object())
        with pytest.raises(Transient):
            await redis_products.note([met(7, viewed=7, customer_id="b")])
    await redis_products.note([met(8, viewed=9)])
    assert await redis_products.of("main", "p1") == ProductFacts("main", "p1", 8, {A: 9}, {})


# --- layout ---------------------------------------------------------------------------------


async def test_the_keys_are_named_as_documented_and_customers_are_pseudonyms(
    redis_products: RedisProducts, place: Place
) -> None:
    await redis_products.note([met(5, "p:1", viewed=6, bought=7)])
    product = f"{place.namespace}:product:main:p:1"
    assert await place.raw.zscore(f"{place.namespace}:products:main", "p:1") == 5
    assert await place.raw.zrange(f"{product}:viewed", 0, -1, withscores=True) == [
        (A.encode(), 6.0)
    ]
    assert await place.raw.zrange(f"{product}:bought", 0, -1, withscores=True) == [
        (A.encode(), 7.0)
    ]


async def test_views_and_purchases_expire_after_400_days_and_products_never(
    redis_products: RedisProducts, place: Place
) -> None:
    await redis_products.note([met(5, viewed=6, bought=7)])
    for kind in ("viewed", "bought"):
        name = f"{place.namespace}:product:main:p1:{kind}"
        assert 400 * 86_400 - 60 < await place.raw.ttl(name) <= 400 * 86_400
        await place.raw.expire(name, 1000)
    await redis_products.note([met(5, customer_id="b", viewed=6)])
    # Only what a worker writes first counts: else a product that sells would be kept for ever.
    assert await place.raw.ttl(f"{place.namespace}:product:main:p1:viewed") <= 1000
    assert await place.raw.ttl(f"{place.namespace}:products:main") == -1


async def test_namespaces_share_no_product(redis_products: RedisProducts, place: Place) -> None:
    await redis_products.note([met(5, viewed=6)])
    longer = RedisProducts.connect(place.url, f"{place.namespace}2")
    assert await longer.of("main", "p1") is None
    await longer.close()


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("scheme", ["redis", "redis+cluster"])
async def test_a_server_that_is_not_there_is_a_transient_failure(name: str, scheme: str) -> None:
    table = RedisProducts.connect(f"{scheme}://{HOST}:{free_ports(1)[0]}", "nowhere")
    with pytest.raises(Transient):
        await CALLS[name](table)
    await table.close()


# --- first orders ---------------------------------------------------------------------------


def stored(store_id: str, first_order_ms: int | None) -> bytes:
    fields: dict[str, Any] = dict.fromkeys(Contribution.__struct_fields__)
    numbers = dict.fromkeys(("orders", "amount", "refunded", "orders_30d", "amount_30d"), 0)
    lists = {"segments": (), "labels": (), "by_hour": (0,) * 24}
    own = {"store_id": store_id, "first_order_ms": first_order_ms}
    return to_bytes(Member(1, Contribution(**(fields | numbers | lists | own))))


async def test_first_orders_are_those_of_the_members_of_all_partitions(place: Place) -> None:
    groups = RedisGroups.connect(place.url, place.namespace)
    assert await groups.first_orders("main") == {}
    parts = [
        {A: stored("main", 10), "visitor": stored("main", None), "erased": to_bytes(Member(3))},
        {B: stored("main", 20), "elsewhere": stored("s2", 30)},
    ]
    for partition, members in enumerate(parts):
        await groups.apply(partition, GroupWrite(NO_MARK, 0, members, {}))
    assert await groups.first_orders("main") == {A: 10, B: 20}
    assert await groups.first_orders("s2") == {"elsewhere": 30}
    await groups.close()


async def test_first_orders_of_a_server_that_is_not_there_are_a_transient_failure() -> None:
    groups = RedisGroups.connect(f"redis://{HOST}:{free_ports(1)[0]}", "nowhere")
    with pytest.raises(Transient):
        await groups.first_orders("main")
    await groups.close()
