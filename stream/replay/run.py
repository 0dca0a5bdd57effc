"""One replay from beginning to end: read, shift, send; then wait for the workers."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from msgspec import Struct, structs

from stream.backlog import Backlog
from stream.errors import Fatal
from stream.events import INTERNAL_TOPICS
from stream.replay.formats import read_events
from stream.replay.publish import publish
from stream.replay.shift import newest, rereadable, shift
from stream.replay.source import NO_CURRENCY, STANDARD_INPUT, Found, Meter, Skipped
from stream.replay.summary import Summary
from stream.settings import Settings
from stream.topics import DEAD_LETTERS, PORTRAITS, ensure_topics


class Plan(Struct, frozen=True, kw_only=True):
    """What is asked of a replay."""

    file: str
    format: str
    #: Store that all events go to; None leaves them where they are.
    store: str | None = None
    #: The moment that the newest event is moved to; None leaves times as they are.
    shift_to: datetime | None = None
    #: Events per second at most.
    rate: float | None = None
    #: Whether to count the dead letters from here on, for :func:`wait_for_workers`.
    wait: bool = False


class Watcher(Protocol):
    """Who is told how a replay goes on."""

    def reading(self, what: str, meter: Meter) -> None:
        """A pass over the input begins; the meter says how far it is."""

    def advanced(self, events: int) -> None:
        """So many events of this pass are done."""

    def waiting(self, committed: int, total: int) -> None:
        """Of so many records sent, the workers have committed this many."""


async def replay(
    settings: Settings, plan: Plan, watcher: Watcher, summary: Summary | None = None
) -> Summary:
    """Publish the events of a file and say what happened.

    A ``summary`` of the caller's is filled, so that it has the figures of an interrupted replay.
    Raises :class:`~stream.errors.PortraitError` where the file cannot be read or Kafka does not
    answer.
    """
    _check_exists(plan.file)
    await ensure_topics(settings)
    summary = summary or Summary(file=plan.file, format=plan.format)
    if plan.wait:
        async with Backlog(settings) as backlog:
            summary.dead_letters_before = await _dead_letters(backlog)
    if plan.shift_to is None:
        found = _pass(plan, "sending", watcher)
        await _send(settings, plan, found, summary, watcher)
    else:
        with rereadable(plan.file) as path:
            twice = structs.replace(plan, file=path)
            # Two passes, because the distance to move is known only at the end of the first.
            found = _shifted(twice, plan.shift_to, watcher)
            await _send(settings, plan, found, summary, watcher)
    return summary


async def wait_for_workers(
    settings: Settings, summary: Summary, timeout_s: float, watcher: Watcher
) -> None:
    """Return when the workers have committed exactly what this replay was acknowledged at.

    And what they told one another because of it, which is in the internal topics by then; and the
    portraits that followed, so that those of groups hold them.

    Raises :class:`~stream.backlog.Stalled` after ``timeout_s`` seconds without any progress.
    """
    started = time.monotonic()
    async with Backlog(settings) as backlog:
        await backlog.wait_until_committed(summary.targets, timeout_s, watcher.waiting)
        summary.dead_letters = await _dead_letters(backlog) - summary.dead_letters_before
        for topics in (INTERNAL_TOPICS, [PORTRAITS]):
            written = await backlog.end_offsets(await backlog.partitions(topics))
            await backlog.wait_until_committed(written, timeout_s)
    summary.waited_seconds = time.monotonic() - started


async def _dead_letters(backlog: Backlog) -> int:
    """Dead letters that were ever written."""
    ends = await backlog.end_offsets(await backlog.partitions([DEAD_LETTERS]))
    return sum(ends.values())


def _check_exists(file: str) -> None:
    # Before Kafka is asked, so that a mistyped name is told as such.
    if file != STANDARD_INPUT and not Path(file).exists():
        raise Fatal(f"there is no file {file}")


async def _send(
    settings: Settings, plan: Plan, found: Iterator[Found], summary: Summary, watcher: Watcher
) -> None:
    if plan.store is not None:
        found = _into_store(found, plan.store)
    found = _in_currency(found, settings.currency)
    await publish(settings, found, summary, rate=plan.rate, on_progress=watcher.advanced)


def _pass(plan: Plan, what: str, watcher: Watcher) -> Iterator[Found]:
    meter = Meter()
    watcher.reading(what, meter)
    yield from read_events(plan.file, plan.format, meter)


def _shifted(plan: Plan, to: datetime, watcher: Watcher) -> Iterator[Found]:
    latest = newest(_pass(plan, "finding the newest event", watcher))
    found = _pass(plan, "sending", watcher)
    yield from found if latest is None else shift(found, to - latest)


def _in_currency(found: Iterator[Found], base: str) -> Iterator[Found]:
    """Amounts of a file that states no currency are taken to be in the base currency."""
    for entry in found:
        if getattr(entry, "currency", None) == NO_CURRENCY:
            yield structs.replace(entry, currency=base)
        else:
            yield entry


def _into_store(found: Iterator[Found], store: str) -> Iterator[Found]:
    for entry in found:
        if isinstance(entry, Skipped) or entry.store_id == store:
            yield entry
        else:
            yield structs.replace(entry, store_id=store)
