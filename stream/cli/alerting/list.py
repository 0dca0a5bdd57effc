"""`portrait alerts list`: the alerts that were raised, and what became of each."""

import asyncio
from collections.abc import Iterable

import click
from msgspec import Struct
from msgspec.structs import replace

from stream.alerts import RiskAlert
from stream.cli.alerting.lines import alert_json, alert_line, open_verdicts, reaches, read_alert
from stream.feed import Feed
from stream.risk.weights import LEVELS, Level
from stream.settings import Settings, load
from stream.tables.verdicts import Verdict
from stream.topics import RISK_ALERTS


class Raised(Struct, frozen=True):
    """A raised alert, its bytes, and the alert that closed it or took its place, if one did."""

    value: bytes
    alert: RiskAlert
    ended: RiskAlert | None = None


@click.command()
@click.option("--level", type=click.Choice(LEVELS[1:]), help="Only alerts of this level or above.")
@click.option("--open", "only_open", is_flag=True, help="Only those that nothing closed yet.")
@click.option(
    "--json", "as_json", is_flag=True, help="Print JSON lines: `ended` says since when it is over."
)
def command(*, level: Level | None, only_open: bool, as_json: bool) -> None:
    """List the alerts that the topic holds, the oldest first, and what became of each.

    An alert that is over says when, and what was found of it stands at the end.
    """
    found, verdicts = asyncio.run(_read(load()))
    for each in found:
        if not reaches(each.alert, level or LEVELS[1]) or (only_open and each.ended):
            continue
        verdict = verdicts.get(each.alert.id)
        if as_json:
            ended_at = each.ended.at if each.ended else None
            click.echo(alert_json(each.value, verdict, ended=ended_at))
        else:
            click.echo(alert_line(each.alert, verdict, ended=each.ended))


async def _read(settings: Settings) -> tuple[list[Raised], dict[str, Verdict]]:
    values = [
        record.value
        async for record in Feed(settings).everything(RISK_ALERTS)
        if record.value is not None
    ]
    async with open_verdicts(settings) as verdicts:
        return raised(values), await verdicts.all()


def raised(values: Iterable[bytes]) -> list[Raised]:
    """The raised alerts among the values of records, by their time; each only once."""
    found: dict[str, Raised] = {}
    enders: dict[str, RiskAlert] = {}
    for value in values:
        alert = read_alert(value)
        if alert.kind == "raised":
            found[alert.id] = Raised(value, alert)
        if alert.closes is not None:
            enders[alert.closes] = alert
    with_ends = (replace(each, ended=enders.get(each.alert.id)) for each in found.values())
    return sorted(with_ends, key=_place)


def _place(each: Raised) -> tuple[object, ...]:
    alert = each.alert
    return alert.at, alert.store_id, alert.customer_id, alert.version
