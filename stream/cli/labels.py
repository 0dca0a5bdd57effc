"""`portrait labels`: the rules of labels and segments, checked, listed and printed."""

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from stream.cli.in_force import seen_to_use_other_rules, warn_of_other_rules
from stream.errors import Fatal
from stream.explain.rule_text import in_words
from stream.files.labels import SHIPPED, load_rules
from stream.files.shop import load_shop
from stream.files.yaml_file import read_file
from stream.measures.rules import Rule, Rules
from stream.money import exponent
from stream.settings import Settings, load
from stream.terminal import counted

#: Columns of the tables where they do not go to a terminal.
_FILE_WIDTH = 140


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """The rules of labels and segments: those of PORTRAIT_LABELS, else the shipped ones."""


@command.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def check(file: Path | None, as_json: bool) -> None:
    """Check FILE, by default the rules in force; say what is wrong, and where.

    Tiers are those of PORTRAIT_SHOP. Exits with code 1 if the file is refused.
    """
    settings = load()
    tiers = _tiers(settings)
    name = str(file or _in_force(settings))
    try:
        rules = _load(settings, tiers, file or settings.labels)
    except Fatal as exc:
        if as_json:
            _print_json(
                {"file": name, "valid": False, "labels": 0, "segments": 0, "error": str(exc)}
            )
        else:
            click.echo(f"portrait: {exc}", err=True)
        sys.exit(1)
    labels, segments = len(rules.labels), len(rules.segments)
    if as_json:
        _print_json(
            {"file": name, "valid": True, "labels": labels, "segments": segments, "error": None}
        )
    else:
        click.echo(f"{name}: {counted(labels, 'label')}, {counted(segments, 'segment')}")


@command.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print the rules as JSON.")
def list_rules(as_json: bool) -> None:
    """List the labels and segments in force, each with its rule in one line."""
    settings = load()
    rules = _load(settings, _tiers(settings), settings.labels)
    if asyncio.run(seen_to_use_other_rules()):
        warn_of_other_rules()
    if as_json:
        _print_json(
            {
                "labels": [_entry(rule, "group") for rule in rules.labels],
                "segments": [_entry(rule) for rule in rules.segments],
            }
        )
        return
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, _FILE_WIDTH)
    console.print(_labels(rules.labels))
    console.print(_segments(rules.segments))


@command.command("print")
def print_file() -> None:
    """Write the rule file in force to standard output: a start for one of your own."""
    click.echo(read_file(_in_force(load())), nl=False)


def _in_force(settings: Settings) -> Path:
    return settings.labels or SHIPPED


def _tiers(settings: Settings) -> list[str]:
    shop = load_shop(settings.shop, exponent(settings.currency))
    return [tier.name for tier in shop.tiers]


def _load(settings: Settings, tiers: Sequence[str], file: Path | None) -> Rules:
    return load_rules(file, exponent(settings.currency), tiers)


def _entry(rule: Rule, *more: str) -> dict[str, str | None]:
    entry = {name: getattr(rule, name) for name in ("name", "en", "zh", *more)}
    return {**entry, "rule": in_words(rule.condition)}


def _labels(rules: Sequence[Rule]) -> Table:
    table = _table(counted(len(rules), "label"), "English", "中文", "group", "rule")
    for rule in rules:
        words = in_words(rule.condition)
        table.add_row(*map(escape, (rule.name, rule.en, rule.zh, rule.group or "", words)))
    return table


def _segments(rules: Sequence[Rule]) -> Table:
    table = _table(counted(len(rules), "segment"), "English", "中文", "rule")
    for rule in rules:
        table.add_row(*map(escape, (rule.name, rule.en, rule.zh, in_words(rule.condition))))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title, title_justify="left", box=box.SIMPLE)
    table.add_column("name", no_wrap=True)
    for column in columns:
        # A long path is broken rather than cut: it has to be read.
        table.add_column(column, overflow="fold")
    return table


def _print_json(content: object) -> None:
    click.echo(msgspec.json.encode(content))
