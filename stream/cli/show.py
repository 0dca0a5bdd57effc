"""`portrait show`: one portrait, for people or as JSON."""

import asyncio
import sys

import click
import msgspec
import orjson
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from stream.cli.options import as_of_option, open_table, store_option
from stream.events import customer_key
from stream.profile.activity import Activity
from stream.profile.portrait import NotYetKnown, Portrait
from stream.profile.preference import Preference
from stream.query import portrait_at, stored_document

_BARS = " ▁▂▃▄▅▆▇█"


@click.command()
@click.argument("customer_id", metavar="ID")
@store_option
@as_of_option
@click.option("--json", "as_json", is_flag=True, help="Print the document as it is.")
def command(customer_id: str, store_id: str, as_of_ms: int | None, as_json: bool) -> None:
    """Print the portrait of customer ID, as it was published last.

    With --as-of it is described anew, as of any instant not before the customer's last event.
    """
    try:
        document = asyncio.run(_document(customer_key(store_id, customer_id), as_of_ms))
    except NotYetKnown as exc:
        click.echo(f"portrait: {exc}: it has later events, and older states are not kept", err=True)
        sys.exit(1)
    if document is None:
        click.echo(f"portrait: no portrait of {customer_id!r} in store {store_id!r}", err=True)
        sys.exit(1)
    if as_json:
        click.echo(orjson.dumps(orjson.loads(document), option=orjson.OPT_INDENT_2))
    else:
        Console(highlight=False).print(_render(msgspec.json.decode(document, type=Portrait)))


async def _document(key: str, as_of_ms: int | None) -> bytes | None:
    async with open_table() as table:
        if as_of_ms is None:
            return await stored_document(table, key)
        portrait = await portrait_at(table, key, as_of_ms)
        return None if portrait is None else msgspec.json.encode(portrait)


def _render(portrait: Portrait) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold")
    table.add_column()
    attributes, spending = portrait.attributes, portrait.spending
    who = (
        attributes.natural_gender,
        attributes.age_band,
        attributes.occupation,
        attributes.region,
        attributes.country,
        attributes.language,
    )
    table.add_row("attributes", ", ".join(filter(None, who)) or "nothing declared")
    table.add_row("activity", _activity(portrait.activity))
    table.add_row("active hours", histogram(portrait.activity.hours.by_hour))
    table.add_row("categories", _names(portrait.preferences.categories))
    table.add_row("brands", _names(portrait.preferences.brands))
    band = portrait.preferences.price_band
    prices = f"{band.p25} · {band.p50} · {band.p75} (quartiles)" if band else "none seen"
    table.add_row("prices", prices)
    table.add_row(
        "spending",
        f"{spending.amount_30d} {spending.currency} in {spending.orders_30d} orders of 30 days, "
        f"{spending.amount} in {spending.orders} ever, {spending.refunded} refunded",
    )
    title = Text(f"{portrait.store_id}/{portrait.customer_id}", style="bold cyan")
    title.append(f"  version {portrait.version}, as of {portrait.as_of}", style="dim")
    return Group(title, table)


def _activity(activity: Activity) -> str:
    counts = sorted(activity.counts.items(), key=lambda entry: -entry[1])
    return (
        ", ".join(f"{count} {name}" for name, count in counts)
        + f" on {activity.active_days} days since {activity.window.start[:10]}"
        if counts
        else "none in the last 30 days"
    )


def _names(preferences: tuple[Preference, ...]) -> str:
    return ", ".join(f"{each.name} {each.share:.0%}" for each in preferences[:4]) or "none"


def histogram(by_hour: tuple[int, ...]) -> Text:
    """24 bars, local hours 0 to 23, the tallest for the busiest hour."""
    top = max(by_hour, default=0) or 1
    bars = "".join(_BARS[-(-count * (len(_BARS) - 1) // top)] for count in by_hour)
    return Text.assemble(("0h ", "dim"), (bars, "green"), (" 23h", "dim"))
