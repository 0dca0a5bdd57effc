"""`portrait group`: the portrait of a store or of one of its segments."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import click
import msgspec
from msgspec import Struct
from rich.console import Console

from stream.cli.group_lines import NO_LONGER, channel_table, lines
from stream.cli.in_force import ELSEWHERE, uses_other_rules, warn_of_other_rules
from stream.cli.options import open_table
from stream.cli.show import indented
from stream.errors import Fatal
from stream.groups.contribution import Unreadable, read
from stream.groups.portrait import GroupPortrait, describe
from stream.groups.sums import CUSTOMERS, Group, Sums, exchange
from stream.measures.rules import Rule
from stream.settings import load
from stream.standards import own_standards
from stream.suggestions import closest, did_you_mean
from stream.tables.groups import GroupTable
from stream.tables.redis_groups import RedisGroups
from stream.tables.table import PortraitTable
from stream.topics import PORTRAITS

_NO_PORTRAITS = "there are no portraits yet in this PORTRAIT_NAMESPACE"
_NOT_BUILT = (
    "no group was built yet: no worker has read published portraits in this PORTRAIT_NAMESPACE"
)


class _Found(Struct, frozen=True):
    portrait: GroupPortrait
    rule: Rule | None
    #: Stored portraits that could not be read.
    left_out: int
    #: Whether the workers have other rules, where a segment was asked for.
    other_rules: bool = False


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
    gone = ELSEWHERE if found.other_rules else NO_LONGER
    for line in lines(found.portrait, found.rule, console.width, gone):
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
    return own_standards(settings, currency).rules.segments


async def not_built(table: PortraitTable, way_out: str = "") -> str:
    """Why no group was built, and the way out where there are portraits."""
    async for _ in table.all_keys():
        return _NOT_BUILT + way_out
    return _NO_PORTRAITS


def check_store(store_id: str, groups: Iterable[Group]) -> None:
    """Raise :class:`Fatal` where a store has no customers."""
    stores = {store for store, _ in groups}
    if store_id not in stores:
        meant = did_you_mean(closest(store_id, stores))
        raise Fatal(f"there are no portraits in store {store_id!r}{meant}")


async def _found(group: Group, scan: bool) -> _Found:
    store_id, segment = group
    async with open_table() as table:
        # The whole store needs no rules, and no rule file without mistakes.
        rules = {rule.name: rule for rule in await segment_rules(table)} if segment else {}
        other_rules = bool(segment) and await uses_other_rules(table)
        if other_rules:  # at once: it may be why there is no such segment here
            warn_of_other_rules()
        currency = await table.pinned("currency") or load().currency
        sums, left_out = await (_scanned(table) if scan else _kept(table, group, rules))
    check_store(store_id, sums)
    _check_segment(group, {*rules, *(name for store, name in sums if store == store_id)})
    portrait = describe(group, sums.get(group, {}), currency)
    return _Found(portrait, rules.get(segment), left_out, other_rules)


def _check_segment(group: Group, known: Iterable[str]) -> None:
    store_id, segment = group
    names = set(filter(None, known))
    if segment and segment not in names:
        meant = did_you_mean(closest(segment, names)) or "; `portrait segments` lists them"
        raise Fatal(f"there is no segment {segment!r} in store {store_id!r}{meant}")


async def _kept(table: PortraitTable, group: Group, rules: Iterable[str]) -> tuple[Sums, int]:
    """The sums that the workers keep of a group; of the others, how many customers they have.

    ``rules`` are the names of the segments in the rule file.
    """
    async with open_groups() as groups:
        if not await groups.marks():
            _check_segment(group, rules)
            way_out = "; --scan adds up the stored portraits without them"
            raise Fatal(await not_built(table, way_out))
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
