"""The last word of the demo, for people and for scripts, and what it has to complain of."""

from collections.abc import Iterator

from rich.console import Console

from stream.demo.attackers.caught import Watch
from stream.demo.crowd import Crowd
from stream.demo.figures import Figures


def print_summary(console: Console, figures: Figures, crowd: Crowd, *, interrupted: bool) -> None:
    """Print a line for every figure, then one for every segment with its customers."""
    seconds = max(figures.elapsed_s, 1e-9)
    lines = (
        ("events in", figures.events_in),
        ("events processed", figures.processed),
        ("portraits changed", figures.portraits),
        ("portrait changes published", figures.changes),
        ("segment moves", figures.moves),
        ("dead letters", figures.dead_letters),
        ("wall time", f"{figures.elapsed_s:.1f} s"),
        ("events/s", f"{figures.processed / seconds:.0f}"),
    )
    title = "simulated shop" + (", interrupted" if interrupted else "")
    text = [title, *(f"  {name:<28}{value}" for name, value in lines)]
    text += _caught(crowd.watch)
    if crowd.segments:
        text.append(f"segments of {crowd.customers} customers")
        # The number first: not every font has Chinese characters of two columns.
        text += (f"  {each.customers:>6}  {each.title}" for each in crowd.segments)
    console.print("\n".join(text), highlight=False, soft_wrap=True)


def _caught(watch: Watch) -> Iterator[str]:
    """Whom the workers have published at the level high; all attackers are simulated ones."""
    if watch.attacks:
        yield "simulated attackers whose risk was high"
        for each in watch.attacks:
            yield f"  {each.high:>6} of {each.customers:<6}{each.attack}"
        yield f"  {watch.accused:>6} of {watch.honest:<6}honest customers"


def shortfalls(
    figures: Figures, crowd: Crowd, *, asked: int | None, sent: int, arrived: int
) -> Iterator[str]:
    """What got lost on the way from the shop to the groups; all records have been processed.

    ``asked`` is how many events there were to be, ``arrived`` how many the input topics hold.
    """
    if arrived != asked:
        yield f"{asked} events were asked for, {arrived} arrived in Kafka"
    if figures.processed != sent:
        yield f"{sent} came in, {figures.processed} were processed"
    if crowd.customers != figures.portraits:
        yield (
            f"{figures.portraits} customers have a portrait, and the store's group counts "
            f"{crowd.customers}"
        )
    if figures.dead_letters:
        yield f"{figures.dead_letters} events ended as dead letters"
