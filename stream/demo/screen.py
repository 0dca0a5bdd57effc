"""The demo on the terminal: live figures and portraits, or plain lines where there is none."""

import time
from collections.abc import Sequence
from typing import Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from stream.demo.figures import Face, Figures, rates

_BARS = " ▁▂▃▄▅▆▇█"
#: The local hours under a histogram, with a space after it.
RULER = "0     6     12    18     "
#: Seconds between two progress lines where the output is no terminal.
_LINE_S = 3.0


class Screen:
    """Shows figures as they come; :meth:`note` says in one line what is going on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._note = ""
        self._before = Figures()
        self._now: Figures | None = None
        self._faces: Sequence[Face] = ()
        self._line_at = 0.0

    def __enter__(self) -> Self:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live is not None:
            # The last picture stays, without what was going on.
            said, self._note = self._note, ""
            self._live.update(Text(said) if self._now is None else self._picture(self._now))
            self._live.stop()

    def note(self, text: str) -> None:
        """Say what the demo is doing now."""
        self._note = text
        if self._live is None:
            self._print(text)
        else:
            picture = Text(text) if self._now is None else self._picture(self._now)
            self._live.update(_endable(picture), refresh=True)

    def say(self, text: str) -> None:
        """A line that stays above the picture."""
        self._console.print(text, style="dim", highlight=False, soft_wrap=True)

    def show(self, now: Figures, faces: Sequence[Face]) -> None:
        """Show the figures of this moment; portraits stay until others come."""
        self._faces = faces or self._faces
        if self._live is not None:
            self._before, self._now = self._now or Figures(), now
            self._live.update(_endable(self._picture(now)), refresh=True)
        elif time.monotonic() - self._line_at >= _LINE_S:
            self._line_at = time.monotonic()
            self._print_figures(now)

    def show_last(self, now: Figures) -> None:
        """Show the figures that the summary will have, whenever the last ones were shown."""
        if now in (self._before, self._now):
            return
        if self._live is None:
            self._print_figures(now)
        else:
            self.show(now, ())

    def _print_figures(self, now: Figures) -> None:
        self._print(_line(self._before, now))
        self._before = now

    def _picture(self, now: Figures) -> RenderableType:
        return _picture(self._note, self._before, now, self._faces)

    def _print(self, text: str) -> None:
        # Highlighting and wrapping are for people, not for files.
        self._console.print(text, highlight=False, soft_wrap=True)


def bars(by_hour: Sequence[int]) -> str:
    """A histogram in one line: a bar an hour, the tallest for the largest count."""
    tallest = max(by_hour, default=0)
    if not tallest:
        return _BARS[0] * len(by_hour)
    # Rounded up, so that an hour with any activity shows.
    return "".join(_BARS[-(-count * (len(_BARS) - 1) // tallest)] for count in by_hour)


def counted(count: int, noun: str) -> str:
    """A number and what it counts: `1 order`, `2 orders`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def print_summary(console: Console, figures: Figures, *, interrupted: bool) -> None:
    """The last word of the demo, for people and for scripts."""
    seconds = max(figures.elapsed_s, 1e-9)
    lines = (
        ("events in", figures.events_in),
        ("events processed", figures.processed),
        ("portraits changed", figures.portraits),
        ("portrait changes published", figures.changes),
        ("dead letters", figures.dead_letters),
        ("wall time", f"{figures.elapsed_s:.1f} s"),
        ("events/s", f"{figures.processed / seconds:.0f}"),
    )
    title = "simulated shop" + (", interrupted" if interrupted else "")
    text = "\n".join([title, *(f"  {name:<28}{value}" for name, value in lines)])
    console.print(text, highlight=False, soft_wrap=True)


def _line(before: Figures, now: Figures) -> str:
    events, changes = rates(before, now)
    return (
        f"{now.elapsed_s:6.1f} s  events in {now.events_in} ({events:.0f}/s)  "
        f"processed {now.processed}  portraits {now.portraits}  changes {now.changes} "
        f"({changes:.0f}/s)  lag {now.lag}  dead letters {now.dead_letters}"
    )


def _endable(picture: RenderableType) -> RenderableType:
    # Below the panels, since the terminal writes "^C" where the cursor stands: at the end of a
    # full line that would begin another, and the next picture would be drawn one line too low.
    return Group(picture, Text("Ctrl-C ends it", style="dim"))


def _picture(note: str, before: Figures, now: Figures, faces: Sequence[Face]) -> RenderableType:
    events, changes = rates(before, now)
    table = Table.grid(padding=(0, 3))
    for _ in range(4):
        table.add_column(justify="right")
    table.add_row("events in", f"{now.events_in:,}", "events/s in", f"{events:,.0f}")
    table.add_row("processed", f"{now.processed:,}", "portraits changed/s", f"{changes:,.0f}")
    table.add_row("portraits", f"{now.portraits:,}", "changes published", f"{now.changes:,}")
    table.add_row("lag", f"{now.lag:,}", "dead letters", f"{now.dead_letters:,}")
    title = f"Portrait Stream: a simulated shop, {now.elapsed_s:.0f} s"
    return Group(Panel(table, title=title, subtitle=note), *(_portrait(one) for one in faces))


def _portrait(one: Face) -> RenderableType:
    bought = f"{counted(one.orders, 'order')} {one.amount}".rstrip()
    words = Text.assemble(
        (bars(one.by_hour), "cyan"),
        f"  likes {', '.join(one.favourites) or '-'}\n",
        (f"{RULER}local hours", "dim"),
        f"  {', '.join([bought, *one.manner])}",
    )
    return Panel(words, title=f"{one.customer} ({one.home})", title_align="left")
