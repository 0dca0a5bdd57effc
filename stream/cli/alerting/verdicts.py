"""`portrait alerts verdicts`: what the fraud team found of alerts."""

import asyncio

import click
import msgspec

from stream.cli.alerting.lines import open_verdicts, verdict_line
from stream.settings import Settings, load
from stream.tables.verdicts import Verdict


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines, with the alerts.")
def command(*, as_json: bool) -> None:
    """List what was found of alerts, the oldest verdict first."""
    for verdict in asyncio.run(_kept(load())).values():
        click.echo(msgspec.json.encode(verdict) if as_json else verdict_line(verdict))


async def _kept(settings: Settings) -> dict[str, Verdict]:
    async with open_verdicts(settings) as verdicts:
        return await verdicts.all()
