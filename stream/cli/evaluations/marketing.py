"""`portrait evaluate marketing`: does sensitivity find those who will redeem coupons?"""

from datetime import UTC, datetime

import click
import msgspec

from stream.evaluate.marketing import Figures, evaluate
from stream.replay.formats import COMPLETE_JOURNEY, read_events
from stream.windows import to_ms

_DATE = click.DateTime(formats=["%Y-%m-%d"])


@click.command()
@click.argument("folder", metavar="DIR")
@click.option(
    "--until", type=_DATE, required=True, help="Learn from what was before this day, in UTC."
)
@click.option(
    "--predict-until",
    type=_DATE,
    required=True,
    help="Count redemptions from then on to before this day.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(folder: str, until: datetime, predict_until: datetime, as_json: bool) -> None:
    """Measure marketing sensitivity on the Complete Journey tables in DIR.

    Households are ranked by their sensitivity at --until. The lift of the top fifth is how many
    coupons one of them redeems until --predict-until, as a multiple of the mean household.
    """
    if predict_until <= until:
        raise click.BadParameter("must be after --until", param_hint="'--predict-until'")
    history = read_events(folder, COMPLETE_JOURNEY)
    figures = evaluate(history, _start_ms(until), _start_ms(predict_until))
    if as_json:
        click.echo(msgspec.json.encode(figures))
    else:
        click.echo(_table(figures))


def _start_ms(day: datetime) -> int:
    return to_ms(day.replace(tzinfo=UTC))


def _table(figures: Figures) -> str:
    low, high = figures.top_fifth_lift_interval
    rows = [
        ("households", f"{figures.n:,}"),
        ("redemptions", f"{figures.redemptions:,}"),
        ("top fifth lift", f"{figures.top_fifth_lift:.2f}   95 % interval {low:.2f} to {high:.2f}"),
    ]
    if figures.skipped:
        rows.append(("skipped", f"{figures.skipped:,}   rows that could not be read"))
    return "\n".join(f"{name:<16}{value}" for name, value in rows)
