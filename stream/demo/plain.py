"""The demo in plain lines, for files and for people without a terminal."""

from collections.abc import Iterator, Sequence

from stream.demo.attackers.caught import caught_words
from stream.demo.crowd import CLOSE, Aim, Crowd, Moved
from stream.demo.figures import Figures, rates

#: Labels that are named.
_LABELS = 10


def figures_line(before: Figures, now: Figures) -> str:
    """How far the demo is, and how fast since `before`."""
    events, changes = rates(before, now)
    return (
        f"{now.elapsed_s:6.1f} s  events in {now.events_in} ({events:.0f}/s)  "
        f"processed {now.processed}  portraits {now.portraits}  changes {now.changes} "
        f"({changes:.0f}/s)  moves {now.moves}  lag {now.lag}  dead letters {now.dead_letters}"
    )


def crowd_lines(crowd: Crowd) -> Iterator[str]:
    """All customers together, a line a topic; nothing of what there is none."""
    topics = (
        ("segments", ", ".join(f"{each.title} {each.customers}" for each in crowd.segments)),
        ("labels", ", ".join(f"{each.title} {each.customers}" for each in crowd.labels[:_LABELS])),
        ("visitors", peaks(crowd.visitors, crowd.visitor_peaks)),
        ("buyers", peaks(crowd.buyers, crowd.buyer_peaks)),
        *(("target", aim_words(aim)) for aim in crowd.aims),
        ("at high", _watched(crowd)),
        ("moved last", "; ".join(map(move_words, crowd.moves))),
    )
    return (f"  {name:<12}{words}" for name, words in topics if words)


def _watched(crowd: Crowd) -> str:
    words = caught_words(crowd.watch)
    return f"of simulated attackers: {words}" if words else ""


def peaks(by_hour: Sequence[int], peak_hours: Sequence[int]) -> str:
    """The busiest local hours; empty where nobody was active."""
    if not any(by_hour):
        return ""
    return f"peak hours {', '.join(map(str, peak_hours)) or 'none'}"


def aim_words(aim: Aim) -> str:
    """How close the customers come to a target portrait."""
    if not aim.customers:
        return f"{aim.target}: nobody to compare"
    return (
        f"{aim.target}: {aim.close} of {aim.customers} meet {CLOSE} % of it, "
        f"{aim.average:.0f} % on average"
    )


def move_words(move: Moved) -> str:
    """Who entered or left what, and when."""
    return f"{move.at} {move.customer} {move.move} {move.segment}"
