"""`portrait show`: one portrait, for people or as JSON, or the evidence behind it."""

import asyncio
import re
import sys

import click
import msgspec
import orjson
from rich.console import Console

from stream.cli.explanation import Explained, evidence_lines, explained
from stream.cli.options import (
    as_of_option,
    new_view,
    open_table,
    reference_option,
    store_option,
)
from stream.cli.portrait_lines import head, lines
from stream.events import customer_key
from stream.profile.portrait import NotYetKnown
from stream.query import portrait_at, read_document, stored_document

#: A list of nothing but numbers, as the indented form of JSON has it: strings hold no line ends.
_NUMBERS = re.compile(rb"\[\n([\s\d.,eE+-]+)\]")

#: Columns of the evidence where it does not go to a terminal.
_FILE_WIDTH = 140


@click.command()
@click.argument("customer_id", metavar="ID")
@store_option
@as_of_option
@reference_option
@click.option("--explain", is_flag=True, help="Print what each value was derived from.")
@click.option("--json", "as_json", is_flag=True, help="Print the document, or evidence, as it is.")
def command(
    *,
    customer_id: str,
    store_id: str,
    as_of_ms: int | None,
    reference: str | None,
    explain: bool,
    as_json: bool,
) -> None:
    """Print the portrait of customer ID, as it was published last.

    With --as-of it is described anew, as of any instant not before the customer's last event.
    With --explain the evidence behind each value is printed, by the reference that it names.
    """
    if reference is not None and as_of_ms is None and not explain:
        raise click.UsageError("--reference is for --as-of and --explain")
    read = _explained if explain else _document
    try:
        found = asyncio.run(read(customer_key(store_id, customer_id), as_of_ms, reference))
    except NotYetKnown as exc:
        click.echo(f"portrait: {exc}: it has later events, and older states are not kept", err=True)
        sys.exit(1)
    if found is None:
        click.echo(f"portrait: no portrait of {customer_id!r} in store {store_id!r}", err=True)
        sys.exit(1)
    if isinstance(found, Explained):
        _print_evidence(found, as_json)
    elif as_json:
        click.echo(indented(found))
    else:
        # Lines longer than the terminal are its own business, and a file has no width.
        console = Console(highlight=False, emoji=False)
        for line in lines(read_document(found)):
            console.print(line, soft_wrap=True)


async def _document(key: str, as_of_ms: int | None, reference: str | None) -> bytes | None:
    async with open_table() as table:
        if as_of_ms is None:
            return await stored_document(table, key)
        portrait = await portrait_at(table, key, await new_view(table, as_of_ms, reference))
        return None if portrait is None else msgspec.json.encode(portrait)


async def _explained(key: str, as_of_ms: int | None, reference: str | None) -> Explained | None:
    async with open_table() as table:
        return await explained(table, key, as_of_ms, reference)


def _print_evidence(found: Explained, as_json: bool) -> None:
    if found.remark is not None:
        click.echo(f"portrait: {found.remark}", err=True)
    if as_json:
        click.echo(indented(msgspec.json.encode(found.evidence)))
        return
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, _FILE_WIDTH)
    console.print(head(found.portrait), soft_wrap=True)
    for line in evidence_lines(found.evidence, console):
        console.print(line)


def indented(document: bytes) -> bytes:
    """JSON for reading: two spaces a level, but lists of numbers in one line."""
    text = orjson.dumps(orjson.loads(document), option=orjson.OPT_INDENT_2)
    return _NUMBERS.sub(lambda found: b"[" + b" ".join(found[1].split()) + b"]", text)
