"""`portrait replay`: publish the events of a file."""

import asyncio
import logging
import sys
import time
from contextlib import ExitStack
from datetime import UTC, datetime

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from stream.fields import StoreId
from stream.replay.formats import FORMATS
from stream.replay.run import Plan, replay, wait_for_workers
from stream.replay.source import Meter
from stream.replay.summary import Summary
from stream.settings import load

#: Exit code after Ctrl-C, as shells give it for SIGINT.
INTERRUPTED = 130
#: Where there is no terminal: seconds of waiting before the first line, and between two lines.
_FIRST_LINE_S, _LINE_S = 5.0, 10.0


@click.command()
@click.argument("file")
@click.option(
    "--format",
    "format_name",
    type=click.Choice(FORMATS),
    default="native",
    show_default=True,
    help="What the file holds.",
)
@click.option("--shift-to-now", is_flag=True, help="Move all times so that the newest is now.")
@click.option(
    "--rate", type=click.FloatRange(min=0, min_open=True), help="Events a second, at most."
)
@click.option("--wait", is_flag=True, help="Return when the workers have committed all of it.")
@click.option(
    "--wait-timeout",
    type=click.FloatRange(min=0, min_open=True),
    default=120.0,
    show_default=True,
    metavar="SECONDS",
    help="With --wait: give up when nothing was committed for so long.",
)
@click.option(
    "--store",
    metavar="ID",
    callback=lambda _ctx, _param, value: _store(value),
    help="Store that all events go to.  [default: main, or as native events say]",
)
@click.option("--json", "as_json", is_flag=True, help="Print the summary as one JSON object.")
def command(
    *,
    file: str,
    format_name: str,
    shift_to_now: bool,
    rate: float | None,
    wait: bool,
    wait_timeout: float,
    store: str | None,
    as_json: bool,
) -> None:
    """Publish the events of FILE, plain or gzipped; - is standard input.

    Lines that hold no event are skipped, counted and shown at the end. For completejourney, FILE
    is the folder of its tables.
    """
    # Its retries would be logged over the progress bar; the error raised says the same.
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    plan = Plan(
        file=file,
        format=format_name,
        store=store,
        shift_to=datetime.now(UTC) if shift_to_now else None,
        rate=rate,
        wait=wait,
    )
    settings = load()
    summary = Summary(file=file, format=format_name)
    interrupted = False
    try:
        with Bar() as bar:
            asyncio.run(replay(settings, plan, bar, summary))
    except KeyboardInterrupt:
        interrupted = True
    try:
        if wait and not interrupted:
            with Bar() as bar:
                asyncio.run(wait_for_workers(settings, summary, wait_timeout, bar))
    except KeyboardInterrupt:
        interrupted = True
    finally:
        # What was sent stays sent, also where no worker took it.
        click.echo(to_json(summary) if as_json else to_text(summary))
    if interrupted:
        sys.exit(INTERRUPTED)
    if summary.total_skipped and not summary.total_sent:
        click.echo("is --format right?", err=True)
        sys.exit(1)


class Bar:
    """A progress bar on standard error; where that is no terminal, a line while it waits long."""

    def __init__(self) -> None:
        self._console = Console(stderr=True)
        self._open = ExitStack()
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            console=self._console,
            disable=not sys.stderr.isatty(),
        )
        self._task: TaskID | None = None
        self._meter = Meter()
        self._line_at = time.monotonic() + _FIRST_LINE_S

    def __enter__(self) -> "Bar":
        self._open.enter_context(self._progress)
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def reading(self, what: str, meter: Meter) -> None:
        """Begin a bar for a pass over the input."""
        self._meter = meter
        self._task = self._progress.add_task(what, total=None, count="")

    def advanced(self, events: int) -> None:
        """Move it by the bytes read: how many events a file holds is known only at its end."""
        if self._task is not None:
            total = self._meter.total or None
            self._progress.update(
                self._task, completed=self._meter.done, total=total, count=f"{events:,} events"
            )

    def waiting(self, committed: int, total: int) -> None:
        """Begin or move the bar of the workers."""
        if self._progress.disable:
            self._say_waiting(total - committed, total)
            return
        if self._task is None:
            self._task = self._progress.add_task("waiting", total=total, count="")
        self._progress.update(
            self._task, completed=committed, total=total, count=f"{committed:,} of {total:,}"
        )

    def _say_waiting(self, left: int, total: int) -> None:
        if left and time.monotonic() >= self._line_at:
            self._line_at = time.monotonic() + _LINE_S
            click.echo(
                f"waiting for the workers: {left} of {total} records not committed yet", err=True
            )


def to_json(summary: Summary) -> str:
    """The summary as one JSON object."""
    fields = msgspec.to_builtins(summary, str_keys=True)
    fields |= {"total_sent": summary.total_sent, "total_skipped": summary.total_skipped}
    return msgspec.json.encode(fields).decode()


def to_text(summary: Summary) -> str:
    """The summary for people."""
    rate = summary.total_sent / summary.seconds if summary.seconds else 0.0
    lines = [f"sent {summary.total_sent:,} events in {summary.seconds:.1f} s ({rate:,.0f}/s)"]
    lines += [f"  {topic}: {count:,}" for topic, count in summary.sent.items()]
    if summary.first is not None and summary.last is not None:
        lines.append(f"from {summary.first.isoformat()} to {summary.last.isoformat()}")
    lines.append(f"skipped {summary.total_skipped:,} lines")
    for reason, count in summary.skipped.items():
        lines.append(f"  {reason}: {count:,}")
        lines += [f"    line {s.line}: {s.detail}" for s in summary.examples[reason]]
        if count > len(summary.examples[reason]):
            lines.append("    …")
    if summary.waited_seconds is not None:
        lines.append(f"all committed by the workers after {summary.waited_seconds:.1f} s more")
    if summary.dead_letters:
        lines.append(
            f"{summary.dead_letters:,} dead letters since it began; "
            "`portrait watch --dead-letters --from-beginning` says why"
        )
    return "\n".join(lines)


def _store(value: str | None) -> str | None:
    if value is None:
        return None
    try:
        return msgspec.convert(value, StoreId)
    except msgspec.ValidationError as exc:
        raise click.BadParameter(str(exc)) from None
