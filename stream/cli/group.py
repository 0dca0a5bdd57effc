"""`portrait group`: the portrait of a store or of one of its segments."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import click
import msgspec
from msgspec import Struct
from msgspec.structs import replace
from rich.console import Console

from stream.cli.group_lines import channel_table, lines
from stream.cli.options import open_table
from stream.cli.show import indented
from stream.errors import Fatal
from stream.groups.contribution import Unreadable, read
from stream.groups.portrait import GroupPortrait, describe
from stream.groups.sums import CUSTOMERS, Group, Sums, exchange
from stream.measures.rules import Rule
from stream.settings import load
from stream.standards import load_standards
from stream.suggestions import closest, did_you_mean
from stream.tables.groups import GroupTable
from stream.tables.redis_groups import RedisGroups
from stream.tables.table import PortraitTable
from stream.topics import PORTRAITS

NOT_BUILT = (
    "no group was built yet: no worker has read published portraits in this PORTRAIT_NAMESPACE"
)


class _Found(Struct, frozen=True):
    portrait: GroupPortrait
    rule: Rule | None
    #: Stored portraits that could not be read.
    left_out: int


@click.command()
@click.argument("segment", metavar="[SEGMENT]", required=False)
@click.option("--store", "store_id", default="main", show_default=True, help="Store of the group.")
@click.option("--json", "as_json", is_flag=True, help="Print the document as it is.")
@click.option("--scan", is_flag=True, help="Add up all stored portraits now: slower, the same.")
def command(*, segment: str | None, store_id: str, as_json: bool, scan: bool) -> None:
    """Print the portrait of a segment, or of all customers of the store.

    Workers keep it current. With --scan it is made of the stored portraits instead, which needs no
    worker and may be some records ahead.
    """
    found = asyncio.run(_found((store_id, segment or ""), scan))
    if found.left_out:
        click.echo(f"portrait: {found.left_out} damaged portraits were left out", err=True)
    if as_json:
        click.echo(indented(msgspec.json.encode(found.portrait)))
        return
    console = Console(highlight=False, emoji=False)
    for line in lines(found.portrait, found.rule, console.width):
        console.print(line, soft_wrap=True)
    channels = channel_table(found.portrait)
    if channels is not None:
        console.print(channels)


@asynccontextmanager
async def open_groups() -> AsyncIterator[GroupTable]:
    """The groups of the settings, closed at the end."""
    settings = load()
    groups = RedisGroups.connect(settings.redis, settings.namespace, settings.topic(PORTRAITS))
    try:
        yield groups
    finally:
        await groups.close()


async def segment_rules(table: PortraitTable) -> tuple[Rule, ...]:
    """The segments of the rule file in force, whatever currency the portraits are in."""
    settings = load()
    currency = await table.pinned("currency") or settings.currency
    return load_standards(replace(settings, currency=currency)).rules.segments


def check_store(store_id: str, groups: Iterable[Group]) -> None:
    """Raise :class:`Fatal` where a store has no customers."""
    stores = {store for store, _ in groups}
    if store_id not in stores:
        meant = did_you_mean(closest(store_id, stores))
        raise Fatal(f"there are no portraits in store {store_id!r}{meant}")


async def _found(group: Group, scan: bool) -> _Found:
    async with open_table() as table:
        rules = {rule.name: rule for rule in await segment_rules(table)}
        currency = await table.pinned("currency") or load().currency
        sums, left_out = await (_scanned(table) if scan else _kept(group))
    store_id, segment = group
    check_store(store_id, sums)
    known = {*rules, *(name for store, name in sums if store == store_id and name)}
    if segment and segment not in known:
        meant = did_you_mean(closest(segment, known)) or "; `portrait segments` lists them"
        raise Fatal(f"there is no segment {segment!r} in store {store_id!r}{meant}")
    return _Found(describe(group, sums.get(group, {}), currency), rules.get(segment), left_out)


async def _kept(group: Group) -> tuple[Sums, int]:
    """The sums that the workers keep of a group; of the others, how many customers they have."""
    async with open_groups() as groups:
        if not await groups.marks():
            raise Fatal(f"{NOT_BUILT}; --scan adds up the stored portraits without them")
        sums: Sums = {
            each: {CUSTOMERS: customers} for each, customers in (await groups.groups()).items()
        }
        sums[group] = await groups.sums(group)
        return {each: terms for each, terms in sums.items() if terms}, 0


async def _scanned(table: PortraitTable) -> tuple[Sums, int]:
    """The sums of all stored portraits, and how many of them could not be read."""
    sums: Sums = {}
    left_out = 0
    async for _, record in table.scan():
        if record.document is None:
            continue  # erased, or known by what others' events mean for them only
        try:
            exchange(sums, None, read(record.document).contribution)
        except Unreadable:
            left_out += 1
    return sums, left_out
