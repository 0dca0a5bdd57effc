"""`portrait reference`: how the buyers are distributed that portraits are compared with."""

import asyncio
from collections.abc import Iterator, Sequence

import click
import msgspec
from msgspec.structs import replace
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stream.cli.options import now_ms, open_table
from stream.measures.reference import (
    BUILTIN_VERSION,
    MIN_BUYERS,
    STEP_PERCENT,
    Reference,
    StoreReference,
)
from stream.money import exponent, to_text
from stream.reference import Pace, current, refresh
from stream.settings import load
from stream.terminal import counted

#: Bounds of the fifths, percent.
_FIFTHS = (20, 40, 60, 80)


class _Found(msgspec.Struct, frozen=True):
    reference: Reference
    currency: str
    #: Version before it was taken anew; None where it was only read.
    before: str | None


@click.command()
@click.option("--refresh", "anew", is_flag=True, help="Take one now, as fast as it goes.")
@click.option("--json", "as_json", is_flag=True, help="Print the document as it is.")
@click.option("--store", "store_id", help="Only this store; all by default.")
def command(anew: bool, as_json: bool, store_id: str | None) -> None:
    """Print the reference in use: what compares a customer with the other buyers of the store.

    A worker takes one every PORTRAIT_REFERENCE_S seconds. For each store it shows the bounds of
    the fifths of its buyers: 20 % lie at or below the first figure, 40 % at or below the second.
    """
    found = asyncio.run(_found(anew))
    reference = found.reference
    if store_id is not None:
        stores = {name: each for name, each in reference.stores.items() if name == store_id}
        reference = replace(reference, stores=stores)
    if found.before is not None:
        click.echo(_outcome(found.before, found.reference), err=as_json)
    if as_json:
        click.echo(msgspec.json.encode(reference))
    else:
        for line in _about(reference, store_id):
            click.echo(line)
        console = Console(highlight=False, emoji=False)
        for name, store in reference.stores.items():
            console.print(_fifths(name, store, found.currency))


async def _found(anew: bool) -> _Found:
    async with open_table() as table:
        currency = await table.pinned("currency") or load().currency
        reference = await current(table)
        if not anew:
            return _Found(reference, currency, None)
        taken = await refresh(table, await now_ms(table), Pace(rest=0))
        return _Found(taken, currency, reference.version)


def _outcome(before: str, after: Reference) -> str:
    if before == after.version:
        return f"unchanged: {after.version} stays in use"
    return f"new: {after.version} replaces {before}; workers load it within PORTRAIT_REFERENCE_S"


def _about(reference: Reference, store_id: str | None) -> Iterator[str]:
    if reference.version == BUILTIN_VERSION:
        yield (
            f"built-in {BUILTIN_VERSION} is in use: no store has {MIN_BUYERS} buyers, or nobody "
            "has counted them yet, as `portrait reference --refresh` does"
        )
        return
    yield f"reference {reference.version}, taken at {reference.taken_at}"
    if store_id is not None and not reference.stores:
        yield f"store {store_id!r} had not {MIN_BUYERS} buyers: compared with {BUILTIN_VERSION}"


def _fifths(name: str, store: StoreReference, currency: str) -> Table:
    title = f"{escape(name)}: {counted(store.buyers, 'buyer')}"
    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    table.add_column("")
    for bound in _FIFTHS:
        table.add_column(f"{bound} %", justify="right")
    for label, figures in _rows(store, currency):
        table.add_row(label, *figures)
    return table


def _rows(store: StoreReference, currency: str) -> Iterator[tuple[str, Sequence[str]]]:
    decimals = exponent(currency)
    for label, distribution, places in (
        ("days since last order", store.recency_days, 0),
        ("orders", store.orders, 0),
        (f"amount, {currency}", store.amount, decimals),
        (f"average order, {currency}", store.average_order, decimals),
        (f"median price met, {currency}", store.price, decimals),
    ):
        bounds = [distribution[percent // STEP_PERCENT - 1] for percent in _FIFTHS]
        # Nobody met a product with a price in the window, or nobody spent anything.
        known = any(bounds) or not places
        yield label, [to_text(bound, places) if known else "-" for bound in bounds]
