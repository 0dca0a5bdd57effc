"""`portrait risk check`: whether a file of weights is one, and what it leaves out."""

import sys
from pathlib import Path

import click
import msgspec

from stream.errors import Fatal
from stream.files.risk import SHIPPED, load_weights
from stream.risk.reasons import CODES
from stream.settings import load
from stream.terminal import counted


@click.command()
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print what was found as JSON.")
def command(file: Path | None, as_json: bool) -> None:
    """Check FILE, by default the weights in force; say what is wrong, and where.

    Reasons that it leaves out bring no points, and are named. Exits with code 1 if it is refused.
    """
    name = file or load().risk or SHIPPED
    try:
        steps = load_weights(name).steps
    except Fatal as exc:
        if as_json:
            _print_json(name, error=str(exc))
        else:
            click.echo(f"portrait: {exc}", err=True)
        sys.exit(1)
    left_out = [code for code in CODES if code not in steps]
    if as_json:
        _print_json(name, reasons=len(steps), left_out=left_out)
        return
    click.echo(f"{name}: {counted(len(steps), 'reason')} with points")
    if left_out:
        click.echo(f"without points: {', '.join(left_out)}")


def _print_json(
    name: Path, *, reasons: int = 0, left_out: list[str] | None = None, error: str | None = None
) -> None:
    content = {
        "file": str(name),
        "valid": error is None,
        "reasons": reasons,
        "left_out": left_out or [],
        "error": error,
    }
    click.echo(msgspec.json.encode(content))
