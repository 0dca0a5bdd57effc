"""`portrait evaluate risk`: does the risk at a purchase tell fraud?"""

import asyncio

import click
import msgspec
from msgspec.structs import replace

from stream.evaluate.pipeline import in_memory, in_redis
from stream.evaluate.risk import (
    Evaluation,
    Figures,
    History,
    Purchase,
    evaluate,
    judge,
    read_history,
)
from stream.files.risk import load_weights
from stream.measures.standards import default_standards
from stream.replay.formats import FRAUD_ECOMMERCE
from stream.replay.fraud_ecommerce import CURRENCY
from stream.risk.weights import Weights
from stream.settings import load


@click.command()
@click.argument("file", metavar="FILE")
@click.option(
    "--format",
    "format_name",
    type=click.Choice([FRAUD_ECOMMERCE]),
    default=FRAUD_ECOMMERCE,
    show_default=True,
    help="Format of FILE, as in `portrait replay`.",
)
@click.option(
    "--memory", is_flag=True, help="Keep tables in memory instead of in an embedded Redis."
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(file: str, format_name: str, memory: bool, as_json: bool) -> None:  # noqa: ARG001
    """Measure the risk on the labelled purchases in FILE, plain or gzipped.

    The history goes in order of time through what a worker does with it, and each purchase is
    judged by the customer's risk right after it, by the weights in force (PORTRAIT_RISK): nothing
    that came later is known then. AUC is the chance that a fraud has a higher score than another
    purchase. A level counts those at it or above. Flash purchases come within a minute of sign-up.
    """
    history = read_history(file)
    evaluation = evaluate(judged(history, load_weights(load().risk), memory=memory))
    if as_json:
        click.echo(msgspec.json.encode(evaluation))
    else:
        click.echo(_table(evaluation, history.skipped))


def judged(history: History, weights: Weights, *, memory: bool) -> list[Purchase]:
    """The purchases of a history as these weights judge them, in order of time."""
    standards = replace(default_standards(CURRENCY), risk=weights)

    async def run() -> list[Purchase]:
        if memory:
            return await judge(history, in_memory(), standards)
        async with in_redis() as tables:
            return await judge(history, tables, standards)

    return asyncio.run(run())


def _table(evaluation: Evaluation, skipped: int) -> str:
    parts = [("all purchases", evaluation.all), ("without flash", evaluation.without_flash)]
    rows = [("", *(f"{name:>15}" for name, _ in parts))]
    rows.append(("purchases", *(f"{figures.n:>15,}" for _, figures in parts)))
    rows.append(("AUC", *(_figure(figures.auc) for _, figures in parts)))
    rows.append(("average precision", *(_figure(f.average_precision) for _, f in parts)))
    for level in evaluation.all.levels:
        rows += _level_rows(level, [figures for _, figures in parts])
    if skipped:
        rows.append(("skipped", f"{skipped:>15,}", "   rows without events or label"))
    return "\n".join(f"{name:<20}{''.join(cells)}".rstrip() for name, *cells in rows)


def _level_rows(level: str, parts: list[Figures]) -> list[tuple[str, ...]]:
    found = [figures.levels[level] for figures in parts]
    return [
        (f"{level}: precision", *(_figure(each.precision) for each in found)),
        (f"{level}: recall", *(_figure(each.recall) for each in found)),
    ]


def _figure(figure: float | None) -> str:
    return f"{'-' if figure is None else format(figure, '.4f'):>15}"
