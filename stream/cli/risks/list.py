"""`portrait risk list`: every reason, and how its points come to a level."""

import asyncio

import click
import msgspec
from rich import box
from rich.console import Console
from rich.table import Table

from stream.cli.in_force import seen_to_use_other_rules, warn_of_other_rules
from stream.explain.risk import steps_in_words
from stream.files.risk import load_weights
from stream.risk.reasons import KINDS, PARTS, Kind
from stream.risk.weights import LEVELS, Weights
from stream.settings import load
from stream.terminal import counted
from stream.windows import HOUR_MS

#: Columns of the table where it does not go to a terminal.
_FILE_WIDTH = 140


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print reasons and weights as JSON.")
def command(as_json: bool) -> None:
    """List every reason: its part, what it counts, its points and how long it holds."""
    weights = load_weights(load().risk)
    if asyncio.run(seen_to_use_other_rules()):
        warn_of_other_rules()
    if as_json:
        click.echo(msgspec.json.encode(_document(weights)))
        return
    console = Console(highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, _FILE_WIDTH)
    console.print(_table(weights))
    console.print(_reading(weights), soft_wrap=True)


def _by_part() -> list[tuple[str, Kind]]:
    return sorted(KINDS.items(), key=lambda entry: PARTS.index(entry[1].part))


def _table(weights: Weights) -> Table:
    table = Table(title=counted(len(KINDS), "reason"), title_justify="left", box=box.SIMPLE)
    table.add_column("part", no_wrap=True)
    table.add_column("reason", no_wrap=True)
    for column in ("counts", "points", "holds"):
        table.add_column(column, overflow="fold")
    for code, kind in _by_part():
        steps = steps_in_words(code, weights) or "none"
        table.add_row(kind.part, code, kind.unit, steps, counted(kind.days, "day"))
    return table


def _reading(weights: Weights) -> str:
    levels = "; ".join(
        f"{name} from a score of {weights.bounds[name].rises_at} until below "
        f"{weights.bounds[name].falls_below}"
        for name in LEVELS[1:]
    )
    return (
        f"{weights.half_points} points are a score of 50, and {weights.doubling} more double the "
        f"odds; {levels}; alerts are not repeated within "
        f"{_hours(weights.cool_down_ms)}"
    )


def _hours(ms: int) -> str:
    hours = ms / HOUR_MS
    return f"{hours:g} hour" + ("" if hours == 1 else "s")


def _document(weights: Weights) -> dict[str, object]:
    return {
        "calibration": {"half_points": weights.half_points, "doubling": weights.doubling},
        "levels": weights.bounds,
        "cool_down_hours": weights.cool_down_ms / HOUR_MS,
        "reasons": [
            {
                "code": code,
                "part": kind.part,
                "unit": kind.unit,
                "holds_days": kind.days,
                "worse": "lower" if kind.less else "higher",
                "steps": [
                    {"value": value, "points": points}
                    for value, points in weights.steps.get(code, ())
                ],
            }
            for code, kind in _by_part()
        ],
    }
