"""`portrait alerts acknowledge`: keep what the fraud team found of an alert."""

import asyncio
from contextlib import aclosing
from typing import get_args

import click
from msgspec import Raw

from stream.cli.alerting.lines import alert_line, open_verdicts, read_alert
from stream.clock import wall_ms
from stream.errors import Fatal
from stream.feed import Feed
from stream.settings import Settings, load
from stream.tables.verdicts import Finding, Verdict
from stream.topics import RISK_ALERTS
from stream.windows import to_rfc3339


@click.command()
@click.argument("alert_id", metavar="ID")
@click.option("--verdict", type=click.Choice(get_args(Finding)), required=True, help="What it was.")
@click.option("--note", help="A remark that is kept with it.")
def command(*, alert_id: str, verdict: Finding, note: str | None) -> None:
    """Keep what was found of the alert ID; said again, the last verdict stands.

    `portrait alerts` shows it, and `portrait risk fit` learns from it.
    """
    asyncio.run(_acknowledge(load(), alert_id, verdict, note))


async def _acknowledge(
    settings: Settings, alert_id: str, finding: Finding, note: str | None
) -> None:
    async with open_verdicts(settings) as verdicts:
        known = await verdicts.of(alert_id)
        value = bytes(known.alert) if known else await _published(settings, alert_id)
        alert = read_alert(value)
        if alert.kind == "closed":
            raise Fatal(f"{alert_id} only closes an alert: acknowledge {alert.closes}")
        at = to_rfc3339(wall_ms())
        verdict = Verdict(alert=Raw(value), verdict=finding, at=at, note=note)
        await verdicts.keep(alert_id, verdict)
    click.echo(alert_line(alert, verdict))


async def _published(settings: Settings, alert_id: str) -> bytes:
    """The value of an alert's record; every partition may have it."""
    wanted = ("id", alert_id.encode("utf-8", "replace"))
    async with aclosing(Feed(settings).everything(RISK_ALERTS)) as records:
        async for record in records:
            if wanted in record.headers and record.value is not None:
                return record.value
    raise Fatal(
        f"there is no alert {alert_id!r} on {settings.topic(RISK_ALERTS)}; "
        "`portrait alerts list` shows those there are"
    )
