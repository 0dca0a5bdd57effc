"""Whether the rules of this terminal are those that the workers describe customers by."""

import asyncio

import click
from msgspec.structs import replace

from stream.cli.options import open_table
from stream.described import versions
from stream.errors import Transient
from stream.settings import load
from stream.standards import version_of
from stream.tables.table import PortraitTable

#: Of a segment that only the workers' rule file may name.
ELSEWHERE = "not in the rule file of this terminal"
#: Seconds that they wait for Redis at most.
_PATIENCE_S = 2.0
OTHER_RULES = (
    "workers use other rules than this terminal: set PORTRAIT_LABELS as they have it "
    "(and PORTRAIT_RISK, PORTRAIT_SHOP and PORTRAIT_GENDER_TABLE)"
)


def warn_of_other_rules() -> None:
    """Say on standard error that what is printed may not be what the workers go by."""
    click.echo(f"portrait: {OTHER_RULES}", err=True)


async def uses_other_rules(table: PortraitTable) -> bool:
    """Whether a partition is described by standards that the files named here do not give.

    While workers change to others it has none, and does not count. Raises
    :class:`~stream.errors.Transient`, and :class:`~stream.errors.Fatal` for an unreadable file.
    """
    settings = load()
    currency = await table.pinned("currency") or settings.currency
    sources = await table.positions()
    applied = {int(source.rpartition(":")[2]) for source in sources}
    found = await versions(table, applied.union(range(settings.partitions)))
    return bool(found - {version_of(replace(settings, currency=currency))})


async def seen_to_use_other_rules() -> bool:
    """The same for commands that need no Redis: False where there is none to tell."""
    try:
        async with asyncio.timeout(_PATIENCE_S), open_table() as table:
            return await uses_other_rules(table)
    except (Transient, TimeoutError):
        return False
