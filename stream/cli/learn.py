"""`portrait learn`: tables that the portrait reads, learned from labelled history."""

import click

from stream.learn.shopping_gender import learn, save_affinity
from stream.measures.affinity import Affinity
from stream.replay.labelled_sessions import read_sessions

#: Paths shown for each gender.
SHOWN = 3


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def command() -> None:
    """Learn from labelled history what the portrait infers from."""


@command.command("shopping-gender")
@click.argument("sessions")
@click.argument("labels", required=False)
@click.option(
    "--output",
    default="shopping-gender.json",
    show_default=True,
    metavar="FILE",
    help="File to write the table to.",
)
def shopping_gender(sessions: str, labels: str | None, output: str) -> None:
    """Learn from SESSIONS which categories women and men turn to.

    SESSIONS is CSV, gzipped or not: session, start, end, and the products as category paths joined
    by `;`. LABELS has `female` or `male` for each of its rows; without it the label is the fifth
    column of SESSIONS.
    """
    found = read_sessions(sessions, labels)
    table = learn([session.example for session in found])
    save_affinity(output, table)
    men = sum(session.male for session in found)
    click.echo(f"learned from {len(found)} sessions, {men} of them of men")
    click.echo(
        f"{len(table.log_odds)} category paths, version {table.version}, scale {table.scale}"
    )
    ranked = sorted(table.log_odds, key=lambda path: (table.log_odds[path], path))
    _show("women", ranked[:SHOWN], table)
    _show("men", ranked[: -SHOWN - 1 : -1], table)
    click.echo(f"written to {output}; workers use it with PORTRAIT_GENDER_TABLE={output}")


def _show(whom: str, paths: list[str], table: Affinity) -> None:
    speaking = [path for path in paths if (table.log_odds[path] > 0) == (whom == "men")]
    listed = ", ".join(f"{path} ({table.log_odds[path]:+.2f})" for path in speaking)
    click.echo(f"towards {whom}: {listed or 'none'}")
