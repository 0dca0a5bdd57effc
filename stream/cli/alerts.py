"""`portrait alerts`: follow the risk alerts; its subcommands say what became of them."""

import asyncio
from contextlib import aclosing, suppress

import click

from stream.cli.alerting.lines import alert_json, alert_line, open_verdicts, reaches, read_alert
from stream.cli.follow import follow
from stream.cli.lazy import Lazy
from stream.risk.weights import LEVELS, Level
from stream.settings import Settings, load
from stream.topics import RISK_ALERTS

#: subcommand -> module of ``stream.cli.alerting`` that defines it.
COMMANDS = {
    "list": "list",
    "acknowledge": "acknowledge",
    "verdicts": "verdicts",
    "forward": "forward",
}


@click.group(
    cls=Lazy,
    package="stream.cli.alerting",
    modules=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--level", type=click.Choice(LEVELS[1:]), help="Only alerts of this level or above.")
@click.option("--from-beginning", is_flag=True, help="Begin with what the topic holds.")
@click.option("--limit", type=click.IntRange(1), help="End after so many lines.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
@click.pass_context
def command(
    context: click.Context,
    *,
    level: Level | None,
    from_beginning: bool,
    limit: int | None,
    as_json: bool,
) -> None:
    """Print risk alerts as they come, until Ctrl-C.

    A line says when, the id of the alert, whose risk rose to which level and score, and why, each
    reason with its points; or which alert is closed. What was found of it stands at the end.
    `portrait alerts list` shows what there is, and ends.
    """
    if context.invoked_subcommand is None:
        # Ctrl-C is how it is meant to end.
        with suppress(KeyboardInterrupt):
            asyncio.run(_follow(load(), level or LEVELS[1], from_beginning, limit, as_json=as_json))
    elif any(context.params.values()):  # they would not be heeded
        raise click.UsageError(f"give options after {context.invoked_subcommand}, not before it")


async def _follow(
    settings: Settings, level: Level, from_beginning: bool, limit: int | None, *, as_json: bool
) -> None:
    seen = 0
    shown: set[str | None] = set()
    async with (
        open_verdicts(settings) as verdicts,
        aclosing(follow(settings, RISK_ALERTS, from_beginning=from_beginning)) as records,
    ):
        async for record in records:
            alert = read_alert(record.value)
            # Whoever was told of a rise is told how it ends, from wherever it then stood.
            if not reaches(alert, level) and alert.closes not in shown:
                continue
            shown.discard(alert.closes)
            shown.add(alert.id)
            verdict = await verdicts.of(alert.id)
            line = alert_json(record.value, verdict) if as_json else alert_line(alert, verdict)
            click.echo(line)
            seen += 1
            if seen == limit:
                return
