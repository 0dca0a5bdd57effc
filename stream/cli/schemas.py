"""`portrait schemas`: the contract as JSON Schemas and an AsyncAPI document."""

import sys
from pathlib import Path

import click

from stream.contract.files import stale, write


@click.command()
@click.argument("folder", metavar="[DIR]", default="schemas", type=click.Path(path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 and name what is stale.")
def command(folder: Path, check: bool) -> None:
    """Write what is generated under DIR (default: schemas) and name the files that changed."""
    if not check:
        for path in write(folder):
            click.echo(folder / path)
        return
    outdated = stale(folder)
    for path in outdated:
        click.echo(folder / path)
    if outdated:
        click.echo("stale: run `make schemas` and commit the result", err=True)
        sys.exit(1)
