"""`portrait export`: all portraits as JSON lines."""

import asyncio
import sys
from typing import IO

import click
import msgspec

from stream.cli.options import as_of_option, new_view, open_table, reference_option
from stream.errors import Fatal
from stream.query import LeftOut, export
from stream.settings import load
from stream.standards import load_standards
from stream.suggestions import closest, did_you_mean


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

    chosen = _Chosen(segment, label)
    left_out = asyncio.run(_export(as_of_ms, reference, chosen, output))
    if not chosen.found:
        chosen.check_names()
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


class _Chosen:
    """Which portraits are wanted, and whether any was."""

    def __init__(self, segment: str | None, label: str | None) -> None:
        self.segment, self.label = segment, label
        self.found = False

    def __call__(self, line: bytes) -> bool:
        given = _given(line)
        in_segment = self.segment is None or self.segment in given.segments
        chosen = in_segment and (self.label is None or self.label in given.labels)
        self.found = self.found or chosen
        return chosen

    def check_names(self) -> None:
        """Tell a name that is misspelt from one that nobody has."""
        rules = load_standards(load()).rules
        for what, name, known in (
            ("segment", self.segment, rules.segments),
            ("label", self.label, rules.labels),
        ):
            names = [rule.name for rule in known]
            if name is not None and name not in names:
                hint = did_you_mean(closest(name, names))
                raise Fatal(f"nobody has the {what} {name!r}, and no rule gives it{hint}")


async def _export(
    as_of_ms: int | None,
    reference: str | None,
    wanted: _Chosen,
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
