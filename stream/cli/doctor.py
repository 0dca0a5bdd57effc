"""`portrait doctor`: is everything there that a worker needs?"""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable

import click

from stream.backlog import Backlog
from stream.cli.options import open_table
from stream.errors import PortraitError, Transient
from stream.rates import load_rates
from stream.settings import VARIABLES, Settings, load
from stream.startup import check_positions
from stream.topics import OUTPUT_TOPICS, describe_topics


@click.command()
def command() -> None:
    """Check settings, Kafka, topics, Redis and the workers' backlog; say what to do.

    Prints every setting with its value and one line a check. Exits with code 1 if any failed.
    """
    settings = load()
    click.echo("Settings")
    for variable, (field, meaning) in VARIABLES.items():
        origin = "set" if os.environ.get(variable, "").strip() else "default"
        value = _shown(getattr(settings, field))
        click.echo(f"  {variable:<28} {value:<28} {origin:<8} {meaning}")
    click.echo("Checks")
    if not asyncio.run(_check_all(settings)):
        sys.exit(1)


def _shown(value: object) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "on" if value else "off"
        case _:
            return str(value)


async def _check_all(settings: Settings) -> bool:
    checks: dict[str, Callable[[Settings], Awaitable[str]]] = {
        "rates": _check_rates,
        "topics": _check_topics,
        "redis": _check_redis,
        "positions": _check_positions,
        "backlog": _check_backlog,
    }
    passed = True
    for name, check in checks.items():
        try:
            said = await check(settings)
        except PortraitError as exc:
            passed = False
            click.secho(f"  {name:<10} FAILED  {exc}", fg="red")
        else:
            click.echo(f"  {name:<10} ok      {said}")
    return passed


async def _check_rates(settings: Settings) -> str:
    load_rates(settings)
    return f"base currency {settings.currency}"


async def _check_topics(settings: Settings) -> str:
    states = await describe_topics(settings)
    missing = [state.name for state in states if not state.partitions]
    if missing:
        raise Transient(f"missing: {', '.join(missing)}; run `portrait topics`")
    outputs = {settings.topic(name) for name in OUTPUT_TOPICS}
    counts = {state.partitions for state in states if state.name not in outputs}
    return f"{len(states)} topics, input partitions: {', '.join(map(str, sorted(counts)))}"


async def _check_redis(_settings: Settings) -> str:
    async with open_table() as table:
        return await table.server()


async def _check_positions(settings: Settings) -> str:
    async with open_table() as table:
        await check_positions(settings, table)
        applied = await table.positions()
    return f"{len(applied)} source partitions applied, none ahead of its topic"


async def _check_backlog(settings: Settings) -> str:
    async with Backlog(settings) as backlog:
        return f"{await backlog.lag()} records not committed by {settings.group}"
