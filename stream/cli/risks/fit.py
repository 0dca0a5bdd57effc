"""`portrait risk fit`: points that labelled history speaks for."""

import asyncio
from collections.abc import Iterable, Iterator
from itertools import zip_longest

import click

from stream.cli.risks.labelled import Cases, of_alerts, of_customers, of_history
from stream.errors import Fatal
from stream.evaluate.risk_fit import Comparison, compare, hold_out
from stream.files.risk import load_weights
from stream.learn.risk import Fitted, fit_weights
from stream.learn.risk_yaml import save_weights, written
from stream.replay.formats import FRAUD_ECOMMERCE
from stream.risk.weights import Weights
from stream.settings import load
from stream.terminal import counted

#: Cells of a line.
Row = tuple[str, ...]

#: The format of a table of customers.
CUSTOMERS = "customers"


@click.command()
@click.argument("labels", required=False, metavar="[LABELS]")
@click.option(
    "--format",
    "format_name",
    type=click.Choice([FRAUD_ECOMMERCE, CUSTOMERS]),
    default=FRAUD_ECOMMERCE,
    show_default=True,
    help="What LABELS holds: a labelled history, or customers and verdicts.",
)
@click.option("--verdicts", is_flag=True, help="Learn from the acknowledged alerts, too.")
@click.option("--memory", is_flag=True, help="Replay a history in memory instead of in Redis.")
@click.option("--output", metavar="FILE", help="File to write the fitted weights to.")
def command(
    *, labels: str | None, format_name: str, verdicts: bool, memory: bool, output: str | None
) -> None:
    """Fit the points of the weights in force to LABELS, or to what `portrait alerts acknowledge`
    kept, and show them before and after.

    Reasons, steps, calibration and levels stay, and so do the points of reasons that no case had.
    customers is CSV with the columns store_id, customer_id and verdict (fraud or legitimate); a
    customer's reasons are those of an acknowledged alert, else of the portrait that stands. Each
    customer counts once: of several acknowledged alerts the last, and that before LABELS.
    """
    if labels is None and not verdicts:
        raise click.UsageError("give LABELS, or --verdicts for what was acknowledged")
    before = load_weights(load().risk)
    found = list(_cases(labels, format_name, before, verdicts=verdicts, memory=memory))
    of_customer = {who: case for each in found for who, case in each.labelled.items()}
    cases = list(of_customer.values())
    if len({case.fraud for case in cases}) < 2:
        raise Fatal(
            f"{counted(len(cases), 'labelled case')}: nothing can be told apart without "
            "some of fraud and some that are legitimate"
        )
    fitted = fit_weights(cases, before)
    fraud = sum(case.fraud for case in cases)
    click.echo(f"{counted(len(cases), 'labelled case')}, {fraud} of fraud")
    if left_out := sum(each.left_out for each in found):
        click.echo(f"{left_out} left out: no label, or no reasons known")
    # The verdicts come last, and each customer counts once.
    if overruled := sum(
        case.fraud != of_customer[who].fraud
        for each in found
        for who, case in each.labelled.items()
    ):
        click.echo(f"{overruled} in LABELS otherwise than by their verdict, which counts")
    _show(_points(fitted, before))
    unseen = sum(not count for count in fitted.seen.values())
    click.echo(f"as before, since no case had them: {counted(unseen, 'reason')}")
    newest = hold_out(cases, before)
    _show(
        [
            ("ranking by points", "cases", "fraud", "AUC before", "after", "AP before", "after"),
            _ranking("newest 30 %, fitted to the older", newest),
            _ranking("all, fitted to the same", compare(cases, before, fitted.weights)),
        ]
    )
    if output is not None:
        save_weights(output, fitted, before, len(cases))
        click.echo(f"written to {output}; workers use it with PORTRAIT_RISK={output}")
    if newest is None or newest.after.average_precision <= newest.before.average_precision:
        click.echo(
            "portrait: on cases that they were not fitted to these points rank no better than "
            "those in force: look at what they changed before you use them, and see what "
            "`portrait evaluate attackers` says of them",
            err=True,
        )


def _cases(
    labels: str | None, format_name: str, weights: Weights, *, verdicts: bool, memory: bool
) -> Iterator[Cases]:
    if labels is not None and format_name == CUSTOMERS:
        yield asyncio.run(of_customers(labels))
    elif labels is not None:
        yield of_history(labels, weights, memory=memory)
    if verdicts:
        yield asyncio.run(of_alerts())


def _points(fitted: Fitted, before: Weights) -> Iterator[Row]:
    """The reasons that a case had: in how many, and the steps before and after."""
    yield "reason", "points before", "after", "cases"
    for code, count in sorted(fitted.seen.items(), key=lambda entry: (-entry[1], entry[0])):
        if count:
            steps = written(before.steps[code]), written(fitted.weights.steps[code])
            yield code, *steps, str(count)


def _ranking(name: str, comparison: Comparison | None) -> Row:
    if comparison is None:
        return name, "-", "all of one kind"
    before, after = comparison.before, comparison.after
    figures = before.auc, after.auc, before.average_precision, after.average_precision
    counts = str(comparison.n), str(comparison.fraud)
    return name, *counts, *(f"{figure:.4f}" for figure in figures)


def _show(rows: Iterable[Row]) -> None:
    """Print rows in columns, an empty line before them."""
    rows = list(rows)
    widths = [max(map(len, column)) for column in zip_longest(*rows, fillvalue="")]
    click.echo()
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
        click.echo("  ".join(cells).rstrip())
