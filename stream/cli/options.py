"""Options and output that several commands share."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import click

from stream.clock import wall_ms
from stream.errors import Fatal
from stream.query import View
from stream.reference import newest_ms
from stream.settings import load
from stream.standards import kept_standards
from stream.tables.redis import RedisTable
from stream.tables.table import PortraitTable
from stream.windows import to_ms


class Instant(click.ParamType):
    """An RFC 3339 instant with a UTC offset, as ms since the epoch."""

    name = "RFC3339"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        if isinstance(value, int):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2026-08-01T00:00:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} has no UTC offset; add Z for UTC", param, ctx)
        return to_ms(moment)


as_of_option = click.option(
    "--as-of", "as_of_ms", type=Instant(), help="Describe as of this instant instead."
)
reference_option = click.option(
    "--reference",
    metavar="VERSION",
    help="Compare with this reference: with --as-of instead of the one in use.",
)
store_option = click.option(
    "--store", "store_id", default="main", show_default=True, help="Store of the customer."
)


async def new_view(table: PortraitTable, as_of_ms: int, reference: str | None = None) -> View:
    """A view by the standards of the settings and the reference in use, or that of a version."""
    return View(as_of_ms, await kept_standards(load(), table, reference))


async def now_ms(table: PortraitTable) -> int:
    """The instant that counts as now: where the clock is the events', just after the newest.

    Raises :class:`~stream.errors.Fatal` where that clock has seen no event.
    """
    if load().clock == "wall":
        return wall_ms()
    newest = await newest_ms(table)
    if newest is None:
        raise Fatal("PORTRAIT_CLOCK=event has no now yet: no worker has read an event here")
    return newest + 1


@asynccontextmanager
async def open_table() -> AsyncIterator[RedisTable]:
    """The table of the settings, closed at the end."""
    settings = load()
    table = RedisTable.connect(settings.redis, settings.namespace)
    try:
        yield table
    finally:
        await table.close()
