"""`portrait export`: all portraits as JSON lines."""

import asyncio
import sys
from collections.abc import Callable
from typing import IO

import click
import msgspec

from stream.cli.options import as_of_option, new_view, open_table, reference_option
from stream.query import LeftOut, export


@click.command()
@as_of_option
@reference_option
@click.option("--segment", help="Only customers in this segment.")
@click.option("--label", help="Only customers with this label.")
@click.option("--output", type=click.File("wb"), default="-", help="File to write to.")
def command(
    as_of_ms: int | None,
    reference: str | None,
    segment: str | None,
    label: str | None,
    output: IO[bytes],
) -> None:
    """Print every portrait as one line of JSON, in the order of store and customer.

    Without --as-of each as it was published last. With it, customers whose newest event is later
    are left out and counted on standard error, and the exit code is 1: what they were then is not
    kept.
    """

    def wanted(line: bytes) -> bool:
        given = _given(line)
        in_segment = segment is None or segment in given.segments
        return in_segment and (label is None or label in given.labels)

    left_out = asyncio.run(_export(as_of_ms, reference, wanted, output))
    if left_out.too_new:
        click.echo(
            f"{left_out.too_new} customers have events after that instant and were left out",
            err=True,
        )
        sys.exit(1)


class _Given(msgspec.Struct):
    labels: tuple[str, ...] = ()
    segments: tuple[str, ...] = ()


_given = msgspec.json.Decoder(_Given).decode


async def _export(
    as_of_ms: int | None,
    reference: str | None,
    wanted: Callable[[bytes], bool],
    output: IO[bytes],
) -> LeftOut:
    left_out = LeftOut()
    async with open_table() as table:
        view = None if as_of_ms is None else await new_view(table, as_of_ms, reference)
        async for line in export(table, view, left_out):
            if wanted(line):
                output.write(line + b"\n")
    # Here, where a closed pipe still ends quietly, and not when the interpreter ends.
    output.flush()
    return left_out
