"""`portrait product`: how the old customers of a store take to a product."""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import click
import msgspec
from msgspec import Struct
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stream.cli.group import open_groups
from stream.cli.options import now_ms, open_table
from stream.cli.show import indented
from stream.groups.acceptance import Acceptance, Quartiles, acceptance
from stream.settings import load
from stream.tables.groups import GroupTable
from stream.tables.products import ProductTable
from stream.tables.redis_products import RedisProducts

#: Products of the table, where none is named.
_NEWEST = 20


class Sources(Struct, frozen=True):
    """Where products and first orders are kept, and the instant that counts as now."""

    products: ProductTable
    groups: GroupTable
    now_ms: int


@click.command()
@click.argument("product_id", metavar="[ID]", required=False)
@click.option(
    "--store", "store_id", default="main", show_default=True, help="Store of the product."
)
@click.option("--json", "as_json", is_flag=True, help="Print the document, or one a line.")
def command(*, product_id: str | None, store_id: str, as_json: bool) -> None:
    """Print how old customers take to product ID; without ID, to the newest products.

    Old customers are those who had ordered before the product first appeared. What they view and
    order counts for 90 days from then on.
    """
    if product_id is None:
        newest = asyncio.run(_newest(store_id))
        if as_json:
            for each in newest:
                click.echo(msgspec.json.encode(each))
        else:
            _print_newest(store_id, newest)
        return
    found = asyncio.run(_acceptance(store_id, product_id))
    if found is None:
        click.echo(f"portrait: no product {product_id!r} in store {store_id!r}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(indented(msgspec.json.encode(found)))
    else:
        _print(found)


async def _acceptance(store_id: str, product_id: str) -> Acceptance | None:
    async with open_sources() as sources:
        facts = await sources.products.of(store_id, product_id)
        if facts is None:
            return None
        return acceptance(facts, await sources.groups.first_orders(store_id), sources.now_ms)


async def _newest(store_id: str) -> list[Acceptance]:
    async with open_sources() as sources:
        first_orders = await sources.groups.first_orders(store_id)
        kept = [
            await sources.products.of(store_id, product_id)
            for product_id, _ in await sources.products.newest(store_id, _NEWEST)
        ]
        return [acceptance(facts, first_orders, sources.now_ms) for facts in kept if facts]


@asynccontextmanager
async def open_sources() -> AsyncIterator[Sources]:
    """The tables of the settings, closed at the end."""
    settings = load()
    products = RedisProducts.connect(settings.redis, settings.namespace)
    try:
        async with open_groups() as groups, open_table() as table:
            yield Sources(products, groups, await now_ms(table))
    finally:
        await products.close()


def _print(found: Acceptance) -> None:
    console = Console(highlight=False, emoji=False)
    name = f"{found.store_id}/{found.product_id}"
    console.print(f"[bold cyan]{escape(name)}[/]  [dim]first seen {found.first_seen_at}[/]",
                  soft_wrap=True)  # fmt: skip
    for label, text in _topics(found):
        console.print(f"[bold]{label:<15}[/]{text}", soft_wrap=True)
    table = Table(box=box.SIMPLE)
    for name in ("by day", "viewed", "bought"):
        table.add_column(name, justify="right")
    for each in found.by_day:
        table.add_row(str(each.day), _count(each.viewed), _count(each.bought))
    console.print(table)


def _topics(found: Acceptance) -> Iterator[tuple[str, str]]:
    yield "old customers", f"{found.old_customers}"
    viewed = f"{found.viewed} ({_percent(found.view_rate)} of them)"
    yield "viewed", viewed + _when(found.first_view_days)
    bought = f"{found.bought} ({_percent(found.buy_rate)} of those who viewed)"
    yield "bought", bought + _when(found.first_buy_days)


def _print_newest(store_id: str, newest: Sequence[Acceptance]) -> None:
    if not newest:
        click.echo(f"no product has appeared in store {store_id!r} yet")
        return
    table = Table(title=f"{escape(store_id)}: the newest products", title_justify="left",
                  box=box.SIMPLE)  # fmt: skip
    table.add_column("product", overflow="fold")
    table.add_column("first seen")
    for name in ("old customers", "viewed", "bought", "view rate", "buy rate"):
        table.add_column(name, justify="right")
    for each in newest:
        table.add_row(
            escape(each.product_id),
            each.first_seen_at[:10],
            *(str(count) for count in (each.old_customers, each.viewed, each.bought)),
            _percent(each.view_rate),
            _percent(each.buy_rate),
        )
    Console(highlight=False, emoji=False).print(table)


def _when(days: Quartiles | None) -> str:
    return "" if days is None else f", half of these within {days.p50:g} days"


def _percent(rate: float | None) -> str:
    return "-" if rate is None else f"{100 * rate:.1f} %"


def _count(count: int | None) -> str:
    return "not yet" if count is None else str(count)
