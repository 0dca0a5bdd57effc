"""`portrait risk print`: the file of weights in force, as it is."""

import click

from stream.errors import Fatal
from stream.files.risk import SHIPPED
from stream.settings import load


@click.command()
def command() -> None:
    """Write the file of weights in force to standard output: a start for one of your own."""
    file = load().risk or SHIPPED
    try:
        content = file.read_bytes()
    except OSError as exc:
        raise Fatal(f"{file}: {exc.strerror or exc}") from exc
    click.echo(content, nl=False)
