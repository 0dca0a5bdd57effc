"""What `portrait product` prints."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from click.testing import CliRunner, Result

from stream.cli import product as module
from stream.groups.contribution import member_name
from stream.profile.encounters import Encounter
from stream.tables.memory_groups import MemoryGroups
from stream.tables.memory_products import MemoryProducts

Run = Callable[..., Result]

DAY_MS = 86_400_000
FIRST_MS = 1_740_830_400_000  # 2025-03-01T12:00:00Z
OLD = {member_name(f"main/c{n}"): FIRST_MS - DAY_MS for n in range(4)}


class KnownBuyers(MemoryGroups):
    """First orders of the main store."""

    async def first_orders(self, store_id: str) -> dict[str, int]:
        return OLD if store_id == "main" else {}


@pytest.fixture
def products() -> MemoryProducts:
    return MemoryProducts()


@pytest.fixture
def run(products: MemoryProducts, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Calls the command ten days after the first product appeared."""

    @asynccontextmanager
    async def open_sources() -> AsyncIterator[module.Sources]:
        yield module.Sources(products, KnownBuyers(), FIRST_MS + 10 * DAY_MS)

    monkeypatch.setattr(module, "open_sources", open_sources)
    monkeypatch.setenv("COLUMNS", "100")
    return lambda *args: CliRunner().invoke(module.command, args)


def fill(
    products: MemoryProducts, *, days: float = 0, product: str = "mug", views: int = 2
) -> None:
    """Viewed by some of the old customers, from `days` after FIRST_MS on, and bought by one."""
    at_ms = FIRST_MS + round(days * DAY_MS)
    met = [
        Encounter("main", product, f"main/c{n}", at_ms, at_ms + n * DAY_MS) for n in range(views)
    ]
    met[0].bought_ms = at_ms + 4 * DAY_MS
    asyncio.run(products.note(met))


def rows(result: Result) -> list[list[str]]:
    assert result.exit_code == 0, result.output
    return [line.split() for line in result.output.splitlines() if line.strip()]


def test_it_prints_who_of_the_old_customers_came_and_after_how_long(
    run: Run, products: MemoryProducts
) -> None:
    fill(products)
    assert [" ".join(row) for row in rows(run("mug"))[:4]] == [
        "main/mug first seen 2025-03-01T12:00:00.000Z",
        "old customers 4",
        "viewed 2 (50.0 % of them), half of these within 0 days",
        "bought 1 (50.0 % of those who viewed), half of these within 4 days",
    ]


def test_it_prints_counts_by_day_and_not_yet_for_days_to_come(
    run: Run, products: MemoryProducts
) -> None:
    fill(products)
    printed = rows(run("mug"))
    assert ["by", "day", "viewed", "bought"] in printed
    assert printed[-7:] == [
        ["1", "1", "0"],
        ["3", "2", "0"],
        ["7", "2", "1"],
        ["14", "not", "yet", "not", "yet"],
        ["30", "not", "yet", "not", "yet"],
        ["60", "not", "yet", "not", "yet"],
        ["90", "not", "yet", "not", "yet"],
    ]


def test_json_is_the_document(run: Run, products: MemoryProducts) -> None:
    fill(products)
    found = json.loads(run("mug", "--json").output)
    assert (found["store_id"], found["product_id"]) == ("main", "mug")
    assert (found["old_customers"], found["viewed"], found["bought"]) == (4, 2, 1)
    assert found["first_buy_days"] == {"p25": 4.0, "p50": 4.0, "p75": 4.0}
    assert found["by_day"][-1] == {"day": 90, "viewed": None, "bought": None}


def test_an_unknown_product_is_an_error_that_names_the_store(
    run: Run, products: MemoryProducts
) -> None:
    fill(products)
    for args in (("cup",), ("mug", "--store", "other"), ("cup", "--json")):
        result = run(*args)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert result.stderr.startswith(f"portrait: no product {args[0]!r} in store ")


def test_without_a_product_it_prints_the_newest_first(run: Run, products: MemoryProducts) -> None:
    fill(products)
    fill(products, days=3, product="cup [new]", views=4)
    printed = rows(run())
    assert printed[0] == ["main:", "the", "newest", "products"]
    assert printed[-2:] == [
        ["cup", "[new]", "2025-03-04", "4", "4", "1", "100.0", "%", "25.0", "%"],
        ["mug", "2025-03-01", "4", "2", "1", "50.0", "%", "50.0", "%"],
    ]


def test_the_newest_twenty_are_printed_one_a_line_as_json(
    run: Run, products: MemoryProducts
) -> None:
    for n in range(25):
        fill(products, days=n / 10, product=f"p{n}")
    found = [json.loads(line) for line in run("--json").output.splitlines()]
    assert [each["product_id"] for each in found] == [f"p{n}" for n in range(24, 4, -1)]
    assert {each["old_customers"] for each in found} == {4}


def test_a_store_without_products_is_said_to_have_none(run: Run, products: MemoryProducts) -> None:
    fill(products)
    assert run("--store", "other").output == "no product has appeared in store 'other' yet\n"
    assert run("--store", "other", "--json").output == ""


def test_nothing_to_divide_by_is_a_dash(run: Run, products: MemoryProducts) -> None:
    asyncio.run(products.note([Encounter("other", "mug", "other/a", FIRST_MS)]))
    assert rows(run("--store", "other"))[-1][-5:] == ["0", "0", "0", "-", "-"]
    assert ["viewed", "0", "(-", "of", "them)"] in rows(run("mug", "--store", "other"))
