"""The `portrait` command and its subcommands."""

import logging
import sys

import click

from stream import __version__
from stream.cli.lazy import Lazy
from stream.errors import PortraitError

#: command -> module of this package that defines it as ``command``.
COMMANDS = {
    "demo": "demo",
    "up": "up",
    "topics": "topics",
    "worker": "worker",
    "replay": "replay",
    "show": "show",
    "export": "export",
    "watch": "watch",
    "alerts": "alerts",
    "group": "group",
    "segments": "segments",
    "product": "product",
    "reference": "reference",
    "labels": "labels",
    "risk": "risk",
    "learn": "learn",
    "evaluate": "evaluate",
    "doctor": "doctor",
    "schemas": "schemas",
}


@click.group(
    cls=Lazy,
    package="stream.cli",
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="portrait")
def portrait() -> None:
    """Customer portraits, kept current as events happen.

    Settings come from the environment; `portrait doctor` prints them.
    """


def main() -> None:
    """Entry point: expected errors become one line on standard error and exit code 1."""
    # What it would log of a broker that does not answer, the error says as well.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    try:
        portrait.main(prog_name="portrait", standalone_mode=True)
    except PortraitError as exc:
        click.echo(f"portrait: {exc}", err=True)
        sys.exit(1)
