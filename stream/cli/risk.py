"""`portrait risk`: the reasons of a risk and the points that they bring."""

import click

from stream.cli.lazy import Lazy

#: command -> module of ``stream.cli.risks`` that defines it.
COMMANDS = {
    "list": "list",
    "check": "check",
    "print": "print",
    "fit": "fit",
}


@click.group(
    cls=Lazy,
    package="stream.cli.risks",
    modules=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"]},
)
def command() -> None:
    """The reasons of a risk and their points: those of PORTRAIT_RISK, else the shipped ones."""
