"""`portrait risk print`: the file of weights in force, as it is."""

import click

from stream.files.risk import SHIPPED
from stream.files.yaml_file import read_file
from stream.settings import load


@click.command()
def command() -> None:
    """Write the file of weights in force to standard output: a start for one of your own."""
    click.echo(read_file(load().risk or SHIPPED), nl=False)
