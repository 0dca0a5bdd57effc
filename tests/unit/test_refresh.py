"""Taking the reference of what a table keeps, and reading it again."""

import asyncio
import json
from pathlib import Path

import msgspec
import pytest

from stream import metrics
from stream.errors import Fatal
from stream.measures.reference import BUILTIN_VERSION, NONE_TAKEN, Buyer, Reference, take
from stream.reference import Pace, current, load, newest_ms, refresh
from stream.tables.memory import MemoryTable
from stream.tables.table import Position, Record, Write
from tests.support.references import DAY_MS, TAKEN_MS, buyers, document, keep

EXAMPLE = Path(__file__).parents[2] / "schemas/examples/valid/portraits/c-1001.json"


class Counting(MemoryTable):
    """A table that counts how often a reference was saved."""

    saved = 0

    async def save_reference(self, version: str, taken_at_ms: int, document: bytes) -> None:
        self.saved += 1
        await super().save_reference(version, taken_at_ms, document)


@pytest.fixture
def table() -> Counting:
    return Counting()


async def taken(table: MemoryTable, at_ms: int = TAKEN_MS) -> Reference:
    return await refresh(table, at_ms, Pace(rest=0))


# --- taking ---------------------------------------------------------------------------------


async def test_a_reference_is_read_from_the_published_documents(table: Counting) -> None:
    bands = [{"p25": "1.00", "p50": f"{number}.50", "p75": "99.00"} for number in range(1, 21)]
    await keep(table, (document(orders=3, amount="31.00", price_band=band) for band in bands))
    store = (await taken(table)).stores["main"]
    assert store.buyers == 20
    assert store.recency_days == (2,) * 19
    assert store.orders == (3,) * 19
    assert store.amount == (3100,) * 19
    assert store.average_order == (1033,) * 19
    assert store.price == tuple(range(150, 2050, 100))


@pytest.mark.parametrize(
    ("currency", "amount", "minor"),
    [("JPY", "1250", 1250), ("KWD", "1.250", 1250), ("USD", "0.07", 7),
     ("USD", "123456789012345.67", 12_345_678_901_234_567)],
)  # fmt: skip
async def test_amounts_are_exact_in_any_currency(
    table: Counting, currency: str, amount: str, minor: int
) -> None:
    await keep(table, [document(currency=currency, amount=amount)] * 20)
    assert (await taken(table)).stores["main"].amount == (minor,) * 19


async def test_who_never_bought_or_was_erased_is_no_buyer(table: Counting) -> None:
    visitor = document(orders=0, amount="0.00", average_order=None, last_order_at=None)
    await keep(table, [*buyers(20), *[visitor] * 9, *[None] * 9])
    assert (await taken(table)).stores["main"].buyers == 20


async def test_each_store_is_compared_with_its_own_buyers(table: Counting) -> None:
    await keep(table, [*buyers(25), *buyers(30, "other", cents=50), *buyers(19, "few")])
    reference = await taken(table)
    assert {name: store.buyers for name, store in reference.stores.items()} == {
        "main": 25,
        "other": 30,
    }
    assert reference.stores["other"].amount[0] == 10_150


@pytest.mark.parametrize(
    "damaged",
    [b"not json", b"{}", json.dumps(document(amount="1.5")).encode(),
     json.dumps(document(amount="x.yz")).encode(),
     json.dumps(document(last_order_at="2026-02-27T00:00:00")).encode()],
)  # fmt: skip
async def test_a_damaged_document_is_left_out_and_said_to_be_so(
    table: Counting, damaged: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    await keep(table, [damaged, *buyers(30)])
    assert (await taken(table)).stores["main"].buyers == 30
    assert "1 damaged portraits were left out" in caplog.text


async def test_a_damaged_state_is_left_out_as_well(table: Counting) -> None:
    await keep(table, buyers(30))
    await table.store(
        0,
        [
            Write(
                "main/z",
                Record(1, 1, b"state", json.dumps(document()).encode()),
                None,
                publish=False,
            )
        ],
    )
    assert (await taken(table)).stores["main"].buyers == 30


async def test_a_document_of_the_contract_can_be_read(table: Counting) -> None:
    example = json.loads(EXAMPLE.read_text())
    spending, price = example["spending"], example["preferences"]["price_band"]["p50"]
    await keep(table, [EXAMPLE.read_bytes()] * 20)
    store = (await taken(table)).stores[example["store_id"]]
    assert spending["currency"] == "USD"  # two decimals
    assert set(store.orders) == {spending["orders"]}
    assert set(store.amount) == {round(float(spending["amount"]) * 100)}
    assert set(store.average_order) == {round(float(spending["average_order"]) * 100)}
    assert set(store.price) == {round(float(price) * 100)}


# --- keeping --------------------------------------------------------------------------------


async def test_what_was_taken_is_kept_and_current(table: Counting) -> None:
    await keep(table, buyers(20))
    reference = await taken(table)
    assert reference.taken_at == "2026-03-01T12:00:00.000Z"
    assert await current(table) == await load(table, reference.version) == reference
    document = await table.reference()
    assert document is not None
    assert json.loads(document)["version"] == reference.version
    assert await table.references() == [(reference.version, TAKEN_MS)]


async def test_where_nothing_changed_nothing_is_stored_again(table: Counting) -> None:
    await keep(table, buyers(20))
    first = await taken(table)
    assert await taken(table, TAKEN_MS + 1000) == first
    assert table.saved == 1


async def test_a_day_that_goes_by_makes_a_new_reference_and_the_old_one_stays(
    table: Counting,
) -> None:
    await keep(table, buyers(20))
    first = await taken(table)
    second = await taken(table, TAKEN_MS + DAY_MS)
    assert second.version != first.version
    assert second.stores["main"].recency_days == (3,) * 19
    assert await current(table) == second
    assert await load(table, first.version) == first


async def test_before_a_store_has_enough_buyers_nothing_is_stored(table: Counting) -> None:
    await keep(table, buyers(19))
    assert await taken(table) == NONE_TAKEN
    assert table.saved == 0
    assert await current(table) == NONE_TAKEN


async def test_when_the_buyers_are_gone_the_built_in_reference_comes_back(table: Counting) -> None:
    before = take([Buyer(store_id="main", orders=1, amount=1, last_order_ms=0, price=1)] * 20, 1)
    await table.save_reference(before.version, 1, msgspec.json.encode(before))
    await keep(table, [None] * 20)
    reference = await taken(table)
    assert (reference.version, reference.stores) == (BUILTIN_VERSION, {})
    assert await current(table) == reference
    assert await load(table, before.version) == before


async def test_the_metric_says_when_the_reference_in_use_was_taken(table: Counting) -> None:
    def value() -> float:
        [family] = metrics.REFERENCE_TAKEN.collect()
        return family.samples[0].value

    await current(table)
    assert value() == 0
    await keep(table, buyers(20))
    await taken(table)
    assert value() == TAKEN_MS / 1000


# --- reading --------------------------------------------------------------------------------


async def test_the_built_in_reference_can_always_be_loaded(table: Counting) -> None:
    assert await load(table, BUILTIN_VERSION) == NONE_TAKEN
    await keep(table, buyers(20))
    await taken(table)
    assert await load(table, BUILTIN_VERSION) == NONE_TAKEN


async def test_an_unknown_version_says_what_is_kept(table: Counting) -> None:
    with pytest.raises(Fatal, match="no reference 'abc': none was taken yet"):
        await load(table, "abc")
    await keep(table, buyers(20))
    first, second = await taken(table), await taken(table, TAKEN_MS + DAY_MS)
    with pytest.raises(Fatal) as caught:
        await load(table, "abc")
    message = str(caught.value)
    assert "'abc'" in message
    assert "2 are kept" in message
    assert f"{first.version} (2026-03-01T12:00:00.000Z)" in message
    assert f"{second.version} (2026-03-02T12:00:00.000Z)" in message


async def test_a_damaged_reference_is_said_to_be_so(table: Counting) -> None:
    await table.save_reference("abc", 1, b'{"version":"abc"}')
    for reading in (current(table), load(table, "abc")):
        with pytest.raises(Fatal, match="a stored reference is damaged"):
            await reading


async def test_now_is_the_newest_event_of_any_partition(table: Counting) -> None:
    assert await newest_ms(table) is None
    await table.published(0, [], Position("clicks:0", 5))
    await table.published(2, [], Position("a.topic:with:2", 5))
    assert await newest_ms(table) is None
    await table.advance(0, 70)
    await table.advance(2, 80)
    await table.advance(1, 90)  # a partition that no position is known of
    assert await newest_ms(table) == 80


# --- the pace -------------------------------------------------------------------------------


class HandClock:
    """A clock that goes on by hand, and by sleeping."""

    def __init__(self) -> None:
        self.now, self.slept = 100.0, list[float]()

    def __call__(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


async def test_a_slice_of_work_is_followed_by_nine_times_as_long_a_rest() -> None:
    clock = HandClock()
    pace = Pace(clock=clock, sleep=clock.sleep)
    for worked in (0.0015, 0.0015, 0.001, 0.5, 0.001):
        clock.now += worked
        await pace.keep()
    assert clock.slept == [pytest.approx(0.027), pytest.approx(9 * 0.501)]


async def test_without_rest_others_still_get_their_turn(table: Counting) -> None:
    await keep(table, buyers(3000))
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    running = asyncio.create_task(other())
    await taken(table)
    running.cancel()
    assert turns > 3
