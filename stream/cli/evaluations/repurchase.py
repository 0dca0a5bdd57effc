"""`portrait evaluate repurchase`: does the probability of buying again tell who will?"""

from datetime import UTC, datetime

import click
import msgspec

from stream.evaluate.repurchase import CURRENCIES, Figures, evaluate
from stream.replay.formats import read_events
from stream.windows import to_ms

_DATE = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(CURRENCIES)),
    required=True,
    help="Format of FILE, as in `portrait replay`.",
)
@click.option(
    "--calibrate-until",
    type=_DATE,
    required=True,
    help="Know what was before this day began, in UTC.",
)
@click.option(
    "--predict-until",
    type=_DATE,
    required=True,
    help="Predict orders from then on to before this day began, in UTC.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(
    *,
    file: str,
    format_name: str,
    calibrate_until: datetime,
    predict_until: datetime,
    as_json: bool,
) -> None:
    """Measure the probability of buying again on the orders in FILE, plain or gzipped.

    Customers with an order before --calibrate-until are ranked by their probability of ordering
    again before --predict-until, by how lately they ordered, and by how often. Each AUC is the
    chance that one who did order again is ranked above one who did not.
    """
    if predict_until <= calibrate_until:
        raise click.BadParameter("must be after --calibrate-until", param_hint="'--predict-until'")
    figures = evaluate(
        read_events(file, format_name),
        CURRENCIES[format_name],
        _start_ms(calibrate_until),
        _start_ms(predict_until),
    )
    if figures.note:
        click.echo(f"portrait: {figures.note}", err=True)
    click.echo(msgspec.json.encode(figures) if as_json else _table(figures))


def _start_ms(day: datetime) -> int:
    return to_ms(day.replace(tzinfo=UTC))


def _table(figures: Figures) -> str:
    rows = [
        ("customers", f"{figures.n:,}"),
        ("bought again", f"{figures.bought:,}   expected {figures.expected:,.0f}"),
        ("model", figures.model),
        ("AUC", _with_interval(figures.auc, figures.auc_interval)),
        ("  of recency", _with_interval(figures.auc_recency, figures.auc_recency_interval)),
        ("  of frequency", _with_interval(figures.auc_frequency, figures.auc_frequency_interval)),
        (
            "above recency",
            _with_interval(figures.auc_minus_recency, figures.auc_minus_recency_interval),
        ),
        (
            "above frequency",
            _with_interval(figures.auc_minus_frequency, figures.auc_minus_frequency_interval),
        ),
    ]
    if figures.skipped:
        rows.append(
            ("skipped", f"{figures.skipped:,}   lines that hold no event, or none to count")
        )
    return "\n".join(f"{name:<17}{value}" for name, value in rows)


def _with_interval(figure: float, bounds: tuple[float, float]) -> str:
    return f"{figure:.4f}   95 % interval {bounds[0]:.4f} to {bounds[1]:.4f}"
