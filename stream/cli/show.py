"""`portrait show`: one portrait, for people or as JSON."""

import asyncio
import re
import sys
from collections.abc import Iterator

import click
import msgspec
import orjson
from rich.console import Console
from rich.text import Text

from stream.cli.options import as_of_option, open_table, store_option
from stream.demo.screen import RULER, bars, counted
from stream.events import customer_key
from stream.profile.activity import Activity
from stream.profile.portrait import NotYetKnown, Portrait
from stream.profile.preference import Preference
from stream.query import portrait_at, stored_document

#: A list of nothing but numbers, as the indented form of JSON has it: strings hold no line ends.
_NUMBERS = re.compile(rb"\[\n([\s\d.,eE+-]+)\]")
_LABEL_WIDTH = 14


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
        click.echo(indented(document))
    else:
        # Lines longer than the terminal are its own business, and a file has no width.
        console = Console(highlight=False)
        for line in lines(msgspec.json.decode(document, type=Portrait)):
            console.print(line, soft_wrap=True)


async def _document(key: str, as_of_ms: int | None) -> bytes | None:
    async with open_table() as table:
        if as_of_ms is None:
            return await stored_document(table, key)
        portrait = await portrait_at(table, key, as_of_ms)
        return None if portrait is None else msgspec.json.encode(portrait)


def indented(document: bytes) -> bytes:
    """JSON for reading: two spaces a level, but lists of numbers in one line."""
    text = orjson.dumps(orjson.loads(document), option=orjson.OPT_INDENT_2)
    return _NUMBERS.sub(lambda found: b"[" + b" ".join(found[1].split()) + b"]", text)


def lines(portrait: Portrait) -> Iterator[Text]:
    """The portrait for people, a field a line, without spaces at the end."""
    yield Text.assemble(
        (f"{portrait.store_id}/{portrait.customer_id}", "bold cyan"),
        (f"  version {portrait.version}, as of {portrait.as_of}", "dim"),
    )
    for label, value in _fields(portrait):
        line = Text.assemble((f"{label:<{_LABEL_WIDTH}}", "bold"), value)
        line.rstrip()
        yield line


def _fields(portrait: Portrait) -> Iterator[tuple[str, str | tuple[str, str]]]:
    attributes, spending = portrait.attributes, portrait.spending
    who = (
        attributes.natural_gender,
        attributes.age_band,
        attributes.occupation,
        attributes.region,
        attributes.country,
        attributes.language,
    )
    yield "attributes", ", ".join(filter(None, who)) or "nothing declared"
    yield "activity", _activity(portrait.activity)
    yield "active hours", (bars(portrait.activity.hours.by_hour), "green")
    yield "", (f"{RULER}local hours", "dim")
    yield "categories", _names(portrait.preferences.categories)
    yield "brands", _names(portrait.preferences.brands)
    band = portrait.preferences.price_band
    prices = f"{band.p25} · {band.p50} · {band.p75} (quartiles)" if band else "none seen"
    yield "prices", prices
    yield (
        "spending",
        f"{spending.amount_30d} {spending.currency} in {counted(spending.orders_30d, 'order')} "
        f"of 30 days, {spending.amount} in {spending.orders} ever, {spending.refunded} refunded",
    )


def _activity(activity: Activity) -> str:
    counts = sorted(activity.counts.items(), key=lambda entry: -entry[1])
    if not counts:
        return "none in the last 30 days"
    kinds = ", ".join(f"{count} {name}" for name, count in counts)
    return f"{kinds} on {counted(activity.active_days, 'day')} since {activity.window.start[:10]}"


def _names(preferences: tuple[Preference, ...]) -> str:
    return ", ".join(f"{each.name} {each.share:.0%}" for each in preferences[:4]) or "none"
