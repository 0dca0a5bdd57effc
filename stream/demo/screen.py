"""The demo on the terminal: a live picture, or plain lines where there is none."""

import time
from collections.abc import Sequence
from typing import Self

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from stream.demo.crowd import Crowd
from stream.demo.figures import Face, Figures
from stream.demo.picture import picture
from stream.demo.plain import crowd_lines, figures_line

#: Seconds between two progress lines where the output is no terminal, and between two looks at
#: the crowd, which takes several lines.
_LINE_S, _CROWD_S = 3.0, 15.0


class Screen:
    """Shows figures as they come; :meth:`note` says in one line what is going on."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False) if console.is_terminal else None
        self._note = ""
        #: Lines above the picture, which has to leave them room.
        self._said = 0
        self._before = Figures()
        self._now: Figures | None = None
        self._crowd = Crowd()
        self._faces: Sequence[Face] = ()
        self._line_at = self._crowd_at = float("-inf")

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
            drawn = Text(text) if self._now is None else self._picture(self._now)
            self._live.update(_endable(drawn), refresh=True)

    def say(self, text: str) -> None:
        """Lines that stay above the picture."""
        width = self._console.width
        self._said += sum(max(1, -(-cell_len(line) // width)) for line in text.splitlines())
        self._console.print(text, style="dim", highlight=False, soft_wrap=True)

    def show(self, now: Figures, crowd: Crowd, faces: Sequence[Face]) -> None:
        """Show the figures of this moment; portraits stay until others come."""
        self._faces = faces or self._faces
        if self._live is not None:
            self._before, self._now, self._crowd = self._now or Figures(), now, crowd
            self._live.update(_endable(self._picture(now)), refresh=True)
        elif time.monotonic() - self._line_at >= _LINE_S:
            self._line_at = time.monotonic()
            self._print_figures(now)
            if self._line_at - self._crowd_at >= _CROWD_S:
                self._print_crowd(crowd)

    def show_last(self, now: Figures, crowd: Crowd) -> None:
        """Show the figures that the summary will have, whenever the last ones were shown."""
        if self._live is not None:
            if (now, crowd) != (self._now or Figures(), self._crowd):
                self.show(now, crowd, ())
            return
        if now != self._before:
            self._print_figures(now)
        self._print_crowd(crowd)

    def _print_figures(self, now: Figures) -> None:
        self._print(figures_line(self._before, now))
        self._before = now

    def _print_crowd(self, crowd: Crowd) -> None:
        # Before anybody is counted there is nothing to tell.
        if crowd.customers and crowd != self._crowd:
            self._crowd, self._crowd_at = crowd, time.monotonic()
            self._print("\n".join(crowd_lines(crowd)))

    def _picture(self, now: Figures) -> RenderableType:
        height = self._console.height - self._said - 1  # the last line is for how to end it
        return Group(
            *picture(self._note, self._before, now, self._crowd, self._faces, height=height)
        )

    def _print(self, text: str) -> None:
        # Highlighting and wrapping are for people, not for files.
        self._console.print(text, highlight=False, soft_wrap=True)


def _endable(picture: RenderableType) -> RenderableType:
    # Below the picture, since the terminal writes "^C" where the cursor stands: at the end of a
    # full line that would begin another, and the next picture would be drawn one line too low.
    return Group(picture, Text("Ctrl-C ends it", style="dim"))
