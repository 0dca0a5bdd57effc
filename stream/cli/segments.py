"""`portrait segments`: the segments of the rule file in force, and who is in them."""

import asyncio
from collections.abc import Iterator, Sequence

import click
import msgspec
from msgspec import Struct
from rich.cells import cell_len, set_cell_size
from rich.console import Console
from rich.text import Text

from stream.cli.group import check_store, not_built, open_groups, segment_rules
from stream.cli.in_force import ELSEWHERE, uses_other_rules, warn_of_other_rules
from stream.cli.options import open_table
from stream.cli.show import indented
from stream.explain.rule_text import in_words
from stream.groups.sums import Group
from stream.measures.rules import Rule
from stream.terminal import counted

_GONE = "no longer in the rule file: its customers leave it as they are described anew"


class Segment(Struct, frozen=True):
    """A segment and its customers; ``rule`` None where the file in force does not name it.

    ``customers`` and ``share``, their part of the store's, are None before any group was built.
    """

    name: str
    en: str
    zh: str
    rule: str | None
    customers: int | None
    share: float | None


class _Found(Struct, frozen=True):
    segments: list[Segment]
    #: Why nothing is known of customers, if so; and whether the workers have other rules.
    not_built: str | None
    other_rules: bool


@click.command()
@click.option("--store", "store_id", default="main", show_default=True, help="Store they are of.")
@click.option("--json", "as_json", is_flag=True, help="Print the segments as JSON.")
def command(*, store_id: str, as_json: bool) -> None:
    """List the segments in force, how many customers they have, and their rules.

    A segment that the rule file no longer names is listed as long as it has customers.
    """
    found = asyncio.run(_found(store_id))
    if found.not_built:
        click.echo(f"portrait: {found.not_built}", err=True)
    if found.other_rules:
        warn_of_other_rules()
    if as_json:
        click.echo(indented(msgspec.json.encode(found.segments)))
        return
    console = Console(highlight=False, emoji=False)
    # Where the file is not the workers' own, nothing is known of who leaves.
    for line in lines(found.segments, ELSEWHERE if found.other_rules else _GONE):
        console.print(line, soft_wrap=True)


async def _found(store_id: str) -> _Found:
    async with open_table() as table, open_groups() as groups:
        rules = await segment_rules(table)
        other_rules = await uses_other_rules(table)
        why_not = None if await groups.marks() else await not_built(table)
        customers = await groups.groups()
    if why_not is None:
        check_store(store_id, customers)
    found = segments_of(store_id, rules, customers if why_not is None else None)
    return _Found(list(found), why_not, other_rules)


def segments_of(
    store_id: str, rules: Sequence[Rule], customers: dict[Group, int] | None
) -> Iterator[Segment]:
    """The segments of a store in the order of the rules, then those that only have customers."""
    known = customers or {}
    everyone = known.get((store_id, ""), 0)

    def share(count: int) -> float | None:
        return round(count / everyone, 4) if everyone else None

    for rule in rules:
        count = known.get((store_id, rule.name), 0)
        words = in_words(rule.condition)
        yield Segment(
            rule.name, rule.en, rule.zh, words, None if customers is None else count, share(count)
        )
    named = {"", *(rule.name for rule in rules)}
    for (store, name), count in sorted(known.items()):
        if store == store_id and name not in named:
            yield Segment(name, name, name, None, count, share(count))


def lines(segments: Sequence[Segment], without_rule: str) -> Iterator[Text]:
    """Two lines a segment, for people: who it is and how many, and its rule, if it has one."""
    if not segments:
        yield Text("the rule file in force names no segment")
        return
    names, titles = [each.name for each in segments], [_title(each) for each in segments]
    width, title_width = (max(map(cell_len, each)) for each in (names, titles))
    for segment, title in zip(segments, titles, strict=True):
        line = Text.assemble(
            (set_cell_size(segment.name, width), "bold cyan" if segment.rule else "bold red"),
            f"  {set_cell_size(title, title_width)}",
            f"  {_customers(segment)}",
        )
        line.rstrip()
        yield line
        yield Text(
            f"{' ' * width}  {segment.rule or without_rule}", "dim" if segment.rule else "red"
        )


def _title(segment: Segment) -> str:
    titles = dict.fromkeys((segment.en, segment.zh))
    return " · ".join(each for each in titles if each != segment.name)


def _customers(segment: Segment) -> str:
    if segment.customers is None or segment.share is None:
        return ""
    return f"{counted(segment.customers, 'customer')}, {segment.share:.1%}"
