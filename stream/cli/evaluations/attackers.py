"""`portrait evaluate attackers`: does risk find those who attack the simulated shop?"""

import asyncio

import click
import msgspec

from stream.evaluate.attackers import Accused, Figures, Found, evaluate
from stream.evaluate.pipeline import in_memory
from stream.settings import load
from stream.standards import load_standards


@click.command()
@click.option("--seed", default=1, show_default=True, type=click.IntRange(min=0))
@click.option(
    "--customers",
    default=1_000,
    show_default=True,
    type=click.IntRange(min=1),
    help="Of the simulated shop, attackers' accounts included.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, seed: int, customers: int, as_json: bool) -> None:
    """Count the attackers that risk finds in a simulated shop, and the honest that it accuses.
    Victims of stuffing and takeover are honest until their first bad event.

    Shop, customers and attackers are simulated: the figures say that the reasons and the weights in
    force (PORTRAIT_RISK) find what they are meant to find, and nothing of how well they do it in
    the world.
    """
    standards = load_standards(load())
    figures = asyncio.run(evaluate(seed, customers, in_memory(), standards))
    click.echo(msgspec.json.encode(figures) if as_json else _table(figures))


def _table(figures: Figures) -> str:
    lines = [
        f"simulated shop of seed {figures.seed}: {figures.customers:,} customers, "
        f"{figures.events:,} events; nobody in it exists",
        "",
        f"{'simulated attack':<22}{'customers':>10}{'high':>7}{'share':>9}"
        f"{'median to high':>17}{'to elevated':>14}",
        *map(_attack, figures.attacks),
        "",
        *_honest(figures.honest),
        f"{'crawlers':<22}{figures.crawlers.high} of {figures.crawlers.customers} at high",
        f"{'without any event':<22}{figures.absent}",
    ]
    return "\n".join(lines)


def _attack(found: Found) -> str:
    return (
        f"{found.attack.replace('_', ' '):<22}{found.customers:>10,}{found.high:>7,}"
        f"{found.high_share:>9.1%}{_time(found.median_s_to_high):>17}"
        f"{_time(found.median_s_to_elevated):>14}"
    )


def _honest(accused: Accused) -> list[str]:
    lines = []
    for level, count, share, reasons in (
        ("high", accused.high, accused.high_share, accused.reasons_high),
        ("elevated", accused.elevated, accused.elevated_share, accused.reasons_elevated),
    ):
        name = "honest customers" if level == "high" else ""
        lines.append(
            f"{name:<22}{count} of {accused.customers:,} ever at {level} or above, {share:.2%}"
        )
        if reasons:
            named = ", ".join(f"{code} {times}" for code, times in reasons.items())
            lines.append(f"{'':<24}{named}")
    return lines


def _time(seconds: float | None) -> str:
    if seconds is None:
        return "-"
    for unit, size in (("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s"
